package lock

import (
	"cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The expiring-queue mutex (amqp-locks: "expirations can maybe be used to indicate to the server that a lock is no longer held?"). The lock is a queue that
// goes when it has not been used for as long as its lease; the holder uses it to keep it. Whoever declares a queue that is there is told yes,
// unless it is exclusive to another connection: so a client asks first whether it is there, or the queue is exclusive.
//
//	acquire  1. Open connection and channel, as far as they are not.
//	         2. shared: queue.declare NAME passive. declare-ok: busy. channel.close 404: answer it, and open the channel again.
//	         3. shared: queue.declare NAME, x-expires. exclusive: queue.declare NAME exclusive, x-expires. declare-ok: held. channel.close 405: answer it, busy.
//	verify   4. queue.declare NAME passive, with which the lease begins anew.
//	         5. declare-ok: held. channel.close 404 or 405: answer it, lost.
//	release  6. queue.delete NAME.
//	         7. delete-ok: released. channel.close 405: answer it, failed; the lease had run out, and it is another client's.
//	loss     8. As step 8 of [ExclusiveQueue].

// ExpiringQueue are the protocol's parameters.
type ExpiringQueue struct {
	Queue     string // NAME; "lock" if empty
	Lease     int32  // x-expires, in milliseconds; at least 1
	Exclusive bool
}

func (p ExpiringQueue) selects() selection { return plain }

func (p ExpiringQueue) methods() []amqp.Method {
	return append(ReleaseDelete.methods(), amqp.QueueDeclareOk{})
}

func (p ExpiringQueue) start() part {
	p.Queue = cmp.Or(p.Queue, "lock")
	return &expiringQueue{ExpiringQueue: p}
}

// expiringQueue is a client's part.
type expiringQueue struct {
	ExpiringQueue
	absent bool // acquire: it was not there when step 2 asked
}

func (q *expiringQueue) bare(Op) bool { return false }

// begin is step 2 or 3, 4, or 6.
func (q *expiringQueue) begin(c *Client, out *model.Out) {
	switch {
	case c.op == Release:
		c.session.send(amqp.QueueDelete{Queue: q.Queue}, out)
	case c.op == Acquire && (q.Exclusive || q.absent):
		lease := amqp.MustTable(amqp.Field{Name: "x-expires", Value: q.Lease})
		c.session.send(amqp.QueueDeclare{Queue: q.Queue, Exclusive: q.Exclusive, Arguments: lease}, out)
	default:
		c.session.send(amqp.QueueDeclare{Queue: q.Queue, Passive: true}, out)
	}
}

// take ends the operation: steps 2, 3, 5 and 7.
func (q *expiringQueue) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.QueueDeclareOk:
		if c.op == Acquire && !q.Exclusive && !q.absent {
			c.finish(Busy, out)
			return
		}
		q.absent = false
		c.finish(Held, out)
	case amqp.QueueDeleteOk:
		c.finish(Released, out)
	default:
		panic(unasked(m))
	}
}

// refused goes on with step 3, or is the end of an operation whose channel the broker closed.
func (q *expiringQueue) refused(c *Client, code amqp.Code, out *model.Out) {
	switch {
	case c.op == Acquire && code == amqp.NotFound:
		q.absent = true
		c.session.prepare(out)
	case c.op == Acquire:
		c.finish(Busy, out)
	default:
		c.finish(c.no(), out)
	}
}

func (q *expiringQueue) closed(*Client, *model.Out)    {}
func (q *expiringQueue) lost()                         { q.absent = false }
func (q *expiringQueue) clone() part                   { d := *q; return &d }
func (q *expiringQueue) appendState(dst []byte) []byte { return model.AppendBool(dst, q.absent) }
