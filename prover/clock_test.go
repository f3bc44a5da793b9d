package prover_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// timekeeper is an automaton whose moves start and stop its timer.
type timekeeper struct {
	automaton
	windows []model.Window // by state: how the timer is armed on entering it; Latest -1: it is stopped
}

func (k *timekeeper) Step(from model.ID, e model.Event, out *model.Out) {
	if _, ok := e.(model.Expired); ok {
		k.state = (k.state + 1) % len(k.table)
	} else {
		k.automaton.Step(from, e, out)
	}
	if w := k.windows[k.state]; w.Latest < 0 {
		out.Cancel(bell)
	} else {
		out.Arm(bell, w)
	}
}

func (k *timekeeper) Clone() model.Machine { c := *k; return &c }

// anyTimedSystem is anySystem with a timer for each machine, under a clock.
func anyTimedSystem(t *rapid.T) *model.System {
	plain := anySystem(t, 4, 5)
	var members []model.Member
	clock := model.Clock{Tick: rapid.Int64Range(1, 3).Draw(t, "tick")}
	for id := range model.ID(plain.Len()) {
		k := &timekeeper{automaton: *plain.Initial(id).(*automaton)}
		for range k.table {
			w := model.Window{Latest: -1}
			switch rapid.IntRange(0, 4).Draw(t, "window") {
			case 0:
			case 1:
				w = model.Window{Earliest: model.Forever, Latest: rapid.Int64Range(0, 6).Draw(t, "latest")}
			case 2:
				w = model.Window{Earliest: rapid.Int64Range(0, 6).Draw(t, "earliest"), Latest: model.Forever}
			default:
				w.Earliest = rapid.Int64Range(0, 6).Draw(t, "earliest")
				w.Latest = w.Earliest + rapid.Int64Range(0, 4).Draw(t, "more")
			}
			k.windows = append(k.windows, w)
		}
		members = append(members, model.Member{Name: plain.Name(id), Machine: k, Timers: []model.Timer{bell}})
		if rapid.IntRange(0, 3).Draw(t, "urgent") == 0 {
			even := func(e model.Event) bool { return e.(choice)%2 == 0 }
			clock.Urgent = append(clock.Urgent, model.Urgency{Machine: id, Class: even})
		}
		if rapid.IntRange(0, 3).Draw(t, "drifts") == 0 {
			clock.Drift = append(clock.Drift, model.Drift{Machine: id, Ratio: model.Ratio{Numerator: 3, Denominator: 2}})
		}
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	if sys, err = sys.Timed(clock); err != nil {
		t.Fatal(err)
	}
	return sys
}

// The interned and the concrete semantics agree on time, and timed systems keep the contract.
func TestTimedSystemsAgreeWithTheNaiveExplorer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sys := anyTimedSystem(t)
		properties := []model.Property{
			{Name: "live", Kind: model.DeadlockFree},
			{Name: "late", Kind: model.Monitored, Monitor: &stopwatch{limit: 2}},
			{Name: "exhaust", Kind: model.Invariant, Holds: func(model.View) bool { return true }},
		}
		want, err := explore(sys, properties)
		if err != nil {
			t.Fatal(err)
		}
		got, err := prover.Explore(context.Background(), sys, properties, prover.Fine(prover.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		if all := got[2]; all.States != want.states || all.Transitions != want.transitions || all.Depth != want.depth {
			t.Fatalf("%d states, %d transitions, depth %d; the naive explorer has %d, %d, %d",
				all.States, all.Transitions, all.Depth, want.states, want.transitions, want.depth)
		}
		for _, r := range got[:2] {
			if length, found := want.shortest[r.Property.Name]; found != (r.Verdict == model.Refuted) || found && length != len(r.Trace) {
				t.Fatalf("%s is %v in %d steps; the naive explorer says %t in %d", r.Property.Name, r.Verdict, len(r.Trace), found, length)
			}
		}
		if err := model.Conform(sys, rand.New(rand.NewPCG(1, 2)).IntN, 50); err != nil {
			t.Fatal(err)
		}
	})
}

// A deadline that nobody meets brings time to a halt, and freedom from deadlock says so.
func TestTimeThatStopsIsADeadlock(t *testing.T) {
	for _, w := range []model.Window{{Earliest: 3, Latest: 3}, {Earliest: model.Forever, Latest: 3}} {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			table := []row{{actions: []move{{next: 1}}}, {}, {}}
			k := &timekeeper{automaton{table: table}, []model.Window{{Latest: -1}, w, {Latest: -1}}}
			sys, err := model.Compose(model.Member{Name: "k", Machine: k, Timers: []model.Timer{bell}})
			if err != nil {
				t.Fatal(err)
			}
			if sys, err = sys.Timed(model.Clock{Tick: 1}); err != nil {
				t.Fatal(err)
			}
			results, err := prover.Explore(t.Context(), sys, []model.Property{{Name: "live", Kind: model.DeadlockFree}}, prover.Options{})
			if err != nil {
				t.Fatal(err)
			}
			stops := w.Earliest == model.Forever
			if r := results[0]; (r.Verdict == model.Refuted) != stops || stops && len(r.Trace) != 4 {
				t.Errorf("%v in %d steps", r.Verdict, len(r.Trace))
			}
		})
	}
}
