package main

import (
	"context"
	"fmt"
	"time"
)

// candidates are the compiler's flags that SPIN's manual offers for speed and that helped one of the models in trials by hand; HASH64,
// NOBOUNDCHECK and -march=native did not, COLLAPSE more than doubles the time, and BFS takes a quarter more.
var candidates = [][]string{
	{}, // SPIN masks constant bytes out of its states
	{"-DNOCOMP"},
	{"-DNOCOMP", "-DSFH"},
	{"-DNOCOMP", "-DSPACE"},
}

const (
	trials      = 3 // how often each candidate runs
	trialPrefix = "trial, "
)

// verifier is one of SPIN's.
type verifier struct {
	model   string
	defines []string
	slots   int // logarithm of the hash table's size
	size    int
	want    counts
}

// commitVerifier has some three slots for each state, of which each resource manager makes six times as many.
func commitVerifier(model string, n int) verifier {
	return verifier{model, []string{fmt.Sprintf("-DN=%d", n)}, 25 - 5*(9-n)/2, n, twoPhase[n]}
}

func mutexVerifier(model string) verifier {
	return verifier{model, []string{"-DN=4", "-DD=2"}, 22, 4, mutexCounts}
}

// addSpin adds a verifier with the flags with which the one on trial took the least CPU time.
func (s session) addSpin(ctx context.Context, p *plan, name string, v, trial verifier) error {
	var runs []*task
	for _, flags := range candidates {
		t, _, err := s.verifierTask(ctx, trialPrefix+name, trial, flags)
		if err != nil {
			return err
		}
		runs = append(runs, t)
	}
	if err := s.runAll(ctx, runs, trials); err != nil {
		return err
	}
	p.trials = append(p.trials, runs...)
	t, took, err := s.verifierTask(ctx, name, v, best(runs...).flags)
	if err != nil {
		return err
	}
	p.tasks, p.building = append(p.tasks, t), took
	return nil
}

func (s session) verifierTask(ctx context.Context, name string, v verifier, flags []string) (*task, time.Duration, error) {
	pan, took, err := build(ctx, s.dir, v.model, v.defines, flags)
	if err != nil {
		return nil, 0, err
	}
	command := append([]string{pan}, verifierFlags(v.slots)...)
	return &task{name: name, size: v.size, want: v.want, command: command, spin: true, flags: flags}, took, nil
}
