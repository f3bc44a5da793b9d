package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// exclusion objects when the broker grants a slot of a lock more often than it can be had: broker-exclusion.
type exclusion struct{ grants }

func (m *exclusion) Actions(dst []model.Event) []model.Event { return dst }

func (m *exclusion) Step(_ model.ID, e model.Event, out *model.Out) {
	if i, slot := m.observe(e); i != none && m.taken(slot) > m.room {
		out.Violate("the broker granted the lock while another client held it")
	}
}

func (m *exclusion) Clone() model.Machine          { return &exclusion{m.clone()} }
func (m *exclusion) AppendState(dst []byte) []byte { return m.appendState(dst) }
func (m *exclusion) Rename(to func(model.ID) model.ID) model.Machine {
	g, _ := m.renamed(to)
	return &exclusion{g}
}

// verifyTruth objects when a verify returns "held" and the caller was not the broker's holder of the slot at any moment of the call:
// verify-truth. With atCall it objects when the caller was not the holder at the moment of the call: release-on-verify, for
// the broker had then given the slot away or freed it before, and the verify had to say so.
type verifyTruth struct {
	grants
	atCall  bool
	calling []int  // the slot that each pair verifies, from 1 on; 0: none
	held    bitset // in a verify, and the holder at some moment of it
}

func newVerifyTruth(h holding, pairs []pair, atCall bool) *verifyTruth {
	return &verifyTruth{grants: newGrants(h, pairs), atCall: atCall, calling: make([]int, len(pairs))}
}

func (m *verifyTruth) Actions(dst []model.Event) []model.Event { return dst }

func (m *verifyTruth) Step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case lock.Called:
		if i := m.client(from); e.Op == lock.Verify {
			m.calling[i] = m.index(e.Slot) + 1
			m.held.set(i, m.has(i, m.index(e.Slot)))
		}
	case lock.Returned:
		i := m.client(from)
		if e.Op != lock.Verify {
			return
		}
		if e.Result == lock.Held && !m.held.has(i) {
			if m.atCall {
				out.Violate("the broker had freed the lock or given it away before the verify, which still returned held")
			} else {
				out.Violate("verify returned held; the caller was not the broker's holder at any moment of the call")
			}
		}
		m.calling[i] = 0
		m.held.set(i, false)
	default:
		if i, slot := m.observe(e); i != none && m.calling[i] == slot+1 && !m.atCall {
			m.held.set(i, true)
		}
	}
}

func (m *verifyTruth) Clone() model.Machine {
	c := *m
	c.grants, c.calling = m.clone(), append([]int(nil), m.calling...)
	return &c
}

func (m *verifyTruth) AppendState(dst []byte) []byte {
	for _, slot := range m.calling {
		dst = model.AppendInt(dst, slot)
	}
	return model.AppendInt(m.appendState(dst), m.held)
}

func (m *verifyTruth) Rename(to func(model.ID) model.ID) model.Machine {
	c := *m
	var image []int
	c.grants, image = m.renamed(to)
	c.held, c.calling = m.held.renamed(image), make([]int, len(image))
	for i, slot := range m.calling {
		c.calling[image[i]] = slot
	}
	return &c
}

// effectiveRelease objects when a release returns "released" and the caller is still the broker's holder of the slot:
// release-effective.
type effectiveRelease struct{ grants }

func (m *effectiveRelease) Actions(dst []model.Event) []model.Event { return dst }

func (m *effectiveRelease) Step(from model.ID, e model.Event, out *model.Out) {
	if r, ok := e.(lock.Returned); ok && r.Op == lock.Release && r.Result == lock.Released && m.has(m.client(from), m.index(r.Slot)) {
		out.Violate("release returned, and the broker still holds the lock for the caller")
	}
	m.observe(e)
}

func (m *effectiveRelease) Clone() model.Machine          { return &effectiveRelease{m.clone()} }
func (m *effectiveRelease) AppendState(dst []byte) []byte { return m.appendState(dst) }
func (m *effectiveRelease) Rename(to func(model.ID) model.ID) model.Machine {
	g, _ := m.renamed(to)
	return &effectiveRelease{g}
}
