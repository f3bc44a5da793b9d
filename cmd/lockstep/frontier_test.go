package main

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/prover/frontier"
	"github.com/lockstep-prover/lockstep/spec"
)

// A larger budget only adds runs (SPEC.md, D-23): what is concluded for a point from others is what an exploration of that point
// finds, for every property of every point of some boxes; of the others than the first, for those that take little.
func TestFrontierConcludesWhatIsThere(t *testing.T) {
	var some []string
	for i, set := range [][]string{
		{"verify=publish", "reconnect=true", "reset=1", "blackhole=0", "crash=1", "pause=0"},
		{"verify=publish", "reconnect=true", "reset=2", "blackhole=0", "crash=1", "pause=0"},
		{"verify=redeclare", "reconnect=true", "reset=0", "blackhole=1", "crash=1", "pause=1"},
		{"heartbeat=false", "release=connection", "reset=1", "blackhole=0", "crash=1", "pause=1"},
		{"clients=1", "verify=publish", "reconnect=true", "reset=2", "blackhole=1", "pause=0"},
	} {
		if i > 0 {
			some = []string{"P-1", "P-2", "P-4", "P-6", "P-7", "P-8", "P-10", "W-1", "W-2"}
		}
		systems, err := planBudgets([]string{"mutex/exclusive-queue"}, must(parseSettings(set)), some)
		if err != nil {
			t.Fatal(err)
		}
		b := systems[0]
		edges := b.search(func(c *choice) ([]prover.Result, []string) {
			return explore(context.Background(), c, prover.Options{}, 0).results, make([]string, len(c.claims))
		})
		for _, p := range frontier.Box(b.top) {
			c := must(newChoice(b.entry, b.settings(p), some))
			for i, r := range explore(context.Background(), c, prover.Options{}, 0).results {
				if got := edges[i].verdict(p); got != r.Verdict {
					t.Errorf("%v: %s with %v is concluded to be %v, and is %v", set, r.Property.Name, p, got, r.Verdict)
				}
			}
		}
	}
}

// The object of prove --frontier, for a property with two least budgets that refute it (SPEC.md, P-2) and a witness (W-2).
func TestFrontierJSON(t *testing.T) {
	got := runs(t.Context(), "prove", "--frontier", "--json", "--out=", "mutex/exclusive-queue", "--set", "blackhole=0",
		"--property", "belief-exclusion,can-contend")
	if got.Status != 0 || got.Stderr != "" {
		t.Errorf("status %d, stderr %q", got.Status, got.Stderr)
	}
	object := decode[frontierJSON](t, got)
	length := func(n int) *int { return &n }
	at := func(reset, crash, pause int) map[string]int {
		return map[string]int{"reset": reset, "blackhole": 0, "crash": crash, "pause": pause}
	}
	none := []pointJSON{}
	want := frontierJSON{Schema: "lockstep/frontier/v1", Results: []edgeJSON{
		{System: "mutex/exclusive-queue", Budgets: at(1, 1, 1), Property: "belief-exclusion", Clause: "P-2",
			Proved: []pointJSON{{Budgets: at(0, 1, 0)}}, Refuted: []pointJSON{{Budgets: at(1, 0, 0), Length: length(9)}, {Budgets: at(0, 0, 1), Length: length(9)}},
			Unknown: none, Unlike: none, Explored: 4},
		{System: "mutex/exclusive-queue", Budgets: at(1, 1, 1), Property: "can-contend", Clause: "W-2", Witness: true,
			Proved: []pointJSON{{Budgets: at(0, 0, 0)}}, Refuted: none, Unknown: none, Unlike: none, Explored: 4},
	}}
	ignored := cmpopts.IgnoreFields(edgeJSON{}, "Parameters", "Seconds")
	ofWitness := cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Results.Proved.Length" }, cmp.Ignore())
	if diff := cmp.Diff(want, object, ignored, ofWitness); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for name, want := range map[string]any{"clients": 2.0, "heartbeat": true, "reset": nil} {
		if got := object.Results[0].Parameters[name]; got != want {
			t.Errorf("parameter %s is %#v, want %#v", name, got, want)
		}
	}
}

// A verdict that is not the claimed one shows at each of its points, and is status 1, whatever else is unknown.
func TestFrontierUnlike(t *testing.T) {
	b := must(planBudgets([]string{"mutex/exclusive-queue"}, must(parseSettings([]string{"reset=1", "blackhole=0", "crash=1", "pause=0"})),
		[]string{"P-1"}))[0]
	wrong := *b.entry
	wrong.Properties = append([]spec.Property(nil), b.entry.Properties...)
	wrong.Properties[0].Claim = func(s spec.Settings) model.Verdict {
		if s.Int("crash") == 0 {
			return model.Proved
		}
		return model.Refuted
	}
	b.entry = &wrong
	edges := b.search(func(c *choice) ([]prover.Result, []string) {
		return explore(context.Background(), c, prover.Options{}, 0).results, make([]string, len(c.claims))
	})
	if diff := cmp.Diff([]frontier.Point{{0, 0, 1, 0}, {1, 0, 1, 0}}, edges[0].unlike); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	edges[0].Unknown = []frontier.Point{{0, 0, 0, 0}}
	if s := (&frontierReport{systems: []*searched{{budgets: b, edges: edges}}}).status(); s != violated {
		t.Errorf("status %d, want %d", s, violated)
	}
}
