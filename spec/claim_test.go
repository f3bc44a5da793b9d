package spec_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// check explores the system of settings for all its properties.
func check(t rapid.TB, e *spec.Entry, s spec.Settings, opts prover.Options) ([]spec.Claim, []prover.Result) {
	t.Helper()
	sys, claims, err := e.Instance(s)
	if err != nil {
		t.Fatal(err)
	}
	properties := make([]model.Property, len(claims))
	for i, c := range claims {
		properties[i] = c.Property
	}
	results, err := prover.Explore(context.Background(), sys, properties, opts)
	if err != nil {
		t.Fatal(err)
	}
	return claims, results
}

// golden compares with a file of testdata; with LOCKSTEP_UPDATE=1 it writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("LOCKSTEP_UPDATE") == "1" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// The claims are functions of the parameters; they hold for choices that no case makes, too, of every lock. A draw that is too large says nothing of what
// it has not refuted, but most are not.
func TestClaimsHoldForAnyParameters(t *testing.T) {
	t.Parallel()
	var locks []*spec.Entry
	for _, e := range spec.Catalogue() {
		if !e.Abstract && e.Bounds == nil {
			locks = append(locks, e)
		}
	}
	judged, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom(locks).Draw(t, "lock")
		var chosen []spec.Setting
		budget := 2 // faults for each client
		for _, p := range e.Parameters {
			var value string
			switch {
			case p.Name == "clients":
				value = rapid.SampledFrom([]string{"1", "2"}).Draw(t, p.Name)
			case p.Name == "opening" && budget == 0:
				value = "atomic"
			case p.Values != nil:
				value = rapid.SampledFrom(p.Values).Draw(t, p.Name)
			case p.Fault:
				n := rapid.IntRange(0, min(1, budget)).Draw(t, p.Name)
				budget -= n
				value = fmt.Sprint(n)
			default:
				value = fmt.Sprint(rapid.IntRange(p.Min, min(p.Min+1, p.Max)).Draw(t, p.Name))
			}
			chosen = append(chosen, spec.Setting{Name: p.Name, Value: value})
		}
		s, err := e.Settings(chosen...)
		if err != nil {
			t.Fatal(err)
		}
		claims, results := check(t, e, s, prover.Options{States: 30_000})
		for i, r := range results {
			all++
			if r.Verdict == model.Unknown {
				continue
			}
			if judged++; r.Verdict != claims[i].Claimed {
				t.Errorf("%s %v: %s is %v (%s), claimed %v", e.Name, s, r.Property.Name, r.Verdict, r.Reason, claims[i].Claimed)
			}
		}
	})
	if t.Logf("%d of %d verdicts", judged, all); judged < all*2/3 {
		t.Errorf("only %d of %d verdicts", judged, all)
	}
}

// The number of workers changes nothing: not the counts, not the counterexamples, under symmetry neither.
func TestWorkersChangeNothing(t *testing.T) {
	t.Parallel()
	e, err := spec.Find("mutex/exclusive-queue")
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.Settings(spec.Setting{Name: "verify", Value: "publish"}, spec.Setting{Name: "reconnect", Value: "true"})
	if err != nil {
		t.Fatal(err)
	}
	var first []string
	for _, workers := range []int{1, 2, 4} {
		_, results := check(t, e, s, prover.Options{Workers: workers})
		var got []string
		for _, r := range results {
			got = append(got, fmt.Sprint(r.Property.Name, r.Verdict, r.States, r.Transitions, r.Depth, r.Reductions, r.Trace))
		}
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("%d workers (-one worker +more):\n%s", workers, diff)
		}
	}
}

// Symmetry changes no verdict and no length, and what it leaves out is images: without it there are at most n! times the states.
func TestSymmetryChangesNoVerdict(t *testing.T) {
	t.Parallel()
	e, err := spec.Find("mutex/exclusive-queue")
	if err != nil {
		t.Fatal(err)
	}
	choices, err := e.Choices()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range choices {
		claims, with := check(t, e, s, prover.Options{})
		_, without := check(t, e, s, prover.Options{NoSymmetry: true, NoPartialOrder: true})
		for i, r := range with {
			if o := without[i]; r.Verdict != o.Verdict || len(r.Trace) != len(o.Trace) || r.Depth != o.Depth ||
				r.States > o.States || o.States > 2*r.States {
				t.Errorf("%v: %s: %v in %d steps, %d states, depth %d under symmetry; %v in %d, %d, %d without",
					s, claims[i].Name, r.Verdict, len(r.Trace), r.States, r.Depth, o.Verdict, len(o.Trace), o.States, o.Depth)
			}
		}
	}
}

// Sessions that open in one step have the verdicts of those that open frame by frame, releases by channel and connection
// included.
func TestOpeningChangesNoVerdict(t *testing.T) {
	t.Parallel()
	for _, chosen := range []string{
		"mutex/exclusive-consumer release=channel blackhole=0", "mutex/exclusive-consumer release=cancel reset=0",
		"mutex/exclusive-queue verify=publish reconnect=true blackhole=0", "mutex/exclusive-queue verify=publish reconnect=true reset=0", "mutex/exclusive-queue verify=redeclare reconnect=true blackhole=0",
		"mutex/exclusive-queue release=channel blackhole=0", "mutex/exclusive-queue release=connection reconnect=true blackhole=0", "mutex/exclusive-queue release=connection reset=0",
		"mutex/exclusive-queue reset=0 blackhole=0 pause=1", "mutex/exclusive-queue reset=0 blackhole=0 crash=1", "mutex/exclusive-queue reset=0 heartbeat=false",
	} {
		name, chosen, _ := strings.Cut(chosen, " ")
		e, err := spec.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		var settings [2][]spec.Setting
		for i, opening := range []string{"atomic", "stepwise"} {
			for _, word := range strings.Fields(chosen + " opening=" + opening) {
				name, value, _ := strings.Cut(word, "=")
				settings[i] = append(settings[i], spec.Setting{Name: name, Value: value})
			}
		}
		var verdicts [2]string
		for i := range settings {
			s, err := e.Settings(settings[i]...)
			if err != nil {
				t.Fatal(err)
			}
			_, results := check(t, e, s, prover.Options{})
			for _, r := range results {
				verdicts[i] += fmt.Sprintln(r.Property.Name, r.Verdict)
			}
		}
		if diff := cmp.Diff(verdicts[0], verdicts[1]); diff != "" {
			t.Errorf("%s %s (-atomic +stepwise):\n%s", name, chosen, diff)
		}
	}
}

// Channels of one client that are no more stay apart for a queue that has still to hear of them: when they were taken for one, what one had sent ended with
// the other, and the next active consumer was found among the dead.
func TestChannelsThatAreNoMoreStayApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lock, settings, property string }{
		{"semaphore/decrement", "clients=1 blackhole=0 crash=1 heartbeat=false", "decrement-at-least-once"},
		{"mutex/single-active-consumer", "messages=2 release=nack blackhole=0 crash=1", "broker-exclusion"},
	} {
		e, err := spec.Find(c.lock)
		if err != nil {
			t.Fatal(err)
		}
		var chosen []spec.Setting
		for _, word := range strings.Fields(c.settings) {
			name, value, _ := strings.Cut(word, "=")
			chosen = append(chosen, spec.Setting{Name: name, Value: value})
		}
		s, err := e.Settings(chosen...)
		if err != nil {
			t.Fatal(err)
		}
		claims, results := check(t, e, s, prover.Options{})
		for i, r := range results {
			if claims[i].Name == c.property && r.Verdict != model.Proved {
				t.Errorf("%s %s: %s is %v (%s)", c.lock, c.settings, c.property, r.Verdict, r.Reason)
			}
		}
	}
}
