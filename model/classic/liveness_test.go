package classic

import (
	"slices"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
)

// graph is all of a small system, explored in the dumbest way there is.
type graph struct {
	sys   *model.System
	views []model.View
	edges [][]edge
}

type edge struct {
	a  model.Action
	to int
}

func explored(sys *model.System) *graph {
	g := &graph{sys: sys}
	states, index := []*model.State{sys.Start()}, map[string]int{}
	index[string(states[0].AppendState(nil))] = 0
	for i := 0; i < len(states); i++ {
		g.views = append(g.views, states[i].View())
		g.edges = append(g.edges, nil)
		for _, a := range states[i].Actions(nil) {
			next := states[i].Clone()
			next.Step(a)
			key := string(next.AppendState(nil))
			to, known := index[key]
			if !known {
				to = len(states)
				index[key], states = to, append(states, next)
			}
			g.edges[i] = append(g.edges[i], edge{a, to})
		}
	}
	return g
}

// leads decides a LeadsTo property: no run that has come to When and not to Holds can stay away from Holds for ever and be fair.
func (g *graph) leads(p model.Property) bool {
	away := map[int]bool{}
	var todo []int
	visit := func(i int) {
		if !away[i] && !p.Holds(g.views[i]) {
			away[i] = true
			todo = append(todo, i)
		}
	}
	for i, v := range g.views {
		if p.When(v) {
			visit(i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, e := range g.edges[i] {
			visit(e.to)
		}
	}
	return !g.fairRun(away)
}

// fairRun reports whether some fair run stays in the set for ever. Its states that come again and again are strongly connected;
// a run may also stop in one.
func (g *graph) fairRun(set map[int]bool) bool {
	for i := range set {
		part := g.component(set, i)
		starved := map[int]bool{} // states that a strongly fair class forbids
		fair := true
		for _, f := range g.sys.Fairness {
			enabled, taken := 0, false
			for s := range part {
				if slices.ContainsFunc(g.edges[s], func(e edge) bool { return f.Covers(e.a) }) {
					enabled++
				}
				taken = taken || slices.ContainsFunc(g.edges[s], func(e edge) bool { return f.Covers(e.a) && part[e.to] })
			}
			switch {
			case taken || enabled == 0:
			case !f.Strong && enabled == len(part):
				fair = false
			case f.Strong:
				for s := range part {
					if slices.ContainsFunc(g.edges[s], func(e edge) bool { return f.Covers(e.a) }) {
						starved[s] = true
					}
				}
			}
		}
		if fair && len(starved) == 0 {
			return true
		}
		if fair && len(starved) < len(part) {
			rest := map[int]bool{}
			for s := range part {
				rest[s] = !starved[s]
			}
			if g.fairRun(only(rest)) {
				return true
			}
		}
	}
	return false
}

func only(set map[int]bool) map[int]bool {
	for s, in := range set {
		if !in {
			delete(set, s)
		}
	}
	return set
}

// component returns the states of the set that can be reached from i and reach it, inside the set.
func (g *graph) component(set map[int]bool, i int) map[int]bool {
	from, to := map[int]bool{i: true}, map[int]bool{i: true}
	for todo := []int{i}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, e := range g.edges[s] {
			if set[e.to] && !from[e.to] {
				from[e.to] = true
				todo = append(todo, e.to)
			}
		}
	}
	for more := true; more; {
		more = false
		for s := range from {
			if !to[s] && slices.ContainsFunc(g.edges[s], func(e edge) bool { return to[e.to] }) {
				to[s], more = true, true
			}
		}
	}
	return to
}

// The properties of runs hold with the fairness that their systems declare, and not with a weaker one.
func TestLiveness(t *testing.T) {
	some := func(f ...int) func([]model.Fairness) []model.Fairness {
		return func(all []model.Fairness) (kept []model.Fairness) {
			for _, i := range f {
				kept = append(kept, all[i])
			}
			return kept
		}
	}
	weak := func(all []model.Fairness) []model.Fairness {
		all = slices.Clone(all)
		for i := range all {
			all[i].Strong = false
		}
		return all
	}
	bit := build(AlternatingBit(2, 2, false))
	atomic, split, ring := build(Peterson(false)), build(Peterson(true)), build(EWD840(3))
	for name, c := range map[string]struct {
		built
		p      model.Property
		weaker func([]model.Fairness) []model.Fairness
	}{
		"first process":         {atomic(nil), PetersonEntersEventually(0), some(0)},
		"second process":        {atomic(nil), PetersonEntersEventually(1), some(1)},
		"first process, split":  {split(nil), PetersonEntersEventually(0), some(0)},
		"second process, split": {split(nil), PetersonEntersEventually(1), some(1)},
		"ring":                  {ring(nil), EWD840DetectsEventually(3), some(0, 1, 2)},
		"alternating bit":       {bit(nil), AlternatingBitDelivers(1), weak},
	} {
		t.Run(name, func(t *testing.T) {
			if c.err != nil {
				t.Fatal(c.err)
			}
			g, fairness := explored(c.sys), c.sys.Fairness
			if !g.leads(c.p) {
				t.Errorf("%s does not hold", c.p.Name)
			}
			for what, weaker := range map[string][]model.Fairness{"less fairness": c.weaker(fairness), "none": nil} {
				c.sys.Fairness = weaker
				if g.leads(c.p) {
					t.Errorf("%s holds with %s", c.p.Name, what)
				}
			}
			c.sys.Fairness = fairness
		})
	}
}

// A channel that doubles an old message for ever has no room for a new one, whatever is fair.
func TestDoublingStarvesTheAlternatingBit(t *testing.T) {
	sys, err := AlternatingBit(2, 2, true)
	if err != nil {
		t.Fatal(err)
	}
	if explored(sys).leads(AlternatingBitDelivers(2)) {
		t.Error("a value is delivered in the end")
	}
}
