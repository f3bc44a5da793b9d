package broker

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// publish routes a message (§1.8.3.7). The default exchange routes to the queue named by the routing key, and asks nobody whose
// queue that is; to the other exchanges that every broker has nothing can be bound here. A mandatory message without a queue
// is returned and then, in confirm mode, confirmed.
func (b *Broker) publish(ch *channel, in call, m amqp.BasicPublish, out *model.Out) {
	if m.Immediate {
		b.connException(in.key, amqp.NotImplemented, "immediate=true", m, out)
		return
	}
	i, routed := b.find(m.RoutingKey)
	switch m.Exchange {
	case "":
	case "amq.direct", "amq.fanout", "amq.headers", "amq.match", "amq.topic":
		routed = false
	case "amq.rabbitmq.trace":
		b.exception(in, amqp.AccessRefused, fmt.Sprintf("cannot publish to internal exchange '%s' in vhost '/'", m.Exchange), out)
		return
	default:
		b.exception(in, amqp.NotFound, fmt.Sprintf("no exchange '%s' in vhost '/'", m.Exchange), out)
		return
	}
	a := arrival{message: m.Message}
	if ch.confirm && in.lost == 0 { // a lost connection has nobody to confirm to
		a = arrival{in.key, in.channel, m.Seq, m.Message}
	}
	if routed {
		b.queues[i].mailbox = append(b.queues[i].mailbox, a)
		b.queues[i].discard()
		return
	}
	if m.Mandatory {
		in.reply(amqp.BasicReturn{
			Code: amqp.NoRoute, Text: amqp.NoRoute.Name(), Exchange: m.Exchange, RoutingKey: m.RoutingKey, Message: m.Message,
		}, out)
	}
	a.confirm(out)
}

// confirm acknowledges the publish to its channel, if that asked for it. RabbitMQ may confirm several at once; whoever
// reads a wire takes such a confirm apart, so that here each publish has its own.
func (a arrival) confirm(out *model.Out) {
	if a.seq != 0 {
		a.key.reply(a.channel, amqp.BasicAck{Tag: a.seq}, out)
	}
}
