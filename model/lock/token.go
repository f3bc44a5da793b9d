package lock

import (
	"cmp"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The token semaphore (RabbitMQ's blog, "Distributed Semaphores with RabbitMQ", 2014). A durable queue holds as many messages as the semaphore has slots; who
// has one that is not settled has a slot.
//
//	create   0. The administrator: queue.declare NAME durable, x-queue-type=classic, and a persistent message for each slot. Or, with Fill, each
//	            client before its first acquire: queue.declare NAME durable; if declare-ok counts no messages, a basic.publish for each slot.
//	acquire  1. Open connection and channel, as far as they are not.
//	         2. get: basic.get NAME. get-ok: held. get-empty: busy.
//	            consume: basic.qos, one message for a consumer; basic.consume NAME, and wait for basic.deliver; basic.cancel, and cancel-ok: held.
//	            subscribe: basic.qos and basic.consume if that has not been done on this channel; basic.deliver: held. One that came while
//	            nobody wanted it is kept, and the next acquire has it at once.
//	verify   3. basic.qos, which asks only whether the channel answers.
//	         4. qos-ok: held. channel.close: answer it, lost.
//	release  5. nack: basic.nack, requeue; that is not answered. wait: the same, and basic.qos behind it. channel: channel.close. connection:
//	            connection.close.
//	         6. What is answered is (qos-ok, close-ok), or nothing is to be answered: released. channel.close 406: answer it, failed; that is what a
//	            channel says of a message that another one was delivered.
//	loss     7. As step 8 of [ExclusiveQueue]. The application goes on holding the message, whose number means nothing on a new channel.

// TakeMode is how a client of the token semaphore takes a message.
type TakeMode uint8

// The modes.
const (
	TakeGet TakeMode = iota
	TakeConsume
	TakeSubscribe
)

var takeModes = []string{"get", "consume", "subscribe"}

// String is the mode's name in parameters.
func (m TakeMode) String() string { return takeModes[m] }

// ParseTake returns the mode of that name.
func ParseTake(name string) (TakeMode, error) {
	i, err := parse("way to take a token", name, takeModes)
	return TakeMode(i), err
}

// Token are the protocol's parameters.
type Token struct {
	Queue   string // NAME; "tokens" if empty
	Slots   int    // how many; at least 1
	Fill    bool   // clients fill the queue, and no administrator does
	Take    TakeMode
	Release ReleaseMode // ReleaseNack, ReleaseWait, ReleaseChannel or ReleaseConnection
}

// Prelude is what the administrator does before anybody acquires.
func (p Token) Prelude() []amqp.Method {
	if p.Fill {
		return nil
	}
	return append([]amqp.Method{p.declare()}, slices.Repeat([]amqp.Method{p.token()}, p.Slots)...)
}

func (p Token) name() string { return cmp.Or(p.Queue, "tokens") }

func (p Token) declare() amqp.QueueDeclare {
	return amqp.QueueDeclare{Queue: p.name(), Durable: true, Arguments: amqp.MustTable(amqp.Field{Name: "x-queue-type", Value: "classic"})}
}

func (p Token) token() amqp.BasicPublish {
	return amqp.BasicPublish{RoutingKey: p.name(), Message: amqp.Message{Properties: amqp.Properties{Present: amqp.HasDeliveryMode, DeliveryMode: 2}}}
}

func (p Token) selects() selection { return plain }

func (p Token) methods() []amqp.Method {
	methods := append(p.Release.methods(), amqp.BasicQosOk{}) // step 3
	if p.Fill {
		methods = append(methods, amqp.QueueDeclareOk{})
	}
	switch p.Take {
	case TakeGet:
		return append(methods, amqp.BasicGetOk{}, amqp.BasicGetEmpty{})
	case TakeConsume:
		methods = append(methods, amqp.BasicCancelOk{})
	}
	return append(methods, amqp.BasicConsumeOk{}, amqp.BasicDeliver{})
}

func (p Token) start() part {
	p.Queue, p.Slots = p.name(), max(1, p.Slots)
	return &tokens{Token: p}
}

// tokens is a client's part.
type tokens struct {
	Token
	filled     bool   // step 0 is done
	subscribed bool   // on this channel
	waits      bool   // for a basic.deliver
	kept       uint64 // the tag of a message that came when nobody wanted it; 0: none did
}

func (t *tokens) bare(op Op) bool { return op == Release && t.Release == ReleaseConnection }

// queued: consuming, acquire waits for somebody's release.
func (t *tokens) queued() bool { return t.waits }

// begin is step 0 or 2, 3, or 5.
func (t *tokens) begin(c *Client, out *model.Out) {
	switch c.op {
	case Acquire:
		if t.Fill && !t.filled {
			c.session.send(t.declare(), out)
			return
		}
		t.acquire(c, out)
	case Verify:
		c.session.send(amqp.BasicQos{PrefetchCount: 1}, out)
	case Release:
		if c.session.release(t.Release, out) {
			return
		}
		c.session.send(amqp.BasicNack{Tag: c.delivery, Requeue: true}, out)
		if t.Release == ReleaseWait {
			c.session.send(amqp.BasicQos{PrefetchCount: 1}, out)
			return
		}
		c.finish(Released, out)
	}
}

// acquire is step 2.
func (t *tokens) acquire(c *Client, out *model.Out) {
	switch {
	case t.Take == TakeGet:
		c.session.send(amqp.BasicGet{Queue: t.Queue}, out)
	case t.kept > 0:
		c.delivery, t.kept = t.kept, 0
		c.finish(Held, out)
	case t.subscribed:
		t.waits = true
	default:
		c.session.send(amqp.BasicQos{PrefetchCount: 1}, out)
	}
}

// take goes on with the step that the broker has answered.
func (t *tokens) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.QueueDeclareOk:
		t.filled = true
		if m.MessageCount == 0 {
			for range t.Slots {
				c.session.send(t.token(), out)
			}
		}
		t.acquire(c, out)
	case amqp.BasicGetOk:
		c.delivery = m.Tag
		c.finish(Held, out)
	case amqp.BasicGetEmpty:
		c.finish(Busy, out)
	case amqp.BasicQosOk:
		switch c.op {
		case Acquire:
			c.session.send(amqp.BasicConsume{Queue: t.Queue, ConsumerTag: consumerTag}, out)
		case Verify:
			c.finish(Held, out)
		case Release:
			c.finish(Released, out)
		}
	case amqp.BasicConsumeOk:
		t.subscribed, t.waits = t.Take == TakeSubscribe, true
	case amqp.BasicDeliver:
		switch {
		case !t.waits:
			t.kept = m.Tag
		case t.Take == TakeConsume:
			c.delivery, t.waits = m.Tag, false
			c.session.send(amqp.BasicCancel{ConsumerTag: consumerTag}, out)
		default:
			c.delivery, t.waits = m.Tag, false
			c.finish(Held, out)
		}
	case amqp.BasicCancelOk:
		c.finish(Held, out)
	default:
		panic(unasked(m))
	}
}

// refused is the end of an operation whose channel the broker closed, and of all that was done on it.
func (t *tokens) refused(c *Client, _ amqp.Code, out *model.Out) {
	t.lost()
	c.finish(c.no(), out)
}

func (t *tokens) closed(c *Client, out *model.Out) {
	t.lost()
	c.finish(Released, out)
}

func (t *tokens) lost() { t.subscribed, t.waits, t.kept = false, false, 0 }

func (t *tokens) clone() part { d := *t; return &d }
func (t *tokens) appendState(dst []byte) []byte {
	for _, flag := range []bool{t.filled, t.subscribed, t.waits} {
		dst = model.AppendBool(dst, flag)
	}
	return model.AppendInt(dst, int64(t.kept))
}
