package model

import (
	"fmt"
	"slices"
)

// Action is a choice: a machine and one of its enabled actions.
type Action struct {
	Machine ID
	Event   Event
}

// View is a global state as a property sees it: the machines by ID. A property reads them and never steps or keeps them.
type View []Machine

// State is one concrete global state of a running system. It is what traces, replays and the simulator step.
type State struct {
	system   *System
	machines []Machine
	queue    []Delivery
	out      Out
	borrowed []bool // by machine: clone it before it is stepped; nil: all are st's own
}

// MaxDeliveries bounds one atomic step; machines that answer each other for ever are a defect of the model.
const MaxDeliveries = 100_000

// Step is the account of one atomic step.
type Step struct {
	Action     Action
	Happenings []Happening // everything that machines asked for, in the order in which it took effect
	Refused    bool        // the action was not enabled: a machine refused it
	Cut        string      // not "": the model ends here, and why
	Violations []Violation // what monitors reported
}

// Happening is one effect and the machine that caused it.
type Happening struct {
	From   ID
	Effect Effect
}

// Violation is what a monitor reported.
type Violation struct {
	Monitor ID
	Reason  string
}

// Start returns the system's initial state.
func (s *System) Start() *State {
	st := &State{system: s, machines: make([]Machine, s.Len())}
	for i := range st.machines {
		st.machines[i] = s.members[i].Machine.Clone()
	}
	return st
}

// System returns the system that st is a state of.
func (st *State) System() *System { return st.system }

// View returns the machines of the present state. It is valid until the next step.
func (st *State) View() View { return st.machines }

// Actions appends all enabled actions: machines in the order of their IDs, each one's actions in its own order. This is
// the order in which ties between counterexamples are broken. What a machine may refuse is found by trying each action on
// copies of the machines that it reaches.
func (st *State) Actions(dst []Action) []Action {
	var events []Event
	for id, m := range st.machines {
		events = m.Actions(events[:0])
		for _, e := range events {
			if a := (Action{ID(id), e}); st.enabled(a) {
				dst = append(dst, a)
			}
		}
	}
	return dst
}

// enabled reports whether no machine refuses an action that its machine offers.
func (st *State) enabled(a Action) bool {
	trial := State{system: st.system, machines: slices.Clone(st.machines), borrowed: make([]bool, len(st.machines))}
	for i := range trial.borrowed {
		trial.borrowed[i] = true
	}
	return !trial.Step(a).Refused
}

// Find returns the enabled action of the machine of that name whose event has that text. The error says what is enabled
// instead.
func (st *State) Find(machine, text string) (Action, error) {
	id, ok := st.system.Lookup(machine)
	if !ok {
		return Action{}, fmt.Errorf("the system has no machine %q", machine)
	}
	var enabled []Event
	for _, e := range st.machines[id].Actions(nil) {
		a := Action{id, e}
		if !st.enabled(a) {
			continue
		}
		if e.String() == text {
			return a, nil
		}
		enabled = append(enabled, e)
	}
	return Action{}, fmt.Errorf("%s cannot %q here; enabled for it: %q", machine, text, enabled)
}

// Step performs one atomic step. The action must be enabled. After a cut, or where the action was refused after all, the
// state is no longer meaningful.
func (st *State) Step(a Action) Step { return st.step(a, nil) }

// step performs one atomic step, and shows every step of a machine in it to observe, if that is not nil: the machine's
// encodings before and after, and what it did.
func (st *State) step(a Action, observe func(d Delivery, before, after []byte, out *Out)) Step {
	step := Step{Action: a}
	st.queue = append(st.queue[:0], Delivery{Self, a.Machine, a.Event})
	for i := 0; i < len(st.queue); i++ {
		if i == MaxDeliveries {
			panic(fmt.Sprintf("model: %s %v never comes to an end", st.system.Name(a.Machine), a.Event))
		}
		d := st.queue[i]
		st.out.Reset()
		if st.borrowed != nil && st.borrowed[d.To] {
			st.machines[d.To], st.borrowed[d.To] = st.machines[d.To].Clone(), false
		}
		m := st.machines[d.To]
		if observe == nil {
			Deliver(m, d.From, d.Event, &st.out)
		} else {
			before := m.AppendState(nil)
			Deliver(m, d.From, d.Event, &st.out)
			observe(d, before, m.AppendState(nil), &st.out)
		}
		if st.out.Refused() {
			step.Refused = true
			return step
		}
		if reason := st.out.CutReason(); reason != "" {
			step.Cut = reason
			return step
		}
		if reason := st.out.Violation(); reason != "" {
			step.Violations = append(step.Violations, Violation{d.To, reason})
		}
		for _, e := range st.out.Effects() {
			step.Happenings = append(step.Happenings, Happening{d.To, e})
			st.queue = st.system.Route(st.queue, d.To, e)
		}
	}
	return step
}

// Clone returns an independent copy of the state.
func (st *State) Clone() *State {
	c := &State{system: st.system, machines: make([]Machine, len(st.machines))}
	for i, m := range st.machines {
		c.machines[i] = m.Clone()
	}
	return c
}

// AppendState appends the canonical encoding of the whole state.
func (st *State) AppendState(dst []byte) []byte {
	for _, m := range st.machines {
		at := len(dst)
		dst = m.AppendState(append(dst, 0, 0))
		n := len(dst) - at - 2
		if n >= 1<<16 {
			panic("model: the encoding of a machine's state exceeds 64 KiB")
		}
		dst[at], dst[at+1] = byte(n), byte(n>>8)
	}
	return dst
}
