package prover_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
)

// walk is how many steps of its own a client takes before anything else: steps that a reduction is free to reorder.
const walk = 4

// The rows of a client after its walk: it has begun, is through, is done; and spare ones.
const (
	begun = walk + iota
	half
	inside
	done
	torn
)

// words that a variable takes, and those of an answer.
const (
	test word = iota // refused if it is taken
	set              // whatever it is
	take             // test and set
	free
	get      // answered with 5 or 6, by the second variable with 7 or 8
	allWords = 9
)

// client is an automaton that walks, and goes on by the rows given for begun, half and so on; it stays where it is if it is sent
// anything else.
func client(rows map[int]row) *automaton {
	a := &automaton{}
	for i := range torn + 1 {
		r := rows[i]
		if i < walk {
			r.actions = []move{{next: i + 1}}
		}
		for w := len(r.inputs); w < allWords; w++ {
			r.inputs = append(r.inputs, move{next: i})
		}
		a.table = append(a.table, r)
	}
	return a
}

// variable is free or taken. It answers to the first machine, with the word that is given and the next one.
func variable(answer word) *automaton {
	stays := func(i int, w word) move { return move{next: i, sends: []model.Delivery{{To: 0, Event: w}}} }
	quiet := func(i int) []move { return slices.Repeat([]move{{next: i}}, int(allWords-get-1)) }
	return &automaton{table: []row{
		{inputs: append([]move{test: {next: 0}, set: {next: 1}, take: {next: 1}, free: {next: 0}, get: stays(0, answer)}, quiet(0)...)},
		{inputs: append([]move{test: {refuse: true}, set: {next: 1}, take: {refuse: true}, free: {next: 0}, get: stays(1, answer+1)}, quiet(1)...)},
	}}
}

// does is one step: to the row next, sending words to machines in turn.
func does(next int, say bool, sends ...model.Delivery) row {
	return row{actions: []move{{next: next, say: say, sends: sends}}}
}

func sent(m model.ID, w word) model.Delivery { return model.Delivery{To: m, Event: w} }

// meeting is a monitor that objects when two machines are inside.
type meeting struct{ in [2]bool }

func (m *meeting) Actions(dst []model.Event) []model.Event { return dst }
func (m *meeting) Step(from model.ID, e model.Event, out *model.Out) {
	if m.in[from] = e == word(inside); m.in[0] && m.in[1] {
		out.Violate("two are inside")
	}
}
func (m *meeting) Clone() model.Machine { c := *m; return &c }
func (m *meeting) AppendState(dst []byte) []byte {
	return model.AppendBool(model.AppendBool(dst, m.in[0]), m.in[1])
}
func (m *meeting) Rename(to func(model.ID) model.ID) model.Machine {
	c := &meeting{}
	for i, in := range m.in {
		c.in[to(model.ID(i))] = in
	}
	return c
}

// What only the interleaving of two clients refutes is refuted with the same number of steps, counted by hand, under every
// reduction; and where the step that is to be atomic is, all of them prove. The clients' walks are what is reduced.
func TestReductionsRefuteMutants(t *testing.T) {
	state := func(v model.View, m int) int { return v[m].(*automaton).state }
	alike := model.Symmetry{{{0}, {1}}}
	exclusion := model.Property{Name: "exclusion", Kind: model.Monitored, Monitor: &meeting{}, Symmetric: true}
	ends := model.Property{Name: "ends", Kind: model.DeadlockFree, Symmetric: true,
		Holds: func(v model.View) bool { return state(v, 0) == done && state(v, 1) == done }}
	whole := model.Property{Name: "whole", Reads: []model.ID{0}, Holds: func(v model.View) bool { return state(v, 0) != torn }}

	locker := func(first, second model.ID) *automaton {
		return client(map[int]row{
			begun: does(half, false, sent(first, take)), half: does(inside, false, sent(second, take)),
			inside: does(done, false, sent(first, free), sent(second, free)),
		})
	}
	taker := func() *automaton {
		return client(map[int]row{begun: does(inside, true, sent(2, take)), inside: does(done, true, sent(2, free))})
	}
	looker := func() *automaton { // looks whether the lock is free, and takes it later
		return client(map[int]row{begun: does(half, false, sent(2, test)), half: does(inside, true, sent(2, set)), inside: does(done, true, sent(2, free))})
	}
	// A reader of the variables 2 and 3 is torn if it has seen the old value of 2 and the new one of 3.
	seesOld := append(slices.Repeat([]move{{next: half}}, 7), move{next: done}, move{next: torn})
	seesFirst := append(slices.Repeat([]move{{next: begun}}, 5), move{next: half}, move{next: done})
	reader := func() *automaton {
		a := client(map[int]row{begun: does(begun, false, sent(2, get), sent(3, get)), half: {inputs: slices.Clone(seesOld)}})
		a.table[begun].inputs = append(slices.Clone(seesFirst), a.table[begun].inputs[len(seesFirst):]...)
		return a
	}
	slowReader := func() *automaton {
		a := reader()
		a.table[begun].actions = does(begun, false, sent(2, get)).actions
		a.table[half].actions = does(half, false, sent(3, get)).actions
		return a
	}
	writer := func() *automaton { return client(map[int]row{begun: does(done, false, sent(2, set), sent(3, set))}) }

	for name, c := range map[string]struct {
		property model.Property
		symmetry model.Symmetry
		machines []model.Machine
		length   int // 0: proved
	}{
		"test and set":             {exclusion, alike, []model.Machine{taker(), taker(), variable(5)}, 0},
		"test, then set":           {exclusion, alike, []model.Machine{looker(), looker(), variable(5)}, 2 * (walk + 2)},
		"locks in one order":       {ends, alike, []model.Machine{locker(2, 3), locker(2, 3), variable(5), variable(7)}, 0},
		"locks in opposite orders": {ends, nil, []model.Machine{locker(2, 3), locker(3, 2), variable(5), variable(7)}, 2 * (walk + 1)},
		"a snapshot":               {whole, nil, []model.Machine{reader(), writer(), variable(5), variable(7)}, 0},
		"a torn read":              {whole, nil, []model.Machine{slowReader(), writer(), variable(5), variable(7)}, 2*walk + 3},
	} {
		t.Run(name, func(t *testing.T) {
			var members []model.Member
			for i, m := range c.machines {
				members = append(members, model.Member{Name: fmt.Sprint("m", i), Machine: m})
			}
			sys, err := model.Compose(members...)
			if err != nil {
				t.Fatal(err)
			}
			sys.Symmetry = c.symmetry
			want := model.Proved
			if c.length > 0 {
				want = model.Refuted
			}
			all := agree(t, sys, []model.Property{c.property})
			for way, r := range all {
				if r[0].Verdict != want || len(r[0].Trace) != c.length {
					t.Errorf("%s: %v in %d steps; want %v in %d", way, r[0].Verdict, len(r[0].Trace), want, c.length)
				}
			}
			whole, reduced, symmetric := all["whole"][0], all["partial order"][0], all["symmetry"][0]
			if c.length == 0 && (reduced.States >= whole.States || c.symmetry != nil && symmetric.States >= whole.States) {
				t.Errorf("nothing is reduced: %d states, %d by partial order, %d by symmetry", whole.States, reduced.States, symmetric.States)
			}
			logReduction(t, "", all)
		})
	}
}
