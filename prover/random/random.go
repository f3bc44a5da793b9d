package random

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/lockstep-prover/lockstep/model"
)

// Options says which runs to make. The zero value makes 1000 random walks of up to 1000 steps.
type Options struct {
	Strategy Strategy
	Runs     int    // 0: 1000
	Steps    int    // the length of a run that no deadlock and no cut ends; 0: 1000
	Seed     uint64 // of all choices
	Depth    int    // PCT: the depth of the bugs that its guarantee is about; 0: 3
	Workers  int    // 0: GOMAXPROCS; results do not depend on it
	Count    bool   // make all runs even when nothing is left to decide, to count those that violate
	States   int    // global states to keep for coverage, each some 100 bytes for each worker; 0: 2^18, at most 2^30

	// Progress, if not nil, is called from the calling goroutine about every Every (default 200 ms).
	Progress func(Progress)
	Every    time.Duration
}

// Progress is how far an exploration has come.
type Progress struct {
	Runs    int
	Steps   int64
	Elapsed time.Duration
}

// Report is what runs have found.
type Report struct {
	Options     Options       // as they were used: every default is filled in but Workers and what reports progress
	Runs        int           // runs made and counted: those numbered from 0
	TotalSteps  int64         // of them
	Deadlocks   int           // runs that came to a state without an enabled action
	Cuts        int           // runs that ended where the model is cut
	Cut         string        // the reason of the first of them
	Stopped     string        // why fewer runs were made than asked for; ""
	Results     []Result      // by member, then in the order of its properties
	Coverage    Coverage      // of all runs; those that an interruption broke off are in it
	Threads     int           // the most machines that PCT gave priorities to
	DepthChance float64       // PCT: the least probability that one run finds a bug of depth Options.Depth; see the package comment
	Elapsed     time.Duration // of the wall clock
}

// Result is what runs say of one property.
type Result struct {
	Member   int // of a swarm; else 0
	Property model.Property
	// Verdict is Refuted where a run violates, Proved where a run met what a witness asks for, else Unknown.
	Verdict model.Verdict
	Reason  string // why it is unknown and what that is worth; what a monitor said; else ""
	Judged  bool   // the property is of a kind that finite runs are judged by
	Runs    int    // counted runs that were judged by it
	Hits    int    // of them, those that violate, or that met what a witness asks for

	// Of the probability that such a run hits: an exact two-sided interval, and an exact one-sided upper bound, each with
	// Confidence. They are [0, 1] and 1, which say nothing, where the runs ended because of what they hit.
	Interval Interval
	Upper    float64

	Run   int            // the least number of a run that hits; -1: none
	Trace []model.Action // that run up to the hit; nil: none
}

// Explore makes runs of a system and judges its properties by them. The error is about the arguments; nothing that a run meets
// is an error. When ctx is done its cause is Report.Stopped.
func Explore(ctx context.Context, sys *model.System, properties []model.Property, opts Options) (*Report, error) {
	return explore(ctx, []Member{func() (*model.System, []model.Property, error) { return sys, properties, nil }}, opts, false)
}

// Repeat makes one run of Explore again: all the actions that the run of that number takes.
func Repeat(sys *model.System, opts Options, run int) ([]model.Action, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	trace := []model.Action{}
	w := newWorker([]*member{{system: sys}}, opts, false)
	w.record = &trace
	w.run(run)
	return trace, nil
}

func (o Options) complete() (Options, error) {
	if o.Runs < 0 || o.Steps < 0 || o.Depth < 0 || o.Workers < 0 || o.States < 0 || o.States > 1<<30 {
		return o, errors.New("explore at random: a number is negative or too large")
	}
	if o.Strategy > PCT {
		return o, fmt.Errorf("explore at random: there is no strategy %d", o.Strategy)
	}
	for _, d := range []struct {
		option *int
		value  int
	}{{&o.Runs, 1000}, {&o.Steps, 1000}, {&o.Depth, 3}, {&o.Workers, runtime.GOMAXPROCS(0)}, {&o.States, 1 << 18}} {
		if *d.option == 0 {
			*d.option = d.value
		}
	}
	if o.Every == 0 {
		o.Every = 200 * time.Millisecond
	}
	return o, nil
}

// depthChance is the guarantee of PCT: 1/(n·k^(d-1)).
func depthChance(n, k, d int) float64 { return 1 / (float64(n) * math.Pow(float64(k), float64(d-1))) }
