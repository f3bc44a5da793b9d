package broker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// ExpiryTimer runs while a queue with x-expires is not used. The machine of a broker declares it for each such queue; queue is
// the queue's name, and "NAME of HOST" in a virtual host other than "/".
func ExpiryTimer(queue string) model.Timer {
	return model.Timer{Name: expiryPrefix + queue, Peer: model.Self}
}

// MessageTimer runs for a message that has a time-to-live, the n-th of its queue: a message takes the smallest number that is free,
// from 1 on.
func MessageTimer(queue string, n int) model.Timer {
	return model.Timer{Name: fmt.Sprintf("%s%d-%s", ttlPrefix, n, queue), Peer: model.Self}
}

// ExpiryOf returns the queue of an [ExpiryTimer].
func ExpiryOf(t model.Timer) (queue string, ok bool) {
	return strings.CutPrefix(t.Name, expiryPrefix)
}

const (
	expiryPrefix = "expiry-"
	ttlPrefix    = "ttl-"
)

// quorumTick is how often a quorum queue looks whether it has expired, in milliseconds (RabbitMQ).
const quorumTick = 5000

// touch begins the time anew after which a queue that is not used expires: basic.get does, and the end of its last consumer. Publishing does not.
func (q *queue) touch(out *model.Out) {
	if q.expires != forever && q.consumerCount() == 0 {
		w := model.Window{Earliest: q.expires, Latest: q.expires}
		if q.quorum {
			w.Latest += quorumTick
		}
		out.Arm(ExpiryTimer(q.title()), w)
	}
}

// asked touches a classic queue, which a declare asks how many messages it has; one with no-wait does not (RabbitMQ). A passive declare by
// whom the queue is not for does.
func (q *queue) asked(m amqp.QueueDeclare, out *model.Out) {
	if !m.NoWait && !q.quorum {
		q.touch(out)
	}
}

func (b *Broker) stopExpiry(q *queue, out *model.Out) {
	if q.expires != forever {
		out.Cancel(ExpiryTimer(q.title()))
	}
}

// startLife begins the time that a message may wait: the shorter of its own and its queue's.
func (b *Broker) startLife(q *queue, m *message, out *model.Out) {
	ms := min(m.ttl, q.ttl)
	if q.quorum && ms == 0 && !b.opts.Lean { // RabbitMQ's quorum queues keep such a message for the rest of its millisecond
		ms = 1
	}
	switch ms {
	case forever:
	case 0:
		m.expired = true
	default:
		m.timer = int(q.timers.take())
		out.Arm(MessageTimer(q.title(), m.timer), model.Window{Earliest: ms, Latest: ms})
	}
}

// endLife stops the timer of a message that leaves its queue.
func (b *Broker) endLife(q *queue, m message, out *model.Out) {
	if m.timer > 0 {
		q.timers.give(uint64(m.timer))
		out.Cancel(MessageTimer(q.title(), m.timer))
	}
}

// stopTimers stops all timers of a queue.
func (b *Broker) stopTimers(q *queue, out *model.Out) {
	b.stopExpiry(q, out)
	for _, m := range q.ready {
		b.endLife(q, m, out)
	}
	for _, m := range q.unacked {
		b.endLife(q, m.message, out)
	}
}

// expire is the end of a timer of a queue or of a message.
func (b *Broker) expire(t model.Timer, out *model.Out) {
	if title, ok := strings.CutPrefix(t.Name, expiryPrefix); ok {
		if q := b.find(title); q != nil {
			b.lapse(q, out)
		}
		return
	}
	number, title, _ := strings.Cut(strings.TrimPrefix(t.Name, ttlPrefix), "-")
	if q := b.find(title); q != nil {
		n, _ := strconv.Atoi(number)
		q.expireMessage(n)
		b.dropExpired(q, out)
	}
}

// expireMessage marks the message whose timer has ended: it goes as soon as it is at the head of its queue, and while
// somebody has it, when it is put back.
func (q *queue) expireMessage(n int) {
	q.timers.give(uint64(n))
	mark := func(m *message) bool {
		if m.timer != n {
			return false
		}
		m.timer, m.expired = 0, true
		return true
	}
	for i := range q.ready {
		if mark(&q.ready[i]) {
			return
		}
	}
	for i := range q.unacked {
		if mark(&q.unacked[i].message) {
			return
		}
	}
}

// dropExpired drops what is expired at the head of the queue, which in a priority queue is the head of each priority.
func (b *Broker) dropExpired(q *queue, out *model.Out) {
	if !q.prioritised {
		for len(q.ready) > 0 && q.ready[q.head()].expired {
			b.dropDead(q, q.pop(), out)
		}
		return
	}
	for i := 0; i < len(q.ready); {
		m := q.ready[i]
		if m.expired {
			q.ready = slices.Delete(q.ready, i, i+1)
			b.dropDead(q, m, out)
			continue
		}
		for i++; i < len(q.ready) && q.rank(q.ready[i]) == q.rank(m); i++ {
		}
	}
}

func (b *Broker) dropDead(q *queue, m message, out *model.Out) {
	b.deadLetter(q, m, expiredDeath, out)
	b.forgetMessage(q, m, out)
}
