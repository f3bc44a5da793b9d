package prover_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

func lockSystem(t *testing.T, settings ...spec.Setting) (*model.System, []model.Property) {
	t.Helper()
	e, err := spec.Find("mutex/exclusive-queue")
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.Settings(settings...)
	if err != nil {
		t.Fatal(err)
	}
	sys, claims, err := e.Instance(s)
	if err != nil {
		t.Fatal(err)
	}
	return sys, rested(sys, claims)
}

// The order in which tables grow changes nothing: local states numbered by random walks give the same counts, verdicts and
// counterexamples, with symmetry and without.
func TestTheOrderOfTablesChangesNothing(t *testing.T) {
	sys, properties := lockSystem(t, spec.Setting{Name: "verify", Value: "redeclare"}, spec.Setting{Name: "reconnect", Value: "true"},
		spec.Setting{Name: "blackhole", Value: "0"})
	for _, noSymmetry := range []bool{false, true} {
		var first []string
		for seed := range uint64(4) {
			random := rand.New(rand.NewPCG(seed, 0))
			steps := int(seed) * 2000 // none the first time
			results, err := prover.ExploreWarm(sys, properties, prover.Options{Workers: 1 + int(seed)%3, NoSymmetry: noSymmetry}, random.IntN, steps)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range results {
				got = append(got, fmt.Sprint(r.Property.Name, r.Verdict, r.States, r.Transitions, r.Depth, r.Trace))
			}
			if first == nil {
				first = got
			}
			if diff := cmp.Diff(first, got); diff != "" {
				t.Errorf("seed %d, symmetry %v (-cold +warm):\n%s", seed, !noSymmetry, diff)
			}
		}
	}
}

// The prover agrees with the naive explorer on the lock itself, monitors included.
func TestTheLockAgreesWithTheNaiveExplorer(t *testing.T) {
	for _, settings := range [][]spec.Setting{
		{{Name: "clients", Value: "1"}, {Name: "verify", Value: "publish"}, {Name: "reconnect", Value: "true"}, {Name: "pause", Value: "1"}, {Name: "blackhole", Value: "0"}},
		{{Name: "reset", Value: "0"}, {Name: "blackhole", Value: "0"}, {Name: "release", Value: "channel"}},
		{{Name: "verify", Value: "redeclare"}, {Name: "reconnect", Value: "true"}, {Name: "blackhole", Value: "0"}},
	} {
		sys, properties := lockSystem(t, settings...)
		want, err := explore(sys, properties)
		if err != nil {
			t.Fatal(err)
		}
		rest := model.Property{Name: "rest", Kind: model.Invariant, Holds: func(model.View) bool { return true }}
		results, err := prover.Explore(t.Context(), sys, append(properties, rest), prover.Options{NoSymmetry: true})
		if err != nil {
			t.Fatal(err)
		}
		if r := results[len(results)-1]; r.States != want.states || r.Transitions != want.transitions || r.Depth != want.depth {
			t.Errorf("%v: %d states, %d transitions, depth %d; the naive explorer has %d, %d, %d",
				settings, r.States, r.Transitions, r.Depth, want.states, want.transitions, want.depth)
		}
		for _, r := range results {
			length, found := want.shortest[r.Property.Name]
			if found != (r.Trace != nil) || found && length != len(r.Trace) {
				t.Errorf("%v: %s has a trace of %d, the naive explorer of %d (%v)", settings, r.Property.Name, len(r.Trace), length, found)
			}
		}
	}
}
