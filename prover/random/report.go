package random

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/lockstep-prover/lockstep/model"
)

// finish turns what was counted into verdicts, bounds and coverage.
func (e *exploration) finish() {
	r := &e.report
	r.Options = e.opts
	r.Options.Workers, r.Options.Progress, r.Options.Every = 0, nil, 0
	if e.opts.Strategy == PCT {
		r.DepthChance = depthChance(r.Threads, e.opts.Steps, e.opts.Depth)
	}
	for i := range r.Results {
		e.judge(&r.Results[i])
	}
	all := e.merge()
	r.Coverage = e.coverage(all)
	r.Elapsed = time.Since(e.start)
}

func (e *exploration) judge(r *Result) {
	r.Interval, r.Upper = Interval{0, 1}, 1
	if !r.Judged {
		r.Reason = "finite runs do not judge it"
		return
	}
	if e.report.Stopped != decided {
		r.Interval, r.Upper = ClopperPearson(r.Hits, r.Runs, Confidence), UpperBound(r.Hits, r.Runs, Confidence)
	}
	witness := r.Property.Kind == model.Reachable
	switch {
	case r.Run >= 0 && witness:
		r.Verdict = model.Proved
	case r.Run >= 0:
		r.Verdict = model.Refuted
	default:
		r.Reason = Worth(r.Property.Kind, r.Runs, e.opts.Steps)
	}
}

// Worth says what it is worth that none of so many runs of at most steps steps hit.
func Worth(kind model.Kind, runs, steps int) string {
	if runs == 0 {
		return "no run was made"
	}
	met, verb := "no violation", "violate"
	if kind == model.Reachable {
		met, verb = "no such state", "meet one"
	}
	return fmt.Sprintf("%s in %d runs of at most %d steps: with %.0f%% confidence at most %.3g%% of such runs %s",
		met, runs, steps, 100*Confidence, 100*UpperBound(0, runs, Confidence), verb)
}

func (e *exploration) coverage(all *coverage) Coverage {
	n := e.report.Runs
	c := Coverage{
		Transitions: species(func(yield func(*tally)) {
			for _, t := range all.transitions {
				yield(t)
			}
		}, n),
		States: species(func(yield func(*tally)) {
			for i := range all.states.tallies {
				yield(&all.states.tallies[i])
			}
		}, n),
		Curve: append(e.curve, all.point(n, e.members)),
	}
	c.States.Distinct, c.States.Sampled = all.states.distinct(), all.states.level
	for i, s := range []*Species{&c.Transitions, &c.States} {
		if e.trials > 0 && s.Sampled == 0 && e.report.Stopped != decided {
			s.NewStepUpper = meanBound(e.new[i].shares/float64(e.trials), e.trials, Confidence)
			s.NewRunUpper = UpperBound(e.new[i].runs, e.trials, Confidence)
		}
	}
	c.Machines = e.machines(all)
	return c
}

func (e *exploration) machines(all *coverage) []MachineCoverage {
	byMachine := map[localKey]*MachineCoverage{}
	at := func(k localKey) *MachineCoverage {
		k.state = ""
		m := byMachine[k]
		if m == nil {
			m = &MachineCoverage{Member: k.member, Name: e.members[k.member].system.Name(k.machine)}
			byMachine[k] = m
		}
		return m
	}
	for k := range all.localStates(e.members) {
		at(k).States++
	}
	for k := range all.transitions {
		m := at(localKey{k.member, k.machine, ""})
		m.Transitions++
		if k.from == model.Self {
			m.Actions++
		} else {
			m.Delivered++
		}
	}
	var list []MachineCoverage
	for _, k := range slices.SortedFunc(maps.Keys(byMachine), func(a, b localKey) int {
		if a.member != b.member {
			return a.member - b.member
		}
		return int(a.machine - b.machine)
	}) {
		list = append(list, *byMachine[k])
	}
	return list
}
