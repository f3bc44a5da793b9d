package prover

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/lockstep-prover/lockstep/model"
)

// shortest rebuilds the first of the shortest runs that decide c, which a state of level n does or a step from one, and returns
// it with what the monitor says at its end; false if the context ended before.
//
// Going back from level n it marks in each level the states that have a step to a marked one; then, from the initial state on,
// the first action that leads to a marked state is taken. Under symmetry the marks are on representatives while the run is of
// the system itself.
func (e *exploration) shortest(c *check, l *levels, n int) ([]model.Action, string, bool) {
	marks := make([]*set, n+1)
	defer func() {
		for _, m := range marks {
			if m != nil {
				m.free()
			}
		}
	}()
	marks[n] = e.mark(l, n, func(w *worker) bool { return w.decides(c) >= 0 })
	for i := n - 1; i >= 0 && e.ctx.Err() == nil && e.err == nil; i-- {
		marks[i] = e.mark(l, i, func(w *worker) bool {
			return w.firstStep(func() bool { return w.marked(marks[i+1]) }) != nil
		})
	}
	if e.ctx.Err() != nil || e.err != nil {
		return nil, "", false
	}
	w := e.workers[0]
	w.step.load(e.tabs.initial())
	trace := []model.Action{}
	for i := range n {
		a := w.firstStep(func() bool { return w.marked(marks[i+1]) })
		trace = append(trace, *a)
		w.step.load(slices.Clone(w.step.next))
	}
	if w.decides(c) == byStep {
		trace = append(trace, *w.firstStep(func() bool { return w.violates(c) }))
	}
	return trace, e.rerun(c, trace), true
}

// mark returns the set of those states of level i for which the predicate holds, with the state loaded.
func (e *exploration) mark(l *levels, i int, good func(*worker) bool) *set {
	marks := newSet(e.layout)
	e.failed(l.each(i, func(states []uint64) { e.markSome(marks, states, good) }))
	return marks
}

func (e *exploration) markSome(marks *set, states []uint64, good func(*worker) bool) {
	const chunk = 1 << 8
	words := e.layout.words
	var taken atomic.Int64
	var mu sync.Mutex
	e.parallel(len(states) < chunk*words, func(w *worker) {
		w.resize(words)
		var ours []uint64
		for e.ctx.Err() == nil {
			from := (int(taken.Add(1)) - 1) * chunk * words
			if from >= len(states) {
				break
			}
			for at := from; at < min(from+chunk*words, len(states)); at += words {
				e.layout.unpack(w.step.v, states[at:at+words])
				w.step.loaded()
				if good(w) {
					ours = append(ours, states[at:at+words]...)
				}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		marks.insertAll(ours, 0, func(int64) bool { return true }, func([]uint64) {})
	})
}

// marked reports whether the successor of the last step, or its representative, is in marks.
func (w *worker) marked(marks *set) bool {
	if w.step.cut != "" {
		return false
	}
	next := w.step.next
	if w.explore.symmetry != nil {
		next = w.explore.symmetry.least(w, next)
	}
	return w.explore.layout.pack(w.packed, next) && marks.levelOf(hash(w.packed), w.packed) >= 0
}

// firstStep takes the enabled steps of the loaded state in order until one is good, and returns its action.
func (w *worker) firstStep(good func() bool) *model.Action {
	for m := range w.step.v {
		for k := range w.step.offered(m) {
			if w.step.step(m, k); !w.step.refused && good() {
				return &model.Action{Machine: model.ID(m), Event: w.step.event(m, k)}
			}
		}
	}
	return nil
}

// How a state decides a property.
const (
	byState = iota
	byStep
)

// decides reports how the loaded state decides c: byState, byStep, or -1.
func (w *worker) decides(c *check) int {
	if c.monitor >= 0 {
		if w.firstStep(func() bool { return w.violates(c) }) != nil {
			return byStep
		}
		return -1
	}
	w.look()
	if w.decidedBy(c) {
		return byState
	}
	return -1
}

// violates reports whether c's monitor objected to the last step.
func (w *worker) violates(c *check) bool {
	for _, v := range w.step.violations {
		if int(v.monitor) == c.monitor && w.step.cut == "" {
			return true
		}
	}
	return false
}

// rerun takes the trace on the machines themselves and makes sure that it ends as it should: the interned semantics and the
// concrete one are two implementations, and no trace leaves the prover on the word of one.
func (e *exploration) rerun(c *check, trace []model.Action) (reason string) {
	st := e.system.Start()
	var last model.Step
	for i, a := range trace {
		if got, err := st.Find(e.system.Name(a.Machine), a.Event.String()); err != nil || got != a {
			panic(fmt.Sprintf("prover: step %d of a counterexample to %q is not enabled: %v", i+1, c.Name, err))
		}
		last = st.Step(a)
	}
	if c.monitor >= 0 {
		for _, v := range last.Violations {
			if int(v.Monitor) == c.monitor {
				return v.Reason
			}
		}
	} else if (c.Kind != model.DeadlockFree || len(st.Actions(nil)) == 0) && c.hit(c.Sight(st.View())) {
		return ""
	}
	panic(fmt.Sprintf("prover: the counterexample to %q is none when run on the machines themselves", c.Name))
}
