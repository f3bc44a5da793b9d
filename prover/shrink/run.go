package shrink

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// wish is one step that a run is to take.
type wish struct {
	machine model.ID
	text    string
}

// subject is a system and what is asked of its runs.
type subject struct {
	sys      *model.System // with the property's monitor
	property model.Property
	monitor  model.ID
}

// newSubject adds the property's monitor to the system, unless it is there. The IDs of all other machines stay.
func newSubject(sys *model.System, p model.Property) (*subject, error) {
	s := &subject{sys: sys, property: p, monitor: model.Self}
	switch {
	case p.Kind.OfRuns():
		return nil, fmt.Errorf("%s speaks of infinite runs: its counterexamples are for Lasso and WhyLasso", p.Name)
	case p.Kind != model.Monitored && p.Kind != model.DeadlockFree && p.Holds == nil:
		return nil, fmt.Errorf("property %q does not say what holds", p.Name)
	case p.Kind == model.Monitored:
		id, there := sys.Lookup(p.MonitorName())
		if !there || !sys.IsMonitor(id) {
			var err error
			id = model.ID(sys.Len())
			if s.sys, err = sys.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor}); err != nil {
				return nil, err
			}
		}
		s.monitor = id
	}
	return s, nil
}

// shown reports whether the state, or the step that led to it, violates the property; of a Reachable one, whether the state is
// the one asked for.
func (s *subject) shown(st *model.State, last model.Step) bool {
	p := s.property
	switch p.Kind {
	case model.Monitored:
		for _, v := range last.Violations {
			if v.Monitor == s.monitor {
				return true
			}
		}
		return false
	case model.DeadlockFree:
		return len(st.Actions(nil)) == 0 && (p.Holds == nil || !p.Holds(s.sight(st.View())))
	}
	return p.Holds(s.sight(st.View())) == (p.Kind == model.Reachable)
}

// sight is what of a state the property sees.
func (s *subject) sight(v model.View) model.View {
	if s.property.Reads == nil {
		return v
	}
	seen := make(model.View, len(v))
	for _, m := range s.property.Reads {
		seen[m] = v[m]
	}
	return seen
}

// grant returns the enabled action that a wish names.
func grant(st *model.State, w wish) (model.Action, bool) {
	for _, e := range st.View()[w.machine].Actions(nil) {
		if e.String() == w.text { // offered; whether another machine refuses it takes longer to tell
			a, err := st.Find(st.System().Name(w.machine), w.text)
			return a, err == nil
		}
	}
	return model.Action{}, false
}

// walk is what came of following wishes.
type walk struct {
	taken   []wish
	blocked []int  // the indices of the wishes that were not enabled when their turn came
	cut     string // the model ended there, and why
	shown   bool   // the last step taken shows it
}

// follow takes the steps that are wished for, from st on, until one shows what the property asks for. st is used up.
func (s *subject) follow(st *model.State, wishes []wish) walk {
	var k walk
	for i, w := range wishes {
		a, ok := grant(st, w)
		if !ok {
			k.blocked = append(k.blocked, i)
			continue
		}
		step := st.Step(a)
		if step.Cut != "" {
			k.cut = step.Cut
			return k
		}
		k.taken = append(k.taken, w)
		if s.shown(st, step) {
			k.shown = true
			return k
		}
	}
	return k
}

// run is a run that shows what the property asks for, with its last step and not before.
type run struct {
	steps  []wish
	states []*model.State // states[i] is the one before step i; they are never stepped
}

// record takes steps that make a run.
func (s *subject) record(steps []wish) run {
	r := run{steps: steps}
	st := s.sys.Start()
	for _, w := range steps {
		r.states = append(r.states, st.Clone())
		a, ok := grant(st, w)
		if !ok {
			panic(fmt.Sprintf("shrink: %s cannot %q in a run that was taken before", s.sys.Name(w.machine), w.text))
		}
		st.Step(a)
	}
	return r
}

// actions is the run as others know it.
func (r run) actions() []model.Action {
	all := make([]model.Action, len(r.steps))
	for i, w := range r.steps {
		all[i], _ = grant(r.states[i], w)
	}
	return all
}

func wishes(trace []model.Action) []wish {
	all := make([]wish, len(trace))
	for i, a := range trace {
		all[i] = wish{a.Machine, a.Event.String()}
	}
	return all
}

// begin runs a trace, which has to be a run, and cuts it after the first step that shows what the property asks for.
func (s *subject) begin(trace []model.Action) (run, error) {
	for i, a := range trace {
		if a.Machine < 0 || int(a.Machine) >= s.sys.Len() {
			return run{}, fmt.Errorf("step %d: the system has no machine %d", i+1, a.Machine)
		}
	}
	start := s.sys.Start()
	if s.shown(start, model.Step{}) {
		return run{}, nil
	}
	steps := wishes(trace)
	k := s.follow(start, steps)
	switch {
	case len(k.blocked) > 0:
		w := steps[k.blocked[0]]
		return run{}, fmt.Errorf("step %d: %s cannot %q there", k.blocked[0]+1, s.sys.Name(w.machine), w.text)
	case k.cut != "":
		return run{}, fmt.Errorf("step %d: the model is cut there: %s", len(k.taken)+1, k.cut)
	case !k.shown:
		return run{}, fmt.Errorf("the trace does not show %s", s.property.Name)
	}
	return s.record(k.taken), nil
}
