package model

import "fmt"

// Timer names one timer of a machine: what it is for and, where a machine keeps one for each peer, which peer.
type Timer struct {
	Name string // "heartbeat"
	Peer ID     // the machine it is about, or Self
}

// Window bounds when an armed timer expires: not before Earliest and not after Latest, in milliseconds from the moment it
// was armed. The untimed semantics ignores it, a timed driver obeys it.
type Window struct{ Earliest, Latest int64 }

// String renders the window as [earliest, latest] in milliseconds.
func (w Window) String() string { return fmt.Sprintf("[%d, %d] ms", w.Earliest, w.Latest) }

// Expired is the input a machine takes when its timer expires. The sender is of no meaning.
type Expired struct{ Timer Timer }

// String names the timer, without its peer.
func (e Expired) String() string { return e.Timer.Name + " expired" }

// Fire is the action of an armed timer under the untimed clock.
type Fire struct{}

// String is the action's text in a trace.
func (Fire) String() string { return "fires" }

// timer is one timer as a machine:
//
//	idle ──arm──► armed ──fires──► idle, Expired to the owner
//	  ▲             │
//	  └───cancel────┘
type timer struct {
	owner ID
	timer Timer
	armed bool
}

type armTimer struct{ window Window }

func (a armTimer) String() string { return "arm " + a.window.String() }

type cancelTimer struct{}

func (cancelTimer) String() string { return "cancel" }

func (t *timer) Actions(dst []Event) []Event {
	if t.armed {
		dst = append(dst, Fire{})
	}
	return dst
}

func (t *timer) Step(_ ID, e Event, out *Out) {
	switch e.(type) {
	case armTimer:
		t.armed = true
	case cancelTimer:
		t.armed = false
	case Fire:
		t.armed = false
		out.Send(t.owner, Expired{t.timer})
	}
}

func (t *timer) Clone() Machine { c := *t; return &c }

func (t *timer) AppendState(dst []byte) []byte { return AppendBool(dst, t.armed) }

// Rename needs the timer's own identity too: the encoding leaves it out because it never changes in place.
func (t *timer) Rename(to func(ID) ID) Machine {
	c := *t
	c.owner = to(c.owner)
	if c.timer.Peer != Self {
		c.timer.Peer = to(c.timer.Peer)
	}
	return &c
}
