package random_test

import (
	"context"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/random"
)

// fault is an event of a class of its own.
type fault struct{ counter }

type breaks struct{}

func (breaks) String() string { return "breaks" }

func (f *fault) Actions(dst []model.Event) []model.Event {
	if f.n == 0 {
		dst = append(dst, breaks{})
	}
	return dst
}
func (f *fault) Step(model.ID, model.Event, *model.Out) { f.n++ }
func (f *fault) Clone() model.Machine                   { g := *f; return &g }

// A fault after all 40 steps of another machine: a walk delays it so long once in 2^40. In a swarm it is put off in half the
// runs, and the other machine is not in half of those. Each member is drawn as often as any other, and both violate or neither.
func TestSwarm(t *testing.T) {
	var family []random.Member
	for range 3 {
		family = append(family, func() (*model.System, []model.Property, error) {
			sys := compose(t, &counter{offers: upTo(40)}, &fault{})
			return sys, []model.Property{never("late", func(v model.View) bool { return value(v, 0) == 40 && v[1].(*fault).n == 0 })}, nil
		})
	}
	swarm := func(workers int) *random.Report {
		r, err := random.Swarm(context.Background(), family, random.Options{Runs: 1200, Steps: 50, Workers: workers, Count: true})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := swarm(1)
	hits, runs := 0, 0
	for i, res := range r.Results {
		if res.Member != i || res.Runs < 300 || res.Runs > 500 || len(res.Trace) != 40 {
			t.Errorf("member %d: %d runs, trace of %d steps", res.Member, res.Runs, len(res.Trace))
		}
		hits, runs = hits+res.Hits, runs+res.Runs
	}
	if i := random.ClopperPearson(hits, runs, 0.999); runs != 1200 || i.Low > 0.25 || i.High < 0.25 {
		t.Errorf("%d of %d runs: %+v; the probability is 1/4", hits, runs, i)
	}
	if diff := cmp.Diff(r, swarm(3), cmpopts.IgnoreFields(random.Report{}, "Elapsed"), cmpopts.IgnoreFields(model.Property{}, "Holds")); diff != "" {
		t.Errorf("three workers:\n%s", diff)
	}
	if r.Deadlocks != 1200 {
		t.Errorf("putting off prevents %d runs from ending", 1200-r.Deadlocks)
	}
}

// A walk is what the documentation of the stream says: made here once more from nothing but that, model.State and the generator.
func TestWalkByHand(t *testing.T) {
	const seed, number, steps = 9, 3, 40
	drunk := compose(t, &counter{n: 5, offers: func(int) []int { return []int{-1, 1, 2} }}, &counter{offers: upTo(4)})
	key := [32]byte{0: seed, 8: number}
	copy(key[16:], "lockstep/random1")
	stream := rand.NewChaCha8(key)
	st := drunk.Start()
	var want []model.Action
	for range steps {
		actions := st.Actions(nil) // never one alone, for which nothing would be drawn
		high, _ := bits.Mul64(stream.Uint64(), uint64(len(actions)))
		want = append(want, actions[high])
		st.Step(actions[high])
	}
	got, err := random.Repeat(drunk, random.Options{Seed: seed, Steps: steps}, number)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-by hand +run:\n%s", diff)
	}
}
