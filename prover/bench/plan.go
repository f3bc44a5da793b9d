package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/lockstep-prover/lockstep/spec"
)

// counts of a system, as several independent tools agree on them (TLC, SPIN, Stateright, Rumur): no run may have others.
type counts struct {
	distinct  int64
	generated int64 // the initial state, and one for each enabled action of each distinct state
	levels    int   // after the initial one
}

const smallest = 5 // resource managers where the line of sizes begins

// twoPhase has the counts of two-phase commit by resource managers: those of Gray and Lamport's model. Those for
// 1, 6 and 8 are what SPIN finds in both of our models of it.
var twoPhase = map[int]counts{
	1:  {distinct: 12, generated: 20, levels: 4},
	3:  {288, 1_146, 10},
	5:  {8_832, 58_146, 16},
	6:  {50_816, 402_306, 19},
	7:  {296_448, 2_744_706, 22},
	8:  {1_745_408, 18_507_778, 25},
	9:  {10_340_352, 123_558_402, 28},
	10: {61_515_776, 817_760_258, 31},
}

// mutexCounts is for four clients and two drops.
var mutexCounts = counts{1_384_239, 9_649_017, 40}

const (
	commitName = "classic/two-phase-commit"
	mutexName  = "classic/amqp-mutex"
)

// task is one thing to measure.
type task struct {
	name    string // what the report looks it up by
	size    int    // resource managers, where that is meant
	want    counts
	once    bool // too long to repeat
	command []string
	spin    bool
	flags   []string // SPIN: the compiler's, beyond those that all share

	runs []figures
}

// session is what the runs share.
type session struct {
	dir  string // temporary
	self string // this program
	log  io.Writer
}

// Names of tasks; sizes are appended.
const (
	oursLine    = "ours"
	oursTwo     = "ours, two workers"
	spinPacked  = "SPIN packed"
	spinNatural = "SPIN natural"
	oursMutex   = "ours, mutex"
	mutexPacked = "SPIN packed, mutex"
	mutexChan   = "SPIN with chan, mutex"
	oursTrivial = "ours, start-up"
	oursFirst   = "ours, first verdict"
)

// plan is what is run, and what was found out on the way to it.
type plan struct {
	tasks    []*task       // in the order in which the tools take turns
	trials   []*task       // runs that chose SPIN's settings
	missing  []string      // what the catalogue does not have yet
	building time.Duration // of a verifier, which SPIN's users wait for before a run
}

// plan builds SPIN's verifiers with the settings that suit them best.
func (s session) plan(ctx context.Context, o options) (*plan, error) {
	var p plan
	ours := func(name string, size, workers int, want counts, system ...string) {
		command := append([]string{s.self, exploreVerb, fmt.Sprintf("-workers=%d", workers)}, system...)
		p.tasks = append(p.tasks, &task{name: name, size: size, want: want, command: command})
	}
	rm := func(n int) string { return fmt.Sprintf("rm=%d", n) }
	n := o.largest

	ours(oursTrivial, 1, 1, twoPhase[1], commitName, rm(1))
	ours(oursFirst, 3, 1, twoPhase[3], commitName, rm(3))
	for n := smallest; n < o.largest; n++ {
		ours(oursLine, n, 1, twoPhase[n], commitName, rm(n))
	}
	if err := s.addSpin(ctx, &p, spinPacked, commitVerifier("twophase_packed", n), commitVerifier("twophase_packed", n-1)); err != nil {
		return nil, err
	}
	ours(oursLine, n, 1, twoPhase[n], commitName, rm(n))
	ours(oursTwo, n, 2, twoPhase[n], commitName, rm(n))
	if err := s.addSpin(ctx, &p, spinNatural, commitVerifier("twophase_natural", n), commitVerifier("twophase_natural", n-1)); err != nil {
		return nil, err
	}
	if err := s.addSpin(ctx, &p, mutexPacked, mutexVerifier("mutex_packed"), mutexVerifier("mutex_packed")); err != nil {
		return nil, err
	}
	if _, unknown := spec.Find(mutexName); unknown != nil {
		p.missing = append(p.missing, mutexName)
	} else {
		ours(oursMutex, 4, 1, mutexCounts, mutexName, "clients=4", "drops=2")
	}
	if err := s.addSpin(ctx, &p, mutexChan, mutexVerifier("mutex_natural"), mutexVerifier("mutex_natural")); err != nil {
		return nil, err
	}
	if o.ten {
		ours(oursLine, 10, 1, twoPhase[10], commitName, rm(10))
		p.tasks[len(p.tasks)-1].once = true
	}
	return &p, nil
}

// find returns the task of a name and size, or nil. A size of 0 is any.
func find(tasks []*task, name string, size int) *task {
	i := slices.IndexFunc(tasks, func(t *task) bool { return t.name == name && (size == 0 || t.size == size) })
	if i < 0 {
		return nil
	}
	return tasks[i]
}
