package amqptest_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// show renders a frame from the broker. A confirm of several publishes is several lines, for RabbitMQ is free to confirm them
// together or not.
func (s *script) show(c *conn, f amqp.Frame) []string {
	line := func(m amqp.Method) string {
		return s.names.hide(fmt.Sprintf("%s: %v%s", c.name, amqp.Frame{Channel: f.Channel, Method: m}, content(m)))
	}
	all := c.confirms[f.Channel]
	if all == nil {
		return []string{line(f.Method)}
	}
	var upTo uint64
	var multiple bool
	var one func(seq uint64) amqp.Method
	switch m := f.Method.(type) {
	case amqp.BasicAck:
		upTo, multiple, one = m.Tag, m.Multiple, func(seq uint64) amqp.Method { return amqp.BasicAck{Tag: seq} }
	case amqp.BasicNack:
		upTo, multiple, one = m.Tag, m.Multiple, func(seq uint64) amqp.Method { return amqp.BasicNack{Tag: seq} }
	default:
		return []string{line(f.Method)}
	}
	var lines []string
	all.waiting = slices.DeleteFunc(all.waiting, func(seq uint64) bool {
		covered := seq == upTo || multiple && seq < upTo
		if covered {
			lines = append(lines, line(one(seq)))
		}
		return covered
	})
	if lines == nil {
		lines = append(lines, line(f.Method)+" of nothing")
	}
	return lines
}

// content renders what a method with content carries and its own text leaves out.
func content(m amqp.Method) string {
	var s string
	var message amqp.Message
	switch m := m.(type) {
	case amqp.BasicDeliver:
		message = m.Message
	case amqp.BasicGetOk:
		message = m.Message
	case amqp.BasicReturn:
		if message = m.Message; m.Exchange != "" {
			s += " exchange=" + m.Exchange
		}
		if message.Body != "" {
			s += fmt.Sprintf(" body=%q", message.Body)
		}
	default:
		return ""
	}
	p := message.Properties
	for _, property := range []struct {
		flag  amqp.PropertyFlags
		name  string
		value any
	}{
		{amqp.HasContentType, "content-type", p.ContentType}, {amqp.HasContentEncoding, "content-encoding", p.ContentEncoding},
		{amqp.HasDeliveryMode, "delivery-mode", p.DeliveryMode}, {amqp.HasCorrelationID, "correlation-id", p.CorrelationID},
		{amqp.HasReplyTo, "reply-to", p.ReplyTo}, {amqp.HasMessageID, "message-id", p.MessageID},
		{amqp.HasTimestamp, "timestamp", p.Timestamp}, {amqp.HasType, "type", p.Type}, {amqp.HasUserID, "user-id", p.UserID},
		{amqp.HasAppID, "app-id", p.AppID}, {amqp.HasClusterID, "cluster-id", p.ClusterID}, {amqp.HasHeaders, "headers", p.Headers},
	} {
		if p.Present&property.flag != 0 {
			s += fmt.Sprintf(" %s=%v", property.name, property.value)
		}
	}
	return deathTime.ReplaceAllString(s, "time: @now")
}

// deathTime is when a message died, in its header x-death.
var deathTime = regexp.MustCompile(`\btime: @\d+`)

// names are the names that the broker has made up, and what scripts call them.
type names struct{ made []madeUp }

type madeUp struct{ real, called string }

// learn calls a name of the broker KIND-N, the N-th of its kind, where that is how it begins.
func (n *names) learn(kind, real string) {
	number := 1
	for _, m := range n.made {
		if m.real == real {
			return
		}
		if strings.HasPrefix(m.called, kind) {
			number++
		}
	}
	if strings.HasPrefix(real, kind) {
		n.made = append(n.made, madeUp{real, fmt.Sprintf("%s%d", kind, number)})
		slices.SortStableFunc(n.made, func(a, b madeUp) int { return cmp.Compare(len(b.real), len(a.real)) })
	}
}

// learnFrom learns the names of a frame.
func (n *names) learnFrom(f amqp.Frame) {
	switch m := f.Method.(type) {
	case amqp.QueueDeclareOk:
		n.learn("amq.gen-", m.Queue)
	case amqp.BasicConsumeOk:
		n.learn("amq.ctag-", m.ConsumerTag)
	case amqp.BasicDeliver:
		n.learn("amq.rabbitmq.reply-to.", m.Message.Properties.ReplyTo)
	case amqp.BasicGetOk:
		n.learn("amq.rabbitmq.reply-to.", m.Message.Properties.ReplyTo)
	}
}

// hide replaces the real names in a text.
func (n *names) hide(text string) string {
	var pairs []string
	for _, m := range n.made {
		pairs = append(pairs, m.real, m.called)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// real returns the name that a script calls so; what is no such name is returned as it is.
func (n *names) real(called string) string {
	for _, m := range n.made {
		if m.called == called {
			return m.real
		}
	}
	return called
}
