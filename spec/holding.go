package spec

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// pair is a lock client and the link it is on.
type pair struct{ client, link model.ID }

// holding says what it is to hold a lock at the broker: which of the things that a broker lets the world see give a slot to a client, and
// which take it away.
type holding struct {
	slots  int                                // at least 1
	room   int                                // how often a slot can be had at a time: 1, or as many as there are tokens in it
	change func(e model.Event) (change, bool) // what an event of the broker's changes, if it does
	left   func(b remains) bool               // whether a slot is had over a connection of whose loss the broker has noticed

	queues []string // that it takes, by name: each is a process of its own

	lapses  bool    // whether a client may lose a slot that it has not released though no fault befell it
	losses  int     // how many connections of a client may be lost, and with each of them an answer
	shrinks int     // how many slots may go while the lock is in use
	exist   slotSet // the slots that there are, where that changes
}

// change is one of who holds a slot.
type change struct {
	slot int      // from 0 on
	link model.ID // whose client
	n    int      // how often it has the slot now; 0 of everybody: nobody has it
	late bool     // over a connection that is lost already
}

// everybody is no link.
const everybody model.ID = -1

// index is the index of a slot as clients tell it: 0 means the only one.
func (h holding) index(slot int) int { return max(0, slot-1) }

// grants follows who holds the slots of a lock at the broker. It is what the monitors of a lock's history share.
type grants struct {
	holding
	pairs []pair
	held  []uint8 // how often, by pair and slot
}

func newGrants(h holding, pairs []pair) grants {
	return grants{h, pairs, make([]uint8, len(pairs)*h.slots)}
}

// of is how often a pair has a slot.
func (g *grants) of(pair, slot int) *uint8 { return &g.held[pair*g.slots+slot] }

// has reports whether a pair has a slot.
func (g *grants) has(pair, slot int) bool { return *g.of(pair, slot) > 0 }

// taken is how often a slot is had.
func (g *grants) taken(slot int) (n int) {
	for i := range g.pairs {
		n += int(*g.of(i, slot))
	}
	return n
}

// observe takes what the broker lets the world see; it returns the pair that was granted a slot, or none.
func (g *grants) observe(e model.Event) (granted, slot int) {
	c, ok := g.change(e)
	switch {
	case !ok:
		return none, 0
	case c.link == everybody:
		for i := range g.pairs {
			*g.of(i, c.slot) = 0
		}
		return none, 0
	}
	i := slices.IndexFunc(g.pairs, func(p pair) bool { return p.link == c.link })
	had := g.of(i, c.slot)
	before := *had
	if *had = uint8(c.n); *had <= before {
		return none, 0
	}
	return i, c.slot
}

// client returns the index of the pair of a client, or none.
func (g *grants) client(id model.ID) int {
	return slices.IndexFunc(g.pairs, func(p pair) bool { return p.client == id })
}

func (g grants) clone() grants {
	g.held = slices.Clone(g.held)
	return g
}

func (g *grants) appendState(dst []byte) []byte { return append(dst, g.held...) }

// renamed is a copy after a permutation of the pairs, and the pairs' images.
func (g *grants) renamed(to func(model.ID) model.ID) (grants, []int) {
	c := g.clone()
	image := make([]int, len(g.pairs))
	for i, p := range g.pairs {
		image[i] = g.client(to(p.client))
		copy(c.held[image[i]*g.slots:(image[i]+1)*g.slots], g.held[i*g.slots:(i+1)*g.slots])
	}
	return c, image
}

// bitset is a set of pairs by index.
type bitset uint16

func (b bitset) has(i int) bool { return b&(1<<i) != 0 }

func (b *bitset) set(i int, in bool) {
	if *b &^= 1 << i; in {
		*b |= 1 << i
	}
}

// renamed is the set of the members' images.
func (b bitset) renamed(image []int) (c bitset) {
	for i, to := range image {
		c.set(to, b.has(i))
	}
	return c
}
