package prover_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// anyFairness draws assumptions about machines and single choices of theirs, and now and then a place where the model is cut.
func anyFairness(t *rapid.T, sys *model.System) {
	for range rapid.IntRange(0, 4).Draw(t, "assumptions") {
		f := model.Fairness{Machine: model.ID(rapid.IntRange(0, sys.Len()-1).Draw(t, "of")), Strong: rapid.Bool().Draw(t, "strong")}
		if k := rapid.IntRange(-1, 1).Draw(t, "class"); k >= 0 {
			f.Class = func(e model.Event) bool { return e == choice(k) }
		}
		sys.Fairness = append(sys.Fairness, f)
	}
	if rapid.IntRange(0, 4).Draw(t, "cut") == 0 {
		table := sys.Initial(0).(*automaton).table
		for i := range table[len(table)-1].actions {
			table[len(table)-1].actions[i].cut = true
		}
	}
}

func runsOf(limit, asked int) []model.Property {
	holds := func(v model.View) bool { return sum(v)%5 == limit }
	return []model.Property{
		{Name: "eventually", Kind: model.Eventually, Holds: holds},
		{Name: "below", Kind: model.Invariant, Holds: func(v model.View) bool { return sum(v) <= limit }},
		{Name: "often", Kind: model.InfinitelyOften, Holds: holds},
		{Name: "answered", Kind: model.LeadsTo, Holds: holds, When: func(v model.View) bool { return sum(v)%5 == asked }},
	}
}

// The prover agrees with the naive decision on random systems under random fairness: verdicts and prefixes, to the action; the
// cycles are what the naive graph calls one; and it agrees with itself on any number of workers.
func TestRandomRunsAgreeWithTheNaiveDecision(t *testing.T) {
	seen := map[model.Verdict]int{}
	cycles, stops := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		sys := anySystem(t, 3, 4)
		anyFairness(t, sys)
		g := naiveGraphOf(sys)
		properties := runsOf(rapid.IntRange(0, 4).Draw(t, "limit"), rapid.IntRange(0, 4).Draw(t, "asked"))
		var first []prover.Result
		for _, workers := range []int{1, 2, 4} {
			got, err := prover.Explore(context.Background(), sys, properties, prover.Fine(prover.Options{Workers: workers}))
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range got {
				if p := r.Property; p.Kind.OfRuns() {
					compareRuns(t, g, r)
					seen[r.Verdict]++
					if r.Lasso && r.Cycle > 0 {
						cycles++
					} else if r.Lasso {
						stops++
					}
				}
				got[i].Elapsed, got[i].Property = 0, model.Property{Name: properties[i].Name}
			}
			if first == nil {
				first = got
			} else if diff := cmp.Diff(first, got); diff != "" {
				t.Fatalf("%d workers (-one worker +more):\n%s", workers, diff)
			}
		}
	})
	if seen[model.Proved] == 0 || seen[model.Refuted] == 0 || seen[model.Unknown] == 0 || cycles == 0 || stops == 0 {
		t.Errorf("nothing was tried of some kind: %v, %d cycles, %d stops", seen, cycles, stops)
	}
	t.Logf("%v, %d cycles, %d stops", seen, cycles, stops)
}

func compareRuns(t *rapid.T, g *naiveGraph, r prover.Result) {
	prefix, entry, found := g.prefix(r.Property)
	want := model.Proved
	switch {
	case found:
		want = model.Refuted
	case g.cut:
		want = model.Unknown
	}
	if r.Verdict != want || r.Lasso != found || int(r.States) != len(g.nodes) {
		t.Fatalf("%s: %v (%s), %d states; the naive decision is %v, %d states",
			r.Property.Name, r.Verdict, r.Reason, r.States, want, len(g.nodes))
	}
	if !found {
		return
	}
	loop := len(r.Trace) - r.Cycle
	if diff := cmp.Diff(prefix, r.Trace[:loop]); diff != "" {
		t.Fatalf("%s: the prefix (-naive +prover):\n%s", r.Property.Name, diff)
	}
	if !entry.refutes(g.system, r.Property, r.Trace[loop:]) {
		t.Fatalf("%s: %v is no cycle that refutes it", r.Property.Name, r.Trace[loop:])
	}
}
