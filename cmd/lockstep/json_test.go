package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// decode reads the one object that a run printed, which has no fields but those of T.
func decode[T any](t *testing.T, r ran) T {
	t.Helper()
	var object T
	d := json.NewDecoder(strings.NewReader(r.Stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&object); err != nil {
		t.Fatalf("%v; the run: %+v", err, r)
	}
	if d.More() {
		t.Errorf("more than one object: %s", r.Stdout)
	}
	return object
}

// The object of prove, whole. Its counts are those of spec/testdata; what it cost is left out.
func TestProveJSON(t *testing.T) {
	dir := t.TempDir()
	got := runs(t.Context(), "prove", "--json", "--progress", "1ms", "--out", dir, "mutex/exclusive-queue",
		"--set", "verify=passive", "--set", "reconnect=false", "--set", "release=delete", "--set", "reset=0", "--set", "blackhole=1",
		"--set", "heartbeat=false", "--set", "pause=0", "--set", "crash=0", "--set", "profile=rabbitmq-3.10", "--property", "broker-exclusion,deadlock-freedom,can-hold")
	if got.Status != 0 || got.Stderr != "" {
		t.Errorf("status %d, stderr %q", got.Status, got.Stderr)
	}
	length := func(n int) *int { return &n }
	result := func(r resultJSON) resultJSON {
		r.System = "mutex/exclusive-queue"
		r.Exact, r.Reductions = true, []string{"symmetry"}
		return r
	}
	want := proveJSON{Schema: "lockstep/prove/v1", Results: []resultJSON{
		result(resultJSON{Property: "broker-exclusion", Clause: "P-1", Claim: "proved", Verdict: "proved"}),
		result(resultJSON{Property: "deadlock-freedom", Clause: "P-10", Claim: "refuted", Verdict: "refuted", Length: length(2),
			Trace: filepath.Join(dir, "mutex-exclusive-queue", "deadlock-freedom_heartbeat=false_reset=0.trace")}),
		result(resultJSON{Property: "can-hold", Clause: "W-1", Claim: "proved", Verdict: "proved", Length: length(3)}),
	}}
	object := decode[proveJSON](t, got)
	// Without heartbeats no timer runs. (What else never happens, others say.)
	if len(object.Vacuous) != 1 || object.Vacuous[0].System != "mutex/exclusive-queue" ||
		!slices.Contains(object.Vacuous[0].Never, "client/*.heartbeat is never armed") {
		t.Errorf("vacuous: %+v", object.Vacuous)
	}
	want.Vacuous = object.Vacuous
	elsewhere := cmpopts.IgnoreFields(resultJSON{}, "Parameters", "States", "Transitions", "Depth", "Seconds")
	if diff := cmp.Diff(want, object, elsewhere); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, r := range object.Results {
		for name, want := range map[string]any{"clients": 2.0, "verify": "passive", "heartbeat": false, "reset": 0.0, "blackhole": 1.0} {
			if got := r.Parameters[name]; got != want {
				t.Errorf("%s: parameter %s is %#v, want %#v", r.Property, name, got, want)
			}
		}
		if r.States <= 0 || r.Transitions <= 0 || r.Depth <= 0 || r.Seconds <= 0 {
			t.Errorf("%s says that it cost nothing: %+v", r.Property, r)
		}
	}

	shown := decode[showJSON](t, runs(t.Context(), "show", "--json", object.Results[1].Trace))
	if diff := cmp.Diff(showJSON{
		Schema: "lockstep/show/v1", System: "mutex/exclusive-queue", Parameters: object.Results[1].Parameters,
		Property: "deadlock-freedom", Clause: "P-10", Says: "no client waits for an answer that nobody owes it", Verdict: "refuted",
		Ending: "deadlock-freedom does not hold, after step 2 of 2",
	}, shown, cmpopts.IgnoreFields(showJSON{}, "Steps")); diff != "" {
		t.Errorf("show: -want +got:\n%s", diff)
	}
	if len(shown.Steps) != 2 || shown.Steps[0].Machine != "client/a" || shown.Steps[0].Event != "acquire" || len(shown.Steps[0].Notes) == 0 {
		t.Errorf("show: steps %+v", shown.Steps)
	}
}

// What is unknown has a reason, and every field is there.
func TestProveJSONUnknown(t *testing.T) {
	got := runs(t.Context(), "prove", "--json", "classic/two-phase-commit", "--set", "rm=3", "--states", "2", "--no-symmetry")
	if got.Status != 3 || got.Stderr != "" {
		t.Errorf("status %d, stderr %q", got.Status, got.Stderr)
	}
	object := decode[proveJSON](t, got)
	if len(object.Vacuous) > 0 || !strings.Contains(got.Stdout, `"vacuous": []`) {
		t.Errorf("vacuous, of an exploration that did not come to its end: %+v", object.Vacuous)
	}
	r := object.Results[0]
	if diff := cmp.Diff(resultJSON{System: "classic/two-phase-commit", Parameters: map[string]any{"rm": 3.0}, Property: "consistent",
		Clause: "C-1.1", Claim: "proved", Verdict: "unknown", Reason: "state bound 2 reached", Exact: true, Reductions: []string{},
	}, r, cmpopts.IgnoreFields(resultJSON{}, "States", "Transitions", "Depth", "Seconds")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, field := range []string{`"reason": `, `"reductions": []`, `"depth": `, `"seconds": `} {
		if !strings.Contains(got.Stdout, field) {
			t.Errorf("no %s in %s", field, got.Stdout)
		}
	}
}

func TestListJSON(t *testing.T) {
	object := decode[listJSON](t, runs(t.Context(), "list", "--json", "classic/two-phase-commit"))
	least, most := 1, 12
	claims := map[string]string{"consistent": "proved", "decides": "proved"}
	want := listJSON{Schema: "lockstep/list/v1", Systems: []systemJSON{{
		Name: "classic/two-phase-commit", Summary: object.Systems[0].Summary,
		Parameters: []parameterJSON{{Name: "rm", Help: "resource managers", Default: 3.0, Min: &least, Max: &most}},
		Properties: []propertyJSON{
			{"consistent", "C-1.1", "no resource manager commits where another one aborts", "proved"},
			{"decides", "C-1.2", "in the end every resource manager has committed or aborted", "proved"},
		},
		Cases: []caseJSON{
			{map[string]any{"rm": 3.0}, claims}, {map[string]any{"rm": 5.0}, claims}, {map[string]any{"rm": 7.0}, claims},
		},
	}}}
	if diff := cmp.Diff(want, object); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if all := decode[listJSON](t, runs(t.Context(), "list", "--json")); len(all.Systems) < 2 {
		t.Errorf("the catalogue has %d systems", len(all.Systems))
	}
}

func TestVersionJSON(t *testing.T) {
	v := decode[versionJSON](t, runs(t.Context(), "version", "--json"))
	if v.Schema != "lockstep/version/v1" || v.Trace != "v1" || !slices.Contains(v.Schemas, "lockstep/prove/v1") || !strings.HasPrefix(v.Go, "go1.") {
		t.Errorf("%+v", v)
	}
}

// The object of random runs: what they met of a system that is explored elsewhere, and what it is worth.
func TestProveRandomJSON(t *testing.T) {
	got := runs(t.Context(), "prove", "--json", "classic/two-phase-commit", "--set", "rm=3", "--random", "walk", "--runs", "2000", "--steps", "30")
	if got.Status != 3 || got.Stderr != "" {
		t.Errorf("status %d, stderr %q", got.Status, got.Stderr)
	}
	object := decode[randomJSON](t, got)
	if object.Schema != "lockstep/random/v1" || object.Strategy != "walk" || object.Seed != 1 || object.Steps != 30 || len(object.Samples) != 1 {
		t.Fatalf("%+v", object)
	}
	s := object.Samples[0]
	if s.Runs != 2000 || s.States.Distinct > 288 || s.States.Distinct < 200 || s.Curve[len(s.Curve)-1].States != s.States.Distinct { // 288: SPEC.md, C-1
		t.Errorf("%+v", s)
	}
	r := s.Results[0]
	if diff := cmp.Diff(randomResultJSON{Parameters: map[string]any{"rm": 3.0}, Property: "consistent", Clause: "C-1.1", Claim: "proved", Verdict: "unknown",
		Judged: true, Runs: 2000}, r, cmpopts.IgnoreFields(randomResultJSON{}, "Reason", "Interval", "Upper")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r.Upper < 0.00149 || r.Upper > 0.0015 { // 1-0.05^(1/2000)
		t.Errorf("upper %g", r.Upper)
	}
}
