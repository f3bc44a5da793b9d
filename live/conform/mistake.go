package conform

import (
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// mistake draws something that no client should do, or that no broker takes.
func (g *mixed) mistake() Op {
	badArgument := pick(g.dice, []amqp.Field{
		{Name: "x-max-length", Value: int32(-1)}, {Name: "x-max-length", Value: "1"}, {Name: "x-message-ttl", Value: int32(-1)},
		{Name: "x-message-ttl", Value: "1"}, {Name: "x-expires", Value: int32(0)}, {Name: "x-expires", Value: "x"},
		{Name: "x-overflow", Value: "spill"}, {Name: "x-overflow", Value: int32(1)}, {Name: "x-max-priority", Value: int32(256)},
		{Name: "x-max-priority", Value: int32(-1)}, {Name: "x-max-priority", Value: "1"}, {Name: "x-queue-type", Value: "heap"},
		{Name: "x-dead-letter-exchange", Value: int32(1)}, {Name: "x-dead-letter-routing-key", Value: "a"},
		{Name: "x-single-active-consumer", Value: "true"}, {Name: "x-queue-mode", Value: "lazy"}, {Name: "x-queue-mode", Value: "eager"},
		{Name: "x-max-length-bytes", Value: int32(-5)}, {Name: "x-delivery-limit", Value: int32(1)}, {Name: "x-nobody-knows", Value: true},
		{Name: "x-queue-type", Value: int32(1)}, {Name: "x-max-length", Value: int64(1)}, {Name: "x-max-length", Value: int8(1)},
	})
	raw := func(m amqp.Method) Op {
		o := g.send(m)
		o.Raw = true
		return o
	}
	message := func(p amqp.Properties) amqp.BasicPublish {
		return amqp.BasicPublish{RoutingKey: g.queue(), Mandatory: g.chance(50), Message: amqp.Message{Body: "wrong", Properties: p}}
	}
	q := pick(g.dice, g.queues)
	return pick(g.dice, []func() Op{
		func() Op { q.Arguments = amqp.MustTable(badArgument); return g.send(q) },
		func() Op { q.Arguments = amqp.MustTable(badArgument); return g.send(q) },
		func() Op { q.Queue = "amq.mine"; return g.send(q) },
		func() Op { return g.send(amqp.QueueDeclare{Queue: "amq.gen-none", Passive: true}) },
		func() Op { return g.send(amqp.QueueDeclare{Queue: g.prefix + "none", Passive: true}) },
		func() Op { return g.send(amqp.QueueDelete{Queue: g.prefix + "none"}) },
		func() Op { return g.send(amqp.QueuePurge{Queue: g.prefix + "none"}) },
		func() Op { return g.send(amqp.ExchangeDelete{Exchange: g.prefix + "none"}) },
		func() Op {
			return g.send(amqp.ExchangeDelete{Exchange: pick(g.dice, []string{"", "amq.direct", "amq.topic", "amq.rabbitmq.trace"}), IfUnused: g.chance(50)})
		},
		func() Op {
			return g.send(amqp.ExchangeDeclare{Exchange: pick(g.dice, []string{"", "amq.mine", "amq.direct", g.prefix + "x0"}),
				Type: pick(g.dice, []string{"direct", "topic", "nonsense", ""}), Durable: g.chance(50), Passive: g.chance(30)})
		},
		func() Op {
			return g.send(amqp.QueueBind{Queue: g.queue(), Exchange: pick(g.dice, []string{"", g.prefix + "none"}), RoutingKey: g.key()})
		},
		func() Op {
			return g.send(amqp.QueueUnbind{Queue: pick(g.dice, []string{g.queue(), g.prefix + "none"}), Exchange: pick(g.dice, []string{"", g.prefix + "none", "amq.direct"})})
		},
		func() Op {
			return g.send(amqp.ExchangeBind{Destination: pick(g.dice, []string{"", g.prefix + "none"}), Source: pick(g.dice, []string{"", g.prefix + "none", "amq.topic"})})
		},
		func() Op {
			return g.send(amqp.ExchangeUnbind{Destination: pick(g.dice, []string{"", g.prefix + "none"}), Source: pick(g.dice, []string{"", g.prefix + "none", "amq.topic"})})
		},
		func() Op {
			return g.send(amqp.BasicPublish{Exchange: pick(g.dice, []string{g.prefix + "none", "amq.rabbitmq.trace"}), RoutingKey: "a"})
		},
		func() Op { return g.send(amqp.BasicPublish{RoutingKey: g.queue(), Immediate: true}) },
		func() Op { return g.send(amqp.BasicQos{PrefetchSize: 1, PrefetchCount: 1}) },
		func() Op { return g.send(amqp.BasicRecover{}) },
		func() Op { return g.send(amqp.ChannelFlow{}) },
		func() Op { return g.send(amqp.AccessRequest{Realm: "/data"}) },
		func() Op { return g.send(amqp.BasicConsume{Queue: g.prefix + "none", ConsumerTag: "t0"}) },
		func() Op {
			return g.send(amqp.BasicConsume{Queue: g.queue(), ConsumerTag: "t0", Arguments: amqp.MustTable(amqp.Field{Name: "x-priority", Value: pick(g.dice, []any{"1", true, int64(1) << 40})})})
		},
		func() Op { return g.send(amqp.BasicGet{Queue: g.prefix + "none"}) },
		func() Op { o := g.send(amqp.BasicAck{}); o.Tag.Kind = Future; return o },
		func() Op { o := g.send(amqp.BasicReject{}); o.Tag.Kind = All; return o },
		func() Op { o := g.send(amqp.BasicNack{Multiple: true}); o.Tag.Kind = Settled; return o },
		func() Op {
			return g.send(message(amqp.Properties{Present: amqp.HasExpiration, Expiration: pick(g.dice, []string{"x", "-1", "", "1.5", "99999999999999"})}))
		},
		func() Op {
			return g.send(message(amqp.Properties{Present: amqp.HasUserID, UserID: pick(g.dice, []string{"guest", "else", ""})}))
		},
		func() Op {
			return g.send(message(amqp.Properties{Present: amqp.HasHeaders, Headers: amqp.MustTable(amqp.Field{Name: pick(g.dice, []string{"CC", "BCC"}), Value: pick(g.dice, []any{"a", amqp.MustArray("a", int32(1)), nil})})}))
		},
		func() Op { return raw(amqp.ChannelOpen{}) },
		func() Op { return raw(amqp.ChannelCloseOk{}) },
		func() Op { return raw(amqp.BasicGet{Queue: g.queue()}) },
		func() Op { return raw(amqp.QueueDeclare{Queue: q.Queue, Passive: true}) },
		func() Op { return raw(message(amqp.Properties{})) },
		func() Op { return raw(amqp.ConnectionUpdateSecret{Secret: "guest", Reason: "none"}) },
		func() Op {
			o := raw(amqp.ConnectionUpdateSecret{Secret: "guest", Reason: "none"})
			o.Channel = 0
			return o
		},
		func() Op { o := raw(amqp.QueuePurge{Queue: g.queue()}); o.Channel = 0; return o },
		func() Op { o := raw(amqp.QueueDeclareOk{Queue: "q"}); o.Channel = amqp.Channel(g.IntN(2)); return o },
		func() Op { return g.send(amqp.TxSelect{}) },
		func() Op { return g.send(amqp.TxCommit{}) },
		func() Op { return g.send(amqp.TxRollback{}) },
		func() Op { return g.send(amqp.ConfirmSelect{}) },
	})()
}
