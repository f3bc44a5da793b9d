package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Member is one machine of a system under construction.
type Member struct {
	Name    string  // unique in the system, without white space: "client/a"
	Machine Machine // the initial state; the system owns it from then on and never steps it
	Timers  []Timer // every timer the machine may ever arm
}

// System is a closed composition of machines. It is immutable: runs start from clones of its members' initial states.
type System struct {
	// Symmetry lists groups of interchangeable machines; nil when none is declared.
	Symmetry Symmetry
	// Fairness is what properties of runs may assume; nil: nothing has to happen.
	Fairness []Fairness

	members  []Member
	byName   map[string]ID
	timers   map[owned]ID
	monitors []ID
	clock    ID // Self: untimed
}

type owned struct {
	owner ID
	timer Timer
}

// Compose builds a system. Member i gets ID i; a machine for each declared timer comes after all members, in the order of
// their declaration. The error names the member that is wrong.
func Compose(members ...Member) (*System, error) {
	s := &System{byName: map[string]ID{}, timers: map[owned]ID{}, clock: Self}
	for _, m := range members {
		if err := s.add(m); err != nil {
			return nil, err
		}
	}
	for owner, m := range members {
		for _, t := range m.Timers {
			if t.Peer != Self && (t.Peer < 0 || int(t.Peer) >= len(members)) {
				return nil, fmt.Errorf("compose: timer %q of %s is about machine %d, of %d", t.Name, m.Name, t.Peer, len(members))
			}
			s.timers[owned{ID(owner), t}] = ID(len(s.members))
			if err := s.add(Member{Name: s.timerName(m.Name, t), Machine: &timer{owner: ID(owner), timer: t}}); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func (s *System) timerName(owner string, t Timer) string {
	name := owner + "." + t.Name
	if t.Peer != Self {
		name += "[" + s.members[t.Peer].Name + "]"
	}
	return name
}

func (s *System) add(m Member) error {
	switch {
	case m.Machine == nil:
		return fmt.Errorf("compose: member %q has no machine", m.Name)
	case m.Name == "" || strings.ContainsAny(m.Name, " \t\n#"):
		return fmt.Errorf("compose: member name %q is empty or has white space or '#' in it", m.Name)
	}
	if _, taken := s.byName[m.Name]; taken {
		return fmt.Errorf("compose: two members are named %q", m.Name)
	}
	s.byName[m.Name] = ID(len(s.members))
	s.members = append(s.members, m)
	return nil
}

// With returns the system with monitors added at the end. A monitor is a machine that only listens: it takes every
// observation of every other machine as an input, and reports with [Out.Violate].
func (s *System) With(monitors ...Member) (*System, error) {
	c := s.copy()
	for _, m := range monitors {
		id := ID(len(c.members))
		if err := c.add(m); err != nil {
			return nil, err
		}
		c.monitors = append(c.monitors, id)
	}
	return c, nil
}

// copy returns a system to which members can be added without changing s.
func (s *System) copy() *System {
	c := *s
	c.members, c.monitors, c.byName = slices.Clone(s.members), slices.Clone(s.monitors), maps.Clone(s.byName)
	return &c
}

// Len returns the number of machines, timers and monitors included.
func (s *System) Len() int { return len(s.members) }

// Name returns the name of a machine.
func (s *System) Name(id ID) string { return s.members[id].Name }

// Lookup returns the machine of a name.
func (s *System) Lookup(name string) (ID, bool) {
	id, ok := s.byName[name]
	return id, ok
}

// Initial returns the initial state of a machine. It must not be stepped; clone it first.
func (s *System) Initial(id ID) Machine { return s.members[id].Machine }

// Timer returns the machine of a timer that the member owner declared.
func (s *System) Timer(owner ID, t Timer) (ID, bool) {
	id, ok := s.timers[owned{owner, t}]
	return id, ok
}

// TimerOwner returns the machine whose timer the machine id is; false if it is no timer.
func (s *System) TimerOwner(id ID) (ID, bool) {
	switch t := s.members[id].Machine.(type) {
	case *timer:
		return t.owner, true
	case *ticking:
		return t.owner, true
	}
	return Self, false
}

// IsMonitor reports whether the machine only listens.
func (s *System) IsMonitor(id ID) bool { return slices.Contains(s.monitors, id) }

// Delivery is an input on its way to a machine.
type Delivery struct {
	From, To ID
	Event    Event
}

// Route appends the deliveries that an effect of the machine from causes: a send goes to its receiver, an observation to
// every monitor, a timer's effect to the machine of the timer. It panics where a machine names a receiver or a timer that
// the system does not have, which is a defect of the model.
func (s *System) Route(dst []Delivery, from ID, e Effect) []Delivery {
	switch e.Kind {
	case Send:
		if e.To < 0 || int(e.To) >= len(s.members) {
			panic(fmt.Sprintf("model: %s sends %v to machine %d of %d", s.Name(from), e.Event, e.To, len(s.members)))
		}
		return append(dst, Delivery{from, e.To, e.Event})
	case Observe:
		for _, m := range s.monitors {
			dst = append(dst, Delivery{from, m, e.Event})
		}
		return dst
	}
	id, ok := s.timers[owned{from, e.Timer}]
	if !ok {
		panic(fmt.Sprintf("model: %s did not declare the timer %+v", s.Name(from), e.Timer))
	}
	if e.Kind == Arm {
		return append(dst, Delivery{from, id, armTimer{e.Window}})
	}
	return append(dst, Delivery{from, id, cancelTimer{}})
}
