package prover

// Liveness: how properties of runs are decided
//
// Properties of runs (eventually, infinitely often, leads to) are decided on the whole reachable graph, explored without any
// reduction: no result of theirs names one. A run that breaks such a property is, from some state on in which it is owed, in
// states where Holds is false, for ever, and fair. As there are finitely many states there is then one that ends in a cycle,
// or stops: a lasso. So among the pending states, those that are reached from one in which the property is owed by way of
// states where Holds is false, the prover looks for a strongly connected component that is fair as a whole:
//
//	for each class     enabled in all its states, taken by no step inside    nothing fair in it, nor in any part
//	strongly fair      enabled in some, taken by no step inside              search again without these states
//	otherwise                                                                a cycle through all of it is fair
//
// and for states where nothing fair is enabled, in which a run may stop. That is the recursion of Emerson and Lei ("Modalities
// for model checking: branching time logic strikes back", 1987), which decides Streett automata too; fairness and stuttering
// are those of Lamport ("Specifying Systems", chapter 8). A system without fairness proves next to nothing of this kind, as a
// run may stop anywhere.
//
// The lasso that is returned has the shortest prefix, and among those the first in the order of actions; the cycle after it
// is put together of shortest ways to one witness of fairness after the other, short but not the shortest there is. It
// too is run on the machines before anyone sees it: model.System.CheckLasso. A cut is a step that the model does not
// know: a lasso that avoids it refutes, but without a lasso the verdict is unknown. Every bound leaves it unknown.

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/lockstep-prover/lockstep/model"
)

// liveness decides properties of runs on the reachable graph. A property is broken by a run that from some state on, in which
// it is owed, never comes to a state in which it holds; so the search is for a fair cycle among the pending states: those that
// are reached from a state in which it is owed, by way of states in which it does not hold. What a step leads to is computed
// once, for all properties.
type liveness struct {
	*graph
	ctx    context.Context
	system *model.System
	opts   Options
	fair   *fairness
	first  []uint32 // by state: where its steps begin in to; last, how many there are
	to     []uint32 // by offered action, in the order of actions: the state that it leads to, or nowhere
	memory int64    // bytes
}

// nowhere is what an action leads to that is refused, outside of the model what one leads to that is cut. No state has
// these numbers.
const (
	nowhere = math.MaxUint32 - iota
	outside
	mostStates
)

// errStopped carries the bound that ended an analysis, or the interruption.
type errStopped struct{ reason string }

func (e errStopped) Error() string { return e.reason }

// exploreRuns explores the whole graph and decides properties of runs, which checkRuns has passed, with results in their
// order.
func exploreRuns(ctx context.Context, sys *model.System, properties []model.Property, opts Options) ([]Result, error) {
	start := time.Now()
	g, account, err := exploreGraph(ctx, sys, opts)
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(properties))
	l := &liveness{graph: g, ctx: ctx, system: sys, opts: opts}
	var unprepared error
	if g != nil {
		unprepared = l.prepare()
	}
	for i, p := range properties {
		r := account // proved, or unknown with the reason
		err := unprepared
		if g != nil && err == nil {
			err = l.decide(p, &r)
		}
		if stopped := (errStopped{}); errors.As(err, &stopped) {
			r.Verdict, r.Reason = model.Unknown, stopped.reason
		}
		r.Property, r.Elapsed = p, time.Since(start)
		results[i] = r
	}
	return results, nil
}

func checkRuns(sys *model.System, properties []model.Property) error {
	for _, p := range properties {
		if p.Holds == nil || p.Kind == model.LeadsTo && p.When == nil {
			return fmt.Errorf("property %q does not say what holds, or when", p.Name)
		}
	}
	for _, f := range sys.Fairness {
		if f.Machine < 0 || int(f.Machine) >= sys.Len() {
			return fmt.Errorf("fairness of machine %d, of %d", f.Machine, sys.Len())
		}
	}
	return nil
}

// prepare computes the steps of all states.
func (l *liveness) prepare() error {
	n := l.states()
	if n >= mostStates {
		return errStopped{fmt.Sprintf("more than %d states: liveness cannot number them", mostStates)}
	}
	l.memory = l.bytes()
	l.fair = newFairness(l.graph, l.system.Fairness)
	if err := l.claim(4 * int64(n+1)); err != nil {
		return err
	}
	l.first = make([]uint32, n+1)
	var steps int64
	v := make([]uint32, l.machines())
	for i := range n {
		l.first[i] = uint32(steps)
		l.vector(i, v)
		for m, id := range v {
			steps += int64(l.fair.of[m][id].offers)
		}
		if steps > math.MaxUint32 {
			return errStopped{fmt.Sprintf("more than %d steps: liveness cannot number them", uint32(math.MaxUint32))}
		}
	}
	l.first[n] = uint32(steps)
	if err := l.claim(4 * steps); err != nil {
		return err
	}
	l.to = make([]uint32, steps)
	return l.parallel(func(w *walker, from, to int) {
		var next []int
		for i := from; i < to; i++ {
			next = w.successors(next[:0], i)
			at := l.first[i]
			for k, t := range next {
				switch t {
				case toRefused:
					l.to[at+uint32(k)] = nowhere
				case toCut:
					l.to[at+uint32(k)] = outside
				default:
					l.to[at+uint32(k)] = uint32(t)
				}
			}
		}
	})
}

// steps is what the offered actions of a state lead to.
func (l *liveness) steps(s uint32) []uint32 { return l.to[l.first[s]:l.first[s+1]] }

// claim takes memory for arrays.
func (l *liveness) claim(bytes int64) error {
	if l.opts.Memory > 0 && l.memory+bytes > l.opts.Memory {
		return errStopped{fmt.Sprintf("memory bound of %d bytes reached", l.opts.Memory)}
	}
	l.memory += bytes
	return l.interrupted()
}

func (l *liveness) interrupted() error {
	if l.ctx.Err() != nil {
		return errStopped{context.Cause(l.ctx).Error()}
	}
	return nil
}

// parallel calls f for all states, in pieces that begin at multiples of 64, by as many goroutines as there are workers.
func (l *liveness) parallel(f func(w *walker, from, to int)) error {
	const piece = 1 << 10
	n := l.states()
	var taken atomic.Int64
	var all team
	for range min(l.opts.Workers, 1+n/piece) {
		all.do(func() {
			w := l.walker()
			for from := int(taken.Add(piece)) - piece; from < n && l.ctx.Err() == nil; from = int(taken.Add(piece)) - piece {
				f(w, from, min(from+piece, n))
			}
		})
	}
	all.wait()
	return l.interrupted()
}

// decide puts the verdict on p into r, which says what it is if no run breaks p.
func (l *liveness) decide(p model.Property, r *Result) error {
	before := l.memory
	defer func() { l.memory = before }()
	q, err := l.pursue(p)
	if err != nil {
		return err
	}
	c, err := l.components(q)
	if err != nil {
		return err
	}
	switch {
	case c.any:
		trace, cycle, err := l.lasso(q, c)
		if err != nil {
			return err
		}
		if wrong := l.system.CheckLasso(p, trace, cycle); wrong != nil {
			panic(fmt.Sprintf("prover: the counterexample to %q is none when run on the machines themselves: %v", p.Name, wrong))
		}
		r.Verdict, r.Reason, r.Trace, r.Lasso, r.Cycle = model.Refuted, "", trace, true, cycle
	case r.Verdict == model.Proved && p.Kind == model.LeadsTo && !q.asked:
		r.Reason = "no reachable state asks for it"
	}
	return nil
}
