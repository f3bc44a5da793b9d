package spec

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// fencing objects when acquire returns a token that a resource could not use to keep out a former holder: one that is not above those of all
// earlier tenures, and below those of all later ones: fenced-exclusion. Tenures are in the order in which the broker grants them.
type fencing struct {
	grants
	tenure []int // that each pair was granted last, numbered from 1 on in the order in which the broker grants them, without those that no longer matter; 0: none
	issued []issue
}

// issue is a token that a client was given for a tenure.
type issue struct{ tenure, token int }

func newFencing(h holding, pairs []pair) *fencing {
	return &fencing{grants: newGrants(h, pairs), tenure: make([]int, len(pairs))}
}

func (m *fencing) Actions(dst []model.Event) []model.Event { return dst }

func (m *fencing) Step(from model.ID, e model.Event, out *model.Out) {
	r, ok := e.(lock.Returned)
	if !ok {
		if i, _ := m.observe(e); i != none {
			m.tenure[i] = len(m.tenure) + len(m.issued) + 1 // after all others
			m.renumber()
		}
		return
	}
	if r.Op != lock.Acquire || r.Result != lock.Held {
		return
	}
	mine := issue{m.tenure[m.client(from)], r.Token}
	for _, x := range m.issued {
		if x.tenure < mine.tenure != (x.token < mine.token) || x.token == mine.token {
			out.Violate("acquire returned a token that does not tell its tenure from another one")
			return
		}
	}
	m.issued = append(m.issued, mine)
}

// renumber closes the gaps that tenures have left of which nothing is known any more.
func (m *fencing) renumber() {
	var known []int
	for _, n := range m.tenure {
		if n > 0 {
			known = append(known, n)
		}
	}
	for _, x := range m.issued {
		known = append(known, x.tenure)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for i, n := range m.tenure {
		if n > 0 {
			m.tenure[i] = slices.Index(known, n) + 1
		}
	}
	for i, x := range m.issued {
		m.issued[i].tenure = slices.Index(known, x.tenure) + 1
	}
}

func (m *fencing) Clone() model.Machine {
	c := *m
	c.grants, c.tenure, c.issued = m.clone(), slices.Clone(m.tenure), slices.Clone(m.issued)
	return &c
}

func (m *fencing) AppendState(dst []byte) []byte {
	dst = m.appendState(dst)
	for _, n := range m.tenure {
		dst = model.AppendInt(dst, n)
	}
	dst = model.AppendInt(dst, len(m.issued))
	for _, x := range m.issued {
		dst = model.AppendInt(model.AppendInt(dst, x.tenure), x.token)
	}
	return dst
}

func (m *fencing) Rename(to func(model.ID) model.ID) model.Machine {
	c := m.Clone().(*fencing)
	var image []int
	c.grants, image = m.renamed(to)
	for i, n := range m.tenure {
		c.tenure[image[i]] = n
	}
	return c
}
