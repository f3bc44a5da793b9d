package lock

import (
	"cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The publish-consume mutex (amqp-locks: "optimized mutex with publish-then-consume on a single queue", and so a persistent one). The lock is a durable
// queue that an administrator has declared, so that it can be asked for and taken away; who is its exclusive consumer has the lock.
//
//	create   0. The administrator: queue.declare NAME durable, x-queue-type=classic, x-max-length=0.
//	acquire  1. Open connection and channel, as far as they are not, and confirm.select.
//	         2. basic.publish to NAME, mandatory, and wait for the confirm. Returned: there is no such lock, failed.
//	         3. basic.qos, one message for a consumer.
//	         4. basic.consume NAME exclusive.
//	         5. consume-ok: held. channel.close 403 ACCESS_REFUSED: answer it, busy; the next operation opens the channel again.
//	verify   6. publish: basic.publish to NAME, mandatory, and wait for the confirm. passive: queue.declare NAME passive.
//	         7. Not returned; declare-ok with a consumer: held. Returned; declare-ok without; channel.close 404, and answer it: lost.
//	release  8. cancel: basic.cancel. channel: channel.close. connection: connection.close.
//	         9. cancel-ok: basic.ack of all that was delivered. close-ok: that is put back. Released.
//	loss    10. As step 8 of [ExclusiveQueue].
//
// NAME has x-max-length=0: a probe for which there is no room with the consumer is dropped. Step 3 leaves room for one, which is delivered to the holder and not
// settled while it has the lock; without it the holder is sent every probe of everybody.

// PublishConsume are the protocol's parameters.
type PublishConsume struct {
	Queue   string      // NAME; "lock" if empty
	Verify  VerifyMode  // VerifyPublish or VerifyPassive
	Release ReleaseMode // ReleaseCancel, ReleaseChannel or ReleaseConnection
}

// Prelude is what the administrator does before anybody acquires: step 0. A virtual host may make a quorum queue of one without a type, and to that
// exclusive consumers are nothing.
func (p PublishConsume) Prelude() []amqp.Method {
	classic := amqp.MustTable(amqp.Field{Name: "x-queue-type", Value: "classic"}, amqp.Field{Name: "x-max-length", Value: int32(0)})
	return []amqp.Method{amqp.QueueDeclare{Queue: cmp.Or(p.Queue, "lock"), Durable: true, Arguments: classic}}
}

func (p PublishConsume) selects() selection { return confirms }

func (p PublishConsume) methods() []amqp.Method {
	methods := append(VerifyPublish.methods(), p.Release.methods()...) // step 2 probes, too
	methods = append(methods, amqp.BasicQosOk{}, amqp.BasicConsumeOk{}, amqp.BasicDeliver{})
	if p.Verify == VerifyPassive {
		methods = append(methods, amqp.QueueDeclareOk{})
	}
	return methods
}

func (p PublishConsume) start() part {
	p.Queue = cmp.Or(p.Queue, "lock")
	return &publishConsume{PublishConsume: p}
}

// publishConsume is a client's part.
type publishConsume struct {
	PublishConsume
	returned bool // the probe came back
}

func (p *publishConsume) bare(op Op) bool { return op == Release && p.Release == ReleaseConnection }

// begin is step 2, 6 or 8.
func (p *publishConsume) begin(c *Client, out *model.Out) {
	switch {
	case c.op == Release:
		if !c.session.release(p.Release, out) {
			c.session.send(amqp.BasicCancel{ConsumerTag: consumerTag}, out)
		}
	case c.op == Verify && p.Verify == VerifyPassive:
		c.session.send(amqp.QueueDeclare{Queue: p.Queue, Passive: true}, out)
	default:
		c.session.send(amqp.BasicPublish{RoutingKey: p.Queue, Mandatory: true, Seq: 1}, out)
	}
}

// take goes on with steps 3 and 4, or ends the operation: steps 2, 5, 7 and 9.
func (p *publishConsume) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.BasicReturn:
		p.returned = true
	case amqp.BasicAck:
		returned := p.returned
		p.returned = false
		switch {
		case returned:
			c.finish(c.no(), out)
		case c.op == Acquire:
			c.session.send(amqp.BasicQos{PrefetchCount: 1}, out)
		default:
			c.finish(Held, out)
		}
	case amqp.BasicNack:
		p.returned = false
		c.finish(c.no(), out)
	case amqp.BasicQosOk:
		c.session.send(amqp.BasicConsume{Queue: p.Queue, ConsumerTag: consumerTag, Exclusive: true}, out)
	case amqp.BasicConsumeOk:
		c.finish(Held, out)
	case amqp.QueueDeclareOk:
		if m.Consumers == 0 {
			c.finish(NotHeld, out)
			return
		}
		c.finish(Held, out)
	case amqp.BasicDeliver: // a probe
	case amqp.BasicCancelOk:
		c.session.send(amqp.BasicAck{Multiple: true}, out)
		c.finish(Released, out)
	default:
		panic(unasked(m))
	}
}

// refused is the end of an operation whose channel the broker closed.
func (p *publishConsume) refused(c *Client, code amqp.Code, out *model.Out) {
	p.returned = false
	if c.op == Acquire && code == amqp.AccessRefused {
		c.finish(Busy, out)
		return
	}
	c.finish(c.no(), out)
}

func (p *publishConsume) closed(c *Client, out *model.Out) { c.finish(Released, out) }
func (p *publishConsume) lost()                            { p.returned = false }
func (p *publishConsume) clone() part                      { d := *p; return &d }
func (p *publishConsume) appendState(dst []byte) []byte    { return model.AppendBool(dst, p.returned) }
