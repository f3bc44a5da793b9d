package prover

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// worker is what one goroutine of an exploration owns.
type worker struct {
	explore  *exploration
	step     *stepper
	image    []uint32 // the least image of a successor under symmetry
	least    []uint32
	view     model.View
	part     model.View // what a property sees of it, in the machines seen
	seen     []model.ID
	packed   []uint64
	codes    [][]*code // by machine and local state; nil: not compiled
	codesFor *layout
	lazy     bool     // the state has been unpacked and not loaded
	now      []*code  // of the state being expanded
	parent   []uint64 // the state being expanded, packed in the present layout

	out         outbox
	overflow    []uint32 // vectors that do not fit the layout, one after the other
	transitions int64
	reduced     int64 // states expanded by an ample set alone
	foot        footprint
	cut         string
	hits        []hit // by property: what was found in this level
	judging     bool  // a property of states is undecided
}

// hit says whether a property was violated (or its witness met) while a level was expanded.
type hit struct {
	state  bool   // in a new state
	step   bool   // by a step
	reason string // the least of the reasons that a monitor gave
}

func newWorker(e *exploration) *worker {
	n := len(e.tabs.machines)
	w := &worker{
		explore: e, step: newStepper(e.tabs), image: make([]uint32, n), least: make([]uint32, n),
		now: make([]*code, n), view: make(model.View, n), part: make(model.View, n), hits: make([]hit, len(e.properties)),
	}
	w.undecided()
	return w
}

// undecided notes whether there is anything to judge.
func (w *worker) undecided() {
	w.judging = slices.ContainsFunc(w.explore.properties, func(c *check) bool { return !c.decided() && c.monitor < 0 && !c.nothing })
}

// expandBlock takes every step of every state in a block.
func (w *worker) expandBlock(block []uint64) {
	e := w.explore
	now := e.now.layout
	w.resize(e.layout.words)
	words := e.layout.words == 1 && e.symmetry == nil && e.ample == nil
	if words && w.codesFor != e.layout {
		w.forget()
	}
	for i := 0; i < len(block); i += now.words {
		if words && now == e.layout {
			w.expandWord(block[i])
		} else if now.unpack(w.step.v, block[i:i+now.words]); words && e.layout.pack(w.parent, w.step.v) {
			w.expandWord(w.parent[0])
		} else {
			w.step.loaded()
			w.expand()
		}
		if len(w.out.found) >= w.out.gather {
			w.out.scatter()
		}
	}
}

// expand takes every step of the loaded state, or of one machine where that is enough.
func (w *worker) expand() {
	e := w.explore
	fits := e.symmetry == nil && e.layout.pack(w.parent, w.step.v) // an image is packed anew
	first, last := 0, len(w.step.v)-1
	if e.ample != nil {
		if m := e.ample.choose(w); m >= 0 {
			w.reduced++
			first, last = m, m
		}
	}
	for m := first; m <= last; m++ {
		for k := range w.step.offered(m) {
			w.take(m, k, fits)
		}
	}
}

// take takes one step and books what it does.
func (w *worker) take(m, k int, fits bool) {
	w.step.step(m, k)
	if w.step.refused {
		return
	}
	w.transitions++
	switch {
	case w.step.cut != "":
		if w.cut == "" || w.step.cut < w.cut {
			w.cut = w.step.cut
		}
		return
	case len(w.step.violations) > 0:
		w.noteViolations()
	}
	if len(w.step.touched) > 0 {
		w.emit(fits)
	}
}

func (w *worker) resize(words int) {
	if len(w.packed) != words {
		w.packed, w.parent = make([]uint64, words), make([]uint64, words)
	}
}

// emit hands the successor to its shard.
func (w *worker) emit(fits bool) {
	e := w.explore
	if e.symmetry != nil {
		next := e.symmetry.least(w, w.step.next)
		if !e.layout.pack(w.packed, next) {
			w.overflow = append(w.overflow, next...)
			return
		}
	} else if !fits || !w.delta() {
		if !e.layout.pack(w.packed, w.step.next) {
			w.overflow = append(w.overflow, w.step.next...)
			return
		}
	}
	if len(w.packed) == 1 {
		w.emitWord(w.packed[0])
		return
	}
	w.out.found = append(w.out.found, w.packed...)
}

func (w *worker) emitWord(word uint64) { w.out.found = append(w.out.found, word) }

// delta packs the successor as the parent with the touched slots exchanged; false if one does not fit.
func (w *worker) delta() bool {
	copy(w.packed, w.parent)
	for _, m := range w.step.touched {
		s := &w.explore.layout.slots[m]
		id := w.step.next[m]
		if id >= s.limit {
			return false
		}
		w.packed[s.word] = w.packed[s.word]&^(uint64(s.limit-1)<<s.shift) | uint64(id)<<s.shift
	}
	return true
}

// judge evaluates the properties of states in a packed state.
func (w *worker) judge(p []uint64) {
	w.explore.layout.unpack(w.step.v, p)
	w.step.loaded()
	w.look()
	for i, c := range w.explore.properties {
		if !c.decided() && !w.hits[i].state {
			w.hits[i].state = w.decidedBy(c)
		}
	}
}

// look puts the machines of the loaded state into view.
func (w *worker) look() {
	for m, id := range w.step.v {
		w.view[m] = w.step.at(m, id).machine
	}
}

// decidedBy reports whether the state in step and view decides c.
func (w *worker) decidedBy(c *check) bool {
	return c.monitor < 0 && (c.Kind != model.DeadlockFree || w.stuck()) && c.hit(w.sight(c))
}

// sight is what c sees of the state in view. It is valid until the next call.
func (w *worker) sight(c *check) model.View {
	if c.Reads == nil {
		return w.view
	}
	for _, m := range w.seen {
		w.part[m] = nil
	}
	for _, m := range c.Reads {
		w.part[m] = w.view[m]
	}
	w.seen = c.Reads
	return w.part
}

// stuck reports whether no action is enabled in the loaded state.
func (w *worker) stuck() bool { return w.firstStep(func() bool { return true }) == nil }

// noteViolations books what monitors said of the last step.
func (w *worker) noteViolations() {
	for _, v := range w.step.violations {
		for i, c := range w.explore.properties {
			if c.monitor != int(v.monitor) || c.decided() {
				continue
			}
			if h := &w.hits[i]; !h.step || v.reason < h.reason {
				h.step, h.reason = true, v.reason
			}
		}
	}
}
