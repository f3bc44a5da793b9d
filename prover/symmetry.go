package prover

import (
	"slices"
	"sync/atomic"

	"github.com/lockstep-prover/lockstep/model"
)

// symmetry finds the representative of a state: the least of its images, compared as vectors of local numbers. Renaming a
// machine is memoised by local state.
type symmetry struct {
	tabs  *tables
	perms []permutation // without the identity
}

type permutation struct {
	nth    int // its index in model.Symmetry.Permutations
	to     []model.ID
	from   []model.ID // the inverse
	images []memo     // by machine: local number → the number of its image, in the table of machine to[i]
}

// memo maps local numbers to numbers of images plus one; 0 is not known yet.
type memo struct {
	list atomic.Pointer[[]atomic.Uint32]
}

func newSymmetry(t *tables) *symmetry {
	s := &symmetry{tabs: t}
	nth := -1
	for to := range t.system.Symmetry.Permutations(len(t.machines)) {
		if nth++; nth == 0 {
			continue
		}
		p := permutation{nth: nth, to: slices.Clone(to), from: make([]model.ID, len(to)), images: make([]memo, len(to))}
		for from, onto := range to {
			p.from[onto] = model.ID(from)
		}
		s.perms = append(s.perms, p)
	}
	return s
}

// least returns v, or the least image of v in w's memory.
func (s *symmetry) least(w *worker, v []uint32) []uint32 {
	best := v
	for i := range s.perms {
		if s.less(w, &s.perms[i], v, best) {
			w.least, w.image = w.image, w.least
			best = w.least
		}
	}
	return best
}

// less computes v's image under p in w.image, as far as it takes to see whether it is less than best.
func (s *symmetry) less(w *worker, p *permutation, v, best []uint32) bool {
	equal := true
	for onto, from := range p.from {
		id := s.image(w, p, int(from), v[from])
		if equal && id != best[onto] {
			if id > best[onto] {
				return false
			}
			equal = false
		}
		w.image[onto] = id
	}
	return !equal
}

// image returns the number of a local state's image.
func (s *symmetry) image(w *worker, p *permutation, m int, id uint32) uint32 {
	memo := &p.images[m]
	if known := memo.list.Load(); known != nil && int(id) < len(*known) {
		if v := (*known)[id].Load(); v != 0 {
			return v - 1
		}
	}
	l := s.tabs.machines[m]
	image := s.tabs.image(l, id, s.tabs.machines[p.to[m]], p.nth, model.Renaming(p.to), &w.step.scratch)
	memo.store(id, image, l.len())
	return image
}

// store remembers an image. Two workers may store at once, and a list may lose an entry to a longer copy; it is computed
// again then, to the same value.
func (m *memo) store(id, image uint32, size int) {
	known := m.list.Load()
	if known == nil || int(id) >= len(*known) {
		longer := make([]atomic.Uint32, 2*max(size, int(id)+1))
		if known != nil {
			for i := range *known {
				longer[i].Store((*known)[i].Load())
			}
		}
		m.list.Store(&longer)
		known = &longer
	}
	(*known)[id].Store(image + 1)
}
