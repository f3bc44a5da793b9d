package prover_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// With partial-order reduction the verdicts and the lengths of counterexamples on random systems are those of the naive explorer,
// on any number of workers, on disk and in memory; and the reduction does reduce.
func TestPartialOrder(t *testing.T) {
	reduced := 0
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		sys := anySystem(t, 4, 5)
		limit := rapid.IntRange(0, 8).Draw(t, "limit")
		var reads []model.ID
		for m := range model.ID(sys.Len()) {
			if rapid.IntRange(0, 2).Draw(t, "read") == 0 {
				reads = append(reads, m)
			}
		}
		total := func(v model.View) (n int) {
			for _, m := range reads {
				n += v[m].(*automaton).state
			}
			return n
		}
		if reads == nil {
			reads = []model.ID{}
		}
		properties := []model.Property{
			{Name: "below", Kind: model.Invariant, Reads: reads, Holds: func(v model.View) bool { return total(v) <= limit }},
			{Name: "reach", Kind: model.Reachable, Reads: reads, Holds: func(v model.View) bool { return total(v) == limit }},
			{Name: "live", Kind: model.DeadlockFree},
			{Name: "exhaust", Kind: model.Invariant, Reads: []model.ID{}, Holds: func(model.View) bool { return true }},
		}
		if rapid.Bool().Draw(t, "monitor") { // it orders everything that is observed
			properties = append(properties, model.Property{Name: "no-echo", Kind: model.Monitored, Monitor: &counter{}})
		}
		want, err := explore(sys, properties)
		if err != nil {
			t.Fatal(err)
		}
		var first []prover.Result
		for _, options := range []prover.Options{{Workers: 1}, {Workers: 2}, {Workers: 1, Memory: 1, Spill: dir}} {
			got, err := prover.Explore(context.Background(), sys, properties, prover.Fine(options))
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range got {
				length, found := want.shortest[r.Property.Name]
				verdict := model.Proved
				if found != (r.Property.Kind == model.Reachable) {
					verdict = model.Refuted
				}
				if r.Verdict != verdict || found && len(r.Trace) != length {
					t.Fatalf("%s is %v in %d steps, by %v; the naive explorer says %v in %d",
						r.Property.Name, r.Verdict, len(r.Trace), r.Reductions, verdict, length)
				}
				if r.States > want.states || r.Transitions > want.transitions {
					t.Fatalf("%d states, %d transitions; there are %d, %d", r.States, r.Transitions, want.states, want.transitions)
				}
				got[i].Elapsed, got[i].Property = 0, model.Property{Name: r.Property.Name}
			}
			if options.Spill != "" { // which takes fewer ample sets
				continue
			}
			if first == nil {
				first = got
			} else if diff := cmp.Diff(first, got); diff != "" {
				t.Fatalf("one worker, two workers:\n%s", diff)
			}
		}
		if r := first[3]; r.Reductions != nil {
			reduced++
		}
	})
	if reduced < 3 { // about one in six is
		t.Errorf("only %d systems were reduced", reduced)
	}
}

// walker counts to a number and stops.
type walker struct{ at, end int }

func (w *walker) Actions(dst []model.Event) []model.Event {
	if w.at < w.end {
		dst = append(dst, choice(w.at))
	}
	return dst
}
func (w *walker) Step(model.ID, model.Event, *model.Out) { w.at++ }
func (w *walker) Clone() model.Machine                   { c := *w; return &c }
func (w *walker) AppendState(dst []byte) []byte          { return model.AppendInt(dst, w.at) }

// Walkers that nobody watches go one after the other; where a property watches two of them, they still meet.
func TestPartialOrderSeesWhatAPropertyReads(t *testing.T) {
	var members []model.Member
	for _, name := range []string{"a", "b", "c"} {
		members = append(members, model.Member{Name: name, Machine: &walker{end: 9}})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	at := func(v model.View, m int) int { return v[m].(*walker).at }
	apart := model.Property{Name: "apart", Reads: []model.ID{0, 1}, Holds: func(v model.View) bool { return at(v, 0) != 5 || at(v, 1) != 5 }}
	never := model.Property{Name: "never", Reads: []model.ID{0, 1}, Holds: func(v model.View) bool { return at(v, 0) < 10 }}
	whole := prover.Fine(prover.Options{NoPartialOrder: true})
	for _, c := range []struct {
		property model.Property
		options  prover.Options
		verdict  model.Verdict
		states   int64
	}{
		{apart, prover.Fine(prover.Options{}), model.Refuted, 0},
		{never, prover.Fine(prover.Options{}), model.Proved, 10*10 + 9}, // c walks first, then a and b in every order
		{never, whole, model.Proved, 10 * 10 * 10},
	} {
		r, err := prover.Explore(context.Background(), sys, []model.Property{c.property}, c.options)
		if err != nil || r[0].Verdict != c.verdict || c.states > 0 && r[0].States != c.states {
			t.Errorf("%s: %v, %d states, %v; want %v, %d", c.property.Name, r[0].Verdict, r[0].States, err, c.verdict, c.states)
		}
		if c.verdict == model.Refuted && len(r[0].Trace) != 10 {
			t.Errorf("refuted in %d steps, want 10", len(r[0].Trace))
		}
	}
}

// A step that first opens the door which it then goes through disturbs a footprint, although the door as it stands refuses the
// second part. It is not the step's later sends that the footprint answers in its present state, only the first to each machine.
func TestPartialOrderFollowsTheOrderOfSends(t *testing.T) {
	const unlock, lock, shut = word(0), word(1), word(2)
	const walk = 9
	to := func(next int) move { return move{next: next} }
	no := move{refuse: true}
	door := &automaton{table: []row{ // locked, open, shut for ever
		{inputs: []move{unlock: to(1), lock: no, shut: to(2)}},
		{inputs: []move{unlock: no, lock: to(0), shut: to(2)}},
		{inputs: []move{unlock: no, lock: no, shut: no}},
	}}
	keeper := &automaton{table: []row{{actions: []move{{next: 1, sends: []model.Delivery{{To: 1, Event: shut}}}}}, {}}}
	guest := &automaton{}
	for i := range walk {
		guest.table = append(guest.table, row{actions: []move{to(i + 1)}})
	}
	through := move{next: walk + 1, sends: []model.Delivery{{To: 1, Event: unlock}, {To: 1, Event: lock}}}
	guest.table = append(guest.table, row{actions: []move{through}}, row{})
	sys, err := model.Compose(model.Member{Name: "keeper", Machine: keeper}, model.Member{Name: "door", Machine: door},
		model.Member{Name: "guest", Machine: guest})
	if err != nil {
		t.Fatal(err)
	}
	inside := model.Property{Name: "inside", Kind: model.Reachable, Reads: []model.ID{2},
		Holds: func(v model.View) bool { return v[2].(*automaton).state == walk+1 }}
	r, err := prover.Explore(context.Background(), sys, []model.Property{inside}, prover.Fine(prover.Options{}))
	if err != nil || r[0].Verdict != model.Proved || len(r[0].Trace) != walk+1 {
		t.Errorf("the guest gets inside: %v in %d steps, %v; want proved in %d", r[0].Verdict, len(r[0].Trace), err, walk+1)
	}
}

// A machine that a step only reaches may have something to do itself, and may have to do it before.
func TestPartialOrderLeavesOthersTheirActions(t *testing.T) {
	const hand, shut = word(0), word(1)
	const walk = 9
	stay := func(i int) []move { return []move{hand: {next: i}, shut: {next: i}} }
	keeper := &automaton{table: []row{{actions: []move{{next: 1, sends: []model.Delivery{{To: 1, Event: shut}}}}}, {}}}
	porter := &automaton{table: []row{ // has the parcel, has handed it over, has been shut out
		{actions: []move{{next: 1, sends: []model.Delivery{{To: 2, Event: hand}}}}, inputs: []move{hand: {}, shut: {next: 2}}},
		{inputs: stay(1)}, {inputs: stay(2)},
	}}
	guest := &automaton{} // takes a parcel when it has arrived
	for i := range walk {
		guest.table = append(guest.table, row{actions: []move{{next: i + 1}}, inputs: []move{hand: {refuse: true}, shut: {next: i}}})
	}
	guest.table = append(guest.table, row{inputs: []move{hand: {next: walk + 1}, shut: {next: walk}}}, row{inputs: stay(walk + 1)})
	sys, err := model.Compose(model.Member{Name: "keeper", Machine: keeper}, model.Member{Name: "porter", Machine: porter},
		model.Member{Name: "guest", Machine: guest})
	if err != nil {
		t.Fatal(err)
	}
	has := model.Property{Name: "has", Kind: model.Reachable, Reads: []model.ID{2},
		Holds: func(v model.View) bool { return v[2].(*automaton).state == walk+1 }}
	r, err := prover.Explore(context.Background(), sys, []model.Property{has}, prover.Fine(prover.Options{}))
	if err != nil || r[0].Verdict != model.Proved || len(r[0].Trace) != walk+1 {
		t.Errorf("the guest gets the parcel: %v in %d steps, %v; want proved in %d", r[0].Verdict, len(r[0].Trace), err, walk+1)
	}
}

// A machine that goes round for ever, undisturbed and unseen, does not keep another one from going anywhere.
func TestPartialOrderIgnoresNobody(t *testing.T) {
	spinner := &automaton{table: []row{{actions: []move{{next: 1}}}, {actions: []move{{next: 0}}}}}
	sys, err := model.Compose(model.Member{Name: "spinner", Machine: spinner}, model.Member{Name: "walker", Machine: &walker{end: 9}})
	if err != nil {
		t.Fatal(err)
	}
	arrives := model.Property{Name: "arrives", Kind: model.Reachable, Reads: []model.ID{1},
		Holds: func(v model.View) bool { return v[1].(*walker).at == 9 }}
	r, err := prover.Explore(context.Background(), sys, []model.Property{arrives}, prover.Fine(prover.Options{}))
	if err != nil || r[0].Verdict != model.Proved || len(r[0].Trace) != 9 {
		t.Errorf("the walker arrives: %v in %d steps, %v; want proved in 9", r[0].Verdict, len(r[0].Trace), err)
	}
}
