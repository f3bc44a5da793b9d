package prover

import (
	"encoding/binary"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// ample chooses, in a state, one machine whose actions are enough for now: an ample set. doc.go argues why.
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
	a.ever = make([][]bool, len(a.tabs.machines))
	for m, l := range a.tabs.machines {
		a.ever[m] = make([]bool, len(a.tabs.machines))
		for _, s := range *l.list.Load() {
			s.transitions(func(r *result) bool {
				for _, d := range r.sends {
					a.ever[m][d.to] = true
				}
				return true
			})
		}
	}
}

// transitions calls f for every local transition known of the state that is neither refused nor cut, until f returns false.
func (s *local) transitions(f func(*result) bool) bool {
	for k := range s.acts {
		if r := s.acts[k].Load(); r != nil && !r.refused && r.cut == "" && !f(r) {
			return false
		}
	}
	takes := *s.takes.Load()
	for i := range takes {
		if r := takes[i].Load(); r != nil && !r.refused && r.cut == "" && !f(r) {
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

// candidate takes the steps of machine m and notes what they reach. It reports whether one leads on to a state of a later level,
// none is cut, none is seen by a property, and none reaches a machine with actions of its own.
func (a *ample) candidate(w *worker, m int) bool {
	progress := false
	w.foot.machine = append(w.foot.machine[:0], m)
	w.step.reached = w.step.reached[:0]
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
		progress = progress || w.isLater()
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

// isLater reports whether the successor of the last step was not met in this level or an earlier one.
func (w *worker) isLater() bool {
	e := w.explore
	if !e.layout.pack(w.packed, w.step.next) {
		return true
	}
	h := hash(w.packed)
	at := e.visited[shardOf(h)].levelOf(h, w.packed)
	return at < 0 || at > e.depth
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
		calm := w.step.at(p, id).transitions(func(r *result) bool {
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
