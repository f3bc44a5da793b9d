package broker

import (
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// replyTo is the name under which a client consumes answers without a queue (RabbitMQ's direct reply-to), and which it gives
// as the address to answer to. The broker puts the channel's own address, replyTo and a dot and more, in its place.
const replyTo = "amq.rabbitmq.reply-to"

// replyAddress is where answers for the nth consumer of answers of a connection go.
func replyAddress(k key, n int64) string { return fmt.Sprintf("%s.%d.%d", replyTo, k.link, n) }

func isReplyAddress(name string) bool {
	var link, n int64
	_, err := fmt.Sscanf(name, replyTo+".%d.%d", &link, &n)
	return err == nil
}

// consumeReplies answers basic.consume of the name for answers. Every consumer of them has an address of its own, so that what comes late for one does not
// reach the next.
func (b *Broker) consumeReplies(in call, m amqp.BasicConsume, out *model.Out) {
	switch {
	case m.ConsumerTag != "" && in.ch.subscribed(m.ConsumerTag) >= 0:
		b.connException(in, amqp.NotAllowed, fmt.Sprintf("attempt to reuse consumer tag '%s'", m.ConsumerTag), out)
	case !m.NoAck:
		b.exception(in, amqp.PreconditionFailed, "reply consumer cannot acknowledge", out)
	case in.ch.replyConsumer != "":
		b.exception(in, amqp.PreconditionFailed, "reply consumer already set", out)
	default:
		if m.ConsumerTag == "" {
			m.ConsumerTag = b.fresh("amq.ctag-", func(tag string) bool { return in.ch.subscribed(tag) >= 0 })
		}
		in.conn.repliers++
		in.ch.replyConsumer, in.ch.replier = m.ConsumerTag, in.conn.repliers
		in.answer(!m.NoWait, amqp.BasicConsumeOk{ConsumerTag: m.ConsumerTag}, out)
	}
}

// replyChannel returns the channel with that address, nil if it is not there or consumes no answers.
func (b *Broker) replyChannel(address string) *channel {
	if !isReplyAddress(address) {
		return nil
	}
	for _, c := range b.conns {
		for _, ch := range c.channels {
			if c.lost == 0 && ch.replyConsumer != "" && replyAddress(c.key, ch.replier) == address {
				return ch
			}
		}
	}
	return nil
}

// reply delivers an answer straight to the channel with the address, if it is there. It reports whether the answer counts as routed: before
// RabbitMQ 4.3 never, since then also where the channel is no more.
func (b *Broker) reply(address string, c *content, out *model.Out) (routed bool) {
	if ch := b.replyChannel(address); ch != nil {
		deliver := amqp.BasicDeliver{ConsumerTag: ch.replyConsumer, Exchange: c.exchange, RoutingKey: c.key, Message: c.message}
		b.tell(ch, note{from: "another channel", method: deliver, noAck: true}, out)
	}
	return b.opts.Profile.routesAnswers() && isReplyAddress(address)
}

// declareReplyTo answers a declare of an address for answers, which only asks whether it is there, and reports whether it was one. The
// name for answers always is.
func (b *Broker) declareReplyTo(in call, m amqp.QueueDeclare, out *model.Out) bool {
	if !strings.HasPrefix(m.Queue, replyTo) {
		return false
	}
	if m.Queue != replyTo && b.replyChannel(m.Queue) == nil {
		b.noQueue(in, m.Queue, out)
		return true
	}
	in.answer(!m.NoWait, amqp.QueueDeclareOk{Queue: m.Queue, Consumers: 1}, out)
	return true
}
