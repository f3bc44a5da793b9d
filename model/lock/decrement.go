package lock

import (
	"cmp"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The token semaphore with a decrement queue (amqp-locks: "a decrement lock with AUTODELETE set"). The administrator takes a slot out of a token semaphore
// ([Token]) without having a token: it leaves a message in a second queue, and a client that is about to give its token back and finds that message settles
// both for good.
//
//	create   0. The administrator: queue.declare NAME durable, x-queue-type=classic, and a persistent message for each slot. To take one away: queue.declare
//	            DECREMENT, durable and classic or, with AutoDelete, transient and auto-delete; and a message there.
//	acquire  1. Open connection and channel, as far as they are not.
//	         2. basic.get NAME. get-ok: held. get-empty: busy.
//	verify   3. basic.qos, which asks only whether the channel answers.
//	         4. qos-ok: held. channel.close: answer it, lost.
//	release  5. basic.get DECREMENT. With AutoDelete: basic.consume DECREMENT exclusive.
//	         6. get-empty: basic.nack of the token, requeue; released. channel.close, 403 or 404 of a consumer: answer it, released; the token goes back
//	            with the channel.
//	         7. get-ok, basic.deliver: basic.ack of the token and basic.ack of the decrement, in the order that is a parameter. With AutoDelete: basic.cancel,
//	            and cancel-ok; the queue is gone with its consumer. Released.
//	loss     8. As step 7 of [Token].

// AckOrder is which of two messages a client of the decrement queue settles first.
type AckOrder uint8

// The orders.
const (
	TokenFirst AckOrder = iota
	DecrementFirst
)

var ackOrders = []string{"token-first", "decrement-first"}

// String is the order's name in parameters.
func (o AckOrder) String() string { return ackOrders[o] }

// ParseOrder returns the order of that name.
func ParseOrder(name string) (AckOrder, error) {
	i, err := parse("order of acks", name, ackOrders)
	return AckOrder(i), err
}

// Decrement are the protocol's parameters.
type Decrement struct {
	Queue      string // NAME; "tokens" if empty
	Decrements string // DECREMENT; "decrement" if empty
	Slots      int    // how many there are at first; at least 1
	Order      AckOrder
	AutoDelete bool // DECREMENT goes with its consumer
}

// Prelude is what the administrator does before anybody acquires: step 0, one decrement.
func (p Decrement) Prelude() []amqp.Method {
	p = p.named()
	d := amqp.QueueDeclare{Queue: p.Decrements, AutoDelete: true}
	if !p.AutoDelete {
		d = Token{Queue: p.Decrements}.declare()
	}
	return append(p.tokens().Prelude(), d, Token{Queue: p.Decrements}.token())
}

func (p Decrement) named() Decrement {
	p.Queue, p.Decrements = cmp.Or(p.Queue, "tokens"), cmp.Or(p.Decrements, "decrement")
	return p
}

// tokens is the semaphore below.
func (p Decrement) tokens() Token { return Token{Queue: p.Queue, Slots: p.Slots} }

func (p Decrement) selects() selection { return plain }

func (p Decrement) methods() []amqp.Method {
	methods := []amqp.Method{amqp.BasicQosOk{}, amqp.BasicGetOk{}, amqp.BasicGetEmpty{}}
	if p.AutoDelete {
		methods = append(methods, amqp.BasicConsumeOk{}, amqp.BasicDeliver{}, amqp.BasicCancelOk{})
	}
	return methods
}

func (p Decrement) start() part { return decrement{p.named()} }

// decrement is a client's part.
type decrement struct{ Decrement }

func (d decrement) bare(Op) bool { return false }

// begin is step 2, 3 or 5.
func (d decrement) begin(c *Client, out *model.Out) {
	switch {
	case c.op == Acquire:
		c.session.send(amqp.BasicGet{Queue: d.Queue}, out)
	case c.op == Verify:
		c.session.send(amqp.BasicQos{PrefetchCount: 1}, out)
	case d.AutoDelete:
		c.session.send(amqp.BasicConsume{Queue: d.Decrements, ConsumerTag: consumerTag, Exclusive: true}, out)
	default:
		c.session.send(amqp.BasicGet{Queue: d.Decrements}, out)
	}
}

// take goes on with steps 6 and 7, or ends the operation.
func (d decrement) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.BasicGetOk:
		if c.op == Acquire {
			c.delivery = m.Tag
			c.finish(Held, out)
			return
		}
		d.settle(c, m.Tag, out)
		c.finish(Released, out)
	case amqp.BasicGetEmpty:
		if c.op == Acquire {
			c.finish(Busy, out)
			return
		}
		c.session.send(amqp.BasicNack{Tag: c.delivery, Requeue: true}, out)
		c.finish(Released, out)
	case amqp.BasicQosOk:
		c.finish(Held, out)
	case amqp.BasicConsumeOk: // the message comes behind it
	case amqp.BasicDeliver:
		d.settle(c, m.Tag, out)
		c.session.send(amqp.BasicCancel{ConsumerTag: consumerTag}, out)
	case amqp.BasicCancelOk:
		c.finish(Released, out)
	default:
		panic(unasked(m))
	}
}

// settle is step 7.
func (d decrement) settle(c *Client, tag uint64, out *model.Out) {
	acks := []uint64{c.delivery, tag}
	if d.Order == DecrementFirst {
		slices.Reverse(acks)
	}
	for _, tag := range acks {
		c.session.send(amqp.BasicAck{Tag: tag}, out)
	}
}

// refused is the end of an operation whose channel the broker closed.
func (d decrement) refused(c *Client, code amqp.Code, out *model.Out) {
	if c.op == Release && code != amqp.PreconditionFailed {
		c.finish(Released, out)
		return
	}
	c.finish(c.no(), out)
}

func (d decrement) closed(*Client, *model.Out)    {}
func (d decrement) lost()                         {}
func (d decrement) clone() part                   { return d }
func (d decrement) appendState(dst []byte) []byte { return dst }
