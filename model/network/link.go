package network

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Faults is how often each fault may still happen on a link.
type Faults struct {
	Reset     int // the connection breaks (FIN or RST), each end notices on its own
	Blackhole int // the connection passes nothing in either direction, nobody is told; it may heal
	Crash     int // the client's process ends, or its machine
	Pause     int // the client's process stops for a while; frames for it wait in its socket
}

// Link is the network between one client and the broker. Its inputs are amqp.Dial, amqp.Frame and amqp.Hangup from the
// client, amqp.Frame and amqp.Hangup from the broker.
type Link struct {
	client, broker model.ID
	heartbeat      int64
	stepwise       bool
	reports        bool
	left           Faults
	paused         bool // the client's process stands still

	open     bool // the client's socket is open; all below is false and empty if not
	atBroker bool // the broker's end is open too, and not lost
	hole     bool // nothing passes
	quiet    bool // the client has been paused and heard nothing since
	toBroker []amqp.Frame
	toClient []amqp.Frame
}

// Options are a link's parameters.
type Options struct {
	Heartbeat int64  // the interval that the ends negotiate, in milliseconds; 0: no heartbeats
	Faults    Faults // the budget
	Stepwise  bool   // deliver what opens a session frame by frame, too (SPEC.md, D-4)
	Reports   bool   // let the world see [Connection]
}

// NewLink returns a link without a connection.
func NewLink(client, broker model.ID, o Options) *Link {
	return &Link{client: client, broker: broker, heartbeat: o.Heartbeat, left: o.Faults, stepwise: o.Stepwise, reports: o.Reports}
}

// Ends returns the machines that the link connects; a sequence diagram draws arrows between their lanes.
func (l *Link) Ends() (a, b model.ID) { return l.client, l.broker }

// Carries reports whether e, sent to one end, comes from the other end.
func (l *Link) Carries(e model.Event) bool { _, ok := e.(amqp.Frame); return ok }

// Step takes one action or input.
func (l *Link) Step(from model.ID, e model.Event, out *model.Out) {
	before := l.health()
	l.step(from, e, out)
	if now := l.health(); l.reports && now != before {
		out.Observe(Connection{now})
	}
}

func (l *Link) step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case amqp.Dial:
		l.open, l.atBroker = true, true
	case amqp.Frame:
		l.accept(from, e, out)
	case amqp.Hangup:
		if from == l.broker {
			l.atBroker, l.toBroker = false, nil
		} else {
			l.lose(out)
			l.close()
		}
	default:
		l.act(e, out)
	}
}

// accept puts a frame in flight, or passes it on at once. What is sent to an end that is lost or closed is lost.
func (l *Link) accept(from model.ID, f amqp.Frame, out *model.Out) {
	if !l.open || !l.atBroker {
		return
	}
	to, queue := l.broker, &l.toBroker
	if from == l.broker {
		to, queue = l.client, &l.toClient
	}
	if opensSession(f.Method, from == l.client) && !l.stepwise && !l.hole && !l.paused && len(l.toBroker)+len(l.toClient) == 0 {
		out.Send(to, f)
		return
	}
	*queue = append(*queue, f)
}

// opensSession reports whether a method only brings a session about: it touches nothing but the two ends' state of this one
// connection, so that it commutes with whatever happens elsewhere, and a session lost half-way is worth as much as one lost
// when it is open (SPEC.md, D-4). On a whole connection with nothing in flight such methods pass in the atomic step that
// sends them. A client's channel.close-ok is such a method; a broker's tells that what the channel had is free.
func opensSession(m amqp.Method, ofClient bool) bool {
	switch m.(type) {
	case amqp.ConnectionOpen, amqp.ConnectionOpenOk, amqp.ChannelOpen, amqp.ChannelOpenOk, amqp.ConfirmSelect, amqp.ConfirmSelectOk,
		amqp.TxSelect, amqp.TxSelectOk:
		return true
	case amqp.ChannelCloseOk:
		return ofClient
	}
	return false
}

// lose is the loss of the broker's end: what is in flight to it stays with it, unread.
func (l *Link) lose(out *model.Out) {
	if !l.atBroker {
		return
	}
	for _, f := range l.toBroker {
		out.Send(l.broker, amqp.Late{Frame: f})
	}
	out.Send(l.broker, amqp.Broken{})
	l.atBroker, l.toBroker = false, nil
}

// close is the end of the client's socket.
func (l *Link) close() { l.open, l.hole, l.quiet, l.toClient = false, false, false, nil }

// Clone returns an independent copy.
func (l *Link) Clone() model.Machine {
	c := *l
	c.toBroker, c.toClient = slices.Clone(l.toBroker), slices.Clone(l.toClient)
	return &c
}

// Rename replaces the machines at the ends.
func (l *Link) Rename(to func(model.ID) model.ID) model.Machine {
	c := l.Clone().(*Link)
	c.client, c.broker = to(c.client), to(c.broker)
	return c
}

// AppendState encodes the connection, the faults left and whether the client is paused.
func (l *Link) AppendState(dst []byte) []byte {
	for _, n := range []int{l.left.Reset, l.left.Blackhole, l.left.Crash, l.left.Pause, len(l.toBroker), len(l.toClient)} {
		dst = model.AppendInt(dst, n)
	}
	for _, flag := range []bool{l.paused, l.open, l.atBroker, l.hole, l.quiet} {
		dst = model.AppendBool(dst, flag)
	}
	for _, f := range slices.Concat(l.toBroker, l.toClient) {
		dst = amqp.AppendFrame(dst, f)
	}
	return dst
}
