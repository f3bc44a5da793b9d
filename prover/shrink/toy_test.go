package shrink_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
)

// automaton is a machine given by a table: in each state some actions, and an answer to the word.
type automaton struct {
	table []entry
	state int
}

type entry struct {
	actions []move
	input   move
}

type move struct {
	next        int
	to          []model.ID // who is sent the word
	refuse, cut bool
	say         bool // observe the new state
}

type word struct{}

func (word) String() string { return "word" }

type said int

func (s said) String() string { return fmt.Sprintf("in state %d", int(s)) }

// option is an action, by its number. An odd one is a fault, where the machine tells.
type option int

func (o option) String() string { return fmt.Sprintf("option %d", int(o)) }

func (a *automaton) Fault(e model.Event) bool { return e.(option)%2 == 1 }

func (a *automaton) Actions(dst []model.Event) []model.Event {
	for i := range a.table[a.state].actions {
		dst = append(dst, option(i))
	}
	return dst
}

func (a *automaton) Step(_ model.ID, e model.Event, out *model.Out) {
	m := a.table[a.state].input
	if o, ok := e.(option); ok {
		m = a.table[a.state].actions[o]
	} else {
		m.to = nil // a word is not passed on, so that every step ends
	}
	a.state = m.next
	for _, id := range m.to {
		out.Send(id, word{})
	}
	if m.refuse {
		out.Refuse()
	}
	if m.cut {
		out.Cut("there is no more")
	}
	if m.say {
		out.Observe(said(a.state))
	}
}

func (a *automaton) Clone() model.Machine          { c := *a; return &c }
func (a *automaton) AppendState(dst []byte) []byte { return model.AppendInt(dst, a.state) }

// listener objects when it is told of a state for the third time.
type listener struct{ state, times int }

func (l *listener) Actions(dst []model.Event) []model.Event { return dst }
func (l *listener) Step(_ model.ID, e model.Event, out *model.Out) {
	if int(e.(said)) == l.state {
		if l.times = min(l.times+1, 3); l.times == 3 {
			out.Violate("heard it three times")
		}
	}
}
func (l *listener) Clone() model.Machine          { c := *l; return &c }
func (l *listener) AppendState(dst []byte) []byte { return model.AppendInt(dst, l.times) }

// anySystem draws a system of a few automata.
func anySystem(t *rapid.T) *model.System {
	machines := rapid.IntRange(1, 4).Draw(t, "machines")
	states := rapid.IntRange(2, 5).Draw(t, "states")
	draw := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(t, label) }
	anyMove := func() move {
		m := move{next: draw(states, "next"), say: draw(2, "say") == 0, refuse: draw(6, "refuse") == 0, cut: draw(12, "cut") == 0}
		for id := range machines {
			if draw(3, "send") == 0 {
				m.to = append(m.to, model.ID(id))
			}
		}
		return m
	}
	var members []model.Member
	for i := range machines {
		a := &automaton{}
		for range states {
			e := entry{input: anyMove()}
			for range draw(4, "actions") {
				e.actions = append(e.actions, anyMove())
			}
			a.table = append(a.table, e)
		}
		members = append(members, model.Member{Name: fmt.Sprintf("m/%d", i), Machine: a})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

// sum is what the properties of states look at.
func sum(v model.View) (n int) {
	for _, m := range v {
		if a, ok := m.(*automaton); ok {
			n += a.state
		}
	}
	return n
}

func anyProperty(t *rapid.T) model.Property {
	limit := rapid.IntRange(1, 10).Draw(t, "limit")
	return rapid.SampledFrom([]model.Property{
		{Name: "below", Kind: model.Invariant, Holds: func(v model.View) bool { return sum(v) < limit }},
		{Name: "reach", Kind: model.Reachable, Holds: func(v model.View) bool { return sum(v) == limit }},
		{Name: "live", Kind: model.DeadlockFree},
		{Name: "quiet", Kind: model.Monitored, Monitor: &listener{state: 1}},
	}).Draw(t, "property")
}
