package model

import "fmt"

// ID names a machine inside one [System]: its place in the list that [Compose] was given.
type ID int

// Self is the sender of a machine's own actions.
const Self ID = -1

// Event is what a machine takes: one of its own actions, or an input from another machine. An event is an immutable
// comparable value (it is used as a map key). Its text is unique among the actions enabled in one state of its machine:
// a trace names an action by the machine and this text.
type Event interface{ fmt.Stringer }

// Machine is one deterministic state machine.
//
// A Machine is owned by one driver and is not safe for concurrent use, with one exception: Actions, Clone, AppendState, a
// [Renamer]'s Rename and whatever properties read do not change it and may be called concurrently with each other.
type Machine interface {
	// Actions appends the actions of its own that the present state offers, in a fixed order, each text once. An action is
	// enabled if it is offered and no machine that its step reaches says [Out.Refuse].
	Actions(dst []Event) []Event

	// Step takes one event: an action that Actions listed (from is Self), or an input from another machine. What the
	// step does beyond changing the machine goes to out. Step depends on nothing but the machine's state and its
	// arguments. Any input may come in any state: a machine whose state forbids the whole atomic step says out.Refuse, one
	// that the model does not carry further says out.Cut.
	Step(from ID, e Event, out *Out)

	// Clone returns an independent copy.
	Clone() Machine

	// AppendState appends the canonical encoding of the state: machines that behave alike for ever, and differ in
	// nothing that a property reads, append equal bytes; all others append different ones.
	AppendState(dst []byte) []byte
}

// Renamer is a [Machine] whose state holds IDs of other machines. Rename returns a copy in which every such ID has gone
// through to. A machine that takes part in a declared [Symmetry], or that stores the ID of one that does, implements it.
type Renamer interface {
	Machine
	Rename(to func(ID) ID) Machine
}

// Rename applies a renaming to a machine; a machine that stores no ID is returned as it is.
func Rename(m Machine, to func(ID) ID) Machine {
	if r, ok := m.(Renamer); ok {
		return r.Rename(to)
	}
	return m
}
