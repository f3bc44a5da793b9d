package broker

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// subscription is a consumer in its channel's books.
type subscription struct {
	tag   string
	queue string
}

func (ch *channel) subscribed(tag string) int {
	return slices.IndexFunc(ch.consumers, func(s subscription) bool { return s.tag == tag })
}

// consume answers basic.consume (§1.8.3.3). RabbitMQ ignores no-local.
func (b *Broker) consume(in call, m amqp.BasicConsume, out *model.Out) {
	if m.Queue == replyTo {
		b.consumeReplies(in, m, out)
		return
	}
	if !b.named(in, &m.Queue, out) {
		return
	}
	if m.ConsumerTag != "" && (in.ch.subscribed(m.ConsumerTag) >= 0 || in.ch.ending(m.ConsumerTag) >= 0) {
		b.connException(in, amqp.NotAllowed, fmt.Sprintf("attempt to reuse consumer tag '%s'", m.ConsumerTag), out)
		return
	}
	q := b.usable(in, m.Queue, out)
	if q == nil {
		return
	}
	for _, f := range m.Arguments.Fields() {
		_, isBool := f.Value.(bool)
		if f.Name == "x-stream-offset" || f.Name == "x-cancel-on-ha-failover" && !isBool && b.opts.Profile.checksFailover() {
			b.exception(in, amqp.PreconditionFailed, "invalid arg '"+f.Name+"' for "+in.conn.host.here("queue", m.Queue), out)
			return
		}
	}
	c := consumer{client: client{in.key, in.channel}, tag: m.ConsumerTag, noAck: m.NoAck, exclusive: m.Exclusive, prefetch: int(in.ch.prefetch)}
	if value, _ := m.Arguments.Lookup("x-cancel-on-ha-failover"); value == true {
		c.final = true
	}
	if value, present := m.Arguments.Lookup("x-priority"); present {
		n, isInt := amqp.Integer(value)
		if !isInt {
			b.exception(in, amqp.PreconditionFailed, "invalid arg 'x-priority' for "+in.conn.host.here("queue", m.Queue), out)
			return
		}
		c.priority = n
	}
	if c.tag == "" {
		c.tag = b.fresh("amq.ctag-", func(tag string) bool { return in.ch.subscribed(tag) >= 0 })
	}
	b.catchUp(q, in, out)
	if in.conn.host.queue(m.Queue) != q {
		b.noQueue(in, m.Queue, out)
		return
	}
	switch q.refusal(in.ch, m.Exclusive) {
	case amqp.NotImplemented:
		b.connException(in, amqp.NotImplemented, in.conn.host.here("queue", m.Queue)+" does not support global qos", out)
		return
	case amqp.AccessRefused:
		b.inExclusiveUse(in, m.Queue, out)
		return
	}
	in.ch.consumers = append(in.ch.consumers, subscription{c.tag, q.name})
	if !m.NoWait { // the queue sends it, lest it be overtaken by what it delivers
		b.tell(in.ch, note{method: amqp.BasicConsumeOk{ConsumerTag: c.tag}, from: q.source(c.tag)}, out)
	}
	b.addConsumer(q, c, out)
}

// refusal is the code with which a queue refuses a consumer of a channel; 0: it takes it.
func (q *queue) refusal(ch *channel, exclusive bool) amqp.Code {
	switch {
	case q.quorum && ch.limit > 0:
		return amqp.NotImplemented
	case q.quorum: // which does not know exclusive consumers
		return 0
	case q.single && exclusive, !q.single && q.active.somebody(), !q.single && exclusive && q.consumerCount() > 0:
		return amqp.AccessRefused
	}
	return 0
}

// ending is where the news have the end of that consumer, -1: nowhere. It is in the channel's books until the channel comes to that.
func (ch *channel) ending(tag string) int {
	return slices.IndexFunc(ch.news, func(n note) bool { return n.method == amqp.Method(amqp.BasicCancel{ConsumerTag: tag, NoWait: true}) })
}

// consumeAgain has a channel consume from the queue that has the name of a consumer's former one, and reports whether it does: RabbitMQ 3.10 takes
// the end of the former one for a failover.
func (b *Broker) consumeAgain(ch *channel, tag string, e ended, out *model.Out) bool {
	if e.queue == "" || ch.conn.lost > 0 {
		return false
	}
	q := ch.conn.host.queue(e.queue)
	if q != nil && q.isDying() {
		b.remove(q, out)
		q = nil
	}
	if q == nil || q.lockedTo(ch.conn.key) {
		return false
	}
	b.catchUp(q, call{late: b.stepwise(ch.conn.key)}, out)
	if ch.conn.host.queue(e.queue) != q || q.refusal(ch, e.exclusive) != 0 {
		return false
	}
	ch.consumers = append(ch.consumers, subscription{tag, q.name})
	b.addConsumer(q, consumer{
		client: client{ch.conn.key, ch.num}, tag: tag, noAck: e.noAck, exclusive: e.exclusive && !q.quorum, priority: e.priority, prefetch: int(e.prefetch),
	}, out)
	return true
}

func (b *Broker) inExclusiveUse(in call, name string, out *model.Out) {
	b.exception(in, amqp.AccessRefused, in.conn.host.here("queue", name)+" in exclusive use", out)
}

// cancel answers basic.cancel (§1.8.3.5). To cancel what does not exist is a success.
func (b *Broker) cancel(in call, m amqp.BasicCancel, out *model.Out) {
	i := in.ch.subscribed(m.ConsumerTag)
	if i < 0 {
		if j := in.ch.ending(m.ConsumerTag); j >= 0 { // and so the client does not hear of the end
			in.ch.news = slices.Delete(in.ch.news, j, j+1)
		}
		if in.ch.replyConsumer != "" && in.ch.replyConsumer == m.ConsumerTag {
			in.ch.replyConsumer = ""
		}
		in.answer(!m.NoWait, amqp.BasicCancelOk{ConsumerTag: m.ConsumerTag}, out)
		return
	}
	for j := range in.ch.news {
		if ok, is := in.ch.news[j].method.(amqp.BasicConsumeOk); is && ok.ConsumerTag == m.ConsumerTag {
			in.ch.news[j].cancelled = true
		}
	}
	q := in.conn.host.queue(in.ch.consumers[i].queue)
	in.ch.consumers = slices.Delete(in.ch.consumers, i, i+1)
	b.catchUp(q, in, out)
	if !m.NoWait {
		b.tell(in.ch, note{method: amqp.BasicCancelOk{ConsumerTag: m.ConsumerTag}, from: q.source(m.ConsumerTag)}, out)
	}
	b.dropConsumer(q, client{in.key, in.channel}, m.ConsumerTag, out)
}

// get answers basic.get (§1.8.3.10).
func (b *Broker) get(in call, m amqp.BasicGet, out *model.Out) {
	if !b.named(in, &m.Queue, out) {
		return
	}
	q := b.usable(in, m.Queue, out)
	if q == nil {
		return
	}
	if q.quorum && q.single {
		b.exception(in, amqp.ResourceLocked, "cannot obtain access to locked "+in.conn.host.here("queue", m.Queue)+
			". basic.get operations are not supported by quorum queues with single active consumer", out)
		return
	}
	b.catchUp(q, in, out)
	q.touch(out)
	if len(q.ready) == 0 {
		in.reply(amqp.BasicGetEmpty{}, out)
		return
	}
	x := q.pop()
	b.dropExpired(q, out)
	ok := amqp.BasicGetOk{
		Redelivered: x.redelivered, Exchange: x.exchange, RoutingKey: x.key, MessageCount: uint32(len(q.ready)), Message: b.outgoing(q, x, true),
	}
	ok.Tag = in.ch.deliver(delivery{queue: q.name, pos: x.pos}, m.NoAck)
	if m.NoAck {
		b.forgetMessage(q, x, out)
	} else {
		q.hold(held{message: x, holder: client{in.key, in.channel}})
	}
	q.watch()
	in.reply(ok, out)
}

// qos answers basic.qos (§1.8.3.1) as RabbitMQ means it: without global it is for consumers that the channel starts from
// now on, each by itself; with global it limits the channel's consumers together.
func (b *Broker) qos(in call, m amqp.BasicQos, out *model.Out) {
	switch {
	case m.PrefetchSize != 0:
		b.connException(in, amqp.NotImplemented, fmt.Sprintf("prefetch_size!=0 (%d)", m.PrefetchSize), out)
		return
	case m.Global && !b.opts.Profile.limitsChannels():
		in.ch.prefetch = m.PrefetchCount
	case m.Global && m.PrefetchCount > 0:
		if in.ch.limit == 0 { // those got by basic.get are counted and never taken off again, as in RabbitMQ
			in.ch.volume = len(in.ch.unsettled)
		}
		reached := in.ch.limit > 0 && in.ch.volume >= in.ch.limit
		in.ch.limit = int(m.PrefetchCount)
		if reached && in.ch.volume < in.ch.limit {
			b.resume(in.ch)
		}
	default:
		if in.ch.limit > 0 {
			in.ch.limit, in.ch.volume = 0, 0
			b.resume(in.ch)
		}
		if !m.Global {
			in.ch.prefetch = m.PrefetchCount
		}
	}
	in.reply(amqp.BasicQosOk{}, out)
}
