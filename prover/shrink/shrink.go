package shrink

import (
	"context"
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// Options bounds what shrinking costs. The zero value is meant for traces of hundreds of steps.
type Options struct {
	// States bounds the search for shorter ways: the states that it looks at, all in all. 0: 20 000; negative: no search.
	States int
}

const defaultStates = 20_000

// Trace makes a run small that violates the property; for a Reachable property, one that reaches the state asked for. What it
// returns is a run of the system that violates the property with its last step and not before, is never longer than the
// trace, and is 1-minimal: with any single step left out, and every later one that is not enabled then, no violation comes.
// The same trace gives the same result.
//
// The trace may hold actions from another copy of the system: they are matched by machine and text. It may go on after the
// violation. It is an error if it is no run or violates nothing, or if the property is one of infinite runs
// ([model.Kind.OfRuns], for which there is [Lasso]). When ctx ends, the shortest run so far is returned, which need not be minimal, beside the
// cause.
func Trace(ctx context.Context, sys *model.System, p model.Property, trace []model.Action, opts Options) ([]model.Action, error) {
	s, err := newSubject(sys, p)
	if err != nil {
		return nil, fmt.Errorf("shrink: %w", err)
	}
	r, err := s.begin(trace)
	if err != nil {
		return nil, fmt.Errorf("shrink: %w", err)
	}
	if opts.States == 0 {
		opts.States = defaultStates
	}
	m := &minimiser{subject: s, ctx: ctx, run: r, states: opts.States}
	for before := -1; before != len(m.steps) && ctx.Err() == nil; {
		before = len(m.steps)
		m.cutLoops()
		m.dropParties()
		m.dropFaults()
		m.dropPieces() // last but one: where it changes nothing, the run is 1-minimal
		m.takeShortcut()
	}
	if ctx.Err() != nil {
		return m.actions(), fmt.Errorf("shrink: %w", context.Cause(ctx))
	}
	return m.actions(), nil
}

// minimiser makes its run shorter.
type minimiser struct {
	*subject
	run
	ctx    context.Context
	states int // what the search for shortcuts may still look at
}

// without tries the run with some steps left out, and takes it if it shows what it should.
func (m *minimiser) without(drop func(i int) bool) bool {
	first := 0
	for first < len(m.steps) && !drop(first) {
		first++
	}
	if first == len(m.steps) || m.ctx.Err() != nil {
		return false
	}
	var rest []wish
	for i := first; i < len(m.steps); i++ {
		if !drop(i) {
			rest = append(rest, m.steps[i])
		}
	}
	k := m.follow(m.run.states[first].Clone(), rest)
	if !k.shown {
		return false
	}
	m.run = m.record(slices.Concat(m.steps[:first], k.taken))
	return true
}

// dropPieces leaves out pieces of the run, halves at first and single steps at last, from the end to the beginning: what comes
// late depends on what comes early. Single steps are tried until none can be spared.
func (m *minimiser) dropPieces() {
	for size := max(1, len(m.steps)/2); ; {
		again := false
		for to := len(m.steps); to > 0; {
			from := max(0, to-size)
			if m.without(func(i int) bool { return from <= i && i < to }) {
				again = true
			}
			to = min(from, len(m.steps))
		}
		switch {
		case again:
			size = max(1, min(size, len(m.steps)/2))
		case size == 1:
			return
		default:
			size /= 2
		}
	}
}

// cutLoops leaves out what leads from a state back to that state.
func (m *minimiser) cutLoops() {
	last := map[string]int{} // state → the last step before which it stands
	keys := make([]string, len(m.steps))
	for i, st := range m.run.states {
		keys[i] = string(st.AppendState(nil))
		last[keys[i]] = i
	}
	var kept []wish
	for i := 0; i < len(m.steps); i++ {
		i = last[keys[i]]
		kept = append(kept, m.steps[i])
	}
	if len(kept) < len(m.steps) {
		m.run = m.record(kept)
	}
}

// dropFaults leaves out all faults, then each one, the last first.
func (m *minimiser) dropFaults() {
	m.without(func(i int) bool { return m.fault(m.run.states[i], m.steps[i]) })
	for i := len(m.steps) - 1; i >= 0; i = min(i, len(m.steps)) - 1 {
		if m.fault(m.run.states[i], m.steps[i]) {
			m.without(func(k int) bool { return k == i })
		}
	}
}

// faulty is implemented by a machine that knows which of its own actions are faults.
type faulty interface {
	Fault(e model.Event) bool
}

// fault reports whether a step that is enabled in st is a fault.
func (s *subject) fault(st *model.State, w wish) bool {
	f, ok := s.sys.Initial(w.machine).(faulty)
	if !ok {
		return false
	}
	a, ok := grant(st, w)
	return ok && f.Fault(a.Event)
}
