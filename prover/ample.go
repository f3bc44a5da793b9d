package prover

// Partial order: why ample sets are enough
//
// An attempt is an action that is offered, with its cascade: the local transitions of the machines that it reaches, first in
// first out, as far as the first that is refused or cut. A step is an attempt that is neither. T is the local transitions that
// the tables hold, refused and cut ones included. Every attempt that an exploration makes goes into T, and one is believed
// only if T was the same when it began and when it ended (reduce.go). R is the states that it reached. In a state s of R it
// takes all steps (s is whole), or those of one machine m. F is then the machines that the attempts of all actions that m
// offers in s reach, and
//
//	(a) no attempt of m is cut, and no step of m changes a machine that a property of states reads;
//	(b) one step of m, call it b, changes something and takes no sticky transition (sticky.go);
//	(c) no other machine in F offers an action;
//	(d) no machine p outside F gets, from where it stands in s, by transitions of T that send nothing to F, to one that is
//	    possible and sends something to F. All of p's transitions in T count, whether anybody sends the inputs or not. One is
//	    impossible if the first thing that it sends to a machine of F is refused by that machine as it stands in s. All these
//	    first answers have been asked for, so they are in T.
//
// A cycle of steps b would move some machine round a cycle of its local states, all in T, and that has a sticky transition. R is
// finite, so one gets by steps b alone from s to a whole state; d(s) is how many it takes.
//
// Lemma. Take s in R, not whole, and a run from s whose steps all consist of transitions of T and none of which is m's. Then
// no step of it reaches F. For take the first that does. F stands as in s. The step is not that of a machine in F (c), so some
// p outside F is the first in the cascade to send to F, and what it sends first is the first thing that F gets: the queue is
// first in first out, and p's sends stand in it one after the other. So whatever it sends first to a machine of F meets that
// machine as it stands in s, and was not refused. Until then p made transitions of T that send nothing to F: against (d).
//
// Claim 1. Every transition of every attempt in every reachable state is in T. If not, there are a state s of R, a run of n
// steps from s, and an attempt after it with a transition outside T; choose n least, then d(s) least. The n steps consist of
// T, by n.
//   - s is whole. If n > 0 the first step leads into R: against n. If n = 0 the exploration made the attempt.
//   - One of the n steps is m's, and k is the first. Those before it do not reach F, by the lemma, so k's cascade in s is what
//     it is in the run: k can be taken in s, and those before it after k, to the same state. k leads into R: against n.
//   - Only the attempt is m's. F stands as in s, so it is an attempt in s, which the exploration made.
//   - Nothing is m's. None of the n steps reaches F, so they can be taken after b, which changes nothing outside F. The
//     attempt, up to its first transition x outside T, has not reached F either: as in the lemma, what F gets first would be
//     refused, which ends the attempt, with a transition that is in T, by (d). So after b it comes to x too: against d(s).
//
// By claim 1 the lemma holds for all runs. The rest follows the same lines: s in R, a run of n steps, n least, then d(s)
// least. A whole state takes the first step; a step of m moves to the front; and without one the run is possible after b.
//
//   - Deadlocks. If a run from s ends in one, a step of it is m's, as otherwise b would be enabled in the end. So R has all
//     deadlocks themselves, whatever a property reads of them.
//   - What properties of states read. Moving a step of m leads to the same state; b changes nothing that is read (a). So
//     whatever the machines that are read show together in some reachable state they show in one of R.
//   - Violations. A monitor that listens to a step of m is in F. A step without m that ends in a violation does not reach F,
//     so it is enabled after b, and the monitor, which is outside F, says the same.
//   - Cuts. An attempt after the run that is cut is not m's (a) and, as in claim 1, is cut after b as well.
//
// Runs, and with them the order of what two machines show, are not preserved: no property of runs is decided so. Neither is
// the length of a run: what was refuted is looked for without the reduction. Together with symmetry the lemma would have to be
// about representatives, and the choice of m to go with the renaming; where symmetry applies it is used alone. A certificate
// needs all states, and a checkpoint is taken without knowing whether T will stay; both are made without.

import (
	"encoding/binary"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// ample chooses, in a state, one machine whose actions are enough for now: an ample set.
//
// It knows who talks to whom from the local transitions that the tables hold, and nothing else. What it has concluded is worth
// something only if an exploration met no local transition that was not known at its beginning; Explore sees to that.
type ample struct {
	tabs    *tables
	log     int      // entries of the tables' log when ever was made
	ever    [][]bool // by machine: the machines it ever sends anything to
	visible []bool   // machines that a property of states reads
}

func newAmple(t *tables, properties []*check) *ample {
	a := &ample{tabs: t, log: -1, visible: make([]bool, len(t.machines))}
	for _, c := range properties {
		if c.Kind == model.Invariant || c.Kind == model.Reachable {
			for _, m := range c.Reads {
				a.visible[m] = true
			}
		}
	}
	a.learn()
	return a
}

// reducible reports whether partial-order reduction preserves the verdicts of these properties and knows what they see.
func reducible(properties []model.Property) bool {
	for _, p := range properties {
		switch p.Kind {
		case model.Monitored, model.DeadlockFree:
		case model.Invariant, model.Reachable:
			if p.Reads == nil {
				return false
			}
		default:
			return false
		}
	}
	return len(properties) > 0
}

// learn takes in what the tables have learnt. Nothing else may use the tables meanwhile.
func (a *ample) learn() {
	if a.log == len(a.tabs.log) {
		return
	}
	a.log = len(a.tabs.log)
	for _, l := range a.tabs.machines {
		findSticky(a.tabs, l)
	}
	a.ever = make([][]bool, len(a.tabs.machines))
	for m, l := range a.tabs.machines {
		a.ever[m] = make([]bool, len(a.tabs.machines))
		for _, s := range *l.list.Load() {
			a.transitions(s, func(r *result) bool {
				for _, d := range r.sends {
					a.ever[m][d.to] = true
				}
				return true
			})
		}
	}
}

// transitions calls f for every local transition of the state that was known when a last learnt and is neither refused nor cut, until
// f returns false. What other workers find out meanwhile is left for the next level: the choice of ample sets must not depend on it.
func (a *ample) transitions(s *local, f func(*result) bool) bool {
	known := func(r *result) bool { return r != nil && r.log <= a.log && !r.refused && r.cut == "" }
	for k := range s.acts {
		if r := s.acts[k].Load(); known(r) && !f(r) {
			return false
		}
	}
	takes := *s.takes.Load()
	for i := range takes {
		if r := takes[i].Load(); known(r) && !f(r) {
			return false
		}
	}
	return true
}

// footprint is what an ample set's steps reach, as a worker works it out.
type footprint struct {
	machine []int           // sorted
	memo    map[string]bool // whether a machine may disturb a footprint
	key     []byte
	log     int // of the tables when memo was begun
}

// choose returns a machine whose actions are an ample set of the loaded state, or -1.
func (a *ample) choose(w *worker) int {
	if w.foot.log != a.log {
		w.foot.log, w.foot.memo = a.log, map[string]bool{}
	}
	for m := range w.step.v {
		if w.step.offered(m) > 0 && a.candidate(w, m) && a.undisturbed(w) {
			return m
		}
	}
	return -1
}

// candidate takes the steps of machine m and notes what they reach. It reports whether one leads on without a sticky transition, none
// is cut, none is seen by a property, and none reaches a machine with actions of its own.
func (a *ample) candidate(w *worker, m int) bool {
	progress := false
	w.foot.machine = append(w.foot.machine[:0], m)
	defer func() { w.step.trace = false }()
	w.step.trace = true
	for k := range w.step.offered(m) {
		w.step.step(m, k)
		if w.step.cut != "" {
			return false
		}
		for _, q := range w.step.reached {
			if !slices.Contains(w.foot.machine, int(q)) {
				w.foot.machine = append(w.foot.machine, int(q))
			}
		}
		if w.step.refused {
			continue
		}
		for _, q := range w.step.touched {
			if a.visible[q] {
				return false
			}
		}
		progress = progress || len(w.step.touched) > 0 && !w.step.sticky
	}
	if !progress {
		return false
	}
	for _, q := range w.foot.machine {
		if q != m && w.step.offered(q) > 0 {
			return false
		}
	}
	slices.Sort(w.foot.machine)
	return true
}

// undisturbed reports whether no other machine can ever reach the footprint as long as the machines in it stay as they are.
func (a *ample) undisturbed(w *worker) bool {
	for p := range w.step.v {
		if !slices.Contains(w.foot.machine, p) && a.talks(p, w.foot.machine) && a.disturbs(w, p) {
			return false
		}
	}
	return true
}

func (a *ample) talks(p int, to []int) bool {
	for _, t := range to {
		if a.ever[p][t] {
			return true
		}
	}
	return false
}

// disturbs reports whether machine p, from its local state on, may send something to the footprint that is not refused there.
func (a *ample) disturbs(w *worker, p int) bool {
	key := binary.AppendUvarint(w.foot.key[:0], uint64(p))
	key = binary.AppendUvarint(key, uint64(w.step.v[p]))
	for _, t := range w.foot.machine {
		key = binary.AppendUvarint(binary.AppendUvarint(key, uint64(t)), uint64(w.step.v[t]))
	}
	w.foot.key = key
	if known, ok := w.foot.memo[string(key)]; ok {
		return known
	}
	answer := a.search(w, p)
	w.foot.memo[string(key)] = answer
	return answer
}

// farEnough bounds the local states that a search goes through; beyond it a machine is taken to disturb.
const farEnough = 1 << 12

// search follows p's local transitions, its own and those of all inputs that it is known to take, as long as none reaches the
// footprint.
func (a *ample) search(w *worker, p int) bool {
	seen := map[uint32]bool{w.step.v[p]: true}
	todo := []uint32{w.step.v[p]}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if len(seen) > farEnough {
			return true
		}
		calm := a.transitions(w.step.at(p, id), func(r *result) bool {
			reaches, possible := a.reaches(w, r)
			if possible && !reaches && !seen[r.next] {
				seen[r.next] = true
				todo = append(todo, r.next)
			}
			return !possible || !reaches
		})
		if !calm {
			return true
		}
	}
	return false
}

// reaches reports whether a transition sends anything to the footprint, and whether it can happen while the footprint stands as it
// does: whether nothing of that is refused. Only the first thing sent to a machine says so, as the next one may find it changed.
func (a *ample) reaches(w *worker, r *result) (reaches, possible bool) {
	for i, d := range r.sends {
		again := slices.ContainsFunc(r.sends[:i], func(o send) bool { return o.to == d.to })
		if again || !slices.Contains(w.foot.machine, int(d.to)) {
			continue
		}
		if a.tabs.take(a.tabs.machines[d.to], w.step.v[d.to], d.input, &w.step.scratch).refused {
			return true, false
		}
		reaches = true
	}
	return reaches, true
}
