package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/prover/shrink"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// shrinkOptions is the command line of shrink.
type shrinkOptions struct {
	path   string
	out    string // "": the trace goes to stdout
	asJSON bool
}

// shrinkJSON is the object of `shrink --json`.
type shrinkJSON struct {
	Schema     string         `json:"schema"` // "lockstep/shrink/v1"
	System     string         `json:"system"`
	Parameters map[string]any `json:"parameters"` // after
	Smaller    map[string]int `json:"smaller"`    // what the parameters that became smaller were before
	Property   string         `json:"property"`
	Clause     string         `json:"clause"` // of SPEC.md
	Verdict    string         `json:"verdict"`
	Before     int            `json:"before"`          // steps
	After      int            `json:"after"`           // steps
	Minimal    bool           `json:"minimal"`         // no step can be spared; false only if the run was interrupted
	Trace      string         `json:"trace,omitempty"` // the path that it is written to; absent without --out
	Steps      []stepJSON     `json:"steps"`
}

func newShrink(c *console) *cobra.Command {
	var o shrinkOptions
	cmd := &cobra.Command{
		Use:   "shrink TRACE",
		Short: "Make a trace as small as it can be",
		Long: `Makes a trace smaller that refutes a property, or shows a witness, wherever it comes from: a random run, a
simulation, a person. It leaves out clients, faults and steps, looks for shorter ways between the states of the
run, and tries the system with fewer clients and smaller budgets of faults. The result is a run of the system that
its header names, shows the same, is never longer, and has no step that could be left out: "lockstep show --why"
says of each what would happen without it. It need not be a shortest one; that is what "lockstep prove" finds.

The trace goes to standard output, or to the file of --out; what was left out is told on stderr. TRACE is a file,
or - for standard input. Ctrl-C ends the run, which still gives the smallest trace so far, with status 3.`,
		Example: `  lockstep shrink FILE.trace --out SMALL.trace
  lockstep shrink FILE.trace | lockstep show -`,
		Args: oneTrace,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.path = args[0]
			return c.shrink(cmd.Context(), o)
		},
		ValidArgsFunction: completeTraces,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.out, "out", "", "write the trace to this `file` (default: standard output)")
	jsonFlag(cmd, &o.asJSON)
	return cmd
}

func (c *console) shrink(ctx context.Context, o shrinkOptions) error {
	k, err := c.readTrace(o.path)
	if err != nil {
		return err
	}
	if k.verdict == model.Unknown {
		return usage("%s: there is nothing to keep: the trace shows nothing of %s", o.path, k.claims[0].Name)
	}
	small, err := smallest(ctx, &shrunk{k.choice, k.actions(), k.trace.Lasso, k.trace.Cycle})
	if small == nil {
		return usage("%s: %w", o.path, err)
	}
	interrupted := err != nil
	t := small.trace(k)
	if o.out != "" {
		if err := writeTrace(o.out, t); err != nil {
			return failed(broken, fmt.Errorf("writing the trace: %w", err))
		}
	}
	switch {
	case o.asJSON:
		c.printJSON(small.object(k, t, o.out, !interrupted))
	case o.out == "":
		if err := t.Format(c.stdout); err != nil {
			return failed(broken, err)
		}
		fmt.Fprintln(c.stderr, small.summary(k, interrupted))
	default:
		c.printf("%s\n%s show --why %s\n", small.summary(k, interrupted), c.program, shellWord(o.out))
	}
	if interrupted {
		return failed(undecided, fmt.Errorf("%w; the trace need not be as small as it can be", context.Cause(ctx)))
	}
	return nil
}

// shrunk is a run of a system for one choice of parameters and one property.
type shrunk struct {
	*choice
	run   []model.Action
	lasso bool
	cycle int // the steps at the end that are repeated for ever
}

// smallest shrinks a run, and its system with it. When ctx ends it returns the smallest so far beside the cause; any other
// error comes without a result.
func smallest(ctx context.Context, from *shrunk) (*shrunk, error) {
	now, err := from.shrink(ctx)
	for again := true; again && err == nil; {
		again = false
		for _, p := range now.entry.Parameters {
			if p.Values != nil {
				continue
			}
			for n := p.Min; n < now.settings.Int(p.Name); n++ {
				var next *shrunk
				if next, err = now.with(ctx, p, n); next != nil {
					now, again = next, true
					break
				}
			}
			if err != nil {
				return now, err
			}
		}
	}
	return now, err
}

// shrink shrinks the run in its own system, with the results of smallest.
func (s *shrunk) shrink(ctx context.Context) (*shrunk, error) {
	p := s.claims[0].Property
	var small []model.Action
	var cycle int
	var err error
	if s.lasso {
		small, cycle, err = shrink.Lasso(ctx, s.system, p, s.run, s.cycle)
	} else if small, err = shrink.Trace(ctx, s.system, p, s.run, shrink.Options{}); err == nil {
		// That the image is minimal too is the symmetry's word: better look.
		small, err = shrink.Trace(ctx, s.system, p, shrink.Front(s.system, p, small), shrink.Options{})
	}
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	return &shrunk{s.choice, small, s.lasso, cycle}, err
}

// with tries the run in the system with a smaller parameter; nil if it does not show there what it should.
func (s *shrunk) with(ctx context.Context, p spec.Parameter, n int) (*shrunk, error) {
	settings := slices.Clone(s.settings)
	i := slices.IndexFunc(settings, func(v spec.Setting) bool { return v.Name == p.Name })
	settings[i].Value = strconv.Itoa(n)
	c, err := newChoice(s.entry, settings, []string{s.claims[0].Name})
	if err != nil {
		return nil, nil // there is no such system: nothing to be smaller
	}
	next := &shrunk{choice: c, lasso: s.lasso}
	var ok bool
	if s.lasso {
		next.run, next.cycle, ok = shrink.RefitLasso(s.system, s.run, s.cycle, c.system, c.claims[0].Property)
	} else {
		next.run, ok = shrink.Refit(s.system, s.run, c.system, c.claims[0].Property)
	}
	if !ok {
		return nil, nil
	}
	return next.shrink(ctx)
}

// trace is the run with the header of the trace that it comes from.
func (s *shrunk) trace(from *kept) *traces.Trace {
	t := record(s.choice, prover.Result{Property: s.claims[0].Property, Verdict: from.verdict, Trace: s.run, Lasso: s.lasso, Cycle: s.cycle})
	t.Seed, t.Notes = from.trace.Seed, from.trace.Notes
	return t
}

// smaller lists the parameters that became smaller, with their values before.
func (s *shrunk) smaller(than *kept) []spec.Setting {
	var all []spec.Setting
	for i, v := range than.settings {
		if v != s.settings[i] {
			all = append(all, v)
		}
	}
	return all
}

// summary says in one line what was left out.
func (s *shrunk) summary(from *kept, interrupted bool) string {
	var words []string
	before, after := len(from.trace.Lines), len(s.run)
	if before != after {
		words = append(words, fmt.Sprintf("%s became %d", plural(before, "step"), after))
	}
	for _, v := range s.smaller(from) {
		words = append(words, fmt.Sprintf("%v became %s", v, s.settings.Value(v.Name)))
	}
	switch {
	case words == nil && interrupted:
		return "nothing was left out"
	case words == nil:
		return fmt.Sprintf("nothing to leave out: %s, and every one is needed", plural(after, "step"))
	}
	return strings.Join(words, ", ")
}

func (s *shrunk) object(from *kept, t *traces.Trace, path string, minimal bool) shrinkJSON {
	o := shrinkJSON{
		Schema: shrinkSchema, System: s.entry.Name, Parameters: jsonParameters(s.entry, s.settings), Smaller: map[string]int{},
		Property: s.claims[0].Name, Clause: s.claims[0].Clause, Verdict: from.verdict.String(),
		Before: len(from.trace.Lines), After: len(s.run), Minimal: minimal, Trace: path, Steps: []stepJSON{},
	}
	for _, v := range s.smaller(from) {
		o.Smaller[v.Name] = must(strconv.Atoi(v.Value))
	}
	for _, l := range t.Lines {
		o.Steps = append(o.Steps, stepJSON{Machine: l.Machine, Event: l.Event, Notes: append([]string{}, l.Notes...)})
	}
	return o
}
