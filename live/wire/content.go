package wire

import (
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// contentHeader is what a content header frame carries (§4.2.6.1).
type contentHeader struct {
	class, weight uint16 // weight is unused and 0
	size          uint64 // of the body
	properties    amqp.Properties
}

func (h *contentHeader) walk(c coder) {
	c.short(&h.class)
	c.short(&h.weight)
	c.longlong(&h.size)
	p := &h.properties
	c.short((*uint16)(&p.Present))
	if p.Present&1 != 0 {
		c.fail(fmt.Errorf("property flags %#04x announce more flags, of which class basic has none", uint16(p.Present)))
	}
	optional(c, p, amqp.HasContentType, &p.ContentType, coder.shortstr)
	optional(c, p, amqp.HasContentEncoding, &p.ContentEncoding, coder.shortstr)
	optional(c, p, amqp.HasHeaders, &p.Headers, coder.table)
	optional(c, p, amqp.HasDeliveryMode, &p.DeliveryMode, coder.octet)
	optional(c, p, amqp.HasPriority, &p.Priority, coder.octet)
	optional(c, p, amqp.HasCorrelationID, &p.CorrelationID, coder.shortstr)
	optional(c, p, amqp.HasReplyTo, &p.ReplyTo, coder.shortstr)
	optional(c, p, amqp.HasExpiration, &p.Expiration, coder.shortstr)
	optional(c, p, amqp.HasMessageID, &p.MessageID, coder.shortstr)
	optional(c, p, amqp.HasTimestamp, &p.Timestamp, coder.longlong)
	optional(c, p, amqp.HasType, &p.Type, coder.shortstr)
	optional(c, p, amqp.HasUserID, &p.UserID, coder.shortstr)
	optional(c, p, amqp.HasAppID, &p.AppID, coder.shortstr)
	optional(c, p, amqp.HasClusterID, &p.ClusterID, coder.shortstr)
}

// optional walks over a property if it is present. One that is set all the same would get lost on the wire.
func optional[T comparable](c coder, p *amqp.Properties, flag amqp.PropertyFlags, value *T, walk func(coder, *T)) {
	var zero T
	if p.Present&flag != 0 {
		walk(c, value)
	} else if *value != zero {
		c.fail(fmt.Errorf("property with flag %#04x is set to %v but not marked present", uint16(flag), *value))
	}
}

// content assembles a method with content out of its frames:
//
//	method ──▶ header expected ──header──▶ body expected ──last body──▶ complete
//	                  └──────────header with body size 0───────────────▶
type content struct {
	channel amqp.Channel
	layout  layout
	method  amqp.Method
	headed  bool
	header  contentHeader
	left    uint64 // octets of the body still to come
	raw     []byte // all frames so far
	bodyAt  int    // where in raw the body frames begin
}

// add takes the next frame of the channel, already appended to raw, and tells whether it is the last.
func (c *content) add(kind byte, payload []byte, bodyMax uint64) (complete bool, err error) {
	switch {
	case !c.headed && kind == headerFrame:
		return c.addHeader(payload, bodyMax)
	case !c.headed:
		return false, c.errorf(amqp.UnexpectedFrame, "frame of type %d where a content header is expected", kind)
	case kind != bodyFrame:
		return false, c.errorf(amqp.UnexpectedFrame, "frame of type %d where a content body is expected", kind)
	case len(payload) == 0: // any number of them would be no progress, and take memory
		return false, c.errorf(amqp.FrameError, "empty body frame, %d octets of the body are to come", c.left)
	case uint64(len(payload)) > c.left:
		return false, c.errorf(amqp.FrameError, "body frame of %d octets, %d of the body are to come", len(payload), c.left)
	}
	c.left -= uint64(len(payload))
	return c.left == 0, nil
}

func (c *content) addHeader(payload []byte, bodyMax uint64) (complete bool, err error) {
	if len(payload) < 12 { // class, weight, body size
		return false, c.errorf(amqp.FrameError, "content header of %d octets", len(payload))
	}
	d := decoder{payload: payload}
	c.header.walk(&d)
	switch class := c.layout.id().class; {
	case c.header.class != class:
		return false, c.errorf(amqp.UnexpectedFrame, "content header of class %d where class %d is expected",
			c.header.class, class)
	case c.header.weight != 0:
		return false, c.errorf(amqp.UnexpectedFrame, "content header of weight %d", c.header.weight)
	case bodyMax != 0 && c.header.size > bodyMax:
		return false, c.errorf(amqp.FrameError, "body of %d octets, at most %d are accepted", c.header.size, bodyMax)
	}
	if err := d.end(); err != nil {
		return false, c.errorf(amqp.SyntaxError, "content header: %v", err)
	}
	c.headed, c.left, c.bodyAt = true, c.header.size, len(c.raw)
	return c.left == 0, nil
}

// frame returns the method with the content now complete.
func (c *content) frame() amqp.Frame {
	var body strings.Builder
	body.Grow(int(c.header.size))
	for rest := c.raw[c.bodyAt:]; len(rest) > 0; {
		_, _, size := head(rest)
		body.Write(rest[headSize:][:size])
		rest = rest[frameOverhead+uint64(size):]
	}
	message := amqp.Message{Properties: c.header.properties, Body: body.String()}
	return amqp.Frame{Channel: c.channel, Method: c.layout.fill(c.method, message)}
}

func (c *content) errorf(code amqp.Code, format string, args ...any) *Error {
	return errorf(code, c.layout.id(), format, args...)
}
