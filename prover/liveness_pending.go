package prover

import (
	"sync/atomic"

	"github.com/lockstep-prover/lockstep/model"
)

// bitset is a set of states.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(s uint32) bool { return b[s/64]>>(s%64)&1 != 0 }
func (b bitset) set(s uint32)      { b[s/64] |= 1 << (s % 64) }

// pursuit is one property on the graph.
type pursuit struct {
	open    bitset   // the states in which Holds is false
	sources bitset   // the open states in which the property is owed, whatever was before
	asked   bool     // LeadsTo: some state satisfies When
	dist    []int32  // by state: the least number of steps by which it becomes pending; -1: it is not
	order   []uint32 // the pending states, by dist
	starts  []int    // where each dist begins in order; last, how many there are
}

// pursue finds the pending states: the open ones that are reached from a source by way of open ones. A source costs as many
// steps as it is from the initial state, and each further state one more.
func (l *liveness) pursue(p model.Property) (*pursuit, error) {
	n := l.states()
	if err := l.claim(int64(n) * (4 + 4 + 2)); err != nil { // dist, order, and the sets of here and of lasso
		return nil, err
	}
	q := &pursuit{open: newBitset(n), sources: newBitset(n), dist: make([]int32, n)}
	if err := l.evaluate(p, q); err != nil {
		return nil, err
	}
	for i := range q.dist {
		q.dist[i] = -1
	}
	done, levels := 0, len(l.levels)-1
	for d := 0; d < levels || done < len(q.order); d++ {
		q.starts = append(q.starts, done)
		if d < levels {
			for s := l.levels[d]; s < l.levels[d+1]; s++ {
				if s := uint32(s); q.sources.has(s) && q.dist[s] < 0 {
					q.dist[s] = int32(d)
					q.order = append(q.order, s)
				}
			}
		}
		end := len(q.order)
		for _, s := range q.order[done:end] {
			for _, t := range l.steps(s) {
				if t < mostStates && q.dist[t] < 0 && q.open.has(t) {
					q.dist[t] = int32(d) + 1
					q.order = append(q.order, t)
				}
			}
		}
		done = end
	}
	q.starts = append(q.starts, done)
	return q, l.interrupted()
}

// evaluate asks the property in every state.
func (l *liveness) evaluate(p model.Property, q *pursuit) error {
	reads := p.Reads
	if reads == nil {
		for m := range l.machines() {
			reads = append(reads, model.ID(m))
		}
	}
	var asked atomic.Bool
	err := l.parallel(func(w *walker, from, to int) {
		view := make(model.View, l.machines())
		defer explain(&p, view)
		for i := from; i < to; i++ {
			l.vector(i, w.v)
			for _, m := range reads {
				view[m] = l.local(int(m), w.v[m])
			}
			s := uint32(i)
			if p.Kind == model.LeadsTo && p.When(view) {
				asked.Store(true)
				q.sources.set(s)
			}
			if !p.Holds(view) {
				q.open.set(s)
			}
		}
	})
	q.asked = asked.Load()
	switch p.Kind {
	case model.Eventually:
		q.sources[0] = 1
		fallthrough
	case model.LeadsTo:
		for i := range q.sources {
			q.sources[i] &= q.open[i]
		}
	default:
		copy(q.sources, q.open)
	}
	return err
}
