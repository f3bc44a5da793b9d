package shrink_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/network"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/prover/shrink"
	"github.com/lockstep-prover/lockstep/spec"
)

// walk goes at random until the property is violated; nil if it is not within so many steps, or not after the first one.
func walk(sys *model.System, p model.Property, choose func(n int) int, steps int) []model.Action {
	watched := sys
	if p.Kind == model.Monitored {
		var err error
		if watched, err = sys.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor}); err != nil {
			panic(err)
		}
	}
	st := watched.Start()
	if violates(p, st, model.Step{}) {
		return nil
	}
	var trace []model.Action
	for range steps {
		a, ok := anyStep(st, choose)
		if !ok {
			return nil
		}
		trace = append(trace, a)
		if step := st.Step(a); violates(p, st, step) {
			return trace
		}
	}
	return nil
}

// anyStep picks one of the actions that are enabled and not cut.
func anyStep(st *model.State, choose func(n int) int) (model.Action, bool) {
	var offered []model.Action
	for id, m := range st.View() {
		for _, e := range m.Actions(nil) {
			offered = append(offered, model.Action{Machine: model.ID(id), Event: e})
		}
	}
	for len(offered) > 0 {
		i := choose(len(offered))
		a := offered[i]
		if step := st.Clone().Step(a); !step.Refused && step.Cut == "" {
			return a, true
		}
		offered = append(offered[:i], offered[i+1:]...)
	}
	return model.Action{}, false
}

// hold shrinks a trace and holds the result against what shrinking promises.
func hold(t rapid.TB, sys *model.System, p model.Property, trace []model.Action, opts shrink.Options) []model.Action {
	t.Helper()
	small, err := shrink.Trace(context.Background(), sys, p, trace, opts)
	if err != nil {
		t.Fatal(err)
	}
	all := lines(sys, small)
	if len(small) > len(trace) {
		t.Errorf("%d steps became %d", len(trace), len(small))
	}
	if at, followed := judged(sys, p, all, false); at != len(all) || !followed {
		t.Errorf("%s: %v is no run that violates it with its last step (%d, %t)", p.Name, all, at, followed)
	}
	reasons, err := shrink.Why(sys, p, small)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if at, _ := judged(sys, p, without(all, i), false); at >= 0 {
			t.Errorf("%s: %v violates it without step %d, every other one being followed", p.Name, all, i+1)
		}
		if at, _ := judged(sys, p, without(all, i), true); at >= 0 {
			t.Errorf("%s: %v violates it without step %d and what hangs on it", p.Name, all, i+1)
		}
		if !reasons[i].Needed {
			t.Errorf("%s: step %d of %v: %v", p.Name, i+1, all, reasons[i])
		}
	}
	return small
}

// Random runs of random systems become runs that are short, violate, and have no step too many.
func TestRandomRunsOfRandomSystems(t *testing.T) {
	shorter := 0
	rapid.Check(t, func(t *rapid.T) {
		sys, p := anySystem(t), anyProperty(t)
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for range 30 {
			trace := walk(sys, p, rnd.IntN, 60)
			if trace == nil {
				continue
			}
			small := hold(t, sys, p, trace, shrink.Options{States: rapid.SampledFrom([]int{-1, 0}).Draw(t, "states")})
			again, err := shrink.Trace(context.Background(), sys, p, trace, shrink.Options{States: -1})
			if err != nil || len(again) > len(trace) {
				t.Errorf("without shortcuts %d of %d steps: %v", len(again), len(trace), err)
			}
			if len(small) < len(trace) {
				shorter++
			}
		}
	})
	if shorter < 50 {
		t.Errorf("only %d runs became shorter: the test tests little", shorter)
	}
}

// Why agrees with the dumb judge on runs that have not been shrunk: of steps that are needed and of others.
func TestWhyOfRandomRuns(t *testing.T) {
	var count [2]int
	rapid.Check(t, func(t *rapid.T) {
		sys, p := anySystem(t), anyProperty(t)
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for range 15 {
			trace := walk(sys, p, rnd.IntN, 20)
			if trace == nil {
				continue
			}
			reasons, err := shrink.Why(sys, p, trace)
			if err != nil {
				t.Fatal(err)
			}
			all := lines(sys, trace)
			for i, r := range reasons {
				rest := without(all, i)
				at, _ := judged(sys, p, rest, true)
				if r.Needed != (at < 0) {
					t.Errorf("%s: step %d of %v: %v; the judge says %d", p.Name, i+1, all, r, at)
				}
				count[btoi(r.Needed)]++
				// The first blocked step is one at which a run that has to follow every line ends.
				if len(r.Blocked) > 0 {
					k := r.Blocked[0].Step
					if all[k-1] != (line{r.Blocked[0].Machine, r.Blocked[0].Event}) {
						t.Errorf("step %d is %v, not %v", k, all[k-1], r.Blocked[0])
					}
					if _, followed := judged(sys, p, rest[:k-2], false); !followed {
						t.Errorf("step %d of %v: %v, and yet it ends before", i+1, all, r)
					}
					if _, followed := judged(sys, p, rest[:k-1], false); followed {
						t.Errorf("step %d of %v: %v, and yet it goes on", i+1, all, r)
					}
				}
			}
		}
	})
	if count[0] < 50 || count[1] < 50 {
		t.Errorf("%d steps not needed, %d needed: the test tests little", count[0], count[1])
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// instance builds the mutex with one of its properties.
func instance(t rapid.TB, property, chosen string) (*model.System, model.Property) {
	t.Helper()
	e, err := spec.Find("mutex/exclusive-queue")
	if err != nil {
		t.Fatal(err)
	}
	var set []spec.Setting
	for _, word := range strings.Fields(chosen) {
		name, value, _ := strings.Cut(word, "=")
		set = append(set, spec.Setting{Name: name, Value: value})
	}
	s, err := e.Settings(set...)
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
	t.Fatalf("no property %s", property)
	return nil, model.Property{}
}

// Long random runs of the mutex: what remains is at most as long as the walk, minimal, and not shorter than
// the prover's shortest counterexample.
func TestRandomRunsOfTheMutex(t *testing.T) {
	for _, c := range []struct {
		property, chosen string
		shortest         int // SPEC.md and README: by the prover, for two clients
	}{
		{"belief-exclusion", "clients=3 verify=publish reconnect=true reset=2 blackhole=1 pause=1", 9},
		{"verify-truth", "clients=2 verify=publish reconnect=true reset=3 blackhole=0", 13},
		{"release-effective", "clients=2 release=connection reconnect=true reset=3 blackhole=0", 8},
	} {
		sys, p := instance(t, c.property, c.chosen)
		rnd := rand.New(rand.NewPCG(7, 7))
		found, before, after, walks := 0, 0, 0, 0
		for found < 3 {
			walks++
			trace := walk(sys, p, rnd.IntN, 120)
			if trace == nil {
				continue
			}
			small := hold(t, sys, p, trace, shrink.Options{States: 2000})
			if len(small) < c.shortest {
				t.Errorf("%s: %d steps, fewer than the shortest counterexample has", c.property, len(small))
			}
			found, before, after = found+1, before+len(trace), after+len(small)
		}
		t.Logf("%s: %d runs of %d, of %d steps on average, became %.1f", c.property, found, walks, before/found, float64(after)/float64(found))
	}
}

// A thousand steps of four clients without a fault, and then what it takes: at most twice the nine steps of SPEC.md, P-2, remain.
func TestLongRun(t *testing.T) {
	sys, p := instance(t, "belief-exclusion", "clients=4 verify=publish reconnect=true reset=3 blackhole=3")
	rnd := rand.New(rand.NewPCG(1, 1))
	var trace []model.Action
	for st, step := sys.Start(), (model.Step{}); !violates(p, st, step); {
		if len(trace) > 1100 { // the faults are used up, and nothing broke
			trace, st = nil, sys.Start()
		}
		a, _ := anyStep(st, rnd.IntN)
		if len(trace) < 1000 && network.IsFault(a.Event) {
			continue
		}
		trace = append(trace, a)
		step = st.Step(a)
	}
	for _, states := range []int{-1, 0} {
		small := hold(t, sys, p, trace, shrink.Options{States: states})
		if len(small) < 9 || len(small) > 18 {
			t.Errorf("%d states: %d steps became %d", states, len(trace), len(small))
		}
	}
}

// A shortest counterexample is left as it is long.
func TestShortestStaysShortest(t *testing.T) {
	for _, name := range []string{"belief-exclusion", "verify-truth", "release-on-verify", "release-effective"} {
		sys, p := instance(t, name, "verify=publish reconnect=true blackhole=0")
		results, err := prover.Explore(context.Background(), sys, []model.Property{p}, prover.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if small := hold(t, sys, p, results[0].Trace, shrink.Options{}); len(small) != len(results[0].Trace) {
			t.Errorf("%s: %d steps became %d", name, len(results[0].Trace), len(small))
		}
	}
}

// What is no run, shows nothing, or is of another kind is an error; what goes on after the violation is cut.
func TestWhatCannotBeShrunk(t *testing.T) {
	sys, p := instance(t, "belief-exclusion", "blackhole=0")
	results, err := prover.Explore(context.Background(), sys, []model.Property{p}, prover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	good := results[0].Trace
	ofRuns := p
	ofRuns.Kind = model.InfinitelyOften
	for _, c := range []struct {
		p     model.Property
		trace []model.Action
		want  string
	}{
		{p, good[1:], `shrink: step 1: link/a cannot "to broker: ch1 queue.declare lock exclusive" there`},
		{p, good[:3], "shrink: the trace does not show belief-exclusion"},
		{p, []model.Action{{Machine: 99, Event: good[0].Event}}, "shrink: step 1: the system has no machine 99"},
		{ofRuns, good, "shrink: belief-exclusion speaks of infinite runs: its counterexamples are for Lasso and WhyLasso"},
	} {
		if _, err := shrink.Trace(context.Background(), sys, c.p, c.trace, shrink.Options{}); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	more := append(good[:len(good):len(good)], model.Action{Machine: good[0].Machine, Event: good[0].Event})
	if small := hold(t, sys, p, more, shrink.Options{}); len(small) != len(good) {
		t.Errorf("%d steps, want %d", len(small), len(good))
	}
	if _, err := shrink.Why(sys, p, more); err == nil || err.Error() != "why: what the trace shows comes with step 9 of 10" {
		t.Errorf("why: %v", err)
	}
}

// An interrupted shrink returns a run that is good, if not minimal.
func TestInterrupted(t *testing.T) {
	sys, p := instance(t, "belief-exclusion", "verify=publish reconnect=true")
	rnd := rand.New(rand.NewPCG(1, 2))
	var trace []model.Action
	for trace == nil {
		trace = walk(sys, p, rnd.IntN, 400)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	small, err := shrink.Trace(ctx, sys, p, trace, shrink.Options{})
	if !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(trace, small); diff != "" {
		t.Errorf("nothing was to be done:\n%s", diff)
	}
}
