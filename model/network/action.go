package network

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The actions of a link: what arrives, who notices what, and the faults.
type (
	// ToBroker delivers the oldest frame in flight to the broker.
	ToBroker struct{ Frame amqp.Frame }
	// ToClient delivers the oldest frame in flight to the client.
	ToClient struct{ Frame amqp.Frame }
	// ClientHears lets a client that was paused hear again that its connection lives, if it has not given it up by then.
	ClientHears struct{}
	// ClientNotices lets the client learn that its connection is gone; what was in flight to it is lost.
	ClientNotices struct{}
	// Reset breaks the connection.
	Reset struct{}
	// Blackhole makes the connection pass nothing.
	Blackhole struct{}
	// Heal makes a black hole pass bytes again.
	Heal struct{}
	// Pause stops the client's process.
	Pause struct{}
	// Resume lets the client's process go on.
	Resume struct{}
	// Crash ends the client's process for good.
	Crash struct{}
)

// Befell is what a link lets the world see of a fault.
type Befell struct{ Fault model.Event }

func (b Befell) String() string { return "fault: " + b.Fault.String() }

func (a ToBroker) String() string    { return "to broker: " + a.Frame.String() }
func (a ToClient) String() string    { return "to client: " + a.Frame.String() }
func (ClientHears) String() string   { return "client hears" }
func (ClientNotices) String() string { return "client notices" }
func (Reset) String() string         { return "reset" }
func (Blackhole) String() string     { return "blackhole" }
func (Heal) String() string          { return "heal" }
func (Pause) String() string         { return "pause client" }
func (Resume) String() string        { return "resume client" }
func (Crash) String() string         { return "crash client" }

// IsFault reports whether an action is a fault: something that may happen and need not. (That a black hole heals is one: it
// need not.) All other actions of a link happen in the end.
func IsFault(e model.Event) bool {
	switch e.(type) {
	case Reset, Blackhole, Heal, Pause, Crash:
		return true
	}
	return false
}

// Fault is [IsFault], for sequence diagrams.
func (l *Link) Fault(e model.Event) bool { return IsFault(e) }

// Actions appends deliveries and notices, then the faults that the budget allows.
func (l *Link) Actions(dst []model.Event) []model.Event {
	if l.paused {
		dst = append(dst, Resume{})
	}
	if !l.open {
		return dst
	}
	if l.hole {
		dst = append(dst, Heal{})
	} else {
		if len(l.toBroker) > 0 {
			dst = append(dst, ToBroker{l.toBroker[0]})
		}
		if len(l.toClient) > 0 && !l.paused {
			dst = append(dst, ToClient{l.toClient[0]})
		}
		if l.quiet && !l.paused {
			dst = append(dst, ClientHears{})
		}
		if !l.atBroker && !l.paused {
			dst = append(dst, ClientNotices{})
		}
	}
	if l.atBroker && !l.hole {
		if l.left.Reset > 0 {
			dst = append(dst, Reset{})
		}
		if l.left.Blackhole > 0 {
			dst = append(dst, Blackhole{})
		}
	}
	if l.left.Crash > 0 {
		dst = append(dst, Crash{})
	}
	if l.left.Pause > 0 && !l.paused {
		dst = append(dst, Pause{})
	}
	return dst
}

// Vocabulary lists what a link takes, without the faults for which it has no budget.
func (l *Link) Vocabulary() []model.Event {
	words := []model.Event{amqp.Dial{}, amqp.Frame{}, amqp.Hangup{}, ToBroker{}, ToClient{}}
	if l.left.Reset > 0 {
		words = append(words, Reset{})
	}
	if l.left.Blackhole > 0 {
		words = append(words, Blackhole{}, Heal{})
	}
	if l.left.Crash > 0 {
		words = append(words, Crash{})
	}
	if l.left.Pause > 0 {
		words = append(words, Pause{}, Resume{})
	}
	if l.left.Pause > 0 && l.heartbeat > 0 {
		words = append(words, ClientHears{})
	}
	return append(words, ClientNotices{})
}

// act takes one of the link's own actions.
func (l *Link) act(e model.Event, out *model.Out) {
	if IsFault(e) {
		out.Observe(Befell{e})
	}
	switch e := e.(type) {
	case ToBroker:
		l.toBroker = l.toBroker[1:]
		out.Send(l.broker, e.Frame)
	case ToClient:
		l.toClient = l.toClient[1:]
		l.hear(out)
		out.Send(l.client, e.Frame)
	case ClientHears:
		l.hear(out)
	case ClientNotices:
		l.close()
		out.Send(l.client, amqp.Lost{})
	case Reset:
		l.left.Reset--
		l.lose(out)
	case Blackhole:
		l.left.Blackhole--
		l.hole = true
		if !l.paused { // which the broker knows as silence already
			l.tellBroker(amqp.Silent{Interval: l.heartbeat}, out)
		}
		l.tellClient(amqp.Silent{Interval: l.heartbeat}, out)
	case Heal:
		l.hole = false
		if !l.paused { // a paused client neither sends heartbeats nor hears them
			l.quiet = false
			l.tellBroker(amqp.Heard{}, out)
			l.tellClient(amqp.Heard{}, out)
		}
	case Pause:
		l.left.Pause--
		l.paused, l.quiet = true, l.open && l.heartbeat > 0
		out.Send(l.client, model.Pause{})
		if l.quiet {
			l.tellClient(amqp.Silent{Interval: l.heartbeat}, out)
		}
		if !l.hole {
			l.tellBroker(amqp.Silent{Interval: l.heartbeat}, out)
		}
	case Resume:
		l.paused = false
		out.Send(l.client, model.Resume{})
		if l.open && !l.hole {
			l.tellBroker(amqp.Heard{}, out)
		}
	case Crash:
		l.left, l.paused = Faults{}, false
		l.lose(out)
		l.close()
		out.Send(l.client, model.Crash{})
	}
}

// hear ends the quiet after a pause.
func (l *Link) hear(out *model.Out) {
	if l.quiet {
		l.quiet = false
		l.tellClient(amqp.Heard{}, out)
	}
}

// tellBroker tells the broker of silence or sound, if there are heartbeats and it has an end to hear with.
func (l *Link) tellBroker(e model.Event, out *model.Out) {
	if l.heartbeat > 0 && l.atBroker {
		out.Send(l.broker, e)
	}
}

// tellClient tells the client likewise.
func (l *Link) tellClient(e model.Event, out *model.Out) {
	if l.heartbeat > 0 {
		out.Send(l.client, e)
	}
}

// Fair says that a link does what it has to do: all of its actions that are no faults.
func Fair(link model.ID) []model.Fairness {
	class := func(of func(model.Event) bool) model.Fairness { return model.Fairness{Machine: link, Class: of} }
	return []model.Fairness{
		class(func(e model.Event) bool { _, ok := e.(ToBroker); return ok }),
		class(func(e model.Event) bool { _, ok := e.(ToClient); return ok }),
		class(func(e model.Event) bool { _, ok := e.(ClientHears); return ok }),
		class(func(e model.Event) bool { _, ok := e.(ClientNotices); return ok }),
		class(func(e model.Event) bool { _, ok := e.(Resume); return ok }),
	}
}
