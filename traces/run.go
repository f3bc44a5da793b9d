package traces

import (
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// Run steps the system from its initial state along the trace and returns the state in which it ends. After each step it
// calls each, which may be nil, with the number of the step (from 1), the action, the state after it and the account of it;
// an error of each ends the run and is returned as it is.
//
// A line that names nothing that is enabled is an error which tells what is. The model may be cut (see [model.Out.Cut])
// only in the last step; the state returned is then of no meaning.
func (t *Trace) Run(sys *model.System, each func(step int, a model.Action, st *model.State, s model.Step) error) (*model.State, error) {
	st := sys.Start()
	for i, l := range t.Lines {
		a, err := find(st, l.Machine, l.Event)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		s := st.Step(a)
		if each != nil {
			if err := each(i+1, a, st, s); err != nil {
				return nil, err
			}
		}
		if s.Cut != "" && i+1 < len(t.Lines) {
			return nil, fmt.Errorf("step %d of %d: the model is cut here: %s", i+1, len(t.Lines), s.Cut)
		}
	}
	return st, nil
}

// find is State.Find with a look at the other machines where it fails: the usual question is what the system waits for.
func find(st *model.State, machine, event string) (model.Action, error) {
	sys := st.System()
	if id, ok := sys.Lookup(machine); ok && sys.IsMonitor(id) {
		return model.Action{}, fmt.Errorf("%s is a monitor; monitors never act", machine)
	}
	a, err := st.Find(machine, event)
	if err == nil {
		return a, nil
	}
	const most = 8
	var others []string
	for _, o := range st.Actions(nil) {
		if name := sys.Name(o.Machine); name != machine {
			others = append(others, fmt.Sprintf("%s %q", name, o.Event.String()))
		}
	}
	switch rest := len(others) - most; {
	case len(others) == 0:
		return a, fmt.Errorf("%w; no other machine can act", err)
	case rest > 0:
		others = append(others[:most], fmt.Sprintf("%d more", rest))
	}
	return a, fmt.Errorf("%w; others can: %s", err, strings.Join(others, ", "))
}
