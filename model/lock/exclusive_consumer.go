package lock

import (
	"cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The exclusive-consumer mutex (amqp-locks: "true mutex", its second form). Who is the exclusive consumer of a queue of an agreed name has the
// lock. The queue carries no messages, and goes with its last consumer.
//
//	acquire  1. Open connection and channel, as far as they are not.
//	         2. queue.declare NAME auto-delete.
//	         3. basic.consume NAME exclusive no-ack.
//	         4. consume-ok: held. channel.close 403 ACCESS_REFUSED: answer it, busy; the next operation opens the channel again. channel.close 404:
//	            answer it, failed; the queue went with its consumer between steps 2 and 3.
//	verify   5. passive: queue.declare NAME passive. qos: basic.qos, which asks only whether the channel answers.
//	         6. declare-ok with a consumer, qos-ok: held. declare-ok without; channel.close 404, and answer it: lost.
//	release  7. cancel: basic.cancel. channel: channel.close. connection: connection.close.
//	         8. The answer (cancel-ok, close-ok): released.
//	loss     9. As step 8 of [ExclusiveQueue].

// ExclusiveConsumer are the protocol's parameters.
type ExclusiveConsumer struct {
	Queue   string      // NAME; "lock" if empty
	Verify  VerifyMode  // VerifyPassive or VerifyQos
	Release ReleaseMode // ReleaseCancel, ReleaseChannel or ReleaseConnection
}

// consumerTag is the tag of every client's only consumer. Tags are the channel's own.
const consumerTag = "holder"

func (p ExclusiveConsumer) selects() selection { return plain }

func (p ExclusiveConsumer) methods() []amqp.Method {
	return append(append(p.Verify.methods(), p.Release.methods()...), amqp.QueueDeclareOk{}, amqp.BasicConsumeOk{})
}

func (p ExclusiveConsumer) start() part {
	p.Queue = cmp.Or(p.Queue, "lock")
	return exclusiveConsumer{p}
}

// exclusiveConsumer is a client's part.
type exclusiveConsumer struct{ ExclusiveConsumer }

func (e exclusiveConsumer) bare(op Op) bool { return op == Release && e.Release == ReleaseConnection }

// begin is step 2, 5 or 7.
func (e exclusiveConsumer) begin(c *Client, out *model.Out) {
	switch c.op {
	case Acquire:
		c.session.send(amqp.QueueDeclare{Queue: e.Queue, AutoDelete: true}, out)
	case Verify:
		if e.Verify == VerifyQos {
			c.session.send(amqp.BasicQos{}, out)
			return
		}
		c.session.send(amqp.QueueDeclare{Queue: e.Queue, Passive: true}, out)
	case Release:
		if !c.session.release(e.Release, out) {
			c.session.send(amqp.BasicCancel{ConsumerTag: consumerTag}, out)
		}
	}
}

// take goes on with step 3, or ends the operation: steps 4, 6 and 8.
func (e exclusiveConsumer) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.QueueDeclareOk:
		switch {
		case c.op == Acquire:
			c.session.send(amqp.BasicConsume{Queue: e.Queue, ConsumerTag: consumerTag, NoAck: true, Exclusive: true}, out)
		case m.Consumers > 0:
			c.finish(Held, out)
		default:
			c.finish(NotHeld, out)
		}
	case amqp.BasicConsumeOk, amqp.BasicQosOk:
		c.finish(Held, out)
	case amqp.BasicCancelOk:
		c.finish(Released, out)
	default:
		panic(unasked(m))
	}
}

// refused is the end of an operation whose channel the broker closed.
func (e exclusiveConsumer) refused(c *Client, code amqp.Code, out *model.Out) {
	if c.op == Acquire && code == amqp.AccessRefused {
		c.finish(Busy, out)
		return
	}
	c.finish(c.no(), out)
}

func (e exclusiveConsumer) closed(c *Client, out *model.Out) { c.finish(Released, out) }
func (e exclusiveConsumer) lost()                            {}
func (e exclusiveConsumer) clone() part                      { return e }
func (e exclusiveConsumer) appendState(dst []byte) []byte    { return dst }
