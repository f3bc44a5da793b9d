package lock

import (
	"cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The exclusive-queue mutex (amqp-locks: "true mutex"). Who owns an exclusive queue of an agreed name has the lock.
//
//	acquire  1. Open connection and channel, as far as they are not; in verify mode publish, confirm.select.
//	         2. queue.declare NAME exclusive.
//	         3. declare-ok: held. channel.close 405 RESOURCE_LOCKED: answer it, busy; the next operation opens the channel again.
//	verify   4. publish: basic.publish to NAME, mandatory, and wait for the confirm. Returned: lost. Not returned: held.
//	            passive: queue.declare NAME passive. redeclare: queue.declare NAME exclusive.
//	         5. declare-ok: held. channel.close 404 or 405: answer it, lost.
//	release  6. delete: queue.delete NAME. connection: connection.close. channel: channel.close.
//	         7. The answer (delete-ok, close-ok): released.
//	loss     8. When the connection is lost an operation in progress fails (verify: lost). A client that does not reconnect gives
//	            up the lock; one that does dials again at once and goes on believing what it believed.
//
// In verify mode publish the queue is declared with x-max-length=0, lest the probes pile up in it.

// ExclusiveQueue are the protocol's parameters.
type ExclusiveQueue struct {
	Queue   string      // NAME; "lock" if empty
	Verify  VerifyMode  // VerifyPublish, VerifyPassive or VerifyRedeclare
	Release ReleaseMode // ReleaseDelete, ReleaseConnection or ReleaseChannel
}

func (p ExclusiveQueue) selects() selection { return confirmsIf(p.Verify == VerifyPublish) }

func (p ExclusiveQueue) methods() []amqp.Method {
	return append(append(p.Verify.methods(), p.Release.methods()...), amqp.QueueDeclareOk{})
}

func (p ExclusiveQueue) start() part {
	p.Queue = cmp.Or(p.Queue, "lock")
	return &exclusiveQueue{ExclusiveQueue: p}
}

// exclusiveQueue is a client's part.
type exclusiveQueue struct {
	ExclusiveQueue
	returned bool // verify by publish: the message came back
}

// bare: closing the connection needs no channel, and who believes has a connection.
func (q *exclusiveQueue) bare(op Op) bool { return op == Release && q.Release == ReleaseConnection }

// begin sends the operation's method: steps 2, 4 and 6.
func (q *exclusiveQueue) begin(c *Client, out *model.Out) {
	switch c.op {
	case Acquire:
		c.session.send(q.declare(), out)
	case Verify:
		switch q.Verify {
		case VerifyPublish:
			c.session.send(amqp.BasicPublish{RoutingKey: q.Queue, Mandatory: true, Seq: 1}, out)
		case VerifyPassive:
			c.session.send(amqp.QueueDeclare{Queue: q.Queue, Passive: true}, out)
		case VerifyRedeclare:
			c.session.send(q.declare(), out)
		}
	case Release:
		if !c.session.release(q.Release, out) {
			c.session.send(amqp.QueueDelete{Queue: q.Queue}, out)
		}
	}
}

// noRoom are a queue's arguments with which it takes messages, and keeps none.
var noRoom = amqp.MustTable(amqp.Field{Name: "x-max-length", Value: int32(0)})

func (q *exclusiveQueue) declare() amqp.QueueDeclare {
	d := amqp.QueueDeclare{Queue: q.Queue, Exclusive: true}
	if q.Verify == VerifyPublish {
		d.Arguments = noRoom
	}
	return d
}

// take handles the broker's answer: steps 3, 5 and 7.
func (q *exclusiveQueue) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.QueueDeclareOk:
		c.finish(Held, out)
	case amqp.QueueDeleteOk:
		c.finish(Released, out)
	case amqp.BasicReturn:
		q.returned = true
	case amqp.BasicAck:
		returned := q.returned
		q.returned = false
		if returned {
			c.finish(NotHeld, out)
		} else {
			c.finish(Held, out)
		}
	case amqp.BasicNack:
		q.returned = false
		c.finish(NotHeld, out)
	default:
		panic(unasked(m))
	}
}

// refused is the end of an operation whose channel the broker closed.
func (q *exclusiveQueue) refused(c *Client, _ amqp.Code, out *model.Out) {
	q.returned = false
	if c.op == Acquire {
		c.finish(Busy, out)
		return
	}
	c.finish(c.no(), out)
}

func (q *exclusiveQueue) closed(c *Client, out *model.Out) { c.finish(Released, out) }
func (q *exclusiveQueue) lost()                            { q.returned = false }
func (q *exclusiveQueue) clone() part                      { d := *q; return &d }
func (q *exclusiveQueue) appendState(dst []byte) []byte    { return model.AppendBool(dst, q.returned) }
