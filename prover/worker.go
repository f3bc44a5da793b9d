package prover

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// worker is what one goroutine of an exploration owns.
type worker struct {
	explore *exploration
	step    *stepper
	v       []uint32 // the state being expanded
	image   []uint32 // the least image of a successor under symmetry
	scratch []uint32
	view    model.View
	packed  []uint64
	parent  []uint64 // v, packed in the present layout

	found       [shards][]uint64 // successors of this round, by shard
	overflow    []uint32         // vectors that do not fit the layout, one after the other
	transitions int64
	cut         string
	hits        []hit // by property: what was found in this level
}

// hit says whether a property was violated (or its witness met) while a level was expanded.
type hit struct {
	state  bool   // in a new state
	step   bool   // by a step
	reason string // the least of the reasons that a monitor gave
}

func newWorker(e *exploration) *worker {
	n := len(e.tabs.machines)
	return &worker{
		explore: e, step: newStepper(e.tabs), v: make([]uint32, n), image: make([]uint32, n), scratch: make([]uint32, n),
		view: make(model.View, n), hits: make([]hit, len(e.properties)),
	}
}

// expand takes every step of one state.
func (w *worker) expand(now *level, i int) {
	e := w.explore
	now.layout.unpack(w.v, now.at(i))
	w.resize(e.layout.words)
	fits := e.symmetry == nil && e.layout.pack(w.parent, w.v) // an image is packed anew
	for m, l := range e.tabs.machines {
		own := l.at(w.v[m]).own
		for k := range own {
			w.step.step(w.v, m, k)
			if w.step.refused {
				continue
			}
			w.transitions++
			switch {
			case w.step.cut != "":
				if w.cut == "" || w.step.cut < w.cut {
					w.cut = w.step.cut
				}
				continue
			case len(w.step.violations) > 0:
				w.noteViolations()
			}
			if len(w.step.touched) > 0 {
				w.emit(fits)
			}
		}
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
		next := e.symmetry.least(w.image, w.scratch, w.step.next)
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
	s := shardOf(w.packed)
	w.found[s] = append(w.found[s], w.packed...)
}

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

// judgeAll evaluates the properties of states in packed states, each once.
func (w *worker) judgeAll(states []uint64) {
	e := w.explore
	if !slices.ContainsFunc(e.properties, func(c *check) bool { return !c.decided() && c.monitor < 0 }) {
		return
	}
	for i := 0; i < len(states); i += e.layout.words {
		e.layout.unpack(w.v, states[i:i+e.layout.words])
		w.look()
		for i, c := range e.properties {
			if !c.decided() && !w.hits[i].state {
				w.hits[i].state = w.decidedBy(c)
			}
		}
	}
}

// look puts the machines of the state in v into view.
func (w *worker) look() {
	for m, l := range w.explore.tabs.machines {
		w.view[m] = l.at(w.v[m]).machine
	}
}

// decidedBy reports whether the state in v and view decides c.
func (w *worker) decidedBy(c *check) bool {
	return c.monitor < 0 && (c.Kind != model.DeadlockFree || w.stuck()) && c.hit(w.view)
}

// stuck reports whether no action is enabled in v.
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
