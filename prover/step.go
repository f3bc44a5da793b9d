package prover

import "github.com/lockstep-prover/lockstep/model"

// stepper takes atomic steps from one state, which load sets. Each worker has its own.
type stepper struct {
	tabs    *tables
	lists   [][]*local // a copy of what the tables hold, as long as it was when last needed
	v       []uint32   // the state
	next    []uint32   // the successor of the last step
	touched []uint32   // the machines that differ between v and next; may name one twice
	trace   bool       // whether reached is asked for
	reached []uint32   // the machines that took anything in the last step
	sticky  bool       // a sticky transition was among what they did
	queue   []send
	scratch scratch

	refused    bool        // the last action is not enabled, next is of no meaning
	cut        string      // not "": the last step is cut, next is of no meaning
	violations []violation // what monitors said in the last step
}

type violation struct {
	monitor uint32
	reason  string
}

func newStepper(t *tables) *stepper {
	n := len(t.machines)
	return &stepper{tabs: t, lists: make([][]*local, n), v: make([]uint32, n), next: make([]uint32, n)}
}

// load makes v the state from which steps are taken.
func (s *stepper) load(v []uint32) {
	copy(s.v, v)
	s.loaded()
}

// loaded is for who has written to s.v.
func (s *stepper) loaded() {
	copy(s.next, s.v)
	s.touched = s.touched[:0]
}

// at returns a local state.
func (s *stepper) at(m int, id uint32) *local {
	if list := s.lists[m]; int(id) < len(list) {
		return list[id]
	}
	s.lists[m] = *s.tabs.machines[m].list.Load()
	return s.lists[m][id]
}

// offered returns how many actions machine m offers in the state.
func (s *stepper) offered(m int) int { return len(s.at(m, s.v[m]).acts) }

// event returns machine m's k-th action in the state.
func (s *stepper) event(m, k int) model.Event { return s.at(m, s.v[m]).events[k] }

// step takes machine m's k-th action in the state.
func (s *stepper) step(m, k int) {
	for _, t := range s.touched {
		s.next[t] = s.v[t]
	}
	s.refused, s.cut, s.violations = false, "", s.violations[:0]
	s.touched, s.queue = s.touched[:0], s.queue[:0]
	s.reached, s.sticky = s.reached[:0], false
	r := s.at(m, s.v[m]).acts[k].Load()
	if r == nil {
		r = s.tabs.act(s.tabs.machines[m], s.v[m], k, &s.scratch)
	}
	if !s.apply(uint32(m), r) {
		return
	}
	for i := 0; i < len(s.queue); i++ {
		if i == model.MaxDeliveries {
			panic("prover: an atomic step of " + s.tabs.machines[m].name + " never comes to an end")
		}
		d := s.queue[i]
		r := s.at(int(d.to), s.next[d.to]).known(d.input)
		if r == nil {
			r = s.tabs.take(s.tabs.machines[d.to], s.next[d.to], d.input, &s.scratch)
		}
		if !s.apply(d.to, r) {
			return
		}
	}
}

func (s *stepper) apply(m uint32, r *result) bool {
	if s.trace {
		s.reached = append(s.reached, m)
		s.sticky = s.sticky || r.sticky
	}
	if !r.plain {
		if r.refused || r.cut != "" {
			s.refused, s.cut = r.refused, r.cut
			return false
		}
		s.violations = append(s.violations, violation{m, r.violation})
	}
	if s.next[m] != r.next {
		s.next[m] = r.next
		s.touched = append(s.touched, m)
	}
	s.queue = append(s.queue, r.sends...)
	return true
}
