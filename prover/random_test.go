package prover_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// automaton is a machine given by a table: in each state some actions and an answer to each word, each leading to a state and
// sending words on.
type automaton struct {
	table []row
	state int
}

type row struct {
	actions []move
	inputs  []move // by word
}

type move struct {
	next   int
	sends  []model.Delivery // To and Event
	say    bool             // observe the new state
	refuse bool             // the step is not possible
	cut    bool             // the model does not go on
}

type word int

func (w word) String() string { return fmt.Sprintf("word %d", int(w)) }

type choice int

func (c choice) String() string { return fmt.Sprintf("choice %d", int(c)) }

func (a *automaton) Actions(dst []model.Event) []model.Event {
	for i := range a.table[a.state].actions {
		dst = append(dst, choice(i))
	}
	return dst
}

func (a *automaton) Step(_ model.ID, e model.Event, out *model.Out) {
	var m move
	switch e := e.(type) {
	case choice:
		m = a.table[a.state].actions[e]
	case word:
		m = a.table[a.state].inputs[e]
	}
	a.state = m.next
	for _, d := range m.sends {
		out.Send(d.To, d.Event)
	}
	if m.refuse {
		out.Refuse()
	}
	if m.cut {
		out.Cut("not modelled")
	}
	if m.say {
		out.Observe(word(a.state))
	}
}

func (a *automaton) Clone() model.Machine          { c := *a; return &c }
func (a *automaton) AppendState(dst []byte) []byte { return model.AppendInt(dst, a.state) }

// counter is a monitor: it objects to the third occurrence of a word in a row.
type counter struct{ last, times int }

func (c *counter) Actions(dst []model.Event) []model.Event { return dst }
func (c *counter) Step(_ model.ID, e model.Event, out *model.Out) {
	if n := int(e.(word)); n == c.last {
		c.times = min(c.times+1, 3)
	} else {
		c.last, c.times = n, 1
	}
	if c.times == 3 {
		out.Violate(fmt.Sprintf("word %d three times", c.last))
	}
}
func (c *counter) Clone() model.Machine { d := *c; return &d }
func (c *counter) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendInt(dst, c.last), c.times)
}

const words = 2

// anySystem draws a system of a few automata. A word is answered only with words that are larger, so that every step ends.
func anySystem(t *rapid.T, mostMachines, mostStates int) *model.System {
	machines := rapid.IntRange(1, mostMachines).Draw(t, "machines")
	states := rapid.IntRange(1, mostStates).Draw(t, "states")
	draw := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(t, label) }
	anyMove := func(from int) move {
		m := move{next: draw(states, "next"), say: draw(3, "say") == 0, refuse: draw(5, "refuse") == 0}
		for w := from; w < words; w++ {
			if draw(2, "send") == 0 {
				m.sends = append(m.sends, model.Delivery{To: model.ID(draw(machines, "to")), Event: word(w)})
			}
		}
		return m
	}
	var members []model.Member
	for i := range machines {
		a := &automaton{}
		for range states {
			var r row
			for range draw(3, "actions") {
				r.actions = append(r.actions, anyMove(0))
			}
			for w := range words {
				r.inputs = append(r.inputs, anyMove(w+1))
			}
			a.table = append(a.table, r)
		}
		members = append(members, model.Member{Name: fmt.Sprintf("m%d", i), Machine: a})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

// sum is a predicate with no meaning that some systems satisfy everywhere, some nowhere, some here and there.
func sum(v model.View) (n int) {
	for _, m := range v {
		if a, ok := m.(*automaton); ok {
			n += a.state
		}
	}
	return n
}

// The prover agrees with the naive explorer on random systems: counts, verdicts, the lengths of counterexamples; and with
// itself on any number of workers, counterexamples included.
func TestRandomSystemsAgreeWithTheNaiveExplorer(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		sys := anySystem(t, 4, 5)
		limit := rapid.IntRange(0, 12).Draw(t, "limit")
		properties := []model.Property{
			{Name: "below", Kind: model.Invariant, Holds: func(v model.View) bool { return sum(v) <= limit }},
			{Name: "reach", Kind: model.Reachable, Holds: func(v model.View) bool { return sum(v) == limit }},
			{Name: "live", Kind: model.DeadlockFree},
			{Name: "no-echo", Kind: model.Monitored, Monitor: &counter{}},
			{Name: "exhaust", Kind: model.Invariant, Holds: func(model.View) bool { return true }}, // keeps the exploration going
		}
		want, err := explore(sys, properties)
		if err != nil {
			t.Fatal(err)
		}
		var first []prover.Result
		for _, options := range []prover.Options{
			{Workers: 1}, {Workers: 2}, {Workers: 4}, {Workers: 1, Memory: 1, Spill: dir}, {Workers: 2, Memory: 1, Spill: dir},
		} {
			got, err := prover.Explore(context.Background(), sys, properties, prover.Fine(options))
			if err != nil {
				t.Fatal(err)
			}
			workers := options.Workers
			last := got[len(got)-1]
			if last.States != want.states || last.Transitions != want.transitions || last.Depth != want.depth {
				t.Fatalf("%d workers: %d states, %d transitions, depth %d; the naive explorer has %d, %d, %d",
					workers, last.States, last.Transitions, last.Depth, want.states, want.transitions, want.depth)
			}
			for i, r := range got {
				length, found := want.shortest[r.Property.Name]
				verdict := model.Proved
				if found != (r.Property.Kind == model.Reachable) {
					verdict = model.Refuted
				}
				if r.Verdict != verdict || found && len(r.Trace) != length {
					t.Fatalf("%d workers: %s is %v in %d steps; the naive explorer says %v in %d",
						workers, r.Property.Name, r.Verdict, len(r.Trace), verdict, length)
				}
				got[i].Elapsed, got[i].Property = 0, model.Property{Name: r.Property.Name}
			}
			if first == nil {
				first = got
			} else if diff := cmp.Diff(first, got); diff != "" {
				t.Fatalf("%d workers (-one worker +more):\n%s", workers, diff)
			}
		}
	})
}

// A property that is explored apart has the verdict and the counterexample that it has beside others, and costs the others none of what its monitor remembers.
func TestApartMakesNoDifferenceToVerdicts(t *testing.T) {
	spared := 0
	rapid.Check(t, func(t *rapid.T) {
		sys := anySystem(t, 3, 4)
		limit := rapid.IntRange(0, 8).Draw(t, "limit")
		below := model.Property{Name: "below", Kind: model.Invariant, Holds: func(v model.View) bool { return sum(v) <= limit }}
		noEcho := model.Property{Name: "no-echo", Kind: model.Monitored, Monitor: &counter{}}
		exhaust := model.Property{Name: "exhaust", Kind: model.Invariant, Holds: func(model.View) bool { return true }}
		run := func(apart bool) (results []prover.Result) {
			noEcho.Apart = apart
			results, err := prover.Explore(context.Background(), sys, []model.Property{below, noEcho, exhaust}, prover.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return results
		}
		together, apart := run(false), run(true)
		for i, r := range together {
			a := apart[i]
			if a.Property.Name != r.Property.Name || a.Verdict != r.Verdict {
				t.Fatalf("apart: %s is %v; together: %s is %v", a.Property.Name, a.Verdict, r.Property.Name, r.Verdict)
			}
			if diff := cmp.Diff(r.Trace, a.Trace); diff != "" {
				t.Fatalf("%s (-together +apart):\n%s", r.Property.Name, diff)
			}
		}
		alone, err := prover.Explore(context.Background(), sys, []model.Property{below, exhaust}, prover.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if last := apart[2]; last.States != alone[1].States {
			t.Fatalf("beside a property that is explored apart there are %d states, and %d without it", last.States, alone[1].States)
		}
		if apart[2].States < together[2].States {
			spared++
		}
	})
	if spared == 0 {
		t.Error("no monitor ever had states of its own")
	}
}
