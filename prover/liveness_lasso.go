package prover

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// lasso returns a fair run that breaks the property, and how many of its last steps are repeated for ever: the first, in the
// order of actions, of the shortest runs to a state where a fair run may stop or go round, and from there a cycle.
func (l *liveness) lasso(q *pursuit, e *entries) ([]model.Action, int, error) {
	run, entry := l.prefix(q, e)
	enabled := l.fair.none()
	if l.enabled(entry, make([]uint32, l.machines()), enabled); enabled.empty() {
		return run, 0, nil
	}
	cycle, err := l.cycle(e, entry)
	return append(run, cycle...), len(cycle), err
}

// prefix returns the way to an entry. The property is owed from some state of it on, so the state of a run before that, when
// nothing is owed yet, is told from the same one afterwards: early holds the states of some level from which the right number
// of further steps leads to an entry by way of a source, late the pending states of some dist from which it does by way of
// pending ones. Both are found backwards, each state being looked at once.
func (l *liveness) prefix(q *pursuit, e *entries) ([]model.Action, uint32) {
	early, late := newBitset(l.states()), e.at
	isLate := func(s uint32, d int32) bool { return q.dist[s] == d && late.has(s) }
	levels := int32(len(l.levels)) - 1
	for d := e.dist; d >= 0; d-- {
		if d < e.dist {
			for _, s := range q.order[q.starts[d]:q.starts[d+1]] {
				if slices.ContainsFunc(l.steps(s), func(t uint32) bool { return t < mostStates && isLate(t, d+1) }) {
					late.set(s)
				}
			}
		}
		if d >= levels {
			continue
		}
		for i := l.levels[d]; i < l.levels[d+1]; i++ {
			s := uint32(i)
			if q.sources.has(s) && isLate(s, d) ||
				d < min(e.dist, levels-1) && slices.ContainsFunc(l.steps(s), func(t uint32) bool {
					return t < mostStates && l.on(t, d+1) && early.has(t)
				}) {
				early.set(s)
			}
		}
	}
	run, at, owed := []model.Action{}, uint32(0), q.sources.has(0)
	for d := int32(1); d <= e.dist; d++ {
		k := slices.IndexFunc(l.steps(at), func(t uint32) bool {
			return t < mostStates &&
				((owed || q.sources.has(t)) && isLate(t, d) || d < levels && l.on(t, d) && early.has(t))
		})
		run = append(run, l.action(at, k))
		at = l.steps(at)[k]
		owed = owed && q.open.has(at) || q.sources.has(at)
	}
	return run, at
}

// on reports whether the state is of that level.
func (l *liveness) on(s uint32, level int32) bool {
	return int(s) >= l.levels[level] && int(s) < l.levels[level+1]
}

// action is the k-th action that a state offers.
func (l *liveness) action(s uint32, k int) model.Action {
	v := make([]uint32, l.machines())
	l.vector(int(s), v)
	for m, id := range v {
		if n := l.fair.of[m][id].offers; k >= n {
			k -= n
			continue
		}
		return model.Action{Machine: model.ID(m), Event: l.offers(nil, m, id)[k]}
	}
	panic("prover: a state offers fewer actions than it has steps")
}

// round is a cycle in the making, from a state of a fair component through that component.
type round struct {
	*liveness
	part    []uint32
	mine    uint32
	v       []uint32
	here    classes
	unmet   classes  // what the cycle has still to see to
	from    []uint32 // by state: where the search came from, plus one; 0: not met
	via     []uint32 // by which step
	queue   []uint32
	actions []model.Action
}

// cycle returns a cycle through the entry, inside its fair component: to one nearest witness of fairness after the other, and
// back. It is short, not shortest (which is hard to find). Every search looks at steps in the order of actions.
func (l *liveness) cycle(e *entries, entry uint32) ([]model.Action, error) {
	if err := l.claim(int64(l.states()) * 4 * 3); err != nil {
		return nil, err
	}
	r := &round{liveness: l, part: e.part, mine: e.part[entry], v: make([]uint32, l.machines())}
	r.here, r.unmet = l.fair.none(), l.fair.none()
	r.from, r.via = make([]uint32, l.states()), make([]uint32, l.states())
	r.search(entry, func(s uint32) (int, bool) {
		r.enabled(s, r.v, r.unmet)
		return 0, false
	})
	r.note(entry, stay)
	at := entry
	for !r.unmet.empty() {
		at = r.walk(at, r.witness)
	}
	if at != entry { // by a step at least: a run that may stop in the entry does
		r.walk(at, func(s uint32) (int, bool) {
			k := slices.Index(r.steps(s), entry)
			return k, k >= 0
		})
	}
	return r.actions, nil
}

// stay is no step: to be in a state is what was looked for.
const stay = -1

// witness tells what the cycle gains in a state: by being there, where a weakly fair class is not enabled, or by a step.
func (r *round) witness(s uint32) (int, bool) {
	step := stay
	clear(r.here)
	r.each(s, r.v, func(k int, to uint32, of classes) {
		r.here.add(of)
		if step == stay && r.inside(to) && of.meets(r.unmet) {
			step = k
		}
	})
	for i, w := range r.here {
		if r.unmet[i]&^r.fair.strong[i]&^w != 0 {
			return stay, true
		}
	}
	return step, step != stay
}

// note books that the cycle comes through a state and leaves it by a step.
func (r *round) note(s uint32, step int) {
	clear(r.here)
	r.each(s, r.v, func(k int, _ uint32, of classes) {
		r.here.add(of)
		if k == step {
			for i, w := range of {
				r.unmet[i] &^= w
			}
		}
	})
	for i, w := range r.here {
		r.unmet[i] &= w | r.fair.strong[i]
	}
}

func (r *round) inside(s uint32) bool { return s < mostStates && r.part[s] == r.mine }

// walk goes the shortest way to a state in which something is gained, takes the step by which it is, and returns where that
// leads.
func (r *round) walk(at uint32, gain func(uint32) (int, bool)) uint32 {
	s, step := r.search(at, gain)
	type leg struct {
		from uint32
		step int
	}
	way := []leg{{s, step}}
	for s != at {
		step := int(r.via[s])
		s = r.from[s] - 1
		way = append(way, leg{s, step})
	}
	end := way[0].from
	for _, w := range slices.Backward(way) {
		r.note(w.from, w.step)
		if w.step != stay {
			r.actions = append(r.actions, r.action(w.from, w.step))
			end = r.steps(w.from)[w.step]
		}
	}
	return end
}

// search goes through the component breadth first, to the first state in which something is gained.
func (r *round) search(at uint32, gain func(uint32) (int, bool)) (uint32, int) {
	for _, s := range r.queue {
		r.from[s] = 0
	}
	r.queue = append(r.queue[:0], at)
	r.from[at] = at + 1
	for i := 0; i < len(r.queue); i++ {
		s := r.queue[i]
		if step, ok := gain(s); ok {
			return s, step
		}
		for k, to := range r.steps(s) {
			if r.inside(to) && r.from[to] == 0 {
				r.from[to], r.via[to] = s+1, uint32(k)
				r.queue = append(r.queue, to)
			}
		}
	}
	return at, stay
}
