package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// notGreedy is what the property says.
const notGreedy = "no client has a slot that it does not know of and does not ask for"

// greed objects when the broker gives a client a slot that it does not ask for, or more than the one it asks for: others have to do without it, and nobody
// has been told: not-greedy.
type greed struct {
	grants
	asking bitset
}

func newGreed(h holding, pairs []pair) *greed { return &greed{grants: newGrants(h, pairs)} }

func (m *greed) Actions(dst []model.Event) []model.Event { return dst }

func (m *greed) Step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case lock.Called:
		if e.Op == lock.Acquire {
			m.asking.set(m.client(from), true)
		}
	case lock.Returned:
		if e.Op == lock.Acquire {
			m.asking.set(m.client(from), false)
		}
	default:
		if i, slot := m.observe(e); i != none && (!m.asking.has(i) || *m.of(i, slot) > 1) {
			out.Violate("the broker gave a client a slot that it does not ask for")
		}
	}
}

func (m *greed) Clone() model.Machine {
	return &greed{m.clone(), m.asking}
}

func (m *greed) AppendState(dst []byte) []byte { return model.AppendInt(m.appendState(dst), m.asking) }

func (m *greed) Rename(to func(model.ID) model.ID) model.Machine {
	g, image := m.renamed(to)
	return &greed{g, m.asking.renamed(image)}
}
