package shrink

import (
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// dropParties leaves out all steps of one party after the other, the last party first: what remains then is the business of
// those who come first by name, as people expect.
func (m *minimiser) dropParties() {
	for _, party := range slices.Backward(parties(m.sys)) {
		m.without(func(i int) bool { return slices.Contains(party, m.steps[i].machine) })
	}
}

// parties splits a system into machines that come and go together: the columns of its symmetry; where it declares none, the
// machines whose names end alike after a slash, with the timers that belong to them.
func parties(sys *model.System) [][]model.ID {
	var all [][]model.ID
	for _, group := range sys.Symmetry {
		all = append(all, group...)
	}
	if all != nil {
		return all
	}
	index := map[string]int{}
	for id := range model.ID(sys.Len()) {
		name := partyName(sys.Name(id))
		i, known := index[name]
		if !known {
			i = len(all)
			index[name] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], id)
	}
	return all
}

// partyName is what the names of a party's machines have in common: "a" of client/a, of client/a.heartbeat and of
// broker.heartbeat[link/a].
func partyName(machine string) string {
	if _, peer, ok := strings.Cut(machine, "["); ok {
		machine = strings.TrimSuffix(peer, "]")
	}
	machine = machine[strings.LastIndexByte(machine, '/')+1:]
	machine, _, _ = strings.Cut(machine, ".")
	return machine
}

// Front returns the image of a run in which those of interchangeable parties that act come first, in the order of their first
// actions: what clients b and c did, done by a and b. It returns the trace itself where there is nothing to exchange, where
// the property is not symmetric, or where the trace is no run that violates it.
//
// Texts are not translated, since only a machine knows what its texts mean. The image is taken from the states: at each step
// the action that leads to the renamed state.
func Front(sys *model.System, p model.Property, trace []model.Action) []model.Action {
	s, err := newSubject(sys, p)
	if err != nil || !p.Symmetric {
		return trace
	}
	to := s.forward(trace)
	if slices.IsSorted(to) {
		return trace
	}
	r, err := s.begin(trace)
	if err != nil {
		return trace
	}
	var image []model.Action
	st, twin := s.sys.Start(), s.sys.Start()
	for i, w := range r.steps {
		a, _ := grant(r.states[i], w)
		st.Step(a)
		want := encode(model.Permute(st.View(), to))
		next := model.Action{Machine: model.Self}
		for _, e := range twin.View()[to[a.Machine]].Actions(nil) {
			b, ok := grant(twin, wish{to[a.Machine], e.String()})
			if !ok {
				continue
			}
			trial := twin.Clone()
			if step := trial.Step(b); step.Cut == "" && string(encode(trial.View())) == string(want) {
				next, twin = b, trial
				break
			}
		}
		if next.Machine == model.Self { // what is declared is no symmetry of this run
			return trace
		}
		image = append(image, next)
	}
	if _, err := s.begin(image); err != nil {
		return trace
	}
	return image
}

// forward is the renaming that puts the columns that act before the others.
func (s *subject) forward(trace []model.Action) []model.ID {
	to := make([]model.ID, s.sys.Len())
	for i := range to {
		to[i] = model.ID(i)
	}
	for _, group := range s.sys.Symmetry {
		var order []int
		for _, a := range trace {
			i := slices.IndexFunc(group, func(column []model.ID) bool { return slices.Contains(column, a.Machine) })
			if i >= 0 && !slices.Contains(order, i) {
				order = append(order, i)
			}
		}
		for i := range group {
			if !slices.Contains(order, i) {
				order = append(order, i)
			}
		}
		for onto, from := range order {
			for k, id := range group[from] {
				to[id] = group[onto][k]
			}
		}
	}
	return to
}

// encode is the canonical encoding of a state that is only a view.
func encode(v model.View) []byte {
	var all []byte
	for _, m := range v {
		all = model.AppendString(all, string(m.AppendState(nil)))
	}
	return all
}

// Refit follows a run of one system in another one, by the names of machines and the texts of actions, leaving out what the
// other one does not have or has not enabled. It returns the run of the other system as far as its first violation of the
// property, which is one of the other system; false if it comes to none.
func Refit(from *model.System, trace []model.Action, to *model.System, p model.Property) ([]model.Action, bool) {
	s, err := newSubject(to, p)
	if err != nil {
		return nil, false
	}
	start := s.sys.Start()
	if s.shown(start, model.Step{}) {
		return []model.Action{}, true
	}
	var steps []wish
	for _, a := range trace {
		if id, ok := s.sys.Lookup(from.Name(a.Machine)); ok {
			steps = append(steps, wish{id, a.Event.String()})
		}
	}
	k := s.follow(start, steps)
	if !k.shown {
		return nil, false
	}
	return s.record(k.taken).actions(), true
}
