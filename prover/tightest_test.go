package prover_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// sleeper goes off between two and a number of milliseconds after it was set.
type sleeper struct {
	latest int64
	rang   bool
}

var bell = model.Timer{Name: "ring", Peer: model.Self}

func (s *sleeper) Actions(dst []model.Event) []model.Event {
	if !s.rang {
		dst = append(dst, word(0))
	}
	return dst
}

func (s *sleeper) Step(_ model.ID, e model.Event, out *model.Out) {
	if _, ok := e.(model.Expired); ok {
		s.rang = true
	} else {
		out.Observe(word(1))
		out.Arm(bell, model.Window{Earliest: 2, Latest: s.latest})
	}
	if s.rang {
		out.Observe(word(2))
	}
}

func (s *sleeper) Clone() model.Machine          { c := *s; return &c }
func (s *sleeper) AppendState(dst []byte) []byte { return model.AppendBool(dst, s.rang) }

// stopwatch objects when more than limit ticks have passed between word 1 and word 2.
type stopwatch struct {
	limit, passed int64
	running       bool
}

func (w *stopwatch) Actions(dst []model.Event) []model.Event { return dst }
func (w *stopwatch) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e {
	case word(1):
		w.running, w.passed = true, 0
	case word(2):
		w.running, w.passed = false, 0
	case model.Tick{}:
		if w.running {
			w.passed = min(w.passed+1, w.limit+1)
		}
		if w.passed > w.limit {
			out.Violate("late")
		}
	}
}
func (w *stopwatch) Clone() model.Machine { c := *w; return &c }
func (w *stopwatch) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendBool(dst, w.running), w.passed)
}

// within asks whether the sleeper wakes within a bound; a tick is a millisecond.
func within(latest int64) prover.Bounded {
	return func(bound int64) (*model.System, model.Property, error) {
		sys, err := model.Compose(model.Member{Name: "sleeper", Machine: &sleeper{latest: latest}, Timers: []model.Timer{bell}})
		if err != nil {
			return nil, model.Property{}, err
		}
		sys, err = sys.Timed(model.Clock{Tick: 1})
		return sys, model.Property{Name: "wakes", Kind: model.Monitored, Monitor: &stopwatch{limit: bound}}, err
	}
}

// The least bound is the latest moment of the timer, rounded up to what comes into question, and one step less is refuted by
// that many ticks after the one step that sets it.
func TestTightest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		latest := rapid.Int64Range(2, 40).Draw(t, "latest")
		b := prover.Bounds{Least: rapid.Int64Range(0, 5).Draw(t, "least"), Step: rapid.Int64Range(1, 7).Draw(t, "step")}
		b.Most = b.Least + rapid.Int64Range(0, 50).Draw(t, "range")
		tight, err := prover.Tightest(context.Background(), within(latest), b, prover.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := b.Least
		for want < latest {
			want += b.Step
		}
		switch {
		case want > b.Most:
			if tight.Verdict != model.Refuted || tight.Fails == nil || tight.Fails.Bound != b.Most-(b.Most-b.Least)%b.Step {
				t.Fatalf("%+v, want refuted up to %d", tight, b.Most)
			}
		case tight.Verdict != model.Proved || tight.Holds.Bound != want || tight.Holds.Result.Verdict != model.Proved:
			t.Fatalf("%+v, want %d", tight, want)
		case want == b.Least:
			if tight.Fails != nil {
				t.Fatalf("%d is refuted, less than the least", tight.Fails.Bound)
			}
		case tight.Fails.Bound != want-b.Step || len(tight.Fails.Result.Trace) != int(tight.Fails.Bound)+2:
			t.Fatalf("tight by %d in %d steps; want %d in one more than so many ticks", tight.Fails.Bound, len(tight.Fails.Result.Trace), want-b.Step)
		}
	})
}

// The search goes up by doubling and then halves.
func TestTightestTrials(t *testing.T) {
	tight, err := prover.Tightest(t.Context(), within(11), prover.Bounds{Most: 100, Step: 1}, prover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var tried []int64
	for _, trial := range tight.Trials {
		tried = append(tried, trial.Bound)
	}
	if want := []int64{0, 1, 2, 4, 8, 16, 12, 10, 11}; !slices.Equal(tried, want) {
		t.Errorf("tried %v, want %v", tried, want)
	}
}

func TestTightestDoesNotGuess(t *testing.T) {
	tight, err := prover.Tightest(t.Context(), within(20), prover.Bounds{Most: 100, Step: 1}, prover.Options{States: 10})
	if err != nil || tight.Verdict != model.Unknown || tight.Trials[len(tight.Trials)-1].Result.Reason != "state bound 10 reached" {
		t.Errorf("%+v, %v", tight, err)
	}
	if _, err := prover.Tightest(t.Context(), within(20), prover.Bounds{Most: 100}, prover.Options{}); err == nil {
		t.Error("no step, and no error")
	}
	wrong := func(int64) (*model.System, model.Property, error) {
		return nil, model.Property{}, errors.New("no such system")
	}
	if _, err := prover.Tightest(t.Context(), wrong, prover.Bounds{Most: 1, Step: 1}, prover.Options{}); err == nil ||
		!strings.Contains(err.Error(), "bound 0: no such system") {
		t.Errorf("error %v", err)
	}
}
