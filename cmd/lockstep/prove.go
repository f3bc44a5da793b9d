package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// proveOptions is the command line of prove.
type proveOptions struct {
	systems    []string
	clients    int // 0: not given
	set        []string
	properties []string
	memory     string
	timeout    time.Duration
	progress   time.Duration
	out        string
	asJSON     bool
	frontier   bool
	tightest   bool
	files      fileOptions
	random     randomOptions
	prover     prover.Options // its Memory, Progress and files are not set by flags
}

func newProve(c *console) *cobra.Command {
	var o proveOptions
	cmd := &cobra.Command{
		Use:   "prove [SYSTEM...]",
		Short: "Prove or refute the properties of systems",
		Long: `Explores every reachable state of systems of the catalogue and prints a table of verdicts, one row for each
choice of parameters. Ctrl-C ends the run, which still prints what is known.

What is explored:
  Without a SYSTEM the whole catalogue. Without --set each system runs with the choices that
  "lockstep list SYSTEM" shows; a parameter that is set has its value in all of them.

Verdicts:
  "proved" is said only of an exhausted, exact exploration. "refuted 9" comes with a shortest run of 9 steps to
  the violation, written as a trace; "refuted 5+3" with an infinite run, of 5 steps and 3 more that are repeated
  for ever (0: it stops there for ever). "unknown" comes with the reason. The program knows what SPEC.md claims,
  and marks a verdict that differs with ✗. "vacuous" below the table is what never happened in a row that was
  explored to its end, nor in another one: an action always refused, a timer never armed, a monitor that hears
  nothing. What is proved may then say less than it seems.

Reductions:
  Where clients are interchangeable one state stands for its images, and where the order of steps does not matter
  one order stands for all; verdicts do not depend on it, and the number of states does. With --no-symmetry and
  --no-por every state is counted, as those who publish counts do. Properties of infinite runs are decided on all
  states in any case, and with --checkpoint or --certificate every order is explored.

Larger systems:
  --memory, --timeout, --states and --depth bound each exploration; what they leave open is unknown. With --spill
  the bound on memory ends nothing: what has no room goes to disk. With --checkpoint an exploration is saved
  between two levels of its search, one file for each choice of parameters, and after the process has died the
  same command with --resume goes on from there; so it does after an interruption, which saves nothing by itself.
  What is killed hard may leave lockstep-spill-* and *.checkpoint.* behind, for you to delete. Neither is for
  properties of infinite runs, which are decided in memory and from the beginning.

Certificates:
  --certificate writes what "lockstep verify" checks without the prover: for one system and one choice of
  parameters, and of its properties for those of --property, or else for those that are claimed to be proved and
  can be certified: invariants, monitors and deadlock freedom. Nothing else is decided then. If one of them is not
  proved there is no certificate.

Other questions:
  --frontier asks how many faults it takes: "proved for crash≤1; refuted with reset=1 | pause=1". It goes through
  all budgets of faults from 0 to 1 each, or to what --set says, fewest faults first; every other parameter has
  its default, or what --set says. A refutation holds for all larger budgets too, since those only add runs, and
  is not looked for there.

  --tightest searches the least bound for which a property that has one holds, with all else as above, and keeps
  the trace that refutes the next smaller one; --timeout is then for each search.

  --random draws runs, for what is too large: walk takes any enabled action; pct gives machines random priorities
  and has a guarantee for bugs of small depth; swarm draws parameters and classes of events to put off. A run that
  violates refutes, one that meets a witness proves it; all else is unknown, with a bound on how many of such runs
  violate.

JSON:
  --json prints {"schema": "lockstep/prove/v1", "results": [...], "vacuous": [...]}, a result for each property
  and choice of parameters: system, parameters, property, clause, claim, verdict, reason, states, transitions,
  depth, exact, reductions, seconds, and for a refutation length (steps), loop (of an infinite run: the steps
  before those that are repeated for ever) and trace (path); and by system what is vacuous. The other questions have "lockstep/frontier/v1",
  "lockstep/tightest/v1" and "lockstep/random/v1"; go doc ./cmd/lockstep has their fields.`,
		Example: `  lockstep prove
  lockstep prove mutex/exclusive-queue
  lockstep prove mutex/exclusive-queue --set verify=publish --set reconnect=true --property verify-truth
  lockstep prove mutex/exclusive-queue --clients 3 --set blackhole=0 --memory 2GiB --timeout 5m --json
  lockstep prove mutex/exclusive-queue --clients 3 --memory 2GiB --spill /var/tmp --checkpoint saved --resume
  lockstep prove classic/two-phase-commit --set rm=7 --certificate two-phase-commit.certificate
  lockstep prove mutex/exclusive-queue --frontier --set reset=2 --set pause=0
  lockstep prove mutex/exclusive-queue-timed --property bounded-release --tightest
  lockstep prove mutex/exclusive-queue --clients 4 --random swarm --runs 20000 --seed 7`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.systems = args
			if cmd.Flags().Changed("clients") {
				o.set = append(o.set, fmt.Sprintf("clients=%d", o.clients))
			}
			if err := o.random.check(cmd); err != nil {
				return err
			}
			if err := o.files.check(cmd); err != nil {
				return err
			}
			if o.frontier {
				return c.frontier(cmd.Context(), o)
			}
			return c.prove(cmd.Context(), o)
		},
		ValidArgsFunction: completeSystems,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.set, "set", nil, "set a parameter, `k=v` (repeatable)")
	f.IntVar(&o.clients, "clients", 0, "the same as --set clients=`N`")
	f.StringSliceVar(&o.properties, "property", nil, "decide only this property `P`, by its name or clause (repeatable, or separated by commas)")
	f.StringVar(&o.out, "out", defaultOut, "the `directory` for the traces of refutations; empty: none is written")
	f.IntVar(&o.prover.Workers, "workers", 0, "explore one choice after the other, with `N` threads (default: some at a time, on all processors)")
	f.StringVar(&o.memory, "memory", "", "bound on the memory of visited states, a `size` such as 512MiB or 2GiB (default: none)")
	f.DurationVar(&o.timeout, "timeout", 0, "bound on the time `D` for each choice of parameters, such as 90s or 10m (default: none)")
	f.Int64Var(&o.prover.States, "states", 0, "bound on the `number` of distinct states (default: none)")
	f.IntVar(&o.prover.Depth, "depth", 0, "bound on the `number` of steps (default: none)")
	f.BoolVar(&o.prover.NoSymmetry, "no-symmetry", false, "explore all states even where clients are interchangeable")
	f.BoolVar(&o.prover.NoPartialOrder, "no-por", false, "explore all orders of steps even where they make no difference (partial-order reduction)")
	o.files.flags(cmd)
	f.BoolVar(&o.frontier, "frontier", false, "how many faults it takes: the least budgets that refute each property, and the largest for which it is proved")
	f.BoolVar(&o.tightest, "tightest", false, "search the least bound of properties that have one")
	f.DurationVar(&o.progress, "progress", 5*time.Second, "tell how far it is every `D`, on stderr; a terminal has it always; 0: never")
	o.random.flags(cmd)
	jsonFlag(cmd, &o.asJSON)
	registerCompletion(cmd, "set", completeSettings)
	registerCompletion(cmd, "property", completeProperties)
	return cmd
}

// maxWorkers is more threads than any machine of today gains by.
const maxWorkers = 256

// bounds checks what the flags say of the prover.
func (o *proveOptions) bounds() (prover.Options, error) {
	p := o.prover
	for _, n := range []struct {
		flag  string
		value int64
	}{
		{"workers", int64(p.Workers)}, {"states", p.States}, {"depth", int64(p.Depth)},
		{"timeout", int64(o.timeout)}, {"progress", int64(o.progress)},
	} {
		if n.value < 0 {
			return p, fmt.Errorf("--%s cannot be negative", n.flag)
		}
	}
	if p.Workers > maxWorkers {
		return p, fmt.Errorf("--workers cannot be above %d", maxWorkers)
	}
	if o.memory != "" {
		bytes, err := humanize.ParseBytes(o.memory)
		if err != nil || bytes == 0 || bytes > math.MaxInt64 {
			return p, fmt.Errorf("--memory is a size such as 512MiB or 2GiB, not %q", o.memory)
		}
		p.Memory = int64(bytes)
	}
	p.Spill = o.files.spill
	return p, nil
}

// prove explores what the options ask for, system by system.
func (c *console) prove(ctx context.Context, o proveOptions) error {
	options, err := o.bounds()
	if err != nil {
		return failed(wrongUsage, err)
	}
	set, err := parseSettings(o.set)
	if err != nil {
		return failed(wrongUsage, err)
	}
	systems, err := plan(o.systems, set, o.properties)
	if err != nil {
		return failed(wrongUsage, err)
	}
	store := &store{dir: o.out}
	var certificate *certificateFile
	if o.files.certificate != "" {
		choice, err := o.files.certified(systems, len(o.properties) > 0)
		if err != nil {
			return failed(wrongUsage, err)
		}
		certificate = &certificateFile{name: o.files.certificate}
		options.Certificate = prover.Certificate{To: certificate, System: choice.entry.Name, Parameters: choice.settings.String()}
	}
	if err := errors.Join(store.probe(), o.files.probe()); err != nil {
		return failed(broken, err)
	}
	if o.tightest {
		return c.tightest(ctx, o, options, systems, set, store)
	}
	if o.random.strategy != "" {
		return c.proveAtRandom(ctx, o, systems, store)
	}
	report := &report{console: c, start: time.Now()}
	wrong := report.explore(ctx, o, options, systems, store)
	if wrong != nil && len(report.outcomes) == 0 {
		return wrong
	}
	if o.asJSON {
		c.printJSON(report.object())
	} else {
		report.printSummary(store)
	}
	if certificate != nil && wrong == nil {
		if wrong = certificate.end(report.outcomes[0]); wrong == nil && !o.asJSON {
			c.printf("The certificate is written: %s verify %s checks it without the prover.\n", c.program, shellWord(o.files.certificate))
		}
	}
	if wrong == nil && store.err != nil {
		wrong = failed(broken, store.err)
	}
	s, _ := statusOf(wrong)
	return failed(worse(report.status(), s), wrong)
}

// explore decides what there is to decide, and prints a table for each system unless a JSON object is asked for. The error is the
// first about a file, with its status. A checkpoint that cannot be read ends the run, and nothing else does.
func (r *report) explore(ctx context.Context, o proveOptions, options prover.Options, systems [][]*choice, store *store) (wrong error) {
	progress := newProgress(r.console, o, systems)
	options.Every = progress.every()
	n := 1
	if o.unbounded() {
		n = abreast
	}
	next, stop := iter.Pull(ahead(ctx, n, slices.Concat(systems...), func(ctx context.Context, c *choice, number int) *outcome {
		options := options
		options.Progress = progress.of(c, number)
		return o.files.explore(ctx, c, options, o.timeout)
	}))
	defer stop()
	for _, choices := range systems {
		var outcomes []*outcome
		for _, choice := range choices {
			out, _ := next()
			progress.done()
			if out.results == nil {
				wrong = failed(wrongUsage, out.err)
				break
			}
			if out.err != nil && wrong == nil {
				wrong = failed(broken, out.err)
			}
			out.paths = store.keep(choice, out.results)
			outcomes = append(outcomes, out)
		}
		if len(outcomes) > 0 {
			r.add(outcomes)
			if !o.asJSON {
				r.printSystem(outcomes)
			}
		}
		if s, _ := statusOf(wrong); s == wrongUsage {
			break
		}
	}
	return wrong
}

// abreast is how many choices are explored at a time: small ones leave processors idle between the levels of their search.
const abreast = 3

// unbounded reports whether nothing is said about one exploration that others beside it would change.
func (o *proveOptions) unbounded() bool {
	return o.prover.Workers == 0 && o.memory == "" && o.timeout == 0 && o.files == fileOptions{every: o.files.every}
}

// ahead explores choices, which have numbers from 1, n at a time, and yields their outcomes in order.
func ahead(ctx context.Context, n int, choices []*choice, explore func(context.Context, *choice, int) *outcome) iter.Seq[*outcome] {
	return func(yield func(*outcome) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var all sync.WaitGroup
		defer all.Wait()
		defer cancel()
		outcomes := make([]chan *outcome, len(choices))
		for i, begun := 0, 0; i < len(choices); i++ {
			for ; begun < min(i+n, len(choices)); begun++ {
				done, c, number := make(chan *outcome, 1), choices[begun], begun+1
				outcomes[begun] = done
				all.Go(func() { done <- explore(ctx, c, number) })
			}
			if !yield(<-outcomes[i]) {
				return
			}
		}
	}
}

// explore decides the properties of one choice within the time allowed. An error about a file is in the outcome, beside what is known.
func explore(ctx context.Context, c *choice, options prover.Options, timeout time.Duration) *outcome {
	if ctx.Err() != nil {
		return notExplored(c, context.Cause(ctx).Error())
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, fmt.Errorf("time bound %v reached", timeout))
		defer cancel()
	}
	out := &outcome{choice: c}
	var err error
	if out.results, err = prover.Explore(ctx, c.system, c.properties(), options); err == nil {
		return out
	}
	if unreadable := (*prover.CheckpointError)(nil); out.results == nil && !errors.As(err, &unreadable) {
		panic(fmt.Sprintf("lockstep: the catalogue's %s cannot be explored: %v", c.entry.Name, err))
	}
	out.err = errors.Unwrap(err) // without the prover's "explore:"
	return out
}

// notExplored is the outcome of a choice that an interrupted run did not come to.
func notExplored(c *choice, why string) *outcome {
	var all []prover.Result
	for _, p := range c.properties() {
		all = append(all, prover.Result{Property: p, Verdict: model.Unknown, Reason: why, Exact: true})
	}
	return &outcome{choice: c, results: all, skipped: true}
}
