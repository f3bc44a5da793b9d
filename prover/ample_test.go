package prover_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// With partial-order reduction the verdicts and the lengths of counterexamples on random systems are those of the naive explorer,
// on any number of workers, on disk and in memory; and the reduction does reduce.
func TestPartialOrder(t *testing.T) {
	reduced, spared := 0, int64(0)
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		sys := anySystem(t)
		limit := rapid.IntRange(0, 8).Draw(t, "limit")
		var reads []model.ID
		for m := range model.ID(sys.Len()) {
			if rapid.IntRange(0, 2).Draw(t, "read") == 0 {
				reads = append(reads, m)
			}
		}
		total := func(v model.View) (n int) {
			for _, m := range reads {
				n += v[m].(*automaton).state
			}
			return n
		}
		if reads == nil {
			reads = []model.ID{}
		}
		properties := []model.Property{
			{Name: "below", Kind: model.Invariant, Reads: reads, Holds: func(v model.View) bool { return total(v) <= limit }},
			{Name: "reach", Kind: model.Reachable, Reads: reads, Holds: func(v model.View) bool { return total(v) == limit }},
			{Name: "live", Kind: model.DeadlockFree},
			{Name: "exhaust", Kind: model.Invariant, Reads: []model.ID{}, Holds: func(model.View) bool { return true }},
		}
		if rapid.Bool().Draw(t, "monitor") { // it orders everything that is observed
			properties = append(properties, model.Property{Name: "no-echo", Kind: model.Monitored, Monitor: &counter{}})
		}
		want, err := explore(sys, properties)
		if err != nil {
			t.Fatal(err)
		}
		var first []prover.Result
		for _, options := range []prover.Options{{Workers: 1}, {Workers: 2}, {Workers: 1, Memory: 1, Spill: dir}} {
			got, err := prover.Explore(context.Background(), sys, properties, prover.Fine(options))
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range got {
				length, found := want.shortest[r.Property.Name]
				verdict := model.Proved
				if found != (r.Property.Kind == model.Reachable) {
					verdict = model.Refuted
				}
				if r.Verdict != verdict || found && len(r.Trace) != length {
					t.Fatalf("%s is %v in %d steps, by %v; the naive explorer says %v in %d",
						r.Property.Name, r.Verdict, len(r.Trace), r.Reductions, verdict, length)
				}
				if r.States > want.states || r.Transitions > want.transitions {
					t.Fatalf("%d states, %d transitions; there are %d, %d", r.States, r.Transitions, want.states, want.transitions)
				}
				got[i].Elapsed, got[i].Property = 0, model.Property{Name: r.Property.Name}
			}
			if options.Spill != "" { // which takes fewer ample sets
				continue
			}
			if first == nil {
				first = got
			} else if diff := cmp.Diff(first, got); diff != "" {
				t.Fatalf("one worker, two workers:\n%s", diff)
			}
		}
		if r := first[3]; r.Reductions != nil {
			reduced++
			spared += want.states - r.States
		}
	})
	if reduced < 5 || spared < 5 {
		t.Errorf("only %d systems were reduced, by %d states", reduced, spared)
	}
}
