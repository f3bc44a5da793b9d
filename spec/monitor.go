package spec

import (
	"math/bits"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// pair is a lock client and the link it is on.
type pair struct{ client, link model.ID }

// bitset is a set of pairs by index.
type bitset uint16

func (b bitset) has(i int) bool { return b&(1<<i) != 0 }

func (b *bitset) set(i int, in bool) {
	if *b &^= 1 << i; in {
		*b |= 1 << i
	}
}

// grants follows who holds a lock at the broker: from the moment the broker accepts a client's declare of the lock's queue
// until that queue is gone. It is what the monitors of a lock's history share.
type grants struct {
	queue   string
	pairs   []pair
	holders bitset
}

// observe takes what the broker lets the world see; it returns the pair that was granted the lock, or -1.
func (g *grants) observe(e model.Event) (granted int) {
	switch e := e.(type) {
	case broker.Declared:
		if e.Queue == g.queue {
			i := slices.IndexFunc(g.pairs, func(p pair) bool { return p.link == e.Link })
			g.holders.set(i, true)
			return i
		}
	case broker.Deleted:
		if e.Queue == g.queue {
			g.holders = 0
		}
	}
	return -1
}

// client returns the index of the pair of a client, or -1.
func (g *grants) client(id model.ID) int {
	return slices.IndexFunc(g.pairs, func(p pair) bool { return p.client == id })
}

// rename returns the image of a set of pairs.
func (g *grants) rename(b bitset, to func(model.ID) model.ID) bitset {
	var image bitset
	for i, p := range g.pairs {
		image.set(g.client(to(p.client)), b.has(i))
	}
	return image
}

// exclusion objects when the broker grants a lock to more holders than one: broker-exclusion.
type exclusion struct{ grants }

func (m *exclusion) Actions(dst []model.Event) []model.Event { return dst }

func (m *exclusion) Step(_ model.ID, e model.Event, out *model.Out) {
	if m.observe(e) >= 0 && bits.OnesCount16(uint16(m.holders)) > 1 {
		out.Violate("the broker granted the lock while another client held it")
	}
}

func (m *exclusion) Clone() model.Machine          { c := *m; return &c }
func (m *exclusion) AppendState(dst []byte) []byte { return model.AppendInt(dst, m.holders) }
func (m *exclusion) Rename(to func(model.ID) model.ID) model.Machine {
	c := *m
	c.holders = m.rename(m.holders, to)
	return &c
}

// verifyTruth objects when a verify returns "held" and the caller was not the broker's holder at any moment of the call:
// verify-truth. With atCall it objects when the caller was not the holder at the moment of the call: release-on-verify, for
// the broker had then given the lock away or freed it before, and the verify had to say so.
type verifyTruth struct {
	grants
	atCall  bool
	calling bitset // in a verify
	held    bitset // in a verify, and the holder at some moment of it
}

func (m *verifyTruth) Actions(dst []model.Event) []model.Event { return dst }

func (m *verifyTruth) Step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case lock.Called:
		if i := m.client(from); e.Op == lock.Verify {
			m.calling.set(i, true)
			m.held.set(i, m.holders.has(i))
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
		m.calling.set(i, false)
		m.held.set(i, false)
	default:
		if i := m.observe(e); i >= 0 && m.calling.has(i) && !m.atCall {
			m.held.set(i, true)
		}
	}
}

func (m *verifyTruth) Clone() model.Machine { c := *m; return &c }

func (m *verifyTruth) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendInt(model.AppendInt(dst, m.holders), m.calling), m.held)
}

func (m *verifyTruth) Rename(to func(model.ID) model.ID) model.Machine {
	c := *m
	c.holders, c.calling, c.held = m.rename(m.holders, to), m.rename(m.calling, to), m.rename(m.held, to)
	return &c
}

// effectiveRelease objects when a release returns "released" and the caller is still the broker's holder:
// release-effective.
type effectiveRelease struct{ grants }

func (m *effectiveRelease) Actions(dst []model.Event) []model.Event { return dst }

func (m *effectiveRelease) Step(from model.ID, e model.Event, out *model.Out) {
	if (e == lock.Returned{Op: lock.Release, Result: lock.Released}) && m.holders.has(m.client(from)) {
		out.Violate("release returned, and the broker still holds the lock for the caller")
	}
	m.observe(e)
}

func (m *effectiveRelease) Clone() model.Machine          { c := *m; return &c }
func (m *effectiveRelease) AppendState(dst []byte) []byte { return model.AppendInt(dst, m.holders) }
func (m *effectiveRelease) Rename(to func(model.ID) model.ID) model.Machine {
	c := *m
	c.holders = m.rename(m.holders, to)
	return &c
}
