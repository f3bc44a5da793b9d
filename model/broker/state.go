package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Clone returns an independent copy.
func (b *Broker) Clone() model.Machine {
	c := *b
	c.conns, c.hosts = make([]*conn, len(b.conns)), make([]*host, len(b.hosts))
	c.mail, c.orphans, c.busy = nil, nil, nil
	for i, h := range b.hosts {
		c.hosts[i] = h.clone()
		for j, q := range h.queues {
			if q.listed {
				c.mail = append(c.mail, c.hosts[i].queues[j])
			}
			if q.orphan || q.isDying() || q.husk {
				c.orphans = append(c.orphans, c.hosts[i].queues[j])
			}
		}
	}
	for i, k := range b.conns {
		c.conns[i] = k.clone(&c)
		for j, ch := range k.channels {
			if ch.listed {
				c.busy = append(c.busy, c.conns[i].channels[j])
			}
		}
	}
	return &c
}

func (h *host) clone() *host {
	c := &host{name: h.name, exchanges: make([]*exchange, len(h.exchanges)), queues: make([]*queue, len(h.queues))}
	for i, x := range h.exchanges {
		y := *x
		y.bindings = slices.Clone(x.bindings)
		c.exchanges[i] = &y
	}
	for i, q := range h.queues {
		d := *q
		d.host = c
		d.ready, d.unacked, d.consumers, d.blocked = slices.Clone(q.ready), slices.Clone(q.unacked), slices.Clone(q.consumers), slices.Clone(q.blocked)
		d.suspended, d.mailbox, d.unsynced, d.timers = slices.Clone(q.suspended), slices.Clone(q.mailbox), slices.Clone(q.unsynced), tags{q.timers.top, slices.Clone(q.timers.free)}
		d.enqueuers = slices.Clone(q.enqueuers)
		c.queues[i] = &d
	}
	return c
}

func (k *conn) clone(b *Broker) *conn {
	c := *k
	if k.host != nil {
		c.host, _ = b.findHost(k.host.name)
	}
	c.unread, c.channels = slices.Clone(k.unread), make([]*channel, len(k.channels))
	for i, ch := range k.channels {
		d := *ch
		d.conn = &c
		d.inbox, d.unconfirmed, d.confirmed = slices.Clone(ch.inbox), slices.Clone(ch.unconfirmed), slices.Clone(ch.confirmed)
		d.rejected, d.news, d.consumers = slices.Clone(ch.rejected), slices.Clone(ch.news), slices.Clone(ch.consumers)
		d.unsettled, d.tags.free = slices.Clone(ch.unsettled), slices.Clone(ch.tags.free)
		if ch.tx != nil {
			d.tx = ch.tx.clone()
		}
		c.channels[i] = &d
	}
	return &c
}

func (tx *transaction) clone() *transaction {
	c := *tx
	c.publications, c.settlements = slices.Clone(tx.publications), slices.Clone(tx.settlements)
	for i := range c.settlements {
		c.settlements[i].deliveries = slices.Clone(c.settlements[i].deliveries)
	}
	return &c
}

// Rename replaces the links of connections, owners and clients, and sorts the connections anew.
func (b *Broker) Rename(to func(model.ID) model.ID) model.Machine {
	c := b.Clone().(*Broker)
	for _, k := range c.conns {
		k.link = to(k.link)
	}
	c.sortConns()
	c.eachKey(func(k *key) { k.link = to(k.link) }, func(*queue) bool { return true })
	return c
}

func (b *Broker) sortConns() {
	slices.SortFunc(b.conns, func(x, y *conn) int { return x.key.compare(y.key) })
}

// AppendState encodes connections, exchanges that are not as RabbitMQ has them at first, and queues.
func (b *Broker) AppendState(dst []byte) []byte {
	dst = model.AppendBool(model.AppendInt(dst, len(b.conns)), b.alarm)
	if !b.opts.Lean {
		dst = model.AppendInt(dst, b.serial)
	}
	for _, c := range b.conns {
		dst = c.appendState(c.key.appendState(dst))
	}
	for _, h := range b.hosts {
		for _, x := range h.exchanges {
			if !x.dull() {
				dst = x.appendState(model.AppendInt(dst, 1))
			}
		}
		for _, q := range h.queues {
			dst = q.appendState(model.AppendInt(dst, 2))
		}
		dst = model.AppendInt(dst, 0)
	}
	return dst
}

func (k key) appendState(dst []byte) []byte {
	return model.AppendInt(model.AppendInt(dst, k.link), k.lost)
}

func (c client) appendState(dst []byte) []byte {
	return model.AppendInt(c.key.appendState(dst), c.channel)
}

func (r receipt) appendState(dst []byte) []byte {
	return model.AppendInt(r.client.appendState(dst), int64(r.seq))
}

func (ch *channel) appendState(dst []byte) []byte {
	dst = model.AppendInt(dst, ch.num)
	for _, flag := range []bool{ch.opening, ch.closing, ch.ended, ch.blocked, ch.confirm, ch.tx != nil} {
		dst = model.AppendBool(dst, flag)
	}
	dst = appendFrames(model.AppendInt(dst, ch.leaving), ch.inbox)
	dst = model.AppendInt(dst, len(ch.unconfirmed))
	for _, o := range ch.unconfirmed {
		dst = model.AppendInt(model.AppendInt(dst, int64(o.seq)), o.left)
	}
	for _, list := range [][]uint64{ch.confirmed, ch.rejected} {
		list = slices.Sorted(slices.Values(list)) // they are told in that order
		dst = model.AppendInt(dst, len(list))
		for _, seq := range list {
			dst = model.AppendInt(dst, int64(seq))
		}
	}
	dst = model.AppendInt(model.AppendInt(dst, len(ch.news)), ch.waiting)
	for _, n := range ch.news {
		dst = model.AppendBool(model.AppendBool(model.AppendBool(amqp.AppendFrame(dst, amqp.Frame{Method: n.method}), n.noAck), n.settles), n.cancelled)
		dst = model.AppendString(model.AppendBool(dst, n.overtakes), n.from)
		dst = ch.appendDeliveries(dst, []delivery{n.delivery})
		dst = model.AppendBool(model.AppendBool(model.AppendString(dst, n.ended.queue), n.ended.noAck), n.ended.exclusive)
		dst = model.AppendInt(model.AppendInt(dst, n.ended.priority), n.ended.prefetch)
	}
	if ch.tx != nil {
		dst = ch.tx.appendState(dst, ch)
	}
	dst = ch.appendDeliveries(dst, ch.unsettled)
	dst = model.AppendInt(dst, len(ch.consumers))
	for _, s := range ch.consumers {
		dst = model.AppendString(model.AppendString(dst, s.tag), s.queue)
	}
	dst = model.AppendInt(model.AppendInt(model.AppendInt(dst, ch.prefetch), ch.limit), ch.volume)
	return model.AppendInt(model.AppendString(model.AppendString(dst, ch.lastQueue), ch.replyConsumer), ch.replier)
}

// appendDeliveries encodes deliveries with their places among all unsettled ones of the channel, and of their queues.
func (ch *channel) appendDeliveries(dst []byte, all []delivery) []byte {
	dst = model.AppendInt(dst, len(all))
	for _, d := range all {
		place := 0
		for _, other := range ch.unsettled {
			if other.order < d.order {
				place++
			}
		}
		dst = model.AppendInt(model.AppendInt(dst, int64(d.tag)), place)
		dst = model.AppendInt(model.AppendString(model.AppendString(dst, d.queue), d.consumer), d.checks)
		if q := ch.conn.host.queue(d.queue); q != nil && d.queue != "" {
			dst = model.AppendInt(dst, q.rankOf(d.pos))
		}
	}
	return dst
}

func (tx *transaction) appendState(dst []byte, ch *channel) []byte {
	dst = model.AppendBool(model.AppendBool(model.AppendInt(dst, tx.left), tx.committing), tx.failed)
	dst = model.AppendInt(dst, len(tx.publications))
	for _, p := range tx.publications {
		dst = model.AppendBool(p.content.appendState(dst), p.mandatory)
		dst = model.AppendInt(dst, len(p.queues))
		for _, name := range p.queues {
			dst = model.AppendString(dst, name)
		}
		dst = model.AppendInt(dst, len(p.gone))
		for _, name := range p.gone {
			dst = model.AppendString(dst, name)
		}
	}
	dst = model.AppendInt(dst, len(tx.settlements))
	for _, s := range tx.settlements {
		dst = ch.appendDeliveries(model.AppendInt(dst, s.settlement), s.deliveries)
	}
	return dst
}

// rankOf is the place of a position among all messages of the queue, which is all that a position means.
func (q *queue) rankOf(pos uint64) (n int) {
	for _, m := range q.ready {
		if m.pos < pos {
			n++
		}
	}
	for _, m := range q.unacked {
		if m.pos < pos {
			n++
		}
	}
	return n
}

func (q *queue) appendState(dst []byte) []byte {
	dst = model.AppendString(dst, q.name)
	for _, flag := range []bool{q.quorum, q.durable, q.exclusive, q.autoDelete, q.orphan, q.isDying(), q.husk, q.running, q.used && q.autoDelete} {
		dst = model.AppendBool(dst, flag)
	}
	if q.isDying() {
		dst = q.dying.deleter.appendState(model.AppendInt(model.AppendBool(model.AppendBool(dst, q.dying.silent), q.dying.stopped), q.dying.count))
	}
	dst = q.owner.appendState(model.AppendString(dst, q.arguments))
	dst = model.AppendInt(dst, len(q.ready))
	for _, m := range q.ready {
		dst = model.AppendInt(m.appendState(dst), q.rankOf(m.pos))
	}
	dst = model.AppendInt(dst, len(q.unacked))
	for _, m := range q.unacked {
		dst = model.AppendString(m.holder.appendState(m.message.appendState(dst)), m.tag)
		dst = model.AppendInt(dst, q.rankOf(m.pos))
	}
	for _, list := range [][]consumer{q.consumers, q.blocked} {
		dst = model.AppendInt(dst, len(list))
		for _, c := range list {
			dst = c.appendState(dst)
		}
	}
	dst = model.AppendInt(dst, len(q.suspended))
	for _, c := range q.suspended {
		dst = c.appendState(dst)
	}
	dst = model.AppendString(q.active.appendState(dst), q.activeTag)
	dst = model.AppendInt(dst, len(q.mailbox))
	for _, l := range q.mailbox {
		dst = q.appendLetter(dst, l)
	}
	dst = model.AppendInt(model.AppendInt(dst, q.served), len(q.enqueuers))
	for _, e := range q.enqueuers {
		dst = model.AppendBool(e.appendState(dst), e.refused)
	}
	dst = model.AppendInt(dst, len(q.unsynced))
	for _, r := range q.unsynced {
		dst = r.appendState(dst)
	}
	return dst
}

func (c consumer) appendState(dst []byte) []byte {
	dst = model.AppendString(c.client.appendState(dst), c.tag)
	dst = model.AppendBool(model.AppendBool(model.AppendBool(dst, c.noAck), c.exclusive), c.final)
	return model.AppendInt(model.AppendInt(model.AppendInt(dst, c.priority), c.prefetch), c.unsettled)
}

func (q *queue) appendLetter(dst []byte, l letter) []byte {
	dst = model.AppendBool(model.AppendInt(model.AppendInt(dst, l.kind), l.settle), l.waits)
	if l.content != nil {
		dst = l.content.appendState(dst)
	}
	dst = l.from.appendState(l.receipt.appendState(dst))
	dst = model.AppendInt(dst, len(l.tags))
	for _, tag := range l.tags {
		dst = model.AppendString(dst, tag)
	}
	dst = model.AppendInt(dst, len(l.positions))
	for _, pos := range l.positions {
		dst = model.AppendInt(dst, q.rankOf(pos))
	}
	return dst
}
