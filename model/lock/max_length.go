package lock

import (
	"cmp"
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The max-length mutex, a recipe that people use: a queue that has room for one message and refuses more; whose message is there has the lock. No
// connection has anything to do with that, so that a lock outlives its holder.
//
//	create   0. The administrator: queue.declare NAME durable, x-queue-type=classic, x-max-length=1, x-overflow=reject-publish.
//	acquire  1. Open connection and channel, as far as they are not, and confirm.select.
//	         2. basic.publish to NAME, persistent, mandatory, with the client's name, and wait for the confirm. basic.nack: busy. Returned: there is no such lock, failed.
//	         3. ready: held. unsettled: basic.get NAME, to have the message on this channel; get-ok: held; get-empty: somebody else has got it, failed.
//	verify   4. ready: queue.declare NAME passive. unsettled: basic.qos, which asks only whether the channel answers.
//	         5. declare-ok that counts a message, qos-ok: held. declare-ok that counts none; channel.close, and answer it: lost.
//	release  6. ready: basic.get NAME no-ack; get-ok: released; get-empty: there was no lock to release, failed.
//	            unsettled: basic.ack, and basic.qos behind it; qos-ok: released; channel.close 406: answer it, failed.
//	loss     7. As step 8 of [ExclusiveQueue].

// Keep is how the holder of the max-length mutex keeps its message.
type Keep uint8

// The ways.
const (
	KeepReady     Keep = iota // in the queue
	KeepUnsettled             // got, and not settled
)

var keeps = []string{"ready", "unsettled"}

// String is the way's name in parameters.
func (k Keep) String() string { return keeps[k] }

// ParseKeep returns the way of that name.
func ParseKeep(name string) (Keep, error) {
	i, err := parse("way to keep a message", name, keeps)
	return Keep(i), err
}

// MaxLength are the protocol's parameters.
type MaxLength struct {
	Queue string // NAME; "lock" if empty
	Keep  Keep
}

// Prelude is what the administrator does before anybody acquires: step 0.
func (p MaxLength) Prelude() []amqp.Method {
	one := amqp.MustTable(amqp.Field{Name: "x-queue-type", Value: "classic"}, amqp.Field{Name: "x-max-length", Value: int32(1)},
		amqp.Field{Name: "x-overflow", Value: "reject-publish"})
	return []amqp.Method{amqp.QueueDeclare{Queue: cmp.Or(p.Queue, "lock"), Durable: true, Arguments: one}}
}

// HolderFormat is the name that the client of a link gives itself in its messages, as a format of that.
const HolderFormat = "client-%d"

func (p MaxLength) selects() selection { return confirms }

func (p MaxLength) methods() []amqp.Method {
	methods := append(VerifyPublish.methods(), amqp.BasicGetOk{}, amqp.BasicGetEmpty{})
	if p.Keep == KeepReady {
		return append(methods, amqp.QueueDeclareOk{})
	}
	return append(methods, amqp.BasicQosOk{})
}

func (p MaxLength) start() part {
	p.Queue = cmp.Or(p.Queue, "lock")
	return &maxLength{MaxLength: p}
}

// maxLength is a client's part.
type maxLength struct {
	MaxLength
	returned bool // the message came back
}

func (l *maxLength) bare(Op) bool { return false }

// begin is step 2, 4 or 6.
func (l *maxLength) begin(c *Client, out *model.Out) {
	switch {
	case c.op == Acquire:
		p := amqp.Properties{Present: amqp.HasDeliveryMode | amqp.HasAppID, DeliveryMode: 2, AppID: fmt.Sprintf(HolderFormat, c.session.link)}
		c.session.send(amqp.BasicPublish{RoutingKey: l.Queue, Mandatory: true, Seq: 1, Message: amqp.Message{Properties: p}}, out)
	case c.op == Verify && l.Keep == KeepReady:
		c.session.send(amqp.QueueDeclare{Queue: l.Queue, Passive: true}, out)
	case c.op == Release && l.Keep == KeepReady:
		c.session.send(amqp.BasicGet{Queue: l.Queue, NoAck: true}, out)
	default:
		if c.op == Release {
			c.session.send(amqp.BasicAck{Tag: c.delivery}, out)
		}
		c.session.send(amqp.BasicQos{}, out)
	}
}

// take goes on with step 3, or ends the operation.
func (l *maxLength) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.BasicReturn:
		l.returned = true
	case amqp.BasicAck:
		returned := l.returned
		l.returned = false
		switch {
		case returned:
			c.finish(Failed, out)
		case l.Keep == KeepReady:
			c.finish(Held, out)
		default:
			c.session.send(amqp.BasicGet{Queue: l.Queue}, out)
		}
	case amqp.BasicNack:
		c.finish(Busy, out)
	case amqp.BasicGetOk:
		if c.op == Release {
			c.finish(Released, out)
			return
		}
		c.delivery = m.Tag
		c.finish(Held, out)
	case amqp.BasicGetEmpty:
		c.finish(Failed, out)
	case amqp.BasicQosOk:
		if c.op == Release {
			c.finish(Released, out)
			return
		}
		c.finish(Held, out)
	case amqp.QueueDeclareOk:
		if m.MessageCount == 0 {
			c.finish(NotHeld, out)
			return
		}
		c.finish(Held, out)
	default:
		panic(unasked(m))
	}
}

func (l *maxLength) refused(c *Client, _ amqp.Code, out *model.Out) {
	l.returned = false
	c.finish(c.no(), out)
}

func (l *maxLength) closed(*Client, *model.Out)    {}
func (l *maxLength) lost()                         { l.returned = false }
func (l *maxLength) clone() part                   { d := *l; return &d }
func (l *maxLength) appendState(dst []byte) []byte { return model.AppendBool(dst, l.returned) }
