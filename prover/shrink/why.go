package shrink

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Reason says what becomes of a run without one of its steps, where every later step that is then not enabled is left out too.
type Reason struct {
	Needed  bool      // no violation comes without the step
	Blocked []Blocked // the later steps that are not enabled without it, in order
	Cut     string    // not "": the model ends on the way, and why
	Broken  string    // not "": what is left is no infinite run that breaks the property, and why
	Witness bool      // the property is Reachable: the run shows that something is possible, not a violation
}

// Blocked is a step that is not enabled when its turn comes.
type Blocked struct {
	Step           int // from 1
	Machine, Event string
}

// Why says of each step of a run that violates the property what happens without it. The errors are those of [Trace], and a
// trace that goes on after its first violation is one too: those steps have no reason.
func Why(sys *model.System, p model.Property, trace []model.Action) ([]Reason, error) {
	s, err := newSubject(sys, p)
	if err != nil {
		return nil, fmt.Errorf("why: %w", err)
	}
	r, err := s.begin(trace)
	if err != nil {
		return nil, fmt.Errorf("why: %w", err)
	}
	if len(r.steps) < len(trace) {
		return nil, fmt.Errorf("why: what the trace shows comes with step %d of %d", len(r.steps), len(trace))
	}
	all := make([]Reason, len(r.steps))
	for i := range r.steps {
		k := s.follow(r.states[i].Clone(), r.steps[i+1:])
		all[i] = Reason{Needed: !k.shown, Cut: k.cut, Witness: p.Kind == model.Reachable}
		for _, b := range k.blocked {
			w := r.steps[i+1+b]
			all[i].Blocked = append(all[i].Blocked, Blocked{i + 2 + b, sys.Name(w.machine), w.text})
		}
	}
	return all, nil
}

// String is the reason in words: `without it the rest cannot be followed from step 3: link/a cannot "reset"`.
func (r Reason) String() string {
	what := "violation"
	if r.Witness {
		what = "witness"
	}
	var first Blocked
	if len(r.Blocked) > 0 {
		first = r.Blocked[0]
	}
	switch n := len(r.Blocked); {
	case !r.Needed && n == 0:
		return fmt.Sprintf("not needed: the %s comes without it", what)
	case !r.Needed && n == 1:
		return fmt.Sprintf("not needed: the %s comes without it and step %d, which hangs on it", what, first.Step)
	case !r.Needed:
		return fmt.Sprintf("not needed: the %s comes without it and %d later steps that hang on it, from step %d", what, n, first.Step)
	case n > 0:
		return fmt.Sprintf("without it the rest cannot be followed from step %d: %s cannot %q", first.Step, first.Machine, first.Event)
	case r.Broken != "":
		return "without it this is no such run: " + r.Broken
	case r.Cut != "":
		return "without it the model is cut: " + r.Cut
	}
	return fmt.Sprintf("without it the run ends without a %s", what)
}
