package random_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/random"
)

type choice int

func (c choice) String() string { return fmt.Sprintf("choice %d", int(c)) }

// counter adds its choice to n as long as offers says so.
type counter struct {
	n      int
	offers func(n int) []int
}

func (c *counter) Actions(dst []model.Event) []model.Event {
	for _, by := range c.offers(c.n) {
		dst = append(dst, choice(by))
	}
	return dst
}
func (c *counter) Step(_ model.ID, e model.Event, _ *model.Out) { c.n += int(e.(choice)) }
func (c *counter) Clone() model.Machine                         { d := *c; return &d }
func (c *counter) AppendState(dst []byte) []byte                { return model.AppendInt(dst, c.n) }

func upTo(limit int) func(int) []int {
	return func(n int) []int {
		if n < limit {
			return []int{1}
		}
		return nil
	}
}

func compose(t *testing.T, machines ...model.Machine) *model.System {
	t.Helper()
	var members []model.Member
	for i, m := range machines {
		members = append(members, model.Member{Name: fmt.Sprintf("m%d", i), Machine: m})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

func never(name string, bad func(v model.View) bool) model.Property {
	return model.Property{Name: name, Holds: func(v model.View) bool { return !bad(v) }}
}

func run(t *testing.T, sys *model.System, o random.Options, properties ...model.Property) *random.Report {
	t.Helper()
	r, err := random.Explore(context.Background(), sys, properties, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func value(v model.View, m model.ID) int { return v[m].(*counter).n }

// gambler walks from 1 by fair steps until it is ruined at 0 or has 4: it gets there with probability 1/4 (Pascal).
func gambler(t *testing.T) (*model.System, model.Property) {
	fair := &counter{n: 1, offers: func(n int) []int {
		if n == 0 || n == 4 {
			return nil
		}
		return []int{-1, 1}
	}}
	return compose(t, fair), never("poor", func(v model.View) bool { return value(v, 0) == 4 })
}

// The interval contains a probability that is known otherwise, for at least so many seeds as it promises (500 at 95 %: 475 on
// average, with a standard deviation below 5), and is no wider than a binomial's.
func TestKnownProbability(t *testing.T) {
	sys, poor := gambler(t)
	contained, bounded := 0, 0
	for seed := range uint64(500) {
		r := run(t, sys, random.Options{Runs: 200, Seed: seed, Count: true}, poor).Results[0]
		if r.Runs != 200 || r.Interval.High-r.Interval.Low > 0.15 {
			t.Fatalf("seed %d: %+v", seed, r)
		}
		if r.Interval.Low <= 0.25 && 0.25 <= r.Interval.High {
			contained++
		}
		if 0.25 <= r.Upper {
			bounded++
		}
	}
	if contained < 460 || bounded < 460 || bounded == 500 {
		t.Errorf("of 500 intervals %d contain the probability, of 500 bounds %d are above it", contained, bounded)
	}
}

// A refused action is none: the walk is uniform over what is left. Machine 0 offers three actions, machine 1 refuses one.
func TestWalkIsUniformOverEnabledActions(t *testing.T) {
	sys := compose(t, &asker{}, &guard{})
	r := run(t, sys, random.Options{Runs: 3000, Steps: 1, Count: true},
		never("first", func(v model.View) bool { return v[0].(*asker).got == 1 }),
		never("refused", func(v model.View) bool { return v[0].(*asker).got == 2 }),
		never("last", func(v model.View) bool { return v[0].(*asker).got == 3 }))
	first, refused, last := r.Results[0], r.Results[1], r.Results[2]
	if refused.Hits != 0 || first.Hits+last.Hits != 3000 || first.Interval.Low > 0.5 || first.Interval.High < 0.5 {
		t.Errorf("hits %d, %d, %d", first.Hits, refused.Hits, last.Hits)
	}
	// A refused step leaves nothing behind: in longer runs too, the asker's states are 0, 1 and 3.
	long := run(t, sys, random.Options{Runs: 50, Steps: 20}).Coverage
	if long.States.Distinct != 3 || long.Machines[0].States != 3 || long.Machines[0].Actions != 6 || long.Machines[1].Delivered != 2 {
		t.Errorf("%+v", long)
	}
}

type asker struct{ got int }

func (a *asker) Actions(dst []model.Event) []model.Event {
	return append(dst, choice(1), choice(2), choice(3))
}
func (a *asker) Step(_ model.ID, e model.Event, out *model.Out) {
	a.got = int(e.(choice))
	out.Send(1, e)
}
func (a *asker) Clone() model.Machine          { b := *a; return &b }
func (a *asker) AppendState(dst []byte) []byte { return model.AppendInt(dst, a.got) }

type guard struct{}

func (guard) Actions(dst []model.Event) []model.Event { return dst }
func (guard) Step(_ model.ID, e model.Event, out *model.Out) {
	if e == choice(2) {
		out.Refuse()
	}
}
func (guard) Clone() model.Machine          { return guard{} }
func (guard) AppendState(dst []byte) []byte { return dst }

// The bug has depth 2: machine 1 has to take its one step after the 20th of machine 0's 39 steps and before the 21st. With k = 40
// and n = 2, PCT draws "machine 0 first" (1/2) and "change after step 20" (1/40) exactly then, so that its bound is the
// probability; a walk has to toss 20 times the one side and then the other, 2^-21.
func TestPCTKeepsItsGuarantee(t *testing.T) {
	between := model.Property{Name: "in-between", Kind: model.Monitored, Monitor: &watcher{}}
	watched := compose(t, &teller{counter{offers: upTo(39)}}, &teller{counter{offers: upTo(1)}})
	pct := run(t, watched, random.Options{Strategy: random.PCT, Depth: 2, Runs: 8000, Steps: 40, Count: true}, between)
	if pct.Threads != 2 || pct.DepthChance != 1.0/80 {
		t.Fatalf("%d threads, chance %g", pct.Threads, pct.DepthChance)
	}
	if i := pct.Results[0].Interval; i.Low > 1.0/80 || i.High < 1.0/80 || pct.Results[0].Hits == 0 {
		t.Errorf("PCT: %d of 8000 runs, %+v; the probability is 1/80", pct.Results[0].Hits, i)
	}
	walk := run(t, watched, random.Options{Runs: 8000, Steps: 40, Count: true}, between)
	if walk.Results[0].Hits > 0 {
		t.Errorf("a walk that finds it once in two millions found it %d times in 8000", walk.Results[0].Hits)
	}
	if shallow := run(t, watched, random.Options{Strategy: random.PCT, Depth: 1, Runs: 2000, Steps: 40}, between); shallow.Results[0].Hits > 0 {
		t.Error("without a change point PCT preempts")
	}
}

// teller says what it counts.
type teller struct{ counter }

func (c *teller) Step(from model.ID, e model.Event, out *model.Out) {
	c.counter.Step(from, e, out)
	out.Observe(e)
}
func (c *teller) Clone() model.Machine { d := *c; return &d }

// watcher objects to a word of machine 1 after 20 of machine 0.
type watcher struct{ n int }

func (w *watcher) Actions(dst []model.Event) []model.Event { return dst }
func (w *watcher) Step(from model.ID, _ model.Event, out *model.Out) {
	if from == 0 {
		w.n++
	} else if w.n == 20 {
		out.Violate("in between")
	}
}
func (w *watcher) Clone() model.Machine          { v := *w; return &v }
func (w *watcher) AppendState(dst []byte) []byte { return model.AppendInt(dst, w.n) }

// Each kind of property, and what ends a run.
func TestKinds(t *testing.T) {
	sys := compose(t, &counter{offers: upTo(3)})
	r := run(t, sys, random.Options{Runs: 10, Count: true},
		never("below-2", func(v model.View) bool { return value(v, 0) == 2 }),
		model.Property{Name: "can-3", Kind: model.Reachable, Holds: func(v model.View) bool { return value(v, 0) == 3 }},
		model.Property{Name: "can-4", Kind: model.Reachable, Holds: func(v model.View) bool { return value(v, 0) == 4 }},
		model.Property{Name: "goes-on", Kind: model.DeadlockFree},
		model.Property{Name: "ends-at-3", Kind: model.DeadlockFree, Holds: func(v model.View) bool { return value(v, 0) == 3 }},
		model.Property{Name: "ends", Kind: model.Eventually, Holds: func(v model.View) bool { return value(v, 0) == 3 }},
	)
	var got []string
	for _, p := range r.Results {
		got = append(got, fmt.Sprintf("%s %v %t %d/%d run %d steps %d", p.Property.Name, p.Verdict, p.Judged, p.Hits, p.Runs, p.Run, len(p.Trace)))
	}
	want := []string{
		"below-2 refuted true 10/10 run 0 steps 2",
		"can-3 proved true 10/10 run 0 steps 3",
		"can-4 unknown true 0/10 run -1 steps 0",
		"goes-on refuted true 10/10 run 0 steps 3",
		"ends-at-3 unknown true 0/10 run -1 steps 0",
		"ends unknown false 0/0 run -1 steps 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r.Deadlocks != 10 || r.TotalSteps != 30 || r.Coverage.Transitions.Distinct != 3 || r.Coverage.States.Distinct != 4 {
		t.Errorf("%+v", r)
	}
}

// The same seed gives the same report, whatever the number of workers; another seed another one. Sampling is no exception.
func TestDeterminism(t *testing.T) {
	for _, strategy := range []random.Strategy{random.Walk, random.PCT} {
		for _, kept := range []int{0, 16} {
			report := func(workers int, seed uint64) *random.Report {
				drunk := &counter{n: 50, offers: func(n int) []int { return []int{-1, 1, 2} }}
				sys := compose(t, drunk, &counter{offers: upTo(30)})
				return run(t, sys, random.Options{Strategy: strategy, Runs: 300, Steps: 60, Workers: workers, Seed: seed, States: kept, Count: true},
					never("low", func(v model.View) bool {
						runtime.Gosched() // so that all workers get runs, on one processor too
						return value(v, 0) < 48
					}))
			}
			opts := []cmp.Option{cmpopts.IgnoreFields(random.Report{}, "Elapsed"), cmpopts.IgnoreFields(model.Property{}, "Holds")}
			first := report(1, 5)
			for _, workers := range []int{1, 4} {
				if diff := cmp.Diff(first, report(workers, 5), opts...); diff != "" {
					t.Errorf("%v, %d workers:\n%s", strategy, workers, diff)
				}
			}
			if cmp.Equal(first.Coverage, report(1, 6).Coverage) {
				t.Error("another seed gives the same coverage")
			}
			if sampled := first.Coverage.States.Sampled > 0; sampled != (kept == 16) {
				t.Errorf("keeping %d: %+v", kept, first.Coverage.States)
			}
		}
	}
}

// Runs end when all is decided, and then bound nothing; an interruption is said, and what it left uncounted is not counted.
func TestEnds(t *testing.T) {
	sys, poor := gambler(t)
	r := run(t, sys, random.Options{Runs: 5000}, poor)
	if r.Stopped == "" || r.Runs >= 5000 || r.Results[0].Verdict != model.Refuted || r.Results[0].Interval != (random.Interval{Low: 0, High: 1}) || r.Results[0].Upper != 1 {
		t.Errorf("%+v", r)
	}
	whole, err := random.Repeat(sys, random.Options{}, r.Results[0].Run)
	if err != nil || !cmp.Equal(whole, r.Results[0].Trace) { // rich is where the game ends
		t.Errorf("the run again: %v, %v; the trace: %v", whole, err, r.Results[0].Trace)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	r, err = random.Explore(ctx, sys, []model.Property{poor}, random.Options{})
	if err != nil || r.Stopped != "enough" || r.Runs != 0 || r.Results[0].Verdict != model.Unknown || r.Results[0].Upper != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Draws from an urn of 50 kinds, some rare: what is unmet is known exactly, and the estimate is near it; the bound is above it.
func TestUnmetAgainstAnUrn(t *testing.T) {
	const kinds, runs = 50, 100
	urn := func(n int) []int {
		var all []int
		for i := 1; n == 0 && i <= kinds; i++ {
			all = append(all, i)
		}
		return all
	}
	errors, failures := 0.0, 0
	for seed := range uint64(200) {
		s := run(t, compose(t, &counter{offers: urn}), random.Options{Runs: runs, Seed: seed}).Coverage.Transitions
		unmet := float64(kinds-s.Distinct) / kinds
		if s.Observations != runs || s.NewStep != float64(s.Once)/runs || s.NewRun != s.NewStep {
			t.Fatalf("Good and Turing's estimate is singletons by observations: %+v", s)
		}
		errors += s.NewRun - unmet
		if s.NewRunUpper < unmet || s.NewStepUpper < unmet {
			failures++
		}
	}
	// The mean of the estimate is that of the unmet mass after one draw less, (49/50)^99 = 0.135 against 0.133.
	if mean := errors / 200; math.Abs(mean) > 0.015 {
		t.Errorf("the estimate is off by %g on average", mean)
	}
	if failures > 10 {
		t.Errorf("%d of 200 bounds with 95 %% confidence fail", failures)
	}
}

// A run that draws a kind and then stands still for nine steps has two transitions, observed once and nine times. Both are met in
// one run only if the kind was drawn once, so everything follows from how many were: counted by hand.
func TestRunsAreTheDraws(t *testing.T) {
	const runs = 40
	sys := compose(t, &counter{offers: func(n int) []int {
		if n > 0 {
			return []int{0}
		}
		return []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}
	}})
	s := run(t, sys, random.Options{Runs: runs, Steps: 10, Workers: 1}).Coverage.Transitions
	single := s.Once
	want := random.Species{Distinct: s.Distinct, Observations: 10 * runs, Once: single, OneRun: 2 * single,
		NewStep: float64(single) / runs, NewRun: float64(single) / runs, NewStepUpper: s.NewStepUpper, NewRunUpper: s.NewRunUpper}
	if diff := cmp.Diff(want, s); diff != "" || single == 0 || s.Distinct%2 != 0 || s.NewRunUpper >= 1 || s.NewStepUpper >= 1 {
		t.Errorf("-want +got:\n%s%+v", diff, s)
	}
}

// A run that an interruption breaks off is not counted; those before it are.
func TestInterruptedRun(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	started := 0
	r, err := random.Explore(ctx, compose(t, &counter{offers: upTo(5000)}), []model.Property{never("nothing", func(v model.View) bool {
		if value(v, 0) == 0 {
			if started++; started == 4 {
				cancel(errors.New("enough"))
			}
		}
		return false
	})}, random.Options{Runs: 1000, Steps: 5000, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	// Batches end at 1, 2 and 4: the fourth run is broken off.
	if r.Runs != 3 || r.Results[0].Runs != 3 || r.TotalSteps != 15000 || r.Stopped != "enough" {
		t.Errorf("%d runs, %d steps, stopped: %s", r.Runs, r.TotalSteps, r.Stopped)
	}
}

// A sample of the global states estimates how many there are: 1000 in one line here.
func TestSample(t *testing.T) {
	r := run(t, compose(t, &counter{offers: upTo(999)}), random.Options{Runs: 2, States: 64})
	s := r.Coverage.States
	if s.Sampled == 0 || s.Distinct < 500 || s.Distinct > 2000 || s.NewStepUpper != 1 {
		t.Errorf("%+v", s)
	}
}
