package broker

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// ExpiryTimer runs while a queue with x-expires is not used. The machine of a broker declares it for each such queue; queue is
// the queue's name, and "NAME of HOST" in a virtual host other than "/".
func ExpiryTimer(queue string) model.Timer {
	return model.Timer{Name: "expiry-" + queue, Peer: model.Self}
}

// MessageTimer runs for a message that has a time-to-live, the n-th of its queue: a message takes the smallest number that is free,
// from 1 on.
func MessageTimer(queue string, n int) model.Timer {
	return model.Timer{Name: fmt.Sprintf("ttl-%d-%s", n, queue), Peer: model.Self}
}

// touch begins the time anew after which a queue that is not used expires (RabbitMQ): any declare does, basic.get, and the end of its
// last consumer. Publishing does not.
func (q *queue) touch(out *model.Out) {
	if q.expires != forever && q.consumerCount() == 0 {
		out.Arm(ExpiryTimer(q.title()), model.Window{Earliest: q.expires, Latest: q.expires})
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
	switch {
	case ms == forever:
	case ms == 0:
		m.expired = true
	default:
		m.timer = 1
		for slices.Contains(q.timers, m.timer) {
			m.timer++
		}
		q.timers = append(q.timers, m.timer)
		out.Arm(MessageTimer(q.title(), m.timer), model.Window{Earliest: ms, Latest: ms})
	}
}

// endLife stops the timer of a message that leaves its queue.
func (b *Broker) endLife(q *queue, m message, out *model.Out) {
	if m.timer > 0 {
		q.timers = slices.DeleteFunc(q.timers, func(n int) bool { return n == m.timer })
		out.Cancel(MessageTimer(q.title(), m.timer))
	}
}

// stopTimers stops all timers of a queue.
func (b *Broker) stopTimers(q *queue, out *model.Out) {
	b.stopExpiry(q, out)
	for _, n := range q.timers {
		out.Cancel(MessageTimer(q.title(), n))
	}
	q.timers = nil
}

// expire is the end of a timer of a queue or of a message.
func (b *Broker) expire(t model.Timer, out *model.Out) {
	for _, h := range b.hosts {
		for _, q := range h.queues {
			if q.expires != forever && t == ExpiryTimer(q.title()) {
				b.remove(q, out)
				return
			}
			for _, n := range q.timers {
				if t == MessageTimer(q.title(), n) {
					b.expireMessage(q, n, out)
					return
				}
			}
		}
	}
}

// expireMessage marks the message whose timer has ended: it goes as soon as it is at the head of its queue, and while
// somebody has it, when it is put back.
func (b *Broker) expireMessage(q *queue, n int, out *model.Out) {
	q.timers = slices.DeleteFunc(q.timers, func(t int) bool { return t == n })
	mark := func(m *message) {
		if m.timer == n {
			m.timer, m.expired = 0, true
		}
	}
	for i := range q.ready {
		mark(&q.ready[i])
	}
	for i := range q.unacked {
		mark(&q.unacked[i].message)
	}
	b.dropExpired(q, out)
}

// dropExpired drops what is expired at the head of the queue, which in a priority queue is the head of each priority.
func (b *Broker) dropExpired(q *queue, out *model.Out) {
	for i := 0; i < len(q.ready); {
		m := q.ready[i]
		if m.expired {
			q.ready = slices.Delete(q.ready, i, i+1)
			b.deadLetter(q, m, expiredDeath, out)
			b.forgetMessage(q, m, out)
			continue
		}
		for i++; i < len(q.ready) && q.rank(q.ready[i]) == q.rank(m); i++ {
		}
	}
}
