package broker

import (
	"cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// giveBack returns a delivered message to a quorum queue, which counts how often that happens. It stands before all that have not been
// delivered yet, in the order of return; in RabbitMQ 3.10 a queue without a delivery limit puts it at the end, if a client gives it
// back and not the end of one.
func (b *Broker) giveBack(q *queue, m message, s settlement, out *model.Out) {
	if s != leaveBack && q.deliveryLimit == forever && b.opts.Profile.requeuesToTheEnd() {
		b.giveToEnd(q, m, out)
		return
	}
	m.redelivered = true
	m.acquired++
	b.countFailure(q, &m, s)
	counted := m.deliveries
	if b.opts.Profile.limitsReturns() {
		counted = m.acquired
	}
	if int64(counted) > q.deliveryLimit {
		b.deadLetter(q, m, limitDeath, out)
		b.forgetMessage(q, m, out)
		return
	}
	b.loseMessage(q, m, out)
	q.last++
	m.pos, m.returned = q.last, true
	b.keepMessage(q, m, out)
	q.insert(m)
}

// giveToEnd puts a message that a client gives back behind all others.
func (b *Broker) giveToEnd(q *queue, m message, out *model.Out) {
	b.loseMessage(q, m, out)
	q.last++
	m.pos, m.redelivered, m.returned = q.last, true, false
	m.acquired++
	m.deliveries++
	b.keepMessage(q, m, out)
	q.insert(m)
}

// The priorities of a message in a quorum queue: RabbitMQ 3.10 has none, 4.0 two, of which the higher one is served twice as often, and
// 4.3 many, strictly.
const (
	normalPriority = 4 // also of a message without one
	maxPriority    = 31
	highWeight     = 2
)

// quorumRank is what orders the messages of a quorum queue before their positions.
func (b Profile) quorumRank(m message) int {
	if m.returned {
		return -1
	}
	priority := normalPriority
	if m.message.Properties.Present&amqp.HasPriority != 0 {
		priority = int(m.priority())
	}
	switch {
	case b >= RabbitMQ43:
		return maxPriority - min(priority, maxPriority)
	case b >= RabbitMQ40 && priority <= normalPriority:
		return 1
	}
	return 0
}

// turn is the index of the ready message whose turn it is in a quorum queue of RabbitMQ 4.0 with messages of both priorities:
// after two of the high ones a normal one, unless it came later.
func (q *queue) turn() int {
	if q.served < highWeight || q.rank(q.ready[0]) != 0 {
		return 0
	}
	for i, m := range q.ready {
		if q.rank(m) == 1 {
			if q.ready[0].pos < m.pos {
				return 0
			}
			return i
		}
	}
	return 0
}

// serve counts messages served, for turn.
func (q *queue) serve(m message) {
	if m.returned {
		return
	}
	q.served = (q.served + 1) % (highWeight + 1)
}

// yield lets the active consumer of a quorum queue make way for one of higher priority, when it has nothing unsettled; it reports
// whether messages may be delivered.
func (q *queue) yield() bool {
	if len(q.consumers) == 0 {
		return true
	}
	first := q.consumers[0]
	for _, list := range [][]consumer{q.consumers, q.blocked} {
		for _, c := range list {
			if c.client != q.active || c.tag != q.activeTag || c.priority >= first.priority {
				continue
			}
			if c.unsettled > 0 {
				return false
			}
			q.active, q.activeTag = first.client, first.tag
			return true
		}
	}
	return true
}

// An enqueuer is a channel that has published to a quorum queue that refuses publishes beyond its limit. The queue tells its enqueuers
// when it has become too long, so one message too many is taken, and when it is well below its limit again.
type enqueuer struct {
	client
	refused bool
}

// lowLimit is how full, in tenths, a quorum queue is at most when it takes publishes again.
const lowLimit = 8

// refuses reports whether a quorum queue refuses a publish of the channel.
func (q *queue) refuses(from client) bool {
	for _, e := range q.enqueuers {
		if e.client == from {
			return e.refused
		}
	}
	e := enqueuer{from, q.over()}
	q.enqueuers = append(q.enqueuers, e)
	return e.refused
}

func (q *queue) over() bool {
	return q.maxLength != forever && int64(len(q.ready)) > q.maxLength || q.maxBytes != forever && q.bytes() > q.maxBytes
}

// watch tells the enqueuers of a quorum queue what has become of its length.
func (q *queue) watch() {
	if len(q.enqueuers) == 0 {
		return
	}
	low := (q.maxLength == forever || int64(len(q.ready)) <= q.maxLength*lowLimit/10) && (q.maxBytes == forever || q.bytes() <= q.maxBytes*lowLimit/10)
	for i := range q.enqueuers {
		switch {
		case q.over():
			q.enqueuers[i].refused = true
		case low:
			q.enqueuers[i].refused = false
		}
	}
}

// outgoing is a message as a client gets it: a quorum queue tells how often it has been delivered in vain. The failures that it brings along
// stand for its returns until it has been returned here.
func (b *Broker) outgoing(q *queue, m message, got bool) amqp.Message {
	if !q.quorum {
		return m.message
	}
	out := m.message
	set := func(name string, n int, least int) {
		if n >= least {
			out.Properties.Headers = withField(out.Properties.Headers, name, int64(n), true)
			out.Properties.Present |= amqp.HasHeaders
		}
	}
	switch profile := b.opts.Profile; {
	case profile >= RabbitMQ43:
		set("x-delivery-count", m.deliveries, 1)
		set("x-acquired-count", cmp.Or(m.acquired, m.deliveries), 1)
	case profile >= RabbitMQ40:
		set("x-delivery-count", cmp.Or(m.acquired, m.deliveries), 1)
	case got:
		set("x-delivery-count", m.deliveries, 0)
	default:
		set("x-delivery-count", m.deliveries, 1)
	}
	return out
}
