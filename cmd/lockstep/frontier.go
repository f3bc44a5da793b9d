package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/prover/frontier"
	"github.com/lockstep-prover/lockstep/spec"
)

// budgets is a system with the box of fault budgets to go through.
type budgets struct {
	entry      *spec.Entry
	names      []string       // of the budgets
	top        frontier.Point // the largest of each
	others     []spec.Setting // what is set besides; the rest has its default
	properties []string       // by name or clause; none: all
	claims     []spec.Claim   // of the selected properties; what is claimed depends on the point
}

// defaultBudget is how far a budget goes that is not set: one fault of a kind is what breaks things, and more of them cost
// ten times the states each.
const defaultBudget = 1

// planBudgets lists the systems that have budgets. What is asked of the command line is what plan asks.
func planBudgets(systems []string, set []spec.Setting, properties []string) ([]*budgets, error) {
	if _, err := plan(systems, set, properties); err != nil {
		return nil, err
	}
	entries, err := entriesOf(systems)
	if err != nil {
		return nil, err
	}
	var all []*budgets
	for _, e := range entries {
		b := &budgets{entry: e}
		for _, p := range properties {
			if answersTo(e, p) {
				b.properties = append(b.properties, p)
			}
		}
		if len(properties) > 0 && b.properties == nil {
			continue
		}
		for _, s := range set {
			i := slices.IndexFunc(e.Parameters, func(p spec.Parameter) bool { return p.Name == s.Name })
			if i >= 0 && !e.Parameters[i].Fault {
				b.others = append(b.others, s)
			}
		}
		for _, p := range e.Parameters {
			if !p.Fault {
				continue
			}
			most := min(defaultBudget, p.Max)
			if i := slices.IndexFunc(set, func(s spec.Setting) bool { return s.Name == p.Name }); i >= 0 {
				most = must(strconv.Atoi(set[i].Value)) // plan has made sure of it
			}
			b.names, b.top = append(b.names, p.Name), append(b.top, most)
		}
		switch {
		case b.names != nil:
			all = append(all, b)
		case len(systems) > 0:
			return nil, fmt.Errorf("%s has no budgets of faults; --frontier is about nothing else", e.Name)
		}
	}
	if all == nil {
		return nil, fmt.Errorf("none of these systems has budgets of faults; --frontier is about nothing else")
	}
	for _, b := range all {
		c, err := newChoice(b.entry, b.settings(b.top), b.properties)
		if err != nil {
			return nil, err
		}
		b.claims = c.claims
	}
	return all, nil
}

// settings is the parameters at a point.
func (b *budgets) settings(p frontier.Point) spec.Settings {
	chosen := slices.Clone(b.others)
	for i, name := range b.names {
		chosen = append(chosen, spec.Setting{Name: name, Value: strconv.Itoa(p[i])})
	}
	return must(b.entry.Settings(chosen...))
}

// pointwise reports whether nothing can be concluded about a property from one budget to another. A fault that is possible is
// an enabled action, so that a state without any may have one with a larger budget; and it may be what fairness asks for.
func pointwise(p model.Property) bool { return p.Kind == model.DeadlockFree || p.Kind.OfRuns() }

// verdictOf is what an answer means for a property: a run that shows it refutes a promise and proves a witness.
func verdictOf(p model.Property, a frontier.Answer) model.Verdict {
	switch {
	case a == frontier.Unknown:
		return model.Unknown
	case (a == frontier.Shown) == (p.Kind == model.Reachable):
		return model.Proved
	}
	return model.Refuted
}

func answerOf(p model.Property, v model.Verdict) frontier.Answer {
	switch {
	case v == model.Unknown:
		return frontier.Unknown
	case (v == model.Proved) == (p.Kind == model.Reachable):
		return frontier.Shown
	}
	return frontier.Absent
}

// edge is the frontier of one property.
type edge struct {
	*budgets
	frontier.Frontier
	claim  spec.Claim
	found  map[string]finding // by point, where it was explored
	unlike []frontier.Point   // where the verdict is not the claimed one
}

// finding is the answer of one exploration.
type finding struct {
	result prover.Result
	path   string
}

func key(p frontier.Point) string { return fmt.Sprint([]int(p)) }

// verdict is what is known of the property at a point.
func (e *edge) verdict(p frontier.Point) model.Verdict { return verdictOf(e.claim.Property, e.At(p)) }

// claimed is what SPEC.md claims there.
func (e *edge) claimed(p frontier.Point) model.Verdict {
	i := slices.IndexFunc(e.entry.Properties, func(q spec.Property) bool { return q.Name == e.claim.Name })
	return e.entry.Properties[i].Claim(e.settings(p))
}

// frontier finds what it takes to break the properties, system by system.
func (c *console) frontier(ctx context.Context, o proveOptions) error {
	options, err := o.bounds()
	if err != nil {
		return failed(wrongUsage, err)
	}
	set, err := parseSettings(o.set)
	if err != nil {
		return failed(wrongUsage, err)
	}
	systems, err := planBudgets(o.systems, set, o.properties)
	if err != nil {
		return failed(wrongUsage, err)
	}
	store := &store{dir: o.out}
	if err := errors.Join(store.probe(), o.files.probe()); err != nil {
		return failed(broken, err)
	}
	progress := newProgress(c, o, nil)
	for _, b := range systems {
		progress.total += len(frontier.Box(b.top))
	}
	options.Every = progress.every()
	report := &frontierReport{console: c}
	var wrong error // the first about a file
	for _, b := range systems {
		start := time.Now()
		s := &searched{budgets: b}
		s.edges = b.search(func(choice *choice) ([]prover.Result, []string) {
			options.Progress = progress.of(choice, progress.number)
			out := explore(ctx, choice, options, o.timeout)
			progress.done()
			wrong = cmp.Or(wrong, out.err)
			if !out.skipped {
				s.explored++
			}
			return out.results, store.keep(choice, out.results)
		})
		s.elapsed = time.Since(start)
		report.systems = append(report.systems, s)
		if !o.asJSON {
			report.print(s)
		}
	}
	if o.asJSON {
		c.printJSON(report.object())
	} else {
		report.printSummary(store)
	}
	if wrong = cmp.Or(wrong, store.err); wrong != nil {
		return failed(worse(report.status(), broken), wrong)
	}
	return failed(report.status(), nil)
}

// search finds the frontier of each property; explore decides those of a choice and keeps their traces.
func (b *budgets) search(explore func(*choice) ([]prover.Result, []string)) []*edge {
	var edges []*edge
	var scattered []bool
	for _, claim := range b.claims {
		edges = append(edges, &edge{budgets: b, claim: claim, found: map[string]finding{}})
		scattered = append(scattered, pointwise(claim.Property))
	}
	all := frontier.Search(b.top, scattered, func(p frontier.Point, open []int) []frontier.Answer {
		var names []string
		for _, i := range open {
			names = append(names, b.claims[i].Name)
		}
		results, paths := explore(must(newChoice(b.entry, b.settings(p), names)))
		answers := make([]frontier.Answer, len(open))
		for k, i := range open {
			edges[i].found[key(p)] = finding{results[k], paths[k]}
			answers[k] = answerOf(b.claims[i].Property, results[k].Verdict)
		}
		return answers
	})
	for i, e := range edges {
		e.Frontier = all[i]
		for _, p := range frontier.Box(b.top) {
			if v := e.verdict(p); v != model.Unknown && v != e.claimed(p) {
				e.unlike = append(e.unlike, p)
			}
		}
	}
	return edges
}
