package certificate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/certificate"
)

// automaton is a machine given by a table: in each state some actions and an answer to each word.
type automaton struct {
	table []row
	state int
}

type row struct{ actions, inputs []move }

type move struct {
	next        int
	sends       []model.Delivery // To and Event
	say, refuse bool
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
		out.Violate("three times")
	}
}
func (c *counter) Clone() model.Machine { d := *c; return &d }
func (c *counter) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendInt(dst, c.last), c.times)
}

const words = 2

// anySystem draws automata. The first two may be twins: one table, in which words go to both or to the others. A word is answered
// only with larger ones, so that every step ends.
func anySystem(t *rapid.T) *model.System {
	machines := rapid.IntRange(1, 4).Draw(t, "machines")
	states := rapid.IntRange(1, 5).Draw(t, "states")
	twins := machines > 2 && rapid.Bool().Draw(t, "twins")
	draw := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(t, label) }
	anyMove := func(from int) move {
		m := move{next: draw(states, "next"), say: draw(3, "say") == 0, refuse: draw(5, "refuse") == 0}
		for w := from; w < words; w++ {
			if draw(2, "send") == 0 {
				to := model.ID(draw(machines, "to"))
				if twins && to < 2 {
					to = 2 // in a twin's or anybody's table a word to one twin would tell them apart
				}
				m.sends = append(m.sends, model.Delivery{To: to, Event: word(w)})
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
		if i == 1 && twins {
			a.table = members[0].Machine.(*automaton).table
		}
		members = append(members, model.Member{Name: fmt.Sprintf("m%d", i), Machine: a})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	if twins {
		sys.Symmetry = model.Symmetry{{{0}, {1}}}
	}
	return sys
}

func sum(v model.View) (n int) {
	for _, m := range v {
		if a, ok := m.(*automaton); ok {
			n += a.state
		}
	}
	return n
}

// properties draws one property and tells whether it is true, by looking at the reachable states of the system.
func anyProperty(t *rapid.T, sys *model.System) (model.Property, bool) {
	limit := rapid.IntRange(0, 14).Draw(t, "limit")
	below := func(v model.View) bool { return sum(v) <= limit }
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		for _, v := range reachable(sys) {
			if !below(v) {
				return model.Property{Name: "below", Holds: below, Symmetric: true}, false
			}
		}
		return model.Property{Name: "below", Holds: below, Symmetric: true}, true
	case 1:
		return model.Property{Name: "live", Kind: model.DeadlockFree, Symmetric: true}, !deadlocks(sys, func(model.View) bool { return true })
	case 2:
		return model.Property{Name: "ends", Kind: model.DeadlockFree, Symmetric: true, Holds: below},
			!deadlocks(sys, func(v model.View) bool { return !below(v) })
	}
	p := model.Property{Name: "no-echo", Kind: model.Monitored, Symmetric: true, Monitor: &counter{}}
	return p, !violates(sys, p)
}

// walk takes every step of every reachable state.
func walk(sys *model.System, see func(st *model.State, steps []model.Step)) {
	first := sys.Start()
	seen := map[string]bool{encode(first.View()): true}
	for level := []*model.State{first}; len(level) > 0; {
		var next []*model.State
		for _, st := range level {
			var steps []model.Step
			for _, a := range st.Actions(nil) {
				succ := st.Clone()
				steps = append(steps, succ.Step(a))
				if key := encode(succ.View()); !seen[key] {
					seen[key] = true
					next = append(next, succ)
				}
			}
			see(st, steps)
		}
		level = next
	}
}

func deadlocks(sys *model.System, bad func(model.View) bool) (found bool) {
	walk(sys, func(st *model.State, steps []model.Step) { found = found || len(steps) == 0 && bad(st.View()) })
	return found
}

func violates(sys *model.System, p model.Property) (found bool) {
	sys, err := sys.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor})
	if err != nil {
		panic(err)
	}
	walk(sys, func(_ *model.State, steps []model.Step) {
		found = found || slices.ContainsFunc(steps, func(s model.Step) bool { return len(s.Violations) > 0 })
	})
	return found
}

// Of random systems, a certificate of what is true holds and one of what is false does not; and whatever is done to a state
// line of either, what is accepted contains all reachable states and the property is true.
func TestRandomCertificates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sys := anySystem(t)
		p, truth := anyProperty(t, sys)
		symmetry := rapid.Bool().Draw(t, "symmetry")
		c, w := write(t, []string{"system: random"}, sys, []model.Property{p}, symmetry)
		r, err := check(c.String(), sys, p)
		switch {
		case truth && (err != nil || r.States != int64(len(c.states)) || r.Steps != w.steps):
			t.Fatalf("%s is true: %+v, %v; the test's writer has %d states and %d steps", p.Name, r, err, len(c.states), w.steps)
		case !truth && !is[*certificate.Failure](err):
			t.Fatalf("%s is false: %+v, %v", p.Name, r, err)
		}
		all := sys
		if p.Monitor != nil {
			if all, err = sys.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor}); err != nil {
				t.Fatal(err)
			}
		}
		orbits := map[string]bool{}
		for _, v := range reachable(all) {
			least := encode(v)
			if symmetry {
				for to := range all.Symmetry.Permutations(len(v)) {
					least = min(least, encode(model.Permute(v, to)))
				}
			}
			orbits[least] = true
		}
		for range 4 {
			numbers := func(i int) []string { return strings.Fields(c.states[i]) }
			i := rapid.IntRange(0, len(c.states)-1).Draw(t, "state")
			changed := numbers(i)
			changed[rapid.IntRange(0, len(changed)-1).Draw(t, "machine")] = fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "number"))
			tampered := c.clone()
			switch rapid.IntRange(0, 2).Draw(t, "do") {
			case 0:
				tampered.states = slices.Delete(tampered.states, i, i+1)
			case 1:
				tampered.states[i] = strings.Join(changed, " ")
			case 2:
				tampered.states = append(tampered.states, strings.Join(changed, " "))
			}
			r, err := check(tampered.String(), sys, p)
			if err == nil && (!truth || r.States < int64(len(orbits))) {
				t.Fatalf("a tampered certificate of %s (true: %t) holds: %d states of %d\n%s", p.Name, truth, r.States, len(orbits), tampered)
			}
			if c := tampered.String(); err != nil && !is[*certificate.Failure](err) && !is[*certificate.Malformed](err) {
				t.Fatalf("%v\n%s", err, c)
			}
		}
	})
}
