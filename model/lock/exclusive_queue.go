package lock

import (
	"fmt"

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

// VerifyMode is how a client asks whether it still has the lock.
type VerifyMode uint8

// The verify modes of the exclusive-queue mutex.
const (
	VerifyPublish VerifyMode = iota
	VerifyPassive
	VerifyRedeclare
)

// ReleaseMode is how a client gives the lock back.
type ReleaseMode uint8

// The release modes of the exclusive-queue mutex.
const (
	ReleaseDelete ReleaseMode = iota
	ReleaseConnection
	ReleaseChannel
)

// ExclusiveQueueOptions are the protocol's parameters.
type ExclusiveQueueOptions struct {
	Queue     string // NAME; "lock" if empty
	Verify    VerifyMode
	Release   ReleaseMode
	Reconnect bool // the driver reconnects on its own, and the application is not told

	// Patience is how long after the last byte the driver gives a silent connection up, in milliseconds; 0 is one and a half heartbeat
	// intervals. Only a clock obeys it.
	Patience int64
}

// ExclusiveQueue is a client of the exclusive-queue mutex.
type ExclusiveQueue struct {
	options  ExclusiveQueueOptions
	session  session
	op       Op   // the call in progress
	believes bool // the application takes the lock for its own
	returned bool // verify by publish: the message came back
}

// NewExclusiveQueue returns a client that is not connected yet, on its link.
func NewExclusiveQueue(link model.ID, options ExclusiveQueueOptions) *ExclusiveQueue {
	if options.Queue == "" {
		options.Queue = "lock"
	}
	return &ExclusiveQueue{options: options, session: session{link: link, confirms: options.Verify == VerifyPublish, patience: options.Patience}}
}

// Believes reports whether the application takes the lock for its own: from "acquire returned held" until a verify returns
// anything else, release is called, or the client gives up the lock with its connection.
func (c *ExclusiveQueue) Believes() bool { return c.believes }

// Dead reports whether the process has crashed.
func (c *ExclusiveQueue) Dead() bool { return c.session.dead }

// InProgress returns the call in progress, or NoOp.
func (c *ExclusiveQueue) InProgress() Op { return c.op }

// Status is what a sequence diagram says about the client.
func (c *ExclusiveQueue) Status() string {
	switch {
	case c.session.dead:
		return "crashed"
	case c.believes && c.session.paused:
		return "believes it holds the lock (paused)"
	case c.believes:
		return "believes it holds the lock"
	case c.session.paused:
		return "does not hold it (paused)"
	}
	return "does not hold it"
}

// Actions appends the calls that the application may make: none while one is in progress or the session is on its way.
func (c *ExclusiveQueue) Actions(dst []model.Event) []model.Event {
	busy := c.session.stage == opening || c.session.stage == channelOpening || c.session.stage == selecting
	switch {
	case c.session.dead || c.session.paused || c.op != NoOp || busy:
		return dst
	case c.believes:
		return append(dst, Call{Verify}, Call{Release})
	}
	return append(dst, Call{Acquire})
}

// Vocabulary lists what the client takes: its application's calls and what its session hears.
func (c *ExclusiveQueue) Vocabulary() []model.Event {
	words := append(c.session.vocabulary(), Call{}, amqp.Frame{Method: amqp.QueueDeclareOk{}})
	if c.options.Release == ReleaseDelete {
		words = append(words, amqp.Frame{Method: amqp.QueueDeleteOk{}})
	}
	if c.options.Release == ReleaseChannel {
		words = append(words, amqp.Frame{Method: amqp.ChannelCloseOk{}})
	}
	if c.options.Release == ReleaseConnection {
		words = append(words, amqp.Frame{Method: amqp.ConnectionCloseOk{}})
	}
	if c.options.Verify == VerifyPublish {
		words = append(words, amqp.Frame{Method: amqp.BasicReturn{}}, amqp.Frame{Method: amqp.BasicAck{}}, amqp.Frame{Method: amqp.BasicNack{}})
	}
	return words
}

// Step takes a call or an input from the link.
func (c *ExclusiveQueue) Step(_ model.ID, e model.Event, out *model.Out) {
	if call, ok := e.(Call); ok {
		c.call(call.Op, out)
		return
	}
	switch c.session.take(e, out) {
	case isReady:
		c.request(out)
	case reply:
		c.reply(e.(amqp.Frame).Method, out)
	case refused:
		c.refused(out)
	case closed:
		c.finish(Released, out)
	case lost:
		c.lost(out)
	case suspended:
		c.op, c.believes, c.returned = NoOp, false, false
	}
}

func (c *ExclusiveQueue) call(op Op, out *model.Out) {
	c.op = op
	out.Observe(Called{op})
	if op == Release {
		c.believes = false
	}
	if op == Release && c.options.Release == ReleaseConnection {
		c.session.closeConnection(out) // needs no channel, and who believes has a connection
		return
	}
	if c.session.prepare(out) {
		c.request(out)
	}
}

// request sends the operation's method: steps 2, 4 and 6.
func (c *ExclusiveQueue) request(out *model.Out) {
	switch c.op {
	case Acquire:
		c.session.send(c.declare(), out)
	case Verify:
		switch c.options.Verify {
		case VerifyPublish:
			c.session.send(amqp.BasicPublish{RoutingKey: c.options.Queue, Mandatory: true, Seq: 1}, out)
		case VerifyPassive:
			c.session.send(amqp.QueueDeclare{Queue: c.options.Queue, Passive: true}, out)
		case VerifyRedeclare:
			c.session.send(c.declare(), out)
		}
	case Release:
		switch c.options.Release {
		case ReleaseDelete:
			c.session.send(amqp.QueueDelete{Queue: c.options.Queue}, out)
		case ReleaseChannel:
			c.session.closeChannel(out)
		}
	}
}

var noRoom = amqp.MustTable(amqp.Field{Name: "x-max-length", Value: int32(0)})

func (c *ExclusiveQueue) declare() amqp.QueueDeclare {
	d := amqp.QueueDeclare{Queue: c.options.Queue, Exclusive: true}
	if c.options.Verify == VerifyPublish {
		d.Arguments = noRoom
	}
	return d
}

// reply takes the broker's answer: steps 3, 5 and 7.
func (c *ExclusiveQueue) reply(m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.QueueDeclareOk:
		c.finish(Held, out)
	case amqp.QueueDeleteOk:
		c.finish(Released, out)
	case amqp.BasicReturn:
		c.returned = true
	case amqp.BasicAck:
		if c.returned {
			c.finish(NotHeld, out)
		} else {
			c.finish(Held, out)
		}
	case amqp.BasicNack:
		c.finish(NotHeld, out)
	default:
		panic(fmt.Sprintf("lock: a client asked nothing that %v answers", m))
	}
}

// refused is the end of an operation whose channel the broker closed.
func (c *ExclusiveQueue) refused(out *model.Out) {
	switch c.op {
	case Acquire:
		c.finish(Busy, out)
	case Verify:
		c.finish(NotHeld, out)
	default:
		c.finish(Failed, out)
	}
}

// lost is step 8.
func (c *ExclusiveQueue) lost(out *model.Out) {
	switch {
	case c.op == Verify:
		c.finish(NotHeld, out)
	case c.op != NoOp:
		c.finish(Failed, out)
	case c.believes && !c.options.Reconnect:
		c.believes = false
		out.Observe(GaveUp{})
	}
	if c.options.Reconnect {
		c.session.prepare(out)
	}
}

func (c *ExclusiveQueue) finish(r Result, out *model.Out) {
	out.Observe(Returned{c.op, r})
	if c.op != Release {
		c.believes = r == Held
	}
	c.op, c.returned = NoOp, false
}

// Clone returns an independent copy.
func (c *ExclusiveQueue) Clone() model.Machine { d := *c; return &d }

// Rename replaces the link.
func (c *ExclusiveQueue) Rename(to func(model.ID) model.ID) model.Machine {
	d := *c
	d.session.link = to(d.session.link)
	return &d
}

// AppendState encodes the session, the call in progress and the belief.
func (c *ExclusiveQueue) AppendState(dst []byte) []byte {
	dst = c.session.appendState(dst)
	dst = model.AppendInt(dst, c.op)
	return model.AppendBool(model.AppendBool(dst, c.believes), c.returned)
}
