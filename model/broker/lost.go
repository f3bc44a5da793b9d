package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// lose makes the present connection of a link one of its lost ones. What its channels have not handled yet is unread again.
func (b *Broker) lose(link model.ID, out *model.Out) {
	now := key{link: link}
	out.Cancel(HeartbeatTimer(link))
	c := b.conn(now)
	if c == nil {
		return
	}
	b.forgetReceipts(func(r client) bool { return r.key == now })
	var unhandled []amqp.Frame
	for _, ch := range c.channels {
		unhandled = append(unhandled, ch.inbox...)
		ch.inbox, ch.unconfirmed, ch.confirmed, ch.rejected, ch.waiting, ch.blocked, ch.leaving = nil, nil, nil, nil, 0, false, 0
	}
	if c.ending { // which it will, one way or the other: no more is read
		c.ending, c.parting, c.unread = false, nil, nil
	}
	c.unread = append(unhandled, c.unread...)
	c.blocked, c.full = false, false
	n := 1
	for _, other := range b.conns {
		if other.link == link && other.lost >= n {
			n = other.lost + 1
		}
	}
	b.setDeadline(now, out)
	b.rekey(c, n)
	b.losses++
	b.sortConns()
	for _, ch := range slices.Clone(c.channels) { // what queues have sent counts as delivered, though nobody gets it
		for _, n := range ch.news {
			b.relay(ch, n, out)
		}
		ch.news = nil
	}
	b.settleLost(link, out)
}

// rekey numbers a lost connection, in all that refers to it.
func (b *Broker) rekey(c *conn, lost int) {
	from := c.key
	to := key{from.link, lost}
	b.eachKey(func(k *key) {
		if *k == from {
			*k = to
		}
	}, func(q *queue) bool { return !q.orphan })
	c.key = to
}

// eachKey visits all keys that queues hold; an owner only of those queues that owner says.
func (b *Broker) eachKey(visit func(*key), owner func(*queue) bool) {
	for _, h := range b.hosts {
		for _, q := range h.queues {
			if q.exclusive && owner(q) {
				visit(&q.owner)
			}
			q.eachClient(func(c *client) { visit(&c.key) })
		}
	}
}

// eachClient visits all clients that a queue knows of.
func (q *queue) eachClient(visit func(*client)) {
	some := func(c *client) {
		if c.somebody() {
			visit(c)
		}
	}
	for i := range q.consumers {
		some(&q.consumers[i].client)
	}
	for i := range q.blocked {
		some(&q.blocked[i].client)
	}
	for i := range q.unacked {
		some(&q.unacked[i].holder)
	}
	for i := range q.suspended {
		some(&q.suspended[i])
	}
	for i := range q.mailbox {
		some(&q.mailbox[i].receipt.client)
		some(&q.mailbox[i].from)
	}
	for i := range q.enqueuers {
		some(&q.enqueuers[i].client)
	}
	for i := range q.unsynced {
		some(&q.unsynced[i].client)
	}
	some(&q.active)
	some(&q.dying.deleter)
}

// settleLost forgets the lost connections of a link that have nothing at stake, and numbers the others in the order of what is
// known of them, so that the order in which they were lost makes no difference.
func (b *Broker) settleLost(link model.ID, out *model.Out) {
	idle := func(c *conn) bool {
		return c.link == link && c.lost > 0 && len(c.unread) == 0 && !b.atStake(c.key)
	}
	var lost []*conn
	for _, c := range b.conns {
		if c.link == link && c.lost > 0 {
			c.trim()
			if idle(c) {
				c.liftDeadline(out)
			} else {
				lost = append(lost, c)
			}
		}
	}
	before := len(b.conns)
	b.conns = slices.DeleteFunc(b.conns, idle)
	b.losses -= before - len(b.conns)
	slices.SortFunc(lost, func(x, y *conn) int { return slices.Compare(b.stake(x), b.stake(y)) })
	const away = 1 << 16 // first out of the way of each other
	for n, c := range lost {
		b.rekey(c, away+n)
	}
	for n, c := range lost {
		b.rekey(c, n+1)
	}
	b.sortConns()
}

// atStake reports whether any queue knows of the connection.
func (b *Broker) atStake(k key) (yes bool) {
	b.eachKey(func(other *key) { yes = yes || *other == k }, func(q *queue) bool { return !q.orphan })
	return yes
}

// trim drops the frames at the end of the unread ones that only ask or close: with nobody left to answer they do nothing. In a
// connection that is closing none does.
func (c *conn) trim() {
	if c.closing {
		c.unread = nil
	}
	for len(c.unread) > 0 {
		switch m := c.unread[len(c.unread)-1].Method.(type) {
		case amqp.QueueDeclare:
			if !m.Passive {
				return
			}
		case amqp.ChannelOpen, amqp.ChannelClose, amqp.ChannelCloseOk, amqp.ConfirmSelect:
		default:
			return
		}
		c.unread = c.unread[:len(c.unread)-1]
	}
}

// stake is what a lost connection is compared by: its state, and what the queues know of it.
func (b *Broker) stake(c *conn) []byte {
	text := c.appendState(nil)
	for _, h := range b.hosts {
		for _, q := range h.queues {
			if q.ownedBy(c.key) {
				text = model.AppendString(text, q.title())
			}
			at := 0
			q.eachClient(func(x *client) {
				at++
				if x.key == c.key {
					text = model.AppendInt(model.AppendInt(model.AppendString(text, q.title()), at), x.channel)
				}
			})
		}
	}
	return text
}

// notice is the end of a connection that the broker learns of: its exclusive queues are orphans until they are reaped, and each other
// queue that knows of its channels hears in its own time that they are no more.
func (b *Broker) notice(k key, out *model.Out) {
	c := b.conn(k)
	if c == nil || len(c.channels) == 0 {
		b.orphan(k)
		b.forget(k, out)
		return
	}
	b.forgetReceipts(func(r client) bool { return r.key == k })
	b.orphan(k)
	if c.noticed, c.unread = true, nil; b.opts.Grain == Process && !b.opts.Lean {
		return
	}
	for _, ch := range slices.Clone(c.channels) {
		b.channelDeparts(k, ch.num, out)
	}
}

// channelDeparts is the end of a channel of a connection that is noticed to be lost. With the last one the connection is forgotten.
func (b *Broker) channelDeparts(k key, num amqp.Channel, out *model.Out) {
	c := b.conn(k)
	i, _ := c.find(num)
	c.channels[i].gone = true
	for _, h := range b.hosts {
		for _, q := range h.queues {
			b.farewell(q, client{k, num}, c.channels[i])
		}
	}
	if c.channels = slices.Delete(c.channels, i, i+1); len(c.channels) == 0 {
		b.forget(k, out)
	}
}

// knows reports whether a queue knows of a channel at all.
func (q *queue) knows(c client) (yes bool) {
	q.eachClient(func(x *client) { yes = yes || *x == c })
	return yes
}

// concerns reports whether a channel has a consumer of the queue, or a letter in its mailbox that is not the last one. Then it does not become one with others
// that are no more: of channels that have nothing but messages there may be any number, of these there are no more than lost connections.
func (q *queue) concerns(c client) bool {
	of := func(x consumer) bool { return x.client == c }
	return slices.ContainsFunc(q.consumers, of) || slices.ContainsFunc(q.blocked, of) ||
		slices.ContainsFunc(q.mailbox, func(l letter) bool { return (l.from == c || l.receipt.client == c) && l.kind != departLetter })
}

// farewell marks a channel that is no more as departed, and puts word of that into the mailbox of a queue that knows of it.
func (b *Broker) farewell(q *queue, c client, ch *channel) {
	known := false
	gone := client{key{c.link, departed}, c.channel}
	if q.concerns(c) { // who the active consumer is stays clear so, and what a letter is about
		for gone.lost--; q.knows(gone); {
			gone.lost--
		}
	}
	q.eachClient(func(x *client) {
		if *x == c {
			*x, known = gone, true
		}
	})
	if known {
		l := letter{kind: departLetter, from: gone}
		if q.quorum {
			for _, s := range ch.consumers {
				if s.queue == q.name {
					l.tags = append(l.tags, s.tag)
				}
			}
		}
		b.send(q, l)
	}
}
