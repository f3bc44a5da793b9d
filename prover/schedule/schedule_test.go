package schedule_test

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
	"github.com/lockstep-prover/lockstep/model/network"
	"github.com/lockstep-prover/lockstep/prover/schedule"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// The lock with parameters of its own, and one of its properties.
func lockOf(t rapid.TB, property string, chosen ...spec.Setting) (*model.System, model.Property) {
	t.Helper()
	e, err := spec.Find("mutex/exclusive-queue")
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.Settings(chosen...)
	if err != nil {
		t.Fatal(err)
	}
	sys, claims, err := e.Instance(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		if c.Name == property {
			return sys, c.Property
		}
	}
	t.Fatalf("the lock has no property %s", property)
	return nil, model.Property{}
}

var seldomFaults = schedule.Options{Seldom: func(a model.Action) bool { return network.IsFault(a.Event) }}

// A random lock, of parameters and sizes that nobody explores: the broker never grants it twice (SPEC.md, P-1).
func TestTheBrokerNeverGrantsALockTwice(t *testing.T) {
	e, err := spec.Find("mutex/exclusive-queue")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var chosen []spec.Setting
		for _, p := range e.Parameters {
			value := ""
			if p.Values != nil {
				value = rapid.SampledFrom(p.Values).Draw(t, p.Name)
			} else {
				value = strconv.Itoa(rapid.IntRange(p.Min, p.Max).Draw(t, p.Name))
			}
			chosen = append(chosen, spec.Setting{Name: p.Name, Value: value})
		}
		sys, exclusion := lockOf(t, "broker-exclusion", chosen...)
		seldomFaults.Run(t, sys, 60, exclusion)
	})
}

// Two-phase commit with a dozen resource managers, more states than a test explores, never ends half committed (Gray and Lamport).
func TestTwoPhaseCommitIsConsistent(t *testing.T) {
	sys, err := classic.TwoPhaseCommit(12)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) { schedule.Run(t, sys, 80, classic.Consistent()) })
}

// judge runs a property test that has to fail, from a seed of rapid's, and returns what it said.
func judge(t *testing.T, seed int, test func(*rapid.T)) string {
	t.Helper()
	for name, value := range map[string]string{"rapid.seed": strconv.Itoa(seed), "rapid.nofailfile": "true", "rapid.checks": "1000"} {
		f := flag.Lookup(name)
		was := f.Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = flag.Set(name, was) }()
	}
	r := &recorder{name: t.Name()}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(r) {
				panic(p)
			}
		}()
		rapid.Check(r, test)
	}()
	if !r.failed {
		t.Fatalf("seed %d: the test did not fail:\n%s", seed, r.said.String())
	}
	return r.said.String()
}

// rapid comes from a random run to a shortest one: nine steps for two believers, as an exploration says (SPEC.md, P-2), whatever the
// run began with.
func TestShrinkingComesToAShortestRun(t *testing.T) {
	sys, belief := lockOf(t, "belief-exclusion")
	for _, options := range []schedule.Options{{}, seldomFaults} {
		for seed := 1; seed <= 2; seed++ {
			said := judge(t, seed, func(t *rapid.T) { options.Run(t, sys, 60, belief) })
			trace := readBack(t, said)
			if _, _, err := traces.Judge(trace, sys, belief); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			if len(trace.Lines) != 9 {
				t.Errorf("seed %d: shrunk to %d steps:\n%s", seed, len(trace.Lines), trace)
			}
		}
	}
}

// readBack finds the first trace in the account of a failure.
func readBack(t *testing.T, said string) *traces.Trace {
	t.Helper()
	i := strings.Index(said, "lockstep trace")
	if i < 0 {
		t.Fatalf("no trace in\n%s", said)
	}
	text, _, _ := strings.Cut(said[i:], "\n\n\n")
	text, _, _ = strings.Cut(text, "\nTo reproduce")
	trace, err := traces.Parse(strings.NewReader(strings.TrimRight(text, "\n") + "\n"))
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return trace
}

// recorder is a test that goes wrong in the place of one.
type recorder struct {
	name   string
	said   strings.Builder
	failed bool
}

func (r *recorder) Helper()                           {}
func (r *recorder) Name() string                      { return r.name }
func (r *recorder) Failed() bool                      { return r.failed }
func (r *recorder) Log(args ...any)                   { fmt.Fprintln(&r.said, args...) }
func (r *recorder) Logf(format string, args ...any)   { fmt.Fprintf(&r.said, format+"\n", args...) }
func (r *recorder) Fail()                             { r.failed = true }
func (r *recorder) FailNow()                          { r.failed = true; panic(r) }
func (r *recorder) Error(args ...any)                 { r.Log(args...); r.Fail() }
func (r *recorder) Errorf(format string, args ...any) { r.Logf(format, args...); r.Fail() }
func (r *recorder) Fatal(args ...any)                 { r.Log(args...); r.FailNow() }
func (r *recorder) Fatalf(format string, args ...any) { r.Logf(format, args...); r.FailNow() }
func (r *recorder) Skip(args ...any)                  { r.Fatal(args...) }
func (r *recorder) Skipf(format string, args ...any)  { r.Fatalf(format, args...) }
func (r *recorder) SkipNow()                          { r.FailNow() }
