package prover_test

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// naiveGraph decides properties of runs in the dumbest way there is: concrete states in maps, every subset of the strongly fair
// classes guessed, and strong connection by searching from every state. It shares nothing with the prover but the machines.
type naiveGraph struct {
	system *model.System
	nodes  map[string]*node
	cut    bool // somewhere
}

// node is a state.
type node struct {
	state   *model.State
	enabled []model.Action
	next    []*node // by enabled action; nil where the model is cut
}

func naiveGraphOf(sys *model.System) *naiveGraph {
	g := &naiveGraph{system: sys, nodes: map[string]*node{}}
	queue := []*node{g.node(sys.Start())}
	for i := 0; i < len(queue); i++ {
		n := queue[i]
		n.enabled = n.state.Actions(nil)
		for _, a := range n.enabled {
			succ := n.state.Clone()
			if succ.Step(a).Cut != "" {
				n.next = append(n.next, nil)
				g.cut = true
				continue
			}
			known := len(g.nodes)
			n.next = append(n.next, g.node(succ))
			if len(g.nodes) > known {
				queue = append(queue, n.next[len(n.next)-1])
			}
		}
	}
	return g
}

func (g *naiveGraph) node(st *model.State) *node {
	key := string(st.AppendState(nil))
	if g.nodes[key] == nil {
		g.nodes[key] = &node{state: st}
	}
	return g.nodes[key]
}

// enables reports whether a class is enabled in a state.
func (n *node) enables(f model.Fairness) bool { return slices.ContainsFunc(n.enabled, f.Covers) }

// prefix is the first of the shortest runs, in the order of actions, to a state in which the property is owed and from which a
// fair run may never keep it; false if there is none.
func (g *naiveGraph) prefix(p model.Property) ([]model.Action, *node, bool) {
	bad := g.everOwed(p)
	type place struct {
		n    *node
		owed bool
	}
	owed := func(before bool, n *node, first bool) bool {
		v := n.state.View()
		switch p.Kind {
		case model.Eventually:
			return (before || first) && !p.Holds(v)
		case model.InfinitelyOften:
			return !p.Holds(v)
		}
		return (before || p.When(v)) && !p.Holds(v)
	}
	start := g.node(g.system.Start())
	first := place{start, owed(false, start, true)}
	runs := map[place][]model.Action{first: {}}
	queue := []place{first}
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		if at.owed && bad[at.n] {
			return runs[at], at.n, true
		}
		for k, to := range at.n.next {
			if to == nil {
				continue
			}
			next := place{to, owed(at.owed, to, false)}
			if _, known := runs[next]; !known {
				runs[next] = append(slices.Clone(runs[at]), at.n.enabled[k])
				queue = append(queue, next)
			}
		}
	}
	return nil, nil, false
}

// everOwed returns the states on a fair cycle, or where a fair run may stop, in which Holds is false throughout.
func (g *naiveGraph) everOwed(p model.Property) map[*node]bool {
	bad := map[*node]bool{}
	var strong []model.Fairness
	for _, f := range g.system.Fairness {
		if f.Strong {
			strong = append(strong, f)
		}
	}
	for guess := range 1 << len(strong) { // which strongly fair classes are taken again and again; the others are not enabled any more
		in := map[*node]bool{}
		for _, n := range g.nodes {
			in[n] = !p.Holds(n.state.View())
			for i, f := range strong {
				if guess>>i&1 == 0 && n.enables(f) {
					in[n] = false
				}
			}
		}
		reach := map[*node]map[*node]bool{}
		for n := range in {
			if in[n] {
				reach[n] = reached(n, in)
			}
		}
		for n := range reach {
			component := map[*node]bool{}
			for o := range reach {
				component[o] = reach[n][o] && reach[o][n]
			}
			good := true
			for _, f := range g.system.Fairness {
				good = good && seenTo(f, component)
			}
			for i, f := range strong {
				if guess>>i&1 == 1 {
					good = good && takenIn(f, component)
				}
			}
			if good {
				bad[n] = true
			}
		}
	}
	return bad
}

// reached is by any number of steps, none included, through states that are in.
func reached(n *node, in map[*node]bool) map[*node]bool {
	seen := map[*node]bool{n: true}
	queue := []*node{n}
	for i := 0; i < len(queue); i++ {
		for _, to := range queue[i].next {
			if to != nil && in[to] && !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return seen
}

// seenTo reports whether a run that goes everywhere in the component again and again is weakly fair to the class.
func seenTo(f model.Fairness, component map[*node]bool) bool {
	for n, in := range component {
		if in && !n.enables(f) {
			return true
		}
	}
	return takenIn(f, component)
}

func takenIn(f model.Fairness, component map[*node]bool) bool {
	for n, in := range component {
		for k, to := range n.next {
			if in && to != nil && component[to] && f.Covers(n.enabled[k]) {
				return true
			}
		}
	}
	return false
}

// refutes reports whether the cycle from n is one that breaks p: Holds is false in it, it comes back, and it is fair.
func (n *node) refutes(sys *model.System, p model.Property, cycle []model.Action) bool {
	visited, taken := []*node{n}, cycle
	at := n
	for _, a := range cycle {
		k := slices.Index(at.enabled, a)
		if k < 0 || at.next[k] == nil {
			return false
		}
		at = at.next[k]
		visited = append(visited, at)
	}
	for _, v := range visited {
		if p.Holds(v.state.View()) {
			return false
		}
	}
	for _, f := range sys.Fairness {
		some, all := false, true
		for _, v := range visited {
			some, all = some || v.enables(f), all && v.enables(f)
		}
		if (all || some && f.Strong) && !slices.ContainsFunc(taken, f.Covers) {
			return false
		}
	}
	return at == n
}
