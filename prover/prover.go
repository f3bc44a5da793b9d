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
	Workers        int    // 0: GOMAXPROCS
	NoSymmetry     bool   // explore every state even where the symmetry allows less
	NoPartialOrder bool   // take every step of every state even where the order of some does not matter
	Memory         int64  // bytes of the visited set, the levels and the buffers, or of the graph for properties of runs; 0: no bound
	Spill          string // a directory for what Memory has no room for; "": the bound ends the exploration
	States         int64  // distinct states; 0: no bound
	Depth          int    // steps from the initial state; 0: no bound

	Checkpoint  Checkpoint  // the zero value: none
	Certificate Certificate // the zero value: none; written if every property is proved

	// Progress, if not nil, is called from the exploring goroutine about every Every (default 200 ms), and never after
	// Explore has returned. The exploration for properties of runs begins again at no state.
	Progress func(Progress)
	Every    time.Duration

	grain grain
	kept  behaviour // empty: there is one pass
	last  bool      // no other pass comes after this one
}

// grain is how an exploration is cut into pieces of work; tests cut finer, so that small systems keep all workers busy.
type grain struct {
	buffer int   // words that a worker's buffer for one shard holds; 0: as the visited set grows
	serial int   // a round of fewer blocks of states is for the first worker alone,
	alone  int   // if the level has fewer states
	table  int64 // bytes by which a shard may grow whatever the bound on memory, if it can be written to disk
	learn  int64 // states that are explored before partial-order reduction is used
	save   bool  // a checkpoint before each level
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
	Reason      string         // why the verdict is unknown; what a monitor said; that nothing asks for what is proved; else ""
	States      int64          // distinct states when the verdict was reached
	Transitions int64          // steps taken from them: enabled actions, those that change nothing included
	Depth       int            // the deepest level that has a state
	Exact       bool           // the visited set held states, not fingerprints
	Reductions  []string       // the reductions used: "symmetry" or "partial order"
	Elapsed     time.Duration  // since the exploration began
	Trace       []model.Action // a shortest run to the violation, or to the state that a witness asks for; nil without one
	Lasso       bool           // the counterexample is an infinite run: the last Cycle steps of Trace are repeated for ever
	Cycle       int            // how many they are; 0 in a lasso: the run stops for ever where Trace ends
	Vacuity     Vacuity        // what had no part in the exploration; the same for all that it decided
}

// Explore decides the properties of a system in one exploration. It ends when all are decided, the states are exhausted, a
// bound is hit or ctx is done (the cause of ctx is then the reason of what is unknown). With no property it explores
// everything; the one result it then returns is for the zero Property and "proved" means exhausted.
//
// A property that is to be explored apart is decided in an exploration of its own, unless there is a checkpoint or a certificate, which are
// of one. Properties of runs are decided in a last exploration, which is of all states, without reductions, to the end: a bound,
// which holds for each exploration by itself, leaves them all unknown. The results are in the order of the properties.
//
// The error is about the arguments, without results, a checkpoint among them that cannot be resumed from ([CheckpointError]); about a
// machine that does not keep its contract, without results; or about reading and writing files, with what is known.
func Explore(ctx context.Context, sys *model.System, properties []model.Property, opts Options) ([]Result, error) {
	if opts.Workers == 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	if opts.grain == (grain{}) {
		opts.grain = grain{serial: shards, alone: 1 << 9, table: 1 << 13, learn: 1 << 14}
	}
	if opts.Checkpoint.Every == 0 {
		opts.Checkpoint.Every = time.Minute
	}
	if opts.Every == 0 {
		opts.Every = 200 * time.Millisecond
	}
	if opts.Workers < 0 || opts.Memory < 0 || opts.States < 0 || opts.Depth < 0 {
		return nil, errors.New("explore: a bound or the number of workers is negative")
	}
	if err := checkProperties(sys.Len(), properties); err != nil {
		return nil, fmt.Errorf("explore: %w", err)
	}
	if err := checkCertificate(properties, opts); err != nil {
		return nil, fmt.Errorf("explore: %w", err)
	}
	var first, ofRuns pass
	var apart []pass
	for i, p := range properties {
		switch {
		case p.Kind.OfRuns():
			ofRuns.add(i, p)
		case p.Apart && !leavesFiles(opts):
			apart = append(apart, pass{})
			apart[len(apart)-1].add(i, p)
		default:
			first.add(i, p)
		}
	}
	if err := checkRuns(sys, ofRuns.properties); err != nil {
		return nil, fmt.Errorf("explore: %w", err)
	}
	passes := apart
	if first.properties != nil || len(properties) == 0 {
		passes = append([]pass{first}, apart...)
	}
	if ofRuns.properties != nil {
		ofRuns.runs = true
		passes = append(passes, ofRuns)
	}
	if len(passes) > 1 {
		opts.kept = newBehaviour(sys)
	}
	results := make([]Result, len(properties))
	var all error
	for k, x := range passes {
		opts.last = k == len(passes)-1
		explore := exploreStates
		if x.runs {
			explore = exploreRuns
		}
		found, err := explore(ctx, sys, x.properties, opts)
		if err != nil {
			all = errors.Join(all, err)
			var unreadable *CheckpointError
			var changed changedError
			if found == nil || errors.As(err, &unreadable) || errors.As(err, &changed) {
				return nil, fmt.Errorf("explore: %w", all)
			}
		}
		if len(properties) == 0 {
			results = found
		}
		for k, i := range x.at {
			results[i] = found[k]
		}
	}
	if all != nil {
		all = fmt.Errorf("explore: %w", all)
	}
	return results, all
}

// pass is what is decided in one exploration.
type pass struct {
	properties []model.Property
	at         []int // their places among all
	runs       bool  // of runs
}

func (x *pass) add(i int, p model.Property) {
	x.properties, x.at = append(x.properties, p), append(x.at, i)
}

// leavesFiles reports whether an exploration leaves more behind than its results: then it is but one.
func leavesFiles(opts Options) bool { return opts.Checkpoint.File != "" || opts.Certificate.To != nil }

// exploreStates decides properties of states and steps.
func exploreStates(ctx context.Context, sys *model.System, properties []model.Property, opts Options) ([]Result, error) {
	symmetric := len(sys.Symmetry) > 0 && !opts.NoSymmetry && allSymmetric(properties)
	if !opts.NoPartialOrder && !symmetric && !leavesFiles(opts) && reducible(properties) {
		return exploreReduced(ctx, sys, properties, opts)
	}
	e, err := newExploration(sys, properties, opts)
	if err != nil {
		return nil, err
	}
	e.runFreed(ctx)
	return e.results(), e.err
}
