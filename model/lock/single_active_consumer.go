package lock

import (
	"cmp"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The single-active-consumer mutex, a recipe that people use to elect a leader. All clients consume from one queue, and RabbitMQ delivers to one of them at a
// time. That one is not told before its first message: whom it has delivered a message to that is not settled has the lock.
//
//	create   0. The administrator: queue.declare NAME durable, x-queue-type=classic, x-single-active-consumer; and as many persistent messages as are wanted, at least one.
//	acquire  1. Open connection and channel, as far as they are not.
//	         2. basic.qos, one message for a consumer, and basic.consume NAME, if that has not been done on this channel.
//	         3. basic.deliver: held. One that came while nobody wanted it is kept, and the next acquire has it at once.
//	verify   4. basic.qos, which asks only whether the channel answers.
//	         5. qos-ok: held. channel.close: answer it, lost.
//	release  6. cancel: basic.cancel; cancel-ok: basic.nack, requeue. nack: basic.nack, requeue, and the consumer stays. channel: channel.close. connection: connection.close.
//	         7. What is answered is (cancel-ok, close-ok), or nothing is to be answered: released. channel.close 406: answer it, failed.
//	loss     8. As step 7 of [Token].

// SingleActiveConsumer are the protocol's parameters.
type SingleActiveConsumer struct {
	Queue    string      // NAME; "lock" if empty
	Messages int         // in it, for the active consumer; at least 1
	Release  ReleaseMode // ReleaseCancel, ReleaseNack, ReleaseChannel or ReleaseConnection
}

// Prelude is what the administrator does before anybody acquires: step 0.
func (p SingleActiveConsumer) Prelude() []amqp.Method {
	name := cmp.Or(p.Queue, "lock")
	single := amqp.MustTable(amqp.Field{Name: "x-queue-type", Value: "classic"}, amqp.Field{Name: "x-single-active-consumer", Value: true})
	return append([]amqp.Method{amqp.QueueDeclare{Queue: name, Durable: true, Arguments: single}},
		slices.Repeat([]amqp.Method{Token{Queue: name}.token()}, max(1, p.Messages))...)
}

func (p SingleActiveConsumer) selects() selection { return plain }

func (p SingleActiveConsumer) methods() []amqp.Method {
	return append(p.Release.methods(), amqp.BasicQosOk{}, amqp.BasicConsumeOk{}, amqp.BasicDeliver{})
}

func (p SingleActiveConsumer) start() part {
	p.Queue = cmp.Or(p.Queue, "lock")
	return &singleActive{SingleActiveConsumer: p}
}

// singleActive is a client's part.
type singleActive struct {
	SingleActiveConsumer
	consumes bool   // on this channel
	waits    bool   // for a basic.deliver
	kept     uint64 // the tag of a message that came when nobody wanted it; 0: none did
}

func (a *singleActive) bare(op Op) bool { return op == Release && a.Release == ReleaseConnection }

// queued: acquire waits for somebody's release.
func (a *singleActive) queued() bool { return a.waits }

// begin is step 2 or 3, 4, or 6.
func (a *singleActive) begin(c *Client, out *model.Out) {
	switch {
	case c.op == Acquire && a.kept > 0:
		c.delivery, a.kept = a.kept, 0
		c.finish(Held, out)
	case c.op == Acquire && a.consumes:
		a.waits = true
	case c.op != Release:
		c.session.send(amqp.BasicQos{PrefetchCount: 1}, out)
	case c.session.release(a.Release, out):
	case a.Release == ReleaseCancel:
		c.session.send(amqp.BasicCancel{ConsumerTag: consumerTag}, out)
	default:
		a.giveBack(c, out)
	}
}

// giveBack is the end of step 6.
func (a *singleActive) giveBack(c *Client, out *model.Out) {
	c.session.send(amqp.BasicNack{Tag: c.delivery, Requeue: true}, out)
	c.finish(Released, out)
}

// take goes on with the step that the broker has answered.
func (a *singleActive) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.BasicQosOk:
		if c.op == Verify {
			c.finish(Held, out)
			return
		}
		c.session.send(amqp.BasicConsume{Queue: a.Queue, ConsumerTag: consumerTag}, out)
	case amqp.BasicConsumeOk:
		a.consumes, a.waits = true, true
	case amqp.BasicDeliver:
		if !a.waits {
			a.kept = m.Tag
			return
		}
		c.delivery, a.waits = m.Tag, false
		c.finish(Held, out)
	case amqp.BasicCancelOk:
		a.consumes = false
		a.giveBack(c, out)
	default:
		panic(unasked(m))
	}
}

// refused is the end of an operation whose channel the broker closed, and of all that was done on it.
func (a *singleActive) refused(c *Client, _ amqp.Code, out *model.Out) {
	a.lost()
	c.finish(c.no(), out)
}

func (a *singleActive) closed(c *Client, out *model.Out) {
	a.lost()
	c.finish(Released, out)
}

func (a *singleActive) lost()       { a.consumes, a.waits, a.kept = false, false, 0 }
func (a *singleActive) clone() part { d := *a; return &d }
func (a *singleActive) appendState(dst []byte) []byte {
	return model.AppendInt(model.AppendBool(model.AppendBool(dst, a.consumes), a.waits), int64(a.kept))
}
