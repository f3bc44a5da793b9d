package shrink

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// takeShortcut looks for a shorter way from some state of the run to a later one, or to a violation, by exploring breadth first
// from each state of the run. It takes the first one that it finds, going from the beginning: the earlier, the more there is to save.
//
// Only machines that act in the run take part, and no way has more faults than the part of the run that it replaces: a client
// or a fault that was dropped does not come back to save a step.
func (m *minimiser) takeShortcut() {
	if len(m.steps) < 2 || m.states <= 0 {
		return
	}
	share := max(1, m.states/2/len(m.steps)) // half now, so that a run that became shorter is looked at again
	for i := range len(m.steps) - 1 {
		if m.ctx.Err() != nil {
			return
		}
		s := m.search(i, share)
		if s.saves > 0 {
			m.run = m.record(slices.Concat(m.steps[:i], s.way, m.steps[s.joins:]))
			return
		}
	}
}

// shortcut is a way from a state of the run to the one before step joins, or to a violation (joins is the end of the run).
type shortcut struct {
	way   []wish
	joins int
	saves int // steps
}

// node is a state that a search met.
type node struct {
	state  *model.State
	parent int
	step   wish // from the parent
	depth  int
	faults int // on the way from the first
}

// search explores from the state before step i, at most share states, and returns what saves the most.
func (m *minimiser) search(i, share int) shortcut {
	later := map[string]int{} // state → the last step of the run that it comes before
	for j := i + 1; j < len(m.steps); j++ {
		later[string(m.run.states[j].AppendState(nil))] = j
	}
	acts := map[model.ID]bool{}
	faults := make([]int, len(m.steps)+1) // of the run, before each step
	for j, w := range m.steps {
		acts[w.machine] = true
		faults[j+1] = faults[j]
		if m.fault(m.run.states[j], w) {
			faults[j+1]++
		}
	}
	var best shortcut
	nodes := []node{{state: m.run.states[i], parent: -1}}
	seen := map[string]bool{string(m.run.states[i].AppendState(nil)): true}
	offer := func(n node, joins int) {
		if saves := joins - i - n.depth; saves > best.saves && n.faults <= faults[joins]-faults[i] {
			best = shortcut{way(nodes, n), joins, saves}
		}
	}
	for at := 0; at < len(nodes); at++ {
		from := nodes[at]
		if from.depth+1+best.saves >= len(m.steps)-i { // no way from here saves more
			return best
		}
		for _, a := range from.state.Actions(nil) {
			if m.states <= 0 || len(nodes) >= share {
				return best
			}
			if !acts[a.Machine] {
				continue
			}
			n := node{parent: at, step: wish{a.Machine, a.Event.String()}, depth: from.depth + 1, faults: from.faults}
			if f, ok := m.sys.Initial(a.Machine).(faulty); ok && f.Fault(a.Event) {
				n.faults++
			}
			if n.faults > faults[len(m.steps)]-faults[i] {
				continue
			}
			n.state = from.state.Clone()
			step := n.state.Step(a)
			if step.Cut != "" {
				continue
			}
			if m.shown(n.state, step) {
				offer(n, len(m.steps))
				continue
			}
			key := string(n.state.AppendState(nil))
			if seen[key] {
				continue
			}
			seen[key] = true
			m.states--
			nodes = append(nodes, n)
			if j, ok := later[key]; ok {
				offer(n, j)
			}
		}
	}
	return best
}

// way is the steps that led to a node.
func way(nodes []node, n node) []wish {
	var back []wish
	for ; n.parent >= 0; n = nodes[n.parent] {
		back = append(back, n.step)
	}
	slices.Reverse(back)
	return back
}
