package prover

import "github.com/lockstep-prover/lockstep/model"

// stepper takes atomic steps on vectors of local states. Each worker has its own.
type stepper struct {
	tabs    *tables
	next    []uint32 // the successor of the last step
	touched []uint32 // the machines that the last step stepped; may name one twice
	queue   []send

	refused    bool        // the last action is not enabled, next is of no meaning
	cut        string      // not "": the last step is cut, next is of no meaning
	violations []violation // what monitors said in the last step
}

type violation struct {
	monitor uint32
	reason  string
}

func newStepper(t *tables) *stepper {
	return &stepper{tabs: t, next: make([]uint32, len(t.machines))}
}

// step takes machine m's k-th action in the state v.
func (s *stepper) step(v []uint32, m, k int) {
	copy(s.next, v)
	s.refused, s.cut, s.violations = false, "", s.violations[:0]
	s.touched, s.queue = s.touched[:0], s.queue[:0]
	l := s.tabs.machines[m]
	if !s.apply(uint32(m), l.act(l.at(v[m]), k)) {
		return
	}
	for i := 0; i < len(s.queue); i++ {
		if i == model.MaxDeliveries {
			panic("prover: an atomic step of " + s.tabs.system.Name(l.id) + " never comes to an end")
		}
		d := s.queue[i]
		l := s.tabs.machines[d.to]
		if !s.apply(d.to, l.take(l.at(s.next[d.to]), d.message)) {
			return
		}
	}
}

func (s *stepper) apply(m uint32, r *result) bool {
	if r.refused || r.cut != "" {
		s.refused, s.cut = r.refused, r.cut
		return false
	}
	if r.violation != "" {
		s.violations = append(s.violations, violation{m, r.violation})
	}
	if s.next[m] != r.next {
		s.next[m] = r.next
		s.touched = append(s.touched, m)
	}
	s.queue = append(s.queue, r.sends...)
	return true
}
