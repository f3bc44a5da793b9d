package prover

import (
	"context"

	"github.com/lockstep-prover/lockstep/model"
)

// exploreReduced decides properties by partial-order reduction, where it is worth it.
//
// A small part is explored whole first: small systems are done with that, and the tables learn who talks to whom. Then the system
// is explored with ample sets, again and again until an exploration has met no local transition that was not known when it began:
// only then were its ample sets chosen with the knowledge of everything that can happen (ample.go). That proves. What it refutes is
// looked for once more without the reduction, since the shortest run need not be among those that it leaves.
func exploreReduced(ctx context.Context, sys *model.System, properties []model.Property, opts Options) ([]Result, error) {
	first, err := newExploration(sys, properties, opts)
	if err != nil {
		return nil, err
	}
	first.enough = opts.grain.learn
	first.runFreed(ctx)
	if !first.learnt {
		return first.results(), first.err
	}
	for {
		known := len(first.tabs.log)
		e := first.again(opts)
		e.ample = newAmple(e.tabs, e.properties)
		e.runFreed(ctx)
		if e.stopped == "" && e.reduced > 0 && len(e.tabs.log) > known {
			continue
		}
		if e.reduced > 0 {
			e.confirmShortest(ctx, first)
		}
		return e.results(), e.err
	}
}

// again returns a new exploration of the same system, with the same tables and with what e has decided.
func (e *exploration) again(opts Options) *exploration {
	n := &exploration{opts: opts, start: e.start, system: e.system, tabs: e.tabs}
	for _, c := range e.properties {
		d := *c
		n.properties = append(n.properties, &d)
	}
	for range opts.Workers {
		n.workers = append(n.workers, newWorker(n))
	}
	return n
}

func (e *exploration) runFreed(ctx context.Context) {
	defer e.free()
	e.run(ctx)
}

// confirmShortest decides without the reduction what e has decided with it. Where a bound forbids that, e's own run stands, which
// is one of the system all the same.
func (e *exploration) confirmShortest(ctx context.Context, first *exploration) {
	whole := first.again(e.opts)
	open := false
	for i, c := range e.properties {
		if whole.properties[i].decided() {
			continue
		}
		if c.decided() {
			open = true
		} else { // proved, or unknown: nothing to look for
			whole.properties[i].settled = true
		}
	}
	if !open {
		return
	}
	for _, w := range whole.workers {
		w.undecided()
	}
	whole.runFreed(ctx)
	e.failed(whole.err)
	for i, c := range e.properties {
		if w := whole.properties[i]; c.decided() && w.decided() && !w.settled {
			c.result = w.result
		}
	}
}
