package prover

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// shortest rebuilds the first of the shortest runs that decide c, which a state of level n does or a step from one, and
// returns it with what the monitor says at its end.
//
// Going back from level n it marks in each level the states that have a step to a marked one; then, from the initial
// state on, the first action that leads to a marked state is taken. Under symmetry the marks are on representatives while
// the run is of the system itself.
func (e *exploration) shortest(c *check, n int) ([]model.Action, string) {
	w := newWorker(e)
	w.resize(e.layout.words)
	marks := make([]*set, n+1)
	marks[n] = newSet(e.layout.words)
	e.mark(w, n, marks[n], func() bool { return w.decides(c) >= 0 })
	for i := n - 1; i >= 0; i-- {
		marks[i] = newSet(e.layout.words)
		e.mark(w, i, marks[i], func() bool {
			return w.firstStep(func() bool { return w.marked(marks[i+1], w.step.next) }) != nil
		})
	}
	copy(w.v, e.tabs.initial())
	trace := []model.Action{}
	for i := range n {
		a := w.firstStep(func() bool { return w.marked(marks[i+1], w.step.next) })
		trace = append(trace, *a)
		copy(w.v, w.step.next)
	}
	if w.decides(c) == byStep {
		trace = append(trace, *w.firstStep(func() bool { return w.violates(c) }))
	}
	return trace, e.rerun(c, trace)
}

// mark adds to marks the states of level i for which the predicate holds, with the state in w.v.
func (e *exploration) mark(w *worker, i int, marks *set, good func() bool) {
	l := &e.levels[i]
	for k := range l.len() {
		l.layout.unpack(w.v, l.at(k))
		if !good() {
			continue
		}
		if marks.full(1) {
			marks.grow()
		}
		e.layout.pack(w.packed, w.v)
		marks.insert(w.packed)
	}
}

// marked reports whether the state, or its representative, is in marks.
func (w *worker) marked(marks *set, v []uint32) bool {
	if w.step.cut != "" {
		return false
	}
	if w.explore.symmetry != nil {
		v = w.explore.symmetry.least(w.image, w.scratch, v)
	}
	return w.explore.layout.pack(w.packed, v) && marks.has(w.packed)
}

// firstStep takes the steps of w.v in order until one is good, and returns its action.
func (w *worker) firstStep(good func() bool) *model.Action {
	for m, l := range w.explore.tabs.machines {
		own := l.at(w.v[m]).own
		for k := range own {
			if w.step.step(w.v, m, k); !w.step.refused && good() {
				return &model.Action{Machine: model.ID(m), Event: own[k].event}
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

// decides reports how w.v decides c: byState, byStep, or -1.
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
	} else if (c.Kind != model.DeadlockFree || len(st.Actions(nil)) == 0) && c.hit(st.View()) {
		return ""
	}
	panic(fmt.Sprintf("prover: the counterexample to %q is none when run on the machines themselves", c.Name))
}
