package random

import "github.com/lockstep-prover/lockstep/model"

// stepper takes atomic steps of one system on a vector of local states.
type stepper struct {
	tabs    *tables
	state   []*local
	view    model.View // the machines of state
	hash    hash       // of state
	first   *local     // the local state whose action the last step took
	queue   []model.Delivery
	applied []*result   // of the last step
	changes []change    // of the last step: which machines changed, and what they were
	objects []objection // what monitors said in the last step
	cut     string      // why the last step is cut; state is then as it was
}

type change struct {
	machine model.ID
	was     *local
}

type objection struct {
	monitor model.ID
	reason  string
}

func newStepper(t *tables) *stepper {
	n := len(t.initial)
	return &stepper{tabs: t, state: make([]*local, n), view: make(model.View, n)}
}

func (s *stepper) restart() {
	copy(s.state, s.tabs.initial)
	for i, l := range s.state {
		s.view[i] = l.machine
	}
	s.hash = s.tabs.start
}

// step takes machine m's k-th action. It reports whether the action is enabled; where it is refused or cut, nothing changes.
func (s *stepper) step(m model.ID, k int) bool {
	s.queue, s.applied, s.changes, s.objects, s.cut = s.queue[:0], s.applied[:0], s.changes[:0], s.objects[:0], ""
	s.first = s.state[m]
	if !s.apply(m, s.tabs.result(m, s.first, &s.first.own[k])) {
		return s.cut != ""
	}
	for i := 0; i < len(s.queue); i++ {
		if i == model.MaxDeliveries {
			panic("random: an atomic step of " + s.tabs.system.Name(m) + " never comes to an end")
		}
		d := s.queue[i]
		l := s.state[d.To]
		if !s.apply(d.To, s.tabs.result(d.To, l, l.take(d.From, d.Event))) {
			return s.cut != ""
		}
	}
	for _, c := range s.changes {
		s.view[c.machine] = s.state[c.machine].machine
	}
	return true
}

func (s *stepper) apply(m model.ID, r *result) bool {
	if r.refused || r.cut != "" {
		if !r.refused {
			s.cut = r.cut
		}
		for i := len(s.changes) - 1; i >= 0; i-- {
			c := s.changes[i]
			s.hash = s.hash.minus(s.state[c.machine].hash).plus(c.was.hash)
			s.state[c.machine] = c.was
		}
		return false
	}
	if r.violation != "" {
		s.objects = append(s.objects, objection{m, r.violation})
	}
	s.applied = append(s.applied, r)
	if was := s.state[m]; was != r.next {
		s.changes = append(s.changes, change{m, was})
		s.hash = s.hash.minus(was.hash).plus(r.next.hash)
		s.state[m] = r.next
	}
	s.queue = append(s.queue, r.sends...)
	return true
}
