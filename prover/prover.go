package prover

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/lockstep-prover/lockstep/model"
)

// Options bounds and observes an exploration. The zero value explores without bounds on all processors.
type Options struct {
	Workers    int    // 0: GOMAXPROCS
	NoSymmetry bool   // explore every state even where the symmetry allows less
	Memory     int64  // bytes of the visited set, the levels and the buffers; 0: no bound
	Spill      string // a directory for what Memory has no room for; "": the bound ends the exploration
	States     int64  // distinct states; 0: no bound
	Depth      int    // steps from the initial state; 0: no bound

	// Progress, if not nil, is called from the exploring goroutine about every Every (default 200 ms), and never after
	// Explore has returned.
	Progress func(Progress)
	Every    time.Duration

	grain grain
}

// grain is how an exploration is cut into pieces of work; tests cut finer, so that small systems keep all workers busy.
type grain struct {
	buffer int   // words that a worker's buffer for one shard holds; 0: as the visited set grows
	serial int   // a round of fewer blocks of states is for the first worker alone,
	alone  int   // if the level has fewer states
	table  int64 // bytes by which a shard may grow whatever the bound on memory, if it can be written to disk
	spill  bool  // write everything to disk after each round
}

// Progress is how far an exploration has come.
type Progress struct {
	States      int64 // distinct states so far
	Transitions int64 // steps taken so far
	Frontier    int64 // states of the present level that are still to be expanded
	Depth       int   // the present level
	Memory      int64 // bytes of the visited set and the levels
	Elapsed     time.Duration
}

// Result is the answer to one property.
type Result struct {
	Property    model.Property
	Verdict     model.Verdict
	Reason      string         // why the verdict is unknown; what a monitor said; else ""
	States      int64          // distinct states when the verdict was reached
	Transitions int64          // steps taken from them: enabled actions, those that change nothing included
	Depth       int            // the deepest level that has a state
	Exact       bool           // the visited set held states, not fingerprints
	Reductions  []string       // the reductions used: "symmetry"
	Elapsed     time.Duration  // since the exploration began
	Trace       []model.Action // a shortest run to the violation, or to the state that a witness asks for; nil without one
}

// Explore decides the properties of a system in one exploration. It ends when all are decided, the states are exhausted, a
// bound is hit or ctx is done (the cause of ctx is then the reason of what is unknown). With no property it explores
// everything; the one result it then returns is for the zero Property and "proved" means exhausted.
//
// The error is about the arguments, without results, or about a file, with what is known. Nothing that a system does is an error.
func Explore(ctx context.Context, sys *model.System, properties []model.Property, opts Options) ([]Result, error) {
	if opts.Workers == 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	if opts.grain == (grain{}) {
		opts.grain = grain{serial: shards, alone: 1 << 9, table: 1 << 13}
	}
	if opts.Every == 0 {
		opts.Every = 200 * time.Millisecond
	}
	if opts.Workers < 0 || opts.Memory < 0 || opts.States < 0 || opts.Depth < 0 {
		return nil, errors.New("explore: a bound or the number of workers is negative")
	}
	e, err := newExploration(sys, properties, opts)
	if err != nil {
		return nil, fmt.Errorf("explore: %w", err)
	}
	e.run(ctx)
	if e.err != nil {
		return e.results(), fmt.Errorf("explore: %w", e.err)
	}
	return e.results(), nil
}
