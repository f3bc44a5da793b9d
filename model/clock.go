package model

import (
	"errors"
	"fmt"
	"slices"
)

// Clock says how time passes in a system: in ticks, which all machines take together. See [System.Timed].
type Clock struct {
	Tick   int64     // the length of a tick, in milliseconds
	Urgent []Urgency // what has to happen before time goes on
	Drift  []Drift   // machines whose own clocks run fast or slow; all others' are right
}

// Urgency says that a machine does not wait: time stands still while it offers an action of the class. It is per machine and
// class, as [Fairness] is, so that faults, and whatever may take its time, are left out of the class.
//
// What counts is what the machine offers. An action that another machine refuses holds up time too, for urgency looks at one
// machine alone; so a class should not have actions that wait for a condition elsewhere. A model that gets this wrong stands
// still: it has a state in which nothing is enabled, the tick neither, and a [DeadlockFree] property finds it.
type Urgency struct {
	Machine ID
	Class   func(Event) bool // nil: all its actions
}

// Drift bounds the rate of a machine's own clock, by which its timers run: in [1/Ratio, Ratio] of the true rate, and free to
// change at any time. A window [earliest, latest] by that clock is [earliest/Ratio, latest·Ratio] in truth.
type Drift struct {
	Machine ID
	Ratio   Ratio
}

// Ratio is an exact fraction, at least 1.
type Ratio struct{ Numerator, Denominator int64 }

// Tick is the action of the clock: the time of one tick passes. Monitors hear it as an observation of the clock's.
type Tick struct {
	hold *Urgency // to an urgent machine: what it must not have left to do
}

// String is the action's text in a trace.
func (Tick) String() string { return "tick" }

// maxRatio bounds the terms of a ratio, and maxTime a window, so that their products stay exact: 30 years, a millionth.
const (
	maxRatio = 1_000_000
	maxTime  = 1_000_000_000_000
)

// Timed returns the system under a digital clock. It has one machine more, "clock", whose only action is the tick; the system
// itself, without monitors, must be untimed. Add monitors to what Timed returns.
//
// A timer counts the ticks since it was armed, and fires only inside its window; a timer at its latest moment refuses the tick,
// until it fires or its owner stops it or starts it anew; an urgent machine refuses it as long as it has something to do.
//
// Digital time is exact where a tick divides all windows: a run in dense time, its moments being real numbers, keeps all
// its windows [a, b] if every moment with a fraction above ε is rounded up and every other one down, for any ε, so that the same
// events happen in the same order in digital time, and a digital run is a dense one as it stands (Henzinger, Manna and Pnueli,
// "What good are digital clocks?", 1992). This needs closed windows, which all of ours are. It also counts right: what takes
// more than D in dense time, D a number of ticks, takes more than D for some ε. Where a tick does not divide a window, its
// earliest moment is rounded down and its latest up: what is proved then still holds, what is refuted may be due to that.
func (s *System) Timed(c Clock) (*System, error) {
	if err := c.check(s); err != nil {
		return nil, fmt.Errorf("timed: %w", err)
	}
	t := s.copy()
	machine := &clock{}
	for i := range c.Urgent {
		u := c.Urgent[i]
		machine.urgent = append(machine.urgent, &u)
	}
	for id := range t.members {
		if old, ok := t.members[id].Machine.(*timer); ok {
			t.members[id].Machine = &ticking{timer: *old, scale: c.scale(old.owner)}
			machine.timers = append(machine.timers, ID(id))
		}
	}
	t.clock = ID(len(t.members))
	if err := t.add(Member{Name: "clock", Machine: machine}); err != nil {
		return nil, fmt.Errorf("timed: %w", err)
	}
	return t, nil
}

func (c Clock) check(s *System) error {
	switch {
	case c.Tick <= 0 || c.Tick > maxTime:
		return fmt.Errorf("a tick of %d ms", c.Tick)
	case s.clock != Self:
		return errors.New("the system has a clock already")
	case len(s.monitors) > 0:
		return errors.New("monitors are added after the clock")
	}
	inside := func(id ID) bool { return id >= 0 && int(id) < s.Len() }
	for _, u := range c.Urgent {
		if !inside(u.Machine) {
			return fmt.Errorf("urgent machine %d of %d", u.Machine, s.Len())
		}
	}
	for i, d := range c.Drift {
		switch r := d.Ratio; {
		case !inside(d.Machine):
			return fmt.Errorf("drift of machine %d of %d", d.Machine, s.Len())
		case r.Denominator <= 0 || r.Numerator < r.Denominator || r.Numerator > maxRatio:
			return fmt.Errorf("drift of %s by %d/%d: the ratio is from 1 to %d, its terms likewise",
				s.Name(d.Machine), r.Numerator, r.Denominator, maxRatio)
		case slices.ContainsFunc(c.Drift[:i], func(e Drift) bool { return e.Machine == d.Machine }):
			return fmt.Errorf("drift of %s is given twice", s.Name(d.Machine))
		}
	}
	return nil
}

// Clock returns the clock's machine; false if the system is untimed.
func (s *System) Clock() (ID, bool) { return s.clock, s.clock != Self }

// Deliver gives a machine an event, one of its own actions or an input: it is [Machine].Step but for the clock's question to an
// urgent machine, which is answered here, so that no machine needs to know of ticks. Every driver steps machines by it.
func Deliver(m Machine, from ID, e Event, out *Out) {
	if t, ok := e.(Tick); ok && t.hold != nil {
		for _, a := range m.Actions(nil) {
			if t.hold.Class == nil || t.hold.Class(a) {
				out.Refuse()
				return
			}
		}
		return
	}
	m.Step(from, e, out)
}

// clock is the machine that time is. It has no state: what there is to remember, timers do.
type clock struct {
	urgent []*Urgency
	timers []ID
}

func (c *clock) Actions(dst []Event) []Event { return append(dst, Tick{}) }

func (c *clock) Step(_ ID, _ Event, out *Out) {
	for _, u := range c.urgent {
		out.Send(u.Machine, Tick{hold: u})
	}
	for _, t := range c.timers {
		out.Send(t, Tick{})
	}
	out.Observe(Tick{})
}

// Clone returns the clock itself, which never changes.
func (c *clock) Clone() Machine { return c }

func (c *clock) AppendState(dst []byte) []byte { return dst }

// scale turns the milliseconds of a machine's own clock into ticks.
type scale struct{ tick, numerator, denominator int64 }

func (c Clock) scale(owner ID) scale {
	for _, d := range c.Drift {
		if d.Machine == owner {
			return scale{c.Tick, d.Ratio.Numerator, d.Ratio.Denominator}
		}
	}
	return scale{c.Tick, 1, 1}
}

// ticks widens a window to whole ticks: the earliest moment is rounded down, the latest up, and Forever stays what it is.
func (s scale) ticks(w Window) Window {
	if w.Earliest < 0 || w.Latest < 0 || w.Latest < w.Earliest && w.Earliest != Forever ||
		w.Earliest > maxTime && w.Earliest != Forever || w.Latest > maxTime && w.Latest != Forever {
		panic(fmt.Sprintf("model: a timer cannot be armed with %v", w))
	}
	if w.Earliest != Forever {
		w.Earliest = w.Earliest * s.denominator / (s.numerator * s.tick)
	}
	if w.Latest != Forever {
		w.Latest = (w.Latest*s.numerator + s.denominator*s.tick - 1) / (s.denominator * s.tick)
	}
	return w
}

// ticking is a timer under the clock. While it is armed, left is its window counted from now, in ticks; so armings of different
// age and window that will behave alike are one state, and one that has reached its earliest moment and has no latest stands
// still.
type ticking struct {
	timer
	scale scale
	left  Window
}

func (t *ticking) Actions(dst []Event) []Event {
	if t.armed && t.left.Earliest == 0 {
		dst = append(dst, Fire{})
	}
	return dst
}

func (t *ticking) Step(from ID, e Event, out *Out) {
	switch e := e.(type) {
	case armTimer:
		t.left = t.scale.ticks(e.window)
	case Tick:
		t.pass(out)
		return
	}
	t.timer.Step(from, e, out)
	if !t.armed {
		t.left = Window{}
	}
}

// pass lets a tick go by.
func (t *ticking) pass(out *Out) {
	if !t.armed {
		return
	}
	if t.left.Latest == 0 {
		out.Refuse()
		return
	}
	for _, moment := range []*int64{&t.left.Earliest, &t.left.Latest} {
		if *moment > 0 && *moment != Forever {
			*moment--
		}
	}
}

func (t *ticking) Clone() Machine { c := *t; return &c }

func (t *ticking) AppendState(dst []byte) []byte {
	dst = t.timer.AppendState(dst)
	if t.armed {
		dst = AppendInt(AppendInt(dst, t.left.Earliest), t.left.Latest)
	}
	return dst
}

func (t *ticking) Rename(to func(ID) ID) Machine {
	c := *t
	c.timer = *t.timer.Rename(to).(*timer)
	return &c
}
