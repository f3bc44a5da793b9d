package prover

import (
	"cmp"
	"fmt"
	"slices"
)

// An ample set puts off what other machines would do. If a run of reduced states could go round for ever they would be ignored, so
// every cycle has to contain a state that is expanded whole. This is seen to without looking at global states (Kurshan, Levin, Minea,
// Peled and Yenigün, "Static partial order reduction", 1998): in each machine's graph of local states some transitions are sticky,
// so many that every cycle of local states has one. A cycle of global states moves some machine round a cycle of its own, and so
// takes a sticky transition; an ample set needs a step that takes none.
//
// Which ones are sticky is a matter of choice. Actions that another machine may refuse come first, since they compete and are
// hardly ever ample anyway; then whatever closes a cycle of what is left, in a depth-first search from the initial state.

// edge is a local transition that changes the local state.
type edge struct {
	result *result
	to     uint32
}

// findSticky marks the sticky transitions among those that are known of a machine. Which they are does not depend on the numbers of
// local states or messages.
func findSticky(t *tables, l *locals) {
	list := *l.list.Load()
	inputs := canonicalInputs(t, l)
	edges := make([][]edge, len(list))
	for id, s := range list {
		add := func(r *result, contested bool) {
			if r == nil {
				return
			}
			if r.sticky = contested; !r.refused && r.cut == "" && !r.sticky && r.next != uint32(id) {
				edges[id] = append(edges[id], edge{r, r.next})
			}
		}
		for k := range s.acts {
			r := s.acts[k].Load()
			add(r, r != nil && contested(t, r))
		}
		for _, input := range inputs {
			add(s.known(input), false)
		}
	}
	// Depth first, without recursion: an edge to a state that the search is still in closes a cycle.
	const in, done = 1, 2
	state, next := make([]uint8, len(list)), make([]int, len(list))
	for root := range list {
		if state[root] != 0 {
			continue
		}
		path := []uint32{uint32(root)}
		state[root] = in
		for len(path) > 0 {
			id := path[len(path)-1]
			if next[id] == len(edges[id]) {
				state[id] = done
				path = path[:len(path)-1]
				continue
			}
			e := edges[id][next[id]]
			next[id]++
			switch state[e.to] {
			case in:
				e.result.sticky = true
			case 0:
				state[e.to] = in
				path = append(path, e.to)
			}
		}
	}
}

// contested reports whether somebody may refuse the action of which r is the result.
func contested(t *tables, r *result) bool {
	for _, d := range r.sends {
		for _, s := range *t.machines[d.to].list.Load() {
			if answer := s.known(d.input); answer != nil && answer.refused {
				return true
			}
		}
	}
	return false
}

// canonicalInputs returns the numbers of a machine's inputs in an order that is always the same.
func canonicalInputs(t *tables, l *locals) []uint32 {
	all := *l.inputs.Load()
	text := make([]string, len(all))
	order := make([]uint32, len(all))
	for i, number := range all {
		m := t.messages[number]
		text[i], order[i] = fmt.Sprintf("%d %T %v", m.from, m.event, m.event), uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Compare(text[a], text[b]) })
	return order
}
