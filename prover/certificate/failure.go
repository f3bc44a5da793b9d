package certificate

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Malformed is the error that a text is no certificate, or none of the system at hand.
type Malformed struct {
	Line   int // from 1
	Reason string
}

func (m *Malformed) Error() string { return fmt.Sprintf("line %d: %s", m.Line, m.Reason) }

// Failure is the error that a certificate does not hold: its states are not an inductive set in which the properties hold. It
// does not say that a property is false: the state need not be reachable.
type Failure struct {
	Line      int           // of the state; 0: the initial state is missing
	Action    string        // the machine and its action, "rm/1 prepares"; "": it is about the state itself
	Reason    string        // one line, the action included
	System    *model.System // with the monitors of the certified properties
	State     model.View    // the state; nil if the initial state is missing
	Successor model.View    // where the action leads, or the initial state that is missing; nil where there is no such state
}

func (f *Failure) Error() string {
	if f.Line == 0 {
		return f.Reason
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.Reason)
}

// failure is about the state in v, or about none where line is 0.
func (k *checker) failure(line int, format string, args ...any) *Failure {
	f := &Failure{Line: line, Reason: fmt.Sprintf(format, args...), System: k.tables.system}
	if line != 0 {
		f.State = k.viewOf(k.v)
	}
	return f
}

// failureOf is about an action in the state in v.
func (k *checker) failureOf(line int, id model.ID, e model.Event, format string, args ...any) *Failure {
	action := fmt.Sprintf("%s %v", k.tables.system.Name(id), e)
	f := k.failure(line, "%q %s", action, fmt.Sprintf(format, args...))
	f.Action = action
	return f
}

// viewOf returns the machines of a vector.
func (k *checker) viewOf(v []uint32) model.View {
	view := make(model.View, len(v))
	for m, n := range v {
		view[m] = k.tables.locals[m][n].machine
	}
	return view
}
