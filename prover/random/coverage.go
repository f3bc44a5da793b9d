package random

import "github.com/lockstep-prover/lockstep/model"

// Species is how much of one kind of thing runs have met, and what that says of what they have not. The kinds are local
// transitions (a machine, its state, an event and its sender) and global states.
//
// Steps of one run depend on each other, so that Good's and Turing's estimate, which is of independent draws, is applied with
// the run as the draw. Of exchangeable runs each is as good a last one as any other; what the last of N runs met that the N-1
// others did not is therefore estimated, without bias, by what single runs met alone (Good, "The population frequencies of
// species and the estimation of population parameters", 1953, with one run left out).
//
// The upper bounds need no such argument: the first half of the planned runs fixes what is known, and the second half are
// independent trials of meeting something else. What is unknown only shrinks after that.
type Species struct {
	Distinct     int64 // met; an estimate where Sampled is not 0
	Sampled      int   // only one global state of 2^Sampled, chosen by its hash, was kept: the others are counted by those
	Observations int64 // of those kept
	Once         int64 // kept ones that were observed once
	OneRun       int64 // kept ones that were met in one run only

	NewStep      float64 // estimate: the share of a further run's observations that are of something unmet
	NewStepUpper float64 // bound on its mean (Chernoff–Hoeffding); 1 where nothing can be said
	NewRun       float64 // estimate: the probability that a further run meets something unmet
	NewRunUpper  float64 // bound on it (Clopper–Pearson); 1 where nothing can be said
}

// MachineCoverage is what runs have met of one machine.
type MachineCoverage struct {
	Member             int // of a swarm; else 0
	Name               string
	States             int64 // distinct local states
	Transitions        int64 // distinct local transitions
	Actions, Delivered int64 // of the transitions: its own actions, and inputs
}

// Point is how much had been met after a number of runs.
type Point struct {
	Runs                             int
	LocalStates, Transitions, States int64
}

// Coverage is what the runs of a report have met.
type Coverage struct {
	Machines    []MachineCoverage // in the order of the systems' machines
	Transitions Species           // local transitions
	States      Species           // global states
	Curve       []Point           // after 1, 2, 4, 8, … runs and after the last one
}

// transitionKey names a local transition for all workers.
type transitionKey struct {
	member  int
	machine model.ID
	state   string
	from    model.ID
	event   model.Event
}

// tally counts how often something was met.
type tally struct {
	count  int64
	runs   int64 // in how many runs
	last   int   // the last of them that this worker made
	known  bool  // somebody met it in the first half
	target string
}

// coverage is what one worker has met. Runs are told to it one after the other.
type coverage struct {
	transitions map[transitionKey]*tally
	states      sample
	known       *coverage // the merged first half; nil before

	run                   int
	seen, fresh           int64 // of the present run: transitions observed, and those of them that are not known
	seenState, freshState int64
}

func newCoverage(limit int) *coverage {
	return &coverage{transitions: map[transitionKey]*tally{}, states: newSample(limit), run: -1}
}

func (c *coverage) newTally(k transitionKey, target string) *tally {
	t := &tally{last: -1, target: target}
	if c.known != nil {
		_, t.known = c.known.transitions[k]
	}
	c.transitions[k] = t
	return t
}

func (c *coverage) startRun(run int) {
	c.run, c.seen, c.fresh, c.seenState, c.freshState = run, 0, 0, 0, 0
}

func (t *tally) meet(run int) {
	t.count++
	if t.last != run {
		t.runs++
		t.last = run
	}
}

// meet counts a local transition.
func (c *coverage) meet(t *tally) {
	t.meet(c.run)
	c.seen++
	if !t.known {
		c.fresh++
	}
}

// meetState counts a global state.
func (c *coverage) meetState(h hash) {
	if !c.states.wants(h) {
		return
	}
	t := c.states.tally(h)
	if t.count == 0 && c.known != nil {
		t.known = c.known.states.has(h)
	}
	t.meet(c.run)
	c.seenState++
	if !t.known {
		c.freshState++
	}
}

// learn makes what all have met in the first half known to this worker.
func (c *coverage) learn(all *coverage) {
	c.known = all
	for k, t := range c.transitions {
		_, t.known = all.transitions[k]
	}
	for h, i := range c.states.index {
		c.states.tallies[i].known = all.states.has(h)
	}
}

// merge adds up what workers have met; no run is with two of them.
func merge(workers []*coverage, limit int) *coverage {
	all := newCoverage(limit)
	for _, w := range workers {
		for k, t := range w.transitions {
			if t.count == 0 {
				continue
			}
			sum := all.transitions[k]
			if sum == nil {
				sum = &tally{target: t.target}
				all.transitions[k] = sum
			}
			sum.add(t)
		}
		all.states.merge(&w.states)
	}
	return all
}

func (t *tally) add(o *tally) {
	t.count += o.count
	t.runs += o.runs
	t.last = o.last // of use only where runs is 1
}

// localStates returns the distinct local states, by machine: where transitions lead to, and the initial ones.
func (c *coverage) localStates(members []*member) map[localKey]bool {
	met := map[localKey]bool{}
	for i, m := range members {
		if !m.used {
			continue
		}
		for id := range m.system.Len() {
			met[localKey{i, model.ID(id), string(m.system.Initial(model.ID(id)).AppendState(nil))}] = true
		}
	}
	for k, t := range c.transitions {
		met[localKey{k.member, k.machine, t.target}] = true
	}
	return met
}

type localKey struct {
	member  int
	machine model.ID
	state   string
}

func (c *coverage) point(runs int, members []*member) Point {
	return Point{runs, int64(len(c.localStates(members))), int64(len(c.transitions)), c.states.distinct()}
}

// species is the account of some tallies, after runs runs.
func species(tallies func(yield func(*tally)), runs int) Species {
	var s Species
	alone := map[int]bool{} // runs that met something that no other one met
	var mass int64
	tallies(func(t *tally) {
		s.Distinct++
		s.Observations += t.count
		if t.count == 1 {
			s.Once++
		}
		if t.runs == 1 {
			s.OneRun++
			mass += t.count
			alone[t.last] = true
		}
	})
	s.NewStep, s.NewRun, s.NewStepUpper, s.NewRunUpper = 1, 1, 1, 1
	if s.Observations > 0 && runs > 0 {
		s.NewStep = float64(mass) / float64(s.Observations)
		s.NewRun = min(1, float64(len(alone))/float64(runs))
	}
	return s
}
