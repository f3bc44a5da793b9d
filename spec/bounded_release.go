package spec

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/network"
)

// boundedRelease is a stopwatch. It runs while the broker's holder of the lock is a client of whose connection nothing arrives
// any more, because it is lost or silent, and objects when more than the bound has passed: bounded-release. A silence
// that ends is no loss, and stops the watch.
//
//	           granted, whole                     Tick beyond the bound: a violation
//	free ────────────────────► watching ◄─whole──┐        ┌──┐
//	 ▲ └───────granted, silent or late───────────┼───► running
//	 │                            └───silent, lost┘        │
//	 └───────────────────────── gone ◄─────────────────────┘
type boundedRelease struct {
	change func(model.Event) (change, bool) // of a lock with one slot
	pairs  []pair
	bound  int // in ticks

	silent  bitset // whose connection is
	holder  int    // the pair that holds the lock, or none
	lost    bool   // over a connection that is lost, whatever happens to a newer one
	running bool
	passed  int // ticks on the watch, up to one beyond the bound
}

// none is no pair.
const none = -1

func (m *boundedRelease) Actions(dst []model.Event) []model.Event { return dst }

func (m *boundedRelease) Step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case model.Tick:
		if m.running {
			m.passed = min(m.passed+1, m.bound+1)
			if m.passed > m.bound {
				out.Violate("the holder's connection failed longer ago than the bound, and the lock is not free")
			}
		}
		return
	case network.Connection:
		i := slices.IndexFunc(m.pairs, func(p pair) bool { return p.link == from })
		m.silent.set(i, e.Health == network.Silent)
		m.lost = m.lost || i == m.holder && e.Health == network.None
	default:
		switch c, ok := m.change(e); {
		case ok && c.n == 0:
			m.holder, m.lost = none, false
		case ok:
			m.holder = slices.IndexFunc(m.pairs, func(p pair) bool { return p.link == c.link })
			m.lost = c.late
		}
	}
	if m.running = m.holder != none && (m.lost || m.silent.has(m.holder)); !m.running {
		m.passed = 0
	}
}

func (m *boundedRelease) Clone() model.Machine { c := *m; return &c }

func (m *boundedRelease) AppendState(dst []byte) []byte {
	dst = model.AppendInt(model.AppendInt(dst, m.silent), m.holder)
	return model.AppendInt(model.AppendBool(dst, m.lost), m.passed)
}

func (m *boundedRelease) Rename(to func(model.ID) model.ID) model.Machine {
	c := *m
	image := func(i int) int {
		link := to(m.pairs[i].link)
		return slices.IndexFunc(m.pairs, func(p pair) bool { return p.link == link })
	}
	c.silent = 0
	for i := range m.pairs {
		c.silent.set(image(i), m.silent.has(i))
	}
	if m.holder != none {
		c.holder = image(m.holder)
	}
	return &c
}
