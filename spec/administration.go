package spec

import (
	"math/bits"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// slotSet says which slots of a persistent semaphore there are, by their queues.
type slotSet struct {
	slot  map[string]int // from 0 on, by the queue's name
	there bitset
}

// observe takes what the broker lets the world see, and reports whether it was about a slot.
func (s *slotSet) observe(e model.Event) bool {
	switch e := e.(type) {
	case broker.Declared:
		if i, ok := s.slot[e.Queue]; ok {
			s.there.set(i, true)
			return true
		}
	case broker.Deleted:
		if i, ok := s.slot[e.Queue]; ok {
			s.there.set(i, false)
			return true
		}
	}
	return false
}

// isThere reports whether there is a slot. There always is where no queue says so.
func (s *slotSet) isThere(slot int) bool { return s.slot == nil || s.there.has(slot) }

// holes reports whether there is a slot behind one that is absent.
func (s *slotSet) holes() bool { return s.there&(s.there+1) != 0 }

func (s *slotSet) count() int { return bits.OnesCount16(uint16(s.there)) }

// slotsKept objects when the slots are not 1 to n while nobody administers, and when administration that returns done has not made as many of them as
// it was to: slots. What it was to do counts from the moment at which the administrator got the mutex.
type slotsKept struct {
	slotSet
	mutex  string // the administration mutex
	job    lock.Job
	amount int

	working bool // a call is in progress
	before  int  // slots there were when the mutex was got
}

func (m *slotsKept) Actions(dst []model.Event) []model.Event { return dst }

func (m *slotsKept) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case lock.Called:
		m.working = m.working || e.Op == lock.Administer
	case lock.Returned:
		if e.Op != lock.Administer {
			return
		}
		m.working = false
		if e.Result == lock.Done && m.count() != m.wanted() {
			out.Violate("administration is done, and there are not as many slots as it was to leave")
		}
		m.before = 0
		m.check(out)
	case lock.Died:
		m.working, m.before = false, 0
		m.check(out)
	case broker.Declared:
		if e.Queue == m.mutex && !e.Late {
			m.before = m.count()
		}
		if m.observe(e) {
			m.check(out)
		}
	default:
		if m.observe(e) {
			m.check(out)
		}
	}
}

func (m *slotsKept) check(out *model.Out) {
	if !m.working && m.holes() {
		out.Violate("nobody administers, and a slot is missing below another one")
	}
}

// wanted is how many slots there have to be when the job is done.
func (m *slotsKept) wanted() int {
	switch m.job {
	case lock.Create:
		return m.amount
	case lock.Add:
		return m.before + m.amount
	case lock.Remove:
		return max(0, m.before-m.amount)
	}
	return 0
}

func (m *slotsKept) Clone() model.Machine { d := *m; return &d }
func (m *slotsKept) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendInt(model.AppendBool(dst, m.working), m.before), m.there)
}
func (m *slotsKept) Rename(func(model.ID) model.ID) model.Machine { return m.Clone() }

// noFalseHold objects when acquire returns held for a slot that was not there when the broker granted it, nor at any moment since: no-false-hold.
type noFalseHold struct {
	slotSet
	grants
	false bitset // pairs whose last grant was of a slot that is not there
}

func (m *noFalseHold) Actions(dst []model.Event) []model.Event { return dst }

func (m *noFalseHold) Step(from model.ID, e model.Event, out *model.Out) {
	if r, ok := e.(lock.Returned); ok {
		if i := m.client(from); i != none && r.Op == lock.Acquire {
			if r.Result == lock.Held && m.false.has(i) && m.has(i, m.index(r.Slot)) {
				out.Violate("acquire returned held, and the slot was removed before the broker granted it")
			}
			m.false.set(i, false)
		}
		return
	}
	if m.slotSet.observe(e) {
		for i := range m.pairs {
			for slot := range m.slots {
				if m.has(i, slot) && m.there.has(slot) {
					m.false.set(i, false)
				}
			}
		}
		return
	}
	if i, slot := m.grants.observe(e); i != none {
		m.false.set(i, !m.there.has(slot))
	}
}

func (m *noFalseHold) Clone() model.Machine {
	d := *m
	d.grants = m.grants.clone()
	return &d
}

func (m *noFalseHold) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendInt(m.grants.appendState(dst), m.there), m.false)
}

func (m *noFalseHold) Rename(to func(model.ID) model.ID) model.Machine {
	d := *m
	var image []int
	d.grants, image = m.renamed(to)
	d.false = m.false.renamed(image)
	return &d
}

// finalRemoval: once a removal is done, no client believes that it holds a slot that is not there.
func finalRemoval(s *lockSystem, p lock.Persistent) model.Property {
	return model.Property{
		Name: "removal-final", Kind: model.Invariant, Symmetric: true,
		Holds: func(v model.View) bool {
			for _, a := range s.staff {
				if !v[a.client].(interface{ Finished() bool }).Finished() {
					return true
				}
			}
			for _, c := range s.pairs {
				if c := v[c.client].(client); len(s.staff) > 0 && c.Believes() {
					if _, _, there := v[theBroker].(interface {
						Census(queue string) (ready, consumers int, ok bool)
					}).Census(p.SlotQueue(c.Slot())); !there {
						return false
					}
				}
			}
			return true
		},
	}
}
