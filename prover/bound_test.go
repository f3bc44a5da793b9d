package prover_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// idler is a machine with one state; it takes a bit of every packed state.
type idler struct{}

func (idler) Actions(dst []model.Event) []model.Event { return dst }
func (idler) Step(model.ID, model.Event, *model.Out)  {}
func (idler) Clone() model.Machine                    { return idler{} }
func (idler) AppendState(dst []byte) []byte           { return dst }

func at(v model.View, m int) int { return v[m].(*walker).at }

// The visited set goes to disk for the first time while it is packed anew, from one word a state to two: when the level, at 127,
// needs one bit more. No state is lost: the one that violates is found where three walkers have come to 110, 18 and 0.
func TestDiskBeginsInTheMiddleOfWidening(t *testing.T) {
	var members []model.Member
	for i := range 3 {
		members = append(members, model.Member{Name: fmt.Sprintf("walker/%d", i), Machine: &walker{end: 110}})
	}
	for i := range 35 {
		members = append(members, model.Member{Name: fmt.Sprintf("idler/%d", i), Machine: idler{}})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	apart := model.Property{Name: "apart", Holds: func(v model.View) bool { return at(v, 0) != 110 || at(v, 1) != 18 || at(v, 2) != 0 }}
	for _, options := range []prover.Options{{}, {Memory: 7_500_000, Spill: t.TempDir()}} {
		r, err := prover.Explore(context.Background(), sys, []model.Property{apart}, options)
		if err != nil {
			t.Fatal(err)
		}
		// Up to level 128 the walkers have come to all places whose sum is that or less, but for those beyond 110.
		states := int64(0)
		for sum := range 129 {
			for a := range min(sum, 110) + 1 {
				for b := range min(sum-a, 110) + 1 {
					if sum-a-b <= 110 {
						states++
					}
				}
			}
		}
		if r[0].Verdict != model.Refuted || len(r[0].Trace) != 128 || r[0].States != states {
			t.Errorf("%+v: %v in %d steps, %d states; want refuted in 128, %d", options, r[0].Verdict, len(r[0].Trace), r[0].States, states)
		}
	}
}

// What is wrong with a property is an error, and no verdict.
func TestExploreRefusesProperties(t *testing.T) {
	sys, err := model.Compose(model.Member{Name: "walker", Machine: &walker{end: 3}})
	if err != nil {
		t.Fatal(err)
	}
	holds := func(model.View) bool { return true }
	for want, p := range map[string]model.Property{
		"has no name":           {Kind: model.DeadlockFree},
		"reads machine 1, of 1": {Name: "far", Holds: holds, Reads: []model.ID{1}},
		"reads machine -1":      {Name: "near", Kind: model.Eventually, Holds: holds, Reads: []model.ID{-1}},
		"what holds":            {Name: "nothing"},
		"no monitor":            {Name: "deaf", Kind: model.Monitored},
	} {
		r, err := prover.Explore(context.Background(), sys, []model.Property{p}, prover.Options{})
		if err == nil || !strings.Contains(err.Error(), want) || r != nil {
			t.Errorf("%v, %v; want an error about %q", r, err, want)
		}
	}
}

// sluggard is a walker that may also turn back.
type sluggard struct {
	walker
	turns bool
}

func (s *sluggard) Actions(dst []model.Event) []model.Event {
	if dst = s.walker.Actions(dst); s.turns && s.at == 1 {
		dst = append(dst, choice(-1))
	}
	return dst
}

func (s *sluggard) Step(from model.ID, e model.Event, out *model.Out) {
	if s.walker.Step(from, e, out); e == choice(-1) {
		s.at = -1
	}
}

func (s *sluggard) Clone() model.Machine { c := *s; return &c }

// A checkpoint is of the model as it was: where a machine offers more than it did, though its states are encoded as they were, nothing
// of what was explored counts. And a bound on the depth holds for what was explored before, too.
func TestResumeOfAnotherModel(t *testing.T) {
	options := prover.Options{Checkpoint: prover.Checkpoint{File: filepath.Join(t.TempDir(), "c"), Resume: true}}
	run := func(turns bool, o prover.Options) ([]prover.Result, error) {
		sys, err := model.Compose(model.Member{Name: "walker", Machine: &sluggard{walker{end: 9}, turns}})
		if err != nil {
			t.Fatal(err)
		}
		ahead := model.Property{Name: "ahead", Holds: func(v model.View) bool { return v[0].(*sluggard).at >= 0 }}
		return prover.Explore(context.Background(), sys, []model.Property{ahead}, o)
	}
	if r, err := run(false, options); err != nil || r[0].Verdict != model.Proved {
		t.Fatalf("%v, %v", r, err)
	}
	if r, err := run(true, options); err == nil || !strings.Contains(err.Error(), "the model has changed") {
		t.Errorf("%v, %v; want an error", r, err)
	}
	options.Depth = 5
	if r, err := run(false, options); err != nil || r[0].Verdict == model.Unknown {
		t.Errorf("%v, %v; an exploration that is done is within no bound", r, err)
	}
}

// hoarder keeps what it takes, and its clones write to one array.
type hoarder struct{ list []int }

func (h *hoarder) Actions(dst []model.Event) []model.Event {
	if len(h.list) < 3 {
		dst = append(dst, choice(1), choice(2))
	}
	return dst
}
func (h *hoarder) Step(_ model.ID, e model.Event, _ *model.Out) {
	h.list = append(h.list, int(e.(choice)))
}
func (h *hoarder) Clone() model.Machine { c := *h; return &c }
func (h *hoarder) AppendState(dst []byte) []byte {
	dst = model.AppendInt(dst, len(h.list))
	for _, n := range h.list {
		dst = model.AppendInt(dst, n)
	}
	return dst
}

// Clones that share memory are no basis for a verdict, whichever of the passes that it takes sees it: Explore says so, and so does the conformance kit.
func TestClonesThatShareMemory(t *testing.T) {
	sys, err := model.Compose(model.Member{Name: "hoarder", Machine: &hoarder{make([]int, 0, 16)}})
	if err != nil {
		t.Fatal(err)
	}
	never := model.Property{Name: "never", Holds: func(v model.View) bool { return len(v[0].(*hoarder).list) < 9 }}
	apart, last := never, never
	apart.Apart, last.Kind = true, model.InfinitelyOften
	for _, passes := range [][]model.Property{{never}, {never, apart}, {never, last}, {never, apart, last}} {
		r, err := prover.Explore(context.Background(), sys, passes, prover.Options{})
		if err == nil || !strings.Contains(err.Error(), "hoarder") {
			t.Errorf("%v, %v; want an error about the hoarder", r, err)
		}
		for _, r := range r {
			if r.Verdict == model.Proved {
				t.Errorf("of %d properties one is proved", len(passes))
			}
		}
	}
	err = model.Conform(sys, func(n int) int { return n - 1 }, 10)
	if err == nil || !strings.Contains(err.Error(), "shares memory") {
		t.Errorf("the conformance kit says %v", err)
	}
}

// A predicate that panics does it where the caller can see it, by name, whatever the kind and the number of workers.
func TestPredicateThatPanics(t *testing.T) {
	sys, err := model.Compose(model.Member{Name: "a", Machine: &walker{end: 30}}, model.Member{Name: "b", Machine: &walker{end: 30}})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []model.Kind{model.Invariant, model.InfinitelyOften} {
		func() {
			defer func() {
				if said := fmt.Sprint(recover()); !strings.Contains(said, `"blind" declares that it reads the machines [1]`) {
					t.Errorf("kind %d: %v", kind, said)
				}
			}()
			blind := model.Property{Name: "blind", Kind: kind, Reads: []model.ID{1}, Holds: func(v model.View) bool { return at(v, 0) < 99 }}
			prover.Explore(context.Background(), sys, []model.Property{blind}, prover.Fine(prover.Options{Workers: 2}))
		}()
	}
}
