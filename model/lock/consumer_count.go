package lock

import (
	"cmp"
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The consumer-count semaphore (amqp-locks: "old-style semaphore operations using a passive queue declare (to check consumer counts) followed by an exclusive
// consume"). Every slot is a queue, and who is its exclusive consumer has the slot. A count of consumers is only a hint, and the consume decides.
//
//	create   0. The administrator: for each slot L from 1 on, queue.declare NAME-L durable, x-queue-type=classic.
//	acquire  1. Open connection and channel, as far as they are not. L is 1.
//	         2. queue.declare NAME-L passive. declare-ok that counts a consumer: step 4.
//	         3. basic.consume NAME-L exclusive no-ack. consume-ok: held, slot L. channel.close 403 ACCESS_REFUSED: answer it, open the channel again, step 4.
//	         4. L is one more, and step 2. There are no more slots: busy.
//	verify   5. passive: queue.declare NAME-L passive. qos: basic.qos, which asks only whether the channel answers.
//	         6. declare-ok with a consumer, qos-ok: held. declare-ok without; channel.close, and answer it: lost.
//	release  7. cancel: basic.cancel. channel: channel.close. connection: connection.close.
//	         8. The answer (cancel-ok, close-ok): released.
//	loss     9. As step 8 of [ExclusiveQueue].

// ConsumerCount are the protocol's parameters.
type ConsumerCount struct {
	Queue   string      // NAME; "slot" if empty
	Slots   int         // how many; at least 1
	Verify  VerifyMode  // VerifyPassive or VerifyQos
	Release ReleaseMode // ReleaseCancel, ReleaseChannel or ReleaseConnection
}

// Prelude is what the administrator does before anybody acquires: step 0.
func (p ConsumerCount) Prelude() (all []amqp.Method) {
	for slot := range p.Slots {
		all = append(all, Token{Queue: p.SlotQueue(slot + 1)}.declare())
	}
	return all
}

// SlotQueue is the queue of a slot, from 1 on.
func (p ConsumerCount) SlotQueue(slot int) string {
	return fmt.Sprintf("%s-%d", cmp.Or(p.Queue, "slot"), slot)
}

func (p ConsumerCount) selects() selection { return plain }

func (p ConsumerCount) methods() []amqp.Method {
	return append(append(p.Verify.methods(), p.Release.methods()...), amqp.QueueDeclareOk{}, amqp.BasicConsumeOk{})
}

func (p ConsumerCount) start() part { return &consumerCount{ConsumerCount: p} }

// consumerCount is a client's part.
type consumerCount struct {
	ConsumerCount
	at int // the slot that an acquire tries; 0: none yet
}

func (n *consumerCount) bare(op Op) bool { return op == Release && n.Release == ReleaseConnection }

// begin is step 2, 5 or 7.
func (n *consumerCount) begin(c *Client, out *model.Out) {
	switch c.op {
	case Acquire:
		n.at = max(1, n.at)
		c.session.send(amqp.QueueDeclare{Queue: n.SlotQueue(n.at), Passive: true}, out)
	case Verify:
		if n.Verify == VerifyQos {
			c.session.send(amqp.BasicQos{}, out)
			return
		}
		c.session.send(amqp.QueueDeclare{Queue: n.SlotQueue(c.slot), Passive: true}, out)
	case Release:
		if !c.session.release(n.Release, out) {
			c.session.send(amqp.BasicCancel{ConsumerTag: consumerTag}, out)
		}
	}
}

// take goes on with steps 3 and 4, or ends the operation.
func (n *consumerCount) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.QueueDeclareOk:
		switch {
		case c.op == Verify && m.Consumers > 0:
			c.finish(Held, out)
		case c.op == Verify:
			c.finish(NotHeld, out)
		case m.Consumers > 0:
			n.next(c, out)
		default:
			c.session.send(amqp.BasicConsume{Queue: n.SlotQueue(n.at), ConsumerTag: consumerTag, NoAck: true, Exclusive: true}, out)
		}
	case amqp.BasicConsumeOk:
		c.slot, n.at = n.at, 0
		c.finish(Held, out)
	case amqp.BasicQosOk:
		c.finish(Held, out)
	case amqp.BasicCancelOk:
		c.finish(Released, out)
	default:
		panic(unasked(m))
	}
}

// next is step 4.
func (n *consumerCount) next(c *Client, out *model.Out) {
	if n.at++; n.at > n.Slots {
		n.at = 0
		c.finish(Busy, out)
		return
	}
	if c.session.prepare(out) {
		n.begin(c, out)
	}
}

// refused goes on with the next slot, or is the end of an operation whose channel the broker closed.
func (n *consumerCount) refused(c *Client, code amqp.Code, out *model.Out) {
	if c.op == Acquire && code == amqp.AccessRefused {
		n.next(c, out)
		return
	}
	n.at = 0
	c.finish(c.no(), out)
}

func (n *consumerCount) closed(c *Client, out *model.Out) { c.finish(Released, out) }
func (n *consumerCount) lost()                            { n.at = 0 }
func (n *consumerCount) clone() part                      { d := *n; return &d }
func (n *consumerCount) appendState(dst []byte) []byte    { return model.AppendInt(dst, n.at) }
