package broker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// queue is a classic queue and the process behind it.
type queue struct {
	name                           string
	durable, exclusive, autoDelete bool
	arguments                      amqp.Table // effective
	owner                          key        // exclusive: whose connection declared it
	orphan                         bool       // exclusive: that connection was lost
	ready                          []amqp.Message
	mailbox                        []arrival // published, not yet taken
}

// arrival is a message on its way into a queue, and the channel that wants it confirmed as seq (0: nobody does).
type arrival struct {
	key
	channel amqp.Channel
	seq     uint64
	message amqp.Message
}

func (b *Broker) find(name string) (int, bool) {
	return slices.BinarySearchFunc(b.queues, name, func(q queue, n string) int { return strings.Compare(q.name, n) })
}

// declare answers queue.declare (§1.7.2.1). RabbitMQ looks at the lock before it compares arguments, and an exclusive queue is
// never durable to it.
func (b *Broker) declare(in call, m amqp.QueueDeclare, out *model.Out) {
	m.Durable = m.Durable && !m.Exclusive
	m.Arguments = effective(m.Arguments)
	i, exists := b.find(m.Queue)
	switch {
	case m.Queue == "":
		b.connException(in.key, amqp.NotImplemented, "queue names given by the server", m, out)
		return
	case !exists && m.Passive:
		b.noQueue(in, m.Queue, out)
		return
	case !exists && strings.HasPrefix(m.Queue, "amq."):
		b.exception(in, amqp.AccessRefused, fmt.Sprintf("queue name '%s' contains reserved prefix 'amq.*'", m.Queue), out)
		return
	case !exists && !b.argumentsAllow(in, m.Arguments, out):
		return
	case !exists:
		b.queues = slices.Insert(b.queues, i, queue{
			name: m.Queue, durable: m.Durable, exclusive: m.Exclusive, autoDelete: m.AutoDelete, arguments: m.Arguments,
		})
		if m.Exclusive {
			b.queues[i].owner = in.key
		}
	case b.locked(i, in) || !m.Passive && m.Exclusive != b.queues[i].exclusive:
		b.lockedQueue(in, m.Queue, out)
		return
	case !m.Passive && !b.queues[i].equivalent(m):
		b.exception(in, amqp.PreconditionFailed, fmt.Sprintf("inequivalent arg for queue '%s' in vhost '/'", m.Queue), out)
		return
	}
	if !m.Passive {
		out.Observe(Declared{m.Queue, in.link, in.lost > 0})
	}
	if !m.NoWait {
		in.reply(amqp.QueueDeclareOk{Queue: m.Queue, MessageCount: uint32(len(b.queues[i].ready))}, out)
	}
}

// delete answers queue.delete (§1.7.2.9). To delete what does not exist is a success.
func (b *Broker) delete(in call, m amqp.QueueDelete, out *model.Out) {
	i, exists := b.find(m.Queue)
	count := 0
	if exists {
		if b.locked(i, in) {
			b.lockedQueue(in, m.Queue, out)
			return
		}
		for len(b.queues[i].mailbox) > 0 { // the delete stands behind them in the same mailbox
			b.take(i, out)
		}
		if count = len(b.queues[i].ready); m.IfEmpty && count > 0 {
			b.exception(in, amqp.PreconditionFailed, fmt.Sprintf("queue '%s' in vhost '/' is not empty", m.Queue), out)
			return
		}
		b.remove(i, out)
	}
	if !m.NoWait {
		in.reply(amqp.QueueDeleteOk{MessageCount: uint32(count)}, out)
	}
}

// ownedBy reports whether the queue is exclusive to that connection.
func (q *queue) ownedBy(k key) bool { return q.exclusive && !q.orphan && q.owner == k }

// locked reports whether the queue is exclusive to a connection other than the caller's.
func (b *Broker) locked(i int, in call) bool {
	q := &b.queues[i]
	return q.exclusive && !q.ownedBy(in.key)
}

func (b *Broker) lockedQueue(in call, name string, out *model.Out) {
	b.exception(in, amqp.ResourceLocked, fmt.Sprintf("cannot obtain exclusive access to locked queue '%s' in vhost '/'. It could be "+
		"originally declared on another connection or the exclusive property value does not match that of the original declaration.",
		name), out)
}

func (b *Broker) noQueue(in call, name string, out *model.Out) {
	b.exception(in, amqp.NotFound, fmt.Sprintf("no queue '%s' in vhost '/'", name), out)
}

func (q *queue) equivalent(m amqp.QueueDeclare) bool {
	return q.durable == m.Durable && q.autoDelete == m.AutoDelete && q.arguments == m.Arguments
}

// remove deletes a queue with all that is in it. Publishes still in its mailbox are confirmed: there is nobody left whom
// the broker could fail.
func (b *Broker) remove(i int, out *model.Out) {
	q := b.queues[i]
	for _, a := range q.mailbox {
		a.confirm(out)
	}
	b.queues = slices.Delete(b.queues, i, i+1)
	out.Observe(Deleted{q.name})
}

// take moves the oldest message of the mailbox to the queue, drops what exceeds x-max-length from the head, and confirms.
func (b *Broker) take(i int, out *model.Out) {
	q := &b.queues[i]
	a := q.mailbox[0]
	q.mailbox = q.mailbox[1:]
	q.ready = append(q.ready, a.message)
	if limit, ok := q.limit(); ok && int64(len(q.ready)) > limit {
		q.ready = q.ready[int64(len(q.ready))-limit:]
	}
	a.confirm(out)
}

// forget cancels the confirms of arrivals whose channel is no longer there.
func (q *queue) forget(whose func(arrival) bool) {
	for i := range q.mailbox {
		if whose(q.mailbox[i]) {
			q.mailbox[i] = arrival{message: q.mailbox[i].message}
		}
	}
	q.discard()
}

// discard drops from the mailbox what nobody can ever tell was there: messages without a confirm in a queue that keeps none.
func (q *queue) discard() {
	if limit, ok := q.limit(); ok && limit == 0 {
		q.mailbox = slices.DeleteFunc(q.mailbox, func(a arrival) bool { return a.seq == 0 })
	}
}

// limit returns x-max-length, if the queue has one.
func (q *queue) limit() (int64, bool) { return q.arguments.Int(maxLength) }

func (q *queue) appendState(dst []byte) []byte {
	dst = model.AppendString(dst, q.name)
	for _, flag := range []bool{q.durable, q.exclusive, q.autoDelete, q.orphan} {
		dst = model.AppendBool(dst, flag)
	}
	dst = q.owner.appendState(model.AppendString(dst, q.arguments))
	dst = model.AppendInt(dst, len(q.ready))
	for _, m := range q.ready {
		dst = amqp.AppendMessage(dst, m)
	}
	dst = model.AppendInt(dst, len(q.mailbox))
	for _, a := range q.mailbox {
		dst = amqp.AppendMessage(model.AppendInt(model.AppendInt(a.key.appendState(dst), a.channel), int64(a.seq)), a.message)
	}
	return dst
}
