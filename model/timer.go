package model

import "fmt"

// Timer names one timer of a machine: what it is for and, where a machine keeps one for each peer, which peer.
type Timer struct {
	Name string // "heartbeat"
	Peer ID     // the machine it is about, or Self
}

// Window bounds when an armed timer expires: not before Earliest and not after Latest, in milliseconds from the moment it
// was armed, by its owner's clock. The untimed semantics ignores it; under a [Clock], and in a timed driver, it is obeyed.
//
// Either end may be Forever. A timer whose Latest is Forever may expire at any time from Earliest on, or never. One whose
// Earliest is Forever never expires; it is a deadline: by Latest its owner has done what makes it cancel the timer.
type Window struct{ Earliest, Latest int64 }

// Forever is later than any moment.
const Forever int64 = 1<<63 - 1

// String renders the window as [earliest, latest] in milliseconds.
func (w Window) String() string {
	moment := func(ms int64) string {
		if ms == Forever {
			return "forever"
		}
		return fmt.Sprint(ms)
	}
	return "[" + moment(w.Earliest) + ", " + moment(w.Latest) + "] ms"
}

// Expired is the input a machine takes when its timer expires. The sender is of no meaning.
type Expired struct{ Timer Timer }

// String names the timer, without its peer.
func (e Expired) String() string { return e.Timer.Name + " expired" }

// Fire is the action of an armed timer: without a clock at any moment, under one inside its window.
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

// Arming returns the window of an input that arms a timer; false of any other event.
func Arming(e Event) (Window, bool) {
	a, ok := e.(armTimer)
	return a.window, ok
}

type cancelTimer struct{}

func (cancelTimer) String() string { return "cancel" }

// Armed reports whether m is the machine of a timer that is armed, timed or not. (It may not offer to fire yet.)
func Armed(m Machine) bool {
	t, ok := m.(interface{ isArmed() bool })
	return ok && t.isArmed()
}

func (t *timer) isArmed() bool { return t.armed }

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
