package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// enqueue takes a published message: refuses it, hands it to a consumer at once, or makes it ready.
func (b *Broker) enqueue(q *queue, l letter, out *model.Out) {
	if q.reject && (q.quorum && q.refuses(l.from) || !q.quorum && q.full(l.content)) {
		if q.rejectDeadly {
			b.deadLetter(q, message{content: l.content}, maxlenDeath, out)
		}
		b.settleReceipt(l.receipt, q.quorum && b.inTx(l.receipt.client), out)
		return
	}
	q.last++
	m := message{content: l.content, pos: q.last, deliveries: l.content.deliveries, redelivered: q.quorum && l.content.deliveries > 0}
	b.startLife(q, &m, out)
	b.keepMessage(q, m, out)
	if l.receipt.somebody() && q.persists(m) {
		q.unsynced = append(q.unsynced, l.receipt)
		b.list(q)
	} else {
		b.settleReceipt(l.receipt, true, out)
	}
	if len(q.ready) == 0 {
		if c := b.next(q); c != nil {
			b.handOver(q, c, m, out)
			return
		}
	}
	m.redelivered = m.redelivered || m.deliveries > 0 && b.opts.Profile.failuresSeemRedelivered()
	q.insert(m)
	b.dropExcess(q, out)
	b.dropExpired(q, out)
	q.watch()
}

// sync is the moment at which what a queue has taken is on disk: it is confirmed.
func (b *Broker) sync(q *queue, out *model.Out) {
	receipts := q.unsynced
	q.unsynced = nil
	for _, r := range receipts {
		b.settleReceipt(r, true, out)
	}
}

// full reports whether a classic queue that refuses publishes refuses this one.
func (q *queue) full(c *content) bool {
	return q.maxLength != forever && int64(len(q.ready))+1 > q.maxLength ||
		q.maxBytes != forever && q.bytes()+int64(len(c.message.Body)) > q.maxBytes
}

func (q *queue) bytes() (n int64) {
	for _, m := range q.ready {
		n += int64(len(m.message.Body))
		if q.quorum && q.profile.weighsProperties() {
			n += int64(m.weight())
		}
	}
	return n
}

// dropExcess drops from the head what is beyond the queue's limits, unless it refuses publishes instead.
func (b *Broker) dropExcess(q *queue, out *model.Out) {
	for !q.reject && len(q.ready) > 0 && (q.maxLength != forever && int64(len(q.ready)) > q.maxLength || q.maxBytes != forever && q.bytes() > q.maxBytes) {
		m := q.pop()
		b.deadLetter(q, m, maxlenDeath, out)
		b.forgetMessage(q, m, out)
	}
}

// rank is what orders ready messages before their positions: a lower rank goes first.
func (q *queue) rank(m message) int {
	switch {
	case q.quorum:
		return q.profile.quorumRank(m)
	case !q.prioritised:
		return 0
	}
	return -int(min(m.priority(), q.maxPriority))
}

// before orders ready messages.
func (q *queue) before(x, y message) bool {
	if r, s := q.rank(x), q.rank(y); r != s {
		return r < s
	}
	return x.pos < y.pos
}

// insert puts a message where it belongs among the ready ones, which is mostly at the end.
func (q *queue) insert(m message) {
	n := len(q.ready)
	if n == 0 || !q.before(m, q.ready[n-1]) {
		q.ready = append(q.ready, m)
		return
	}
	lo, hi := 0, n
	for lo < hi {
		mid := (lo + hi) / 2
		if q.before(m, q.ready[mid]) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	q.ready = slices.Insert(q.ready, lo, m)
}

// head is the index of the ready message whose turn it is.
func (q *queue) head() int {
	if q.quorum && q.profile.weighsPriorities() {
		return q.turn()
	}
	return 0
}

// pop removes the ready message whose turn it is.
func (q *queue) pop() message {
	i := q.head()
	m := q.ready[i]
	if q.quorum && q.profile.weighsPriorities() {
		q.serve(m)
	}
	if i > 0 {
		q.ready = slices.Delete(q.ready, i, i+1)
		return m
	}
	q.ready[0] = message{} // for the collector
	q.ready = q.ready[1:]
	if len(q.ready) == 0 {
		q.ready = q.ready[:0:0]
	}
	return m
}

// forgetMessage is the end of a message in a queue.
func (b *Broker) forgetMessage(q *queue, m message, out *model.Out) {
	b.endLife(q, m, out)
	b.loseMessage(q, m, out)
}
