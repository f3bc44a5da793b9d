package shrink

import (
	"context"
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Lasso makes a lasso small that breaks a property of infinite runs: the trace, of which the last cycle steps are repeated for ever
// (0: the run stops where the trace ends). What it returns is a lasso that breaks the property too ([model.System.CheckLasso]), never
// longer, and 1-minimal: with any single step left out, and every later one that is not enabled then, it is none. A step of the
// cycle stays one. Actions are matched by machine and text. When ctx ends, the shortest lasso so far is returned beside the cause.
func Lasso(ctx context.Context, sys *model.System, p model.Property, trace []model.Action, cycle int) ([]model.Action, int, error) {
	if err := sys.CheckLasso(p, trace, cycle); err != nil {
		return nil, 0, fmt.Errorf("shrink: %w", err)
	}
	for size := max(1, len(trace)/2); ctx.Err() == nil; {
		again := false
		for to := len(trace); to > 0 && ctx.Err() == nil; {
			from := max(0, to-size)
			if rest, round, _ := spare(sys, trace, cycle, from, to); len(rest) < len(trace) && sys.CheckLasso(p, rest, round) == nil {
				trace, cycle, again = rest, round, true
			}
			to = min(from, len(trace))
		}
		if !again && size == 1 {
			return trace, cycle, nil
		}
		if !again {
			size /= 2
		}
		size = max(1, min(size, len(trace)/2))
	}
	return trace, cycle, fmt.Errorf("shrink: %w", context.Cause(ctx))
}

// spare follows a lasso without its steps from and up to to, leaves out what is not enabled then, and returns what is left: the steps,
// how many of them are of the cycle, and the first that was not enabled (from 0; -1: none).
func spare(sys *model.System, trace []model.Action, cycle, from, to int) (rest []model.Action, round, blocked int) {
	st := sys.Start()
	blocked = -1
	for i, a := range trace {
		if from <= i && i < to {
			continue
		}
		taken, ok := grant(st, wish{a.Machine, a.Event.String()})
		if !ok || st.Step(taken).Cut != "" {
			if blocked < 0 {
				blocked = i
			}
			if ok { // the model ends here
				return rest, round, blocked
			}
			continue
		}
		rest = append(rest, taken)
		if i >= len(trace)-cycle {
			round++
		}
	}
	return rest, round, blocked
}

// WhyLasso says of each step of a lasso what happens without it.
func WhyLasso(sys *model.System, p model.Property, trace []model.Action, cycle int) ([]Reason, error) {
	if err := sys.CheckLasso(p, trace, cycle); err != nil {
		return nil, fmt.Errorf("why: %w", err)
	}
	all := make([]Reason, len(trace))
	for i := range trace {
		rest, round, blocked := spare(sys, trace, cycle, i, i+1)
		err := sys.CheckLasso(p, rest, round)
		all[i].Needed = err != nil
		if blocked >= 0 {
			a := trace[blocked]
			all[i].Blocked = []Blocked{{blocked + 1, sys.Name(a.Machine), a.Event.String()}}
		} else if err != nil {
			all[i].Broken = err.Error()
		}
	}
	return all, nil
}

// RefitLasso is [Refit] for lassos; it also returns how many steps of the lasso in the other system are repeated.
func RefitLasso(from *model.System, trace []model.Action, cycle int, to *model.System, p model.Property) ([]model.Action, int, bool) {
	var there []model.Action
	round := 0
	for i, a := range trace {
		id, ok := to.Lookup(from.Name(a.Machine))
		if !ok {
			continue
		}
		there = append(there, model.Action{Machine: id, Event: a.Event})
		if i >= len(trace)-cycle {
			round++
		}
	}
	rest, round, _ := spare(to, there, round, 0, 0)
	return rest, round, to.CheckLasso(p, rest, round) == nil
}
