package main

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// randomRun walks at random until the choice's invariant is violated.
func randomRun(c *choice, rnd *rand.Rand) []model.Action {
	for {
		st := c.system.Start()
		var run []model.Action
		for len(run) < 150 {
			enabled := st.Actions(nil)
			a := enabled[rnd.IntN(len(enabled))]
			run = append(run, a)
			st.Step(a)
			if !c.claims[0].Holds(st.View()) {
				return run
			}
		}
	}
}

// A random run of four clients with many faults becomes one of two clients and one fault, which is all that it takes (SPEC.md, P-2).
func TestShrinkARandomRun(t *testing.T) {
	e := must(spec.Find("mutex/exclusive-queue"))
	settings := must(e.Settings(must(parseSettings([]string{"clients=4", "verify=publish", "reconnect=true", "reset=3", "blackhole=2", "pause=1"}))...))
	c := must(newChoice(e, settings, []string{"belief-exclusion"}))
	for seed := range uint64(3) {
		run := randomRun(c, rand.New(rand.NewPCG(seed, 1)))
		path := filepath.Join(t.TempDir(), "random.trace")
		if err := writeTrace(path, record(c, prover.Result{Property: c.claims[0].Property, Verdict: model.Refuted, Trace: run})); err != nil {
			t.Fatal(err)
		}
		small := filepath.Join(t.TempDir(), "new", "small.trace")
		got := runs(t.Context(), "shrink", "--json", path, "--out", small)
		if got.Status != 0 || got.Stderr != "" {
			t.Errorf("%+v", got)
		}
		object := decode[shrinkJSON](t, got)
		faults := 0.0
		for _, name := range []string{"reset", "blackhole", "crash", "pause"} {
			faults += object.Parameters[name].(float64)
		}
		if object.Parameters["clients"] != 2.0 || faults != 1 || object.After < 9 || object.After != len(object.Steps) || !object.Minimal {
			t.Errorf("seed %d: %d steps became %d, with %v", seed, len(run), object.After, object.Parameters)
		}
		want := shrinkJSON{Schema: "lockstep/shrink/v1", System: e.Name, Property: "belief-exclusion", Clause: "P-2", Verdict: "refuted",
			Before: len(run), Trace: small, Minimal: true}
		if diff := cmp.Diff(want, object, cmpopts.IgnoreFields(shrinkJSON{}, "Parameters", "Smaller", "After", "Steps")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if object.Smaller["clients"] != 4 || object.Smaller["reset"] != 3 && object.Smaller["blackhole"] != 2 {
			t.Errorf("seed %d: smaller than %v", seed, object.Smaller)
		}
		for i, s := range decode[showJSON](t, runs(t.Context(), "show", "--why", "--json", small)).Steps {
			if s.Needed == nil || !*s.Needed || s.Why == "" {
				t.Errorf("seed %d: step %d: %+v", seed, i+1, s)
			}
		}
		t.Logf("seed %d: %d steps became %d", seed, len(run), object.After)
	}
}

// An interrupted shrink still gives a trace, and is status 3.
func TestShrinkInterrupted(t *testing.T) {
	dir := t.TempDir()
	if got := runs(t.Context(), "prove", "mutex/exclusive-queue", "--set", "blackhole=0", "--set", "verify=passive", "--property", "P-2", "--out", dir); got.Status != 0 {
		t.Fatalf("%+v", got)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	path := filepath.Join(dir, "mutex-exclusive-queue", "belief-exclusion_blackhole=0.trace")
	got := runs(ctx, "shrink", path)
	if got.Status != 3 || got.Stderr != "nothing was left out\nlockstep shrink: interrupted; the trace need not be as small as it can be\n" ||
		!strings.HasPrefix(got.Stdout, "lockstep trace v1\n") {
		t.Errorf("%+v", got)
	}
}
