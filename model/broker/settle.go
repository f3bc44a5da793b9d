package broker

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// delivery is a message that a channel has and has not settled, in the channel's own books.
type delivery struct {
	tag      uint64
	queue    string // "": the queue is gone, and settling it does nothing
	pos      uint64
	consumer string // "": got by basic.get
	order    uint64 // of deliveries on the channel
	checks   int    // so many AckCheck have found it, if that matters
}

// settle answers basic.ack, basic.nack and basic.reject (§1.8.3.13, 14; basic.nack is RabbitMQ's).
func (b *Broker) settle(in call, tag uint64, multiple bool, s settlement, out *model.Out) {
	all, ok := in.ch.collect(tag, multiple)
	if !ok {
		b.exception(in, amqp.PreconditionFailed, fmt.Sprintf("unknown delivery tag %d", amqp.WireTag(tag)), out)
		return
	}
	if in.ch.tx != nil {
		in.ch.tx.collect(s, all)
		return
	}
	b.settleAll(in, all, s, out)
}

// nacked is what basic.nack does to messages.
func nacked(requeue bool) settlement {
	if requeue {
		return putBack
	}
	return discard
}

// collect removes the deliveries that a tag means from the channel's books: those up to it where it is for multiple, 0 meaning
// all. It is not ok if there is no such delivery.
func (ch *channel) collect(tag uint64, multiple bool) (all []delivery, ok bool) {
	if tag == 0 && multiple {
		all, ch.unsettled = ch.unsettled, nil
		return all, true
	}
	i := slices.IndexFunc(ch.unsettled, func(d delivery) bool { return d.tag == tag })
	if i < 0 {
		return nil, false
	}
	from := i
	if multiple {
		from = 0
	}
	all = slices.Clone(ch.unsettled[from : i+1])
	if from == 0 { // mostly
		ch.unsettled = ch.unsettled[i+1:]
	} else {
		ch.unsettled = slices.Delete(ch.unsettled, from, i+1)
	}
	if len(ch.unsettled) == 0 {
		ch.unsettled = nil
	}
	return all, true
}

// settleAll tells each queue which of its messages are settled, and makes room under the channel's limit. A queue is told of what each consumer had by
// itself, and of every message got: what one gives back may be delivered before it hears of the next.
func (b *Broker) settleAll(in call, all []delivery, s settlement, out *model.Out) {
	me := client{in.key, in.channel}
	for _, d := range all {
		in.ch.tags.give(d.tag)
	}
	var counted int
	for _, d := range all {
		if d.consumer != "" {
			counted++
		}
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, delivery.compareOrigin)
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[0].compareOrigin(all[n]) == 0 {
			n++
		}
		if name := all[0].queue; name != "" {
			positions := make([]uint64, n)
			for i, d := range all[:n] {
				positions[i] = d.pos
			}
			b.send(in.conn.host.queue(name), letter{kind: settleLetter, from: me, settle: s, positions: positions})
		}
		all = all[n:]
	}
	b.release(in.ch, counted)
}

// compareOrigin orders deliveries by queue and consumer, and those that are got, which come first, one by one.
func (d delivery) compareOrigin(other delivery) int {
	c := cmp.Or(cmp.Compare(d.queue, other.queue), cmp.Compare(d.consumer, other.consumer))
	if c == 0 && d.consumer == "" {
		return cmp.Compare(d.order, other.order)
	}
	return c
}

// release takes settled messages off what counts against a channel's limit, and lets the queues that had found it reached go on. As in RabbitMQ it takes
// off those of quorum queues, and those that were on their way when the limit was set, though they were not counted.
func (b *Broker) release(ch *channel, counted int) {
	if ch.limit == 0 || counted == 0 {
		return
	}
	reached := ch.volume >= ch.limit
	if ch.volume != 0 {
		ch.volume -= counted
	}
	if reached && ch.volume < ch.limit {
		b.resume(ch)
	}
}

// resume tells the queues that had found the channel's limit reached that it no longer is.
func (b *Broker) resume(ch *channel) {
	me := client{ch.conn.key, ch.num}
	for _, q := range ch.conn.host.queues {
		if slices.Contains(q.suspended, me) {
			b.send(q, letter{kind: resumeLetter, from: me})
		}
	}
}

// settled is what a queue does when it hears that messages are settled.
func (b *Broker) settled(q *queue, l letter, out *model.Out) {
	freed := false
	all := q.release(l, func(tag string) {
		if c := b.findConsumer(q, l.from, tag); c != nil && tag != "" && c.unsettled > 0 {
			freed = freed || c.prefetch > 0 && c.unsettled >= c.prefetch
			c.unsettled--
		}
	})
	switch l.settle {
	case acknowledge:
		for _, m := range all {
			b.forgetMessage(q, m, out)
		}
	case discard, rejectAway:
		for _, m := range all {
			b.countFailure(q, &m, l.settle)
			b.deadLetter(q, m, rejectedDeath, out)
			b.forgetMessage(q, m, out)
		}
	default:
		b.putBack(q, all, l.settle, out)
	}
	if freed {
		b.unblock(q, func(c *consumer) bool { return c.client == l.from }, out)
	}
	if l.settle == putBack || l.settle == rejectBack || q.quorum {
		b.deliver(q, out)
	}
}

// release removes the messages that a letter settles from those that are delivered, and tells of each which consumer had it.
func (q *queue) release(l letter, had func(tag string)) (all []message) {
	sorted := l.positions
	inOrder := slices.IsSorted(sorted)
	if !inOrder {
		sorted = slices.Sorted(slices.Values(sorted))
	}
	take := func(m held) bool {
		if _, found := slices.BinarySearch(sorted, m.pos); !found || m.holder != l.from {
			return false
		}
		had(m.tag)
		all = append(all, m.message)
		return true
	}
	n := 0
	for n < len(q.unacked) && take(q.unacked[n]) { // mostly from the front
		n++
	}
	clear(q.unacked[:n]) // for the collector
	q.unacked = q.unacked[n:]
	if len(all) < len(l.positions) {
		q.unacked = slices.DeleteFunc(q.unacked, take)
	}
	if len(q.unacked) == 0 {
		q.unacked = nil
	}
	if !inOrder && !q.quorum {
		place := make(map[uint64]int, len(l.positions))
		for i, pos := range l.positions {
			place[pos] = i
		}
		slices.SortFunc(all, func(x, y message) int { return cmp.Compare(place[x.pos], place[y.pos]) })
	}
	return all
}

// putBack makes messages ready again, by their client's wish or because that has ended. In a classic queue they go where they were before; a
// quorum queue has its own rules.
func (b *Broker) putBack(q *queue, all []message, s settlement, out *model.Out) {
	for _, m := range all {
		if q.quorum {
			b.giveBack(q, m, s, out)
			continue
		}
		if b.countFailure(q, &m, s) || !m.redelivered {
			m.redelivered = true
			b.keepMessage(q, m, out)
		}
		q.insert(m)
	}
	if !q.quorum { // which drops when it has handed out what it can
		b.dropExcess(q, out)
	}
	b.dropExpired(q, out)
}

// countFailure counts a delivery that is settled so, if it has failed, and reports whether that has changed the message. In a classic queue it
// matters only to a dead letter; Lean, only whether it has happened.
func (b *Broker) countFailure(q *queue, m *message, s settlement) bool {
	counts := q.quorum || q.deadLetter != nil && (m.deliveries == 0 || !b.opts.Lean)
	if !counts || !b.opts.Profile.fails(s, q.quorum) {
		return false
	}
	m.deliveries++
	return true
}

// recover answers basic.recover (§1.8.3.15, 16) with requeue; RabbitMQ has no other.
func (b *Broker) recover(in call, requeue bool, out *model.Out) bool {
	if !requeue {
		b.connException(in, amqp.NotImplemented, "requeue=false", out)
		return false
	}
	all, _ := in.ch.collect(0, true)
	b.settleAll(in, all, putBack, out)
	return true
}
