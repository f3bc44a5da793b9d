package certificate

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// step takes the i-th action of a machine in the state v, which is in that line: the machine acts, and what was sent is
// delivered, first in first out. If the step is enabled next and objections are what came of it. A step that the model does not
// cover is a failure, since nobody knows where it leads.
func (k *checker) step(line int, id model.ID, i int) (enabled bool, err error) {
	t := k.tables
	copy(k.next, k.v)
	k.queue, k.objections = k.queue[:0], k.objections[:0]
	action := t.locals[id][k.v[id]].actions[i]
	at, o := id, t.act(id, k.v[id], i)
	for delivered := 0; ; delivered++ {
		switch {
		case o.broken != "":
			return false, k.failureOf(line, id, action, "leads to where %s %s", t.system.Name(at), o.broken)
		case o.refused:
			return false, nil
		case o.cut != "":
			return false, k.failureOf(line, id, action, "is cut (%s): where it leads is not in the model", o.cut)
		case delivered == model.MaxDeliveries:
			return false, k.failureOf(line, id, action, "never comes to an end")
		}
		if o.violation != "" {
			k.objections = append(k.objections, objection{at, o.violation})
		}
		k.next[at] = o.next
		k.queue = append(k.queue, o.sends...)
		if delivered == len(k.queue) {
			return true, nil
		}
		d := k.queue[delivered]
		at, o = d.to, t.take(d.to, k.next[d.to], d.message)
	}
}

// permute lists the permutations of the declared symmetry, or the identity alone.
func (t *tables) permute(symmetry bool) error {
	declared := t.system.Symmetry
	if !symmetry {
		declared = nil
	}
	if err := declared.Check(len(t.locals)); err != nil {
		return err
	}
	for to := range declared.Permutations(len(t.locals)) {
		if len(t.permutations) == maxPermutations {
			return fmt.Errorf("the system's symmetry has more than %d permutations", maxPermutations)
		}
		t.permutations = append(t.permutations, append([]model.ID(nil), to...))
	}
	return nil
}
