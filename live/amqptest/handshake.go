package amqptest

import (
	"io"
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// greet goes through the handshake (§2.2.4) on the connection's own reader, which has read nothing yet, and returns the frame
// with connection.open. Where it is not ok the client has been told as much as RabbitMQ tells: nothing before tune-ok, save that
// its password is wrong, if it can bear that.
//
//	client                    server
//	protocol header ──►
//	                      ◄── connection.start: who we are, how to log in
//	connection.start-ok ──►   user and password
//	                      ◄── connection.tune: limits, heartbeat
//	connection.tune-ok ──►    accepted
//	connection.open ──►
func (c *conn) greet(r *wire.Reader) (open amqp.Frame, ok bool) {
	c.socket.SetDeadline(time.Now().Add(handshakeTimeout))
	var header [len(wire.Version091)]byte
	if _, err := io.ReadFull(c.socket, header[:]); err != nil {
		return amqp.Frame{}, false
	}
	if string(header[:]) != wire.Version091 {
		c.socket.Write(wire.AppendProtocolHeader(nil))
		return amqp.Frame{}, false
	}

	c.say(amqp.ConnectionStart{
		VersionMinor: 9, ServerProperties: serverProperties, Mechanisms: "PLAIN AMQPLAIN", Locales: "en_US",
	})
	startOk, ok := hear[amqp.ConnectionStartOk](r)
	if !ok {
		return amqp.Frame{}, false
	}
	user, password, ok := credentials(startOk)
	if !ok {
		return amqp.Frame{}, false
	}
	if want, known := c.server.opts.Users[user]; !known || want != password {
		if capable(startOk.ClientProperties, "authentication_failure_close") {
			c.say(amqp.ConnectionClose{
				Code: amqp.AccessRefused, Text: "ACCESS_REFUSED - wrong user or password, by mechanism " + startOk.Mechanism,
			})
			c.part(r)
		}
		return amqp.Frame{}, false
	}

	opts := c.server.opts
	c.say(amqp.ConnectionTune{ChannelMax: opts.ChannelMax, FrameMax: opts.FrameMax, Heartbeat: uint16(opts.Heartbeat)})
	tuneOk, ok := hear[amqp.ConnectionTuneOk](r)
	// 0 is no limit, and not ours to grant.
	if !ok || tuneOk.FrameMax < wire.MinFrameMax || tuneOk.FrameMax > opts.FrameMax ||
		tuneOk.ChannelMax == 0 || tuneOk.ChannelMax > opts.ChannelMax {
		return amqp.Frame{}, false
	}
	c.frameMax, c.channelMax = tuneOk.FrameMax, tuneOk.ChannelMax
	c.heartbeat = time.Duration(tuneOk.Heartbeat) * time.Second
	r.FrameMax, r.BodyMax = tuneOk.FrameMax, opts.BodyMax

	open, err := next(r)
	if err == nil {
		err = notOpen(open)
	}
	if offence, ok := err.(*wire.Error); ok {
		c.say(closeFor(offence).Method)
		c.part(r)
	}
	if err != nil {
		return amqp.Frame{}, false
	}
	c.socket.SetDeadline(time.Time{})
	return open, true
}

// notOpen says what is wrong with a frame that should be connection.open.
func notOpen(f amqp.Frame) error {
	class, method := f.Method.ID()
	if f.Channel != 0 {
		return &wire.Error{Code: amqp.UnexpectedFrame, Text: "a channel before connection.open", Class: class, Method: method}
	}
	if _, ok := f.Method.(amqp.ConnectionOpen); !ok {
		return &wire.Error{Code: amqp.ChannelError, Text: "unexpected method in connection state opening",
			Class: class, Method: method}
	}
	return nil
}

// say writes a method on channel 0. Errors are left to the next read.
func (c *conn) say(m amqp.Method) {
	octets, err := wire.Append(nil, amqp.Frame{Method: m}, c.frameMax)
	if err != nil {
		panic(err) // a method of our own making
	}
	c.socket.Write(octets)
}

// hear reads a method on channel 0, which must be an M.
func hear[M amqp.Method](r *wire.Reader) (M, bool) {
	f, err := next(r)
	m, ok := f.Method.(M)
	return m, err == nil && ok && f.Channel == 0
}

// next reads a frame, heartbeats left out.
func next(r *wire.Reader) (amqp.Frame, error) {
	for {
		item, err := r.Next()
		switch {
		case err != nil:
			return amqp.Frame{}, err
		case item.Kind == wire.ProtocolHeader:
			return amqp.Frame{}, &wire.Error{Code: amqp.FrameError, Text: "a second protocol header"}
		case item.Kind == wire.Frame:
			return item.Frame, nil
		}
	}
}

// credentials returns user and password by the mechanism that the client has chosen; false if it is none of ours or the
// response makes no sense.
func credentials(m amqp.ConnectionStartOk) (user, password string, ok bool) {
	switch m.Mechanism {
	case "PLAIN": // RFC 4616, without an identity to act as
		parts := strings.Split(m.Response, "\x00")
		if len(parts) != 3 || parts[0] != "" {
			return "", "", false
		}
		return parts[1], parts[2], true
	case "AMQPLAIN": // a field table without its length
		t, err := amqp.ParseTable([]byte(m.Response))
		if err != nil {
			return "", "", false
		}
		name, _ := t.Lookup("LOGIN")
		word, _ := t.Lookup("PASSWORD")
		user, ok = name.(string)
		password, ok2 := word.(string)
		return user, password, ok && ok2
	}
	return "", "", false
}

// capable reports whether a peer's properties claim a capability.
func capable(properties amqp.Table, name string) bool {
	value, _ := properties.Lookup("capabilities")
	capabilities, _ := value.(amqp.Table)
	claimed, _ := capabilities.Lookup(name)
	return claimed == true
}

// serverProperties has the capabilities that RabbitMQ claims, for clients that look for them.
var serverProperties = amqp.MustTable(
	amqp.Field{Name: "product", Value: "Lockstep"},
	amqp.Field{Name: "information", Value: "embedded broker for tests"},
	amqp.Field{Name: "platform", Value: "Go"},
	amqp.Field{Name: "capabilities", Value: amqp.MustTable(
		amqp.Field{Name: "authentication_failure_close", Value: true},
		amqp.Field{Name: "basic.nack", Value: true},
		amqp.Field{Name: "connection.blocked", Value: true},
		amqp.Field{Name: "consumer_cancel_notify", Value: true},
		amqp.Field{Name: "consumer_priorities", Value: true},
		amqp.Field{Name: "direct_reply_to", Value: true},
		amqp.Field{Name: "exchange_exchange_bindings", Value: true},
		amqp.Field{Name: "per_consumer_qos", Value: true},
		amqp.Field{Name: "publisher_confirms", Value: true},
	)},
)
