package prover_test

import "github.com/lockstep-prover/lockstep/model"

// naive explores a system in the dumbest way there is: concrete states, a map of their encodings, one list for each level.
// It shares nothing with the prover but the machines.
type naive struct {
	states, transitions int64
	depth               int
	shortest            map[string]int // by property: the length of a shortest run that decides it
}

func explore(sys *model.System, properties []model.Property) (naive, error) {
	for _, p := range properties {
		if p.Kind == model.Monitored {
			var err error
			if sys, err = sys.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor}); err != nil {
				return naive{}, err
			}
		}
	}
	n := naive{shortest: map[string]int{}}
	level := []*model.State{sys.Start()}
	seen := map[string]bool{string(level[0].AppendState(nil)): true}
	for length := 0; len(level) > 0; length++ {
		n.depth = length
		var next []*model.State
		for _, st := range level {
			actions := st.Actions(nil)
			n.transitions += int64(len(actions))
			for _, p := range properties {
				hit := p.Kind == model.Invariant && !p.Holds(st.View()) || p.Kind == model.Reachable && p.Holds(st.View()) ||
					p.Kind == model.DeadlockFree && len(actions) == 0
				if hit {
					n.found(p.Name, length)
				}
			}
			for _, a := range actions {
				succ := st.Clone()
				step := succ.Step(a)
				for _, v := range step.Violations {
					n.found(sys.Name(v.Monitor)[len("monitor/"):], length+1)
				}
				if key := string(succ.AppendState(nil)); step.Cut == "" && !seen[key] {
					seen[key] = true
					next = append(next, succ)
				}
			}
		}
		level = next
	}
	n.states = int64(len(seen))
	return n, nil
}

func (n *naive) found(property string, length int) {
	if _, ok := n.shortest[property]; !ok {
		n.shortest[property] = length
	}
}
