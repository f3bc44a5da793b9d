package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// consumer is one that a queue delivers to.
type consumer struct {
	client
	tag       string
	noAck     bool
	exclusive bool
	final     bool // does not survive its queue, see Profile.consumesAgain
	priority  int64
	prefetch  int // messages that it may have unsettled; 0: any number
	unsettled int // of them, those that count
}

// next returns the consumer whose turn it is to be delivered a message, and passes the turn on; nil if none can take one. A consumer
// that is found to have enough is put aside, and one whose channel is found to have enough with it.
//
//	consumers ──has enough──► blocked
//	    ▲  │ ▲                  │
//	    │  └─┘ delivered        │ settled, or its channel may be written to again
//	    └───────────────────────┘
func (b *Broker) next(q *queue) *consumer {
	if q.single {
		if q.quorum && b.opts.Profile.activeYieldsToPriority() && !q.yield() {
			return nil
		}
		i := slices.IndexFunc(q.consumers, func(c consumer) bool { return c.client == q.active && c.tag == q.activeTag })
		if i < 0 {
			return nil
		}
		if !b.grant(q, &q.consumers[i]) {
			q.block(i)
			return nil
		}
		return &q.consumers[i]
	}
	for len(q.consumers) > 0 {
		if !b.grant(q, &q.consumers[0]) {
			q.block(0)
			continue
		}
		c := q.consumers[0]
		last := 0 // of those of its priority
		for last+1 < len(q.consumers) && q.consumers[last+1].priority == c.priority {
			q.consumers[last] = q.consumers[last+1]
			last++
		}
		q.consumers[last] = c
		return &q.consumers[last]
	}
	return nil
}

// grant reports whether the consumer may be delivered one more message, and counts it.
func (b *Broker) grant(q *queue, c *consumer) bool {
	ch := b.channelOf(c.client)
	switch {
	case ch != nil && ch.conn.full, slices.Contains(q.suspended, c.client):
		return false
	case c.full():
		return false
	case ch != nil && ch.limit > 0 && !q.quorum && ch.volume >= ch.limit:
		q.suspended = append(q.suspended, c.client)
		return false
	}
	if !c.noAck || b.settles(q, c, ch) {
		c.unsettled++
	}
	if !c.noAck && ch != nil && ch.limit > 0 && !q.quorum {
		ch.volume++
	}
	return true
}

// full reports whether the consumer has as many unsettled messages as it may.
func (c *consumer) full() bool { return c.prefetch > 0 && c.unsettled >= c.prefetch }

// settles reports whether it is the consumer's channel that settles what is delivered with no-ack, when it has it. Until then that counts against
// the consumer's limit.
func (b *Broker) settles(q *queue, c *consumer, ch *channel) bool {
	return q.quorum && c.noAck && ch != nil && b.stepwise(ch.conn.key)
}

// block puts the i-th consumer aside.
func (q *queue) block(i int) {
	q.blocked = append(q.blocked, q.consumers[i])
	q.consumers = slices.Delete(q.consumers, i, i+1)
}

// enter puts a consumer behind those of its priority.
func (q *queue) enter(c consumer) {
	i := len(q.consumers)
	for i > 0 && q.consumers[i-1].priority < c.priority {
		i--
	}
	q.consumers = slices.Insert(q.consumers, i, c)
}

// unblock brings back the consumers among those put aside that match and have not enough any more, and delivers.
func (b *Broker) unblock(q *queue, match func(*consumer) bool, out *model.Out) {
	var back []consumer
	q.blocked = slices.DeleteFunc(q.blocked, func(c consumer) bool {
		if !match(&c) || c.full() {
			return false
		}
		back = append(back, c)
		return true
	})
	for _, c := range back {
		q.enter(c)
	}
	if back != nil {
		b.deliver(q, out)
	}
}

// deliver hands out ready messages as long as somebody can take one. A quorum queue drops what is too much after that.
func (b *Broker) deliver(q *queue, out *model.Out) {
	if b.handOut(q, out); q.quorum && !q.running {
		b.dropExcess(q, out)
		q.watch()
	}
}

func (b *Broker) handOut(q *queue, out *model.Out) {
	if q.running = false; q.hasStopped() {
		return
	}
	for n := 0; len(q.ready) > 0; n++ {
		if b.opts.Burst > 0 && n == b.opts.Burst {
			q.running = true
			b.list(q)
			return
		}
		c := b.next(q)
		if c == nil {
			return
		}
		shared := b.shares(c.client)
		b.handOver(q, c, q.pop(), out)
		b.dropExpired(q, out)
		if shared && len(q.ready) > 0 {
			q.running = true
			b.list(q)
			return
		}
	}
}

// shares reports whether a consumer's channel has a limit that other queues may use up between two messages.
func (b *Broker) shares(c client) bool {
	ch := b.channelOf(c)
	return ch != nil && ch.limit > 0 && b.stepwise(ch.conn.key)
}

// handOver delivers a message to a consumer that has been granted it. To a consumer whose channel is no more it is delivered
// all the same: the queue has not heard of that yet.
func (b *Broker) handOver(q *queue, c *consumer, m message, out *model.Out) {
	ch := b.channelOf(c.client)
	deliver := amqp.BasicDeliver{
		ConsumerTag: c.tag, Redelivered: m.redelivered, Exchange: m.exchange, RoutingKey: m.key, Message: b.outgoing(q, m, false),
	}
	settles := b.settles(q, c, ch)
	if c.noAck && !settles {
		b.forgetMessage(q, m, out)
	} else {
		q.hold(held{m, c.client, c.tag})
	}
	if ch != nil {
		b.tell(ch, note{from: q.source(c.tag), method: deliver, settles: settles, delivery: delivery{queue: q.name, pos: m.pos, consumer: deliver.ConsumerTag}, noAck: c.noAck}, out)
	}
	if q.quorum && !q.single && c.full() { // a quorum queue does not wait until it finds that out
		is := *c
		q.block(slices.IndexFunc(q.consumers, func(x consumer) bool { return x.client == is.client && x.tag == is.tag }))
	}
}

// source is what the order of notes to a consumer's channel is kept for: a classic queue, or a consumer of a quorum queue, which groups what it has
// for each.
func (q *queue) source(tag string) string {
	if q.quorum {
		return q.name + " for " + tag
	}
	return q.name
}

// hold keeps a delivered message among the unsettled ones, in the order of positions, and in a quorum queue in that of deliveries.
func (q *queue) hold(m held) {
	i := len(q.unacked)
	if q.quorum {
		q.unacked = append(q.unacked, m)
		return
	}
	for i > 0 && q.unacked[i-1].pos > m.pos {
		i--
	}
	q.unacked = slices.Insert(q.unacked, i, m)
}

// consume adds a consumer, and starts to deliver to it.
func (b *Broker) addConsumer(q *queue, c consumer, out *model.Out) {
	q.enter(c)
	q.used = true
	if c.exclusive && !q.quorum || q.single && !q.active.somebody() {
		q.active, q.activeTag = c.client, c.tag
	}
	b.stopExpiry(q, out)
	b.deliver(q, out)
}

// dropConsumer removes a consumer at its client's wish. What it has not settled stays with its channel. An auto-delete queue goes with
// its last consumer.
func (b *Broker) dropConsumer(q *queue, c client, tag string, out *model.Out) {
	is := func(x consumer) bool { return x.client == c && x.tag == tag }
	if b.findConsumer(q, c, tag) == nil {
		return
	}
	q.consumers, q.blocked = slices.DeleteFunc(q.consumers, is), slices.DeleteFunc(q.blocked, is)
	was := q.active == c && q.activeTag == tag
	if was {
		q.elect()
	}
	if b.autoDelete(q, out) {
		return
	}
	q.touch(out)
	if was {
		b.deliver(q, out)
	}
}

// depart removes what a channel that is no more has of a queue: its consumers; and what it had not settled is put back. tags are its consumers,
// oldest first.
func (b *Broker) depart(q *queue, c client, tags []string, out *model.Out) {
	of := func(x consumer) bool { return x.client == c }
	q.consumers, q.blocked = slices.DeleteFunc(q.consumers, of), slices.DeleteFunc(q.blocked, of)
	q.suspended = slices.DeleteFunc(q.suspended, func(x client) bool { return x == c })
	q.enqueuers = slices.DeleteFunc(q.enqueuers, func(x enqueuer) bool { return x.client == c })
	if q.active == c {
		q.elect()
	}
	if b.autoDelete(q, out) {
		return
	}
	q.touch(out)
	var had []held
	q.unacked = slices.DeleteFunc(q.unacked, func(m held) bool {
		if m.holder != c {
			return false
		}
		had = append(had, m)
		return true
	})
	if q.quorum { // which goes through the consumers
		slices.SortStableFunc(had, func(x, y held) int { return b.opts.Profile.compareReturns(x.tag, y.tag, tags) })
	}
	back := make([]message, len(had))
	for i, m := range had {
		back[i] = m.message
	}
	b.putBack(q, back, leaveBack, out)
	b.deliver(q, out)
}

// elect makes the first consumer the active one of a single-active-consumer queue. An exclusive consumer has no successor.
func (q *queue) elect() {
	q.active, q.activeTag = client{}, ""
	if q.single && len(q.consumers) > 0 {
		q.active, q.activeTag = q.consumers[0].client, q.consumers[0].tag
	}
}

// autoDelete deletes the queue if it was to last only as long as it has consumers.
func (b *Broker) autoDelete(q *queue, out *model.Out) bool {
	if q.isDying() || q.husk || !q.autoDelete || !q.used || q.consumerCount() > 0 {
		return false
	}
	b.lapse(q, out)
	return true
}

// counted is the number of consumers that a passive declare tells. To a quorum queue a message got and not settled is a consumer as well, and
// so is one that is cancelled, as long as it has something unsettled.
func (b *Broker) counted(q *queue) int {
	n := q.consumerCount()
	if !q.quorum {
		return n
	}
	if q.single { // those that wait are none
		n = min(n, 1)
	}
	type cancelled struct {
		client
		tag string
	}
	counted := map[cancelled]bool{}
	for _, m := range q.unacked {
		is := cancelled{m.holder, m.tag}
		switch {
		case m.tag == "":
			n++
		case !counted[is] && b.findConsumer(q, m.holder, m.tag) == nil:
			counted[is] = true
			n++
		}
	}
	return n
}

// consumerGone lets a channel learn that its consumer's queue is gone.
func (b *Broker) consumerGone(q *queue, c consumer, out *model.Out) {
	ch := b.channelOf(c.client)
	if ch == nil {
		return
	}
	ch.consumers = slices.DeleteFunc(ch.consumers, func(x subscription) bool { return x.tag == c.tag })
	n := note{from: q.source(c.tag), method: amqp.BasicCancel{ConsumerTag: c.tag, NoWait: true}, overtakes: q.quorum}
	if b.opts.Profile.consumesAgain() && !c.final {
		n.ended = ended{q.name, c.noAck, c.exclusive, c.priority, int64(c.prefetch)}
	}
	if ch.conn.cancelNotify || n.ended.queue != "" || n.overtakes || b.stepwise(ch.conn.key) { // until it hears of it, the tag is in use
		b.tell(ch, n, out)
	}
}
