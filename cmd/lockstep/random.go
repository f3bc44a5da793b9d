package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/prover/random"
	"github.com/lockstep-prover/lockstep/spec"
)

// randomOptions is what the command line of prove says of random runs.
type randomOptions struct {
	strategy       string // "": the states are exhausted
	runs, steps    int
	bugDepth       int
	configurations int
	seed           uint64
}

const (
	walk  = "walk"
	pct   = "pct"
	swarm = "swarm"
)

// flags registers them.
func (o *randomOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.strategy, "random", "", "draw runs instead of exhausting the states: `walk`, pct or swarm")
	f.IntVar(&o.runs, "runs", 1000, "random: the `number` of runs, for each choice of parameters, or of the whole swarm")
	f.IntVar(&o.steps, "steps", 1000, "random: the length of a run, in `steps`")
	f.Uint64Var(&o.seed, "seed", 1, "random: the `number` that all choices come from; the same one gives the same results")
	f.IntVar(&o.bugDepth, "bug-depth", 3, "pct: the `depth` of the bugs that its guarantee is about")
	f.IntVar(&o.configurations, "configurations", 32, "swarm: how `many` choices of parameters to draw; those of --set have their values in all")
	registerCompletion(cmd, "random", cobra.FixedCompletions([]cobra.Completion{walk, pct, swarm}, cobra.ShellCompDirectiveNoFileComp))
}

// check tells of flags that do not go together.
func (o *randomOptions) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	if !given("random") {
		for _, flag := range []string{"runs", "steps", "seed", "bug-depth", "configurations"} {
			if given(flag) {
				return usage("--%s is for random runs; add --random walk, pct or swarm", flag)
			}
		}
		return nil
	}
	if !slices.Contains([]string{walk, pct, swarm}, o.strategy) {
		return usage("--random is walk, pct or swarm, not %q", o.strategy)
	}
	for _, flag := range []string{"memory", "states", "depth", "no-symmetry", "no-por", "spill", "checkpoint", "certificate"} {
		if given(flag) {
			return usage("--%s is not for random runs, which keep no states", flag)
		}
	}
	if given("bug-depth") && o.strategy != pct {
		return usage("--bug-depth is for --random pct")
	}
	if given("configurations") && o.strategy != swarm {
		return usage("--configurations is for --random swarm")
	}
	for flag, n := range map[string]int{"runs": o.runs, "steps": o.steps, "bug-depth": o.bugDepth, "configurations": o.configurations} {
		if n < 1 {
			return usage("--%s is at least 1", flag)
		}
	}
	return nil
}

// sampled is the report on the runs of some choices: one, or those of a swarm.
type sampled struct {
	outcomes []*outcome
	report   *random.Report
}

// proveAtRandom draws runs of what the options ask for, system by system.
func (c *console) proveAtRandom(ctx context.Context, o proveOptions, systems [][]*choice, store *store) error {
	store.suffix = fmt.Sprintf("_%s-seed%d", o.random.strategy, o.random.seed)
	report := &report{console: c, start: time.Now()}
	var all []*sampled
	for _, choices := range systems {
		groups := [][]*choice{choices}
		if o.random.strategy != swarm {
			groups = slices.Collect(slices.Chunk(choices, 1))
		} else {
			family, err := family(choices[0], o)
			if err != nil {
				return failed(wrongUsage, err)
			}
			groups[0] = family
		}
		var ours []*sampled
		var outcomes []*outcome
		for _, group := range groups {
			s := c.sample(ctx, group, o)
			for _, out := range s.outcomes {
				out.paths = store.keep(out.choice, out.results)
			}
			ours, outcomes = append(ours, s), append(outcomes, s.outcomes...)
		}
		report.add(outcomes)
		if all = append(all, ours...); !o.asJSON {
			report.printSampled(ours, outcomes, o.random)
		}
	}
	if o.asJSON {
		c.printJSON(randomObject(all, o.random))
	} else {
		report.printSummary(store)
	}
	if store.err != nil {
		return failed(worse(report.status(), broken), store.err)
	}
	return failed(report.status(), nil)
}

// family draws the configurations of a swarm: random values of the parameters that are not set.
func family(like *choice, o proveOptions) ([]*choice, error) {
	set, err := parseSettings(o.set)
	if err != nil {
		return nil, err
	}
	e := like.entry
	draw := rand.New(rand.NewPCG(o.random.seed, 0x7377_6172_6d00)) // "swarm"
	var all []*choice
	seen := map[string]bool{}
	for range o.random.configurations {
		var chosen []spec.Setting
		for _, p := range e.Parameters {
			value := ""
			if p.Values != nil {
				value = p.Values[draw.IntN(len(p.Values))]
			} else {
				value = strconv.Itoa(p.Min + draw.IntN(p.Max-p.Min+1))
			}
			for _, s := range set {
				if s.Name == p.Name {
					value = s.Value
				}
			}
			chosen = append(chosen, spec.Setting{Name: p.Name, Value: value})
		}
		settings, err := e.Settings(chosen...)
		if err != nil {
			return nil, err
		}
		if seen[settings.String()] {
			continue
		}
		seen[settings.String()] = true
		c, err := newChoice(e, settings, o.properties)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// sample makes the runs of some choices, within the time allowed.
func (c *console) sample(ctx context.Context, choices []*choice, o proveOptions) *sampled {
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("time bound %v reached", o.timeout))
		defer cancel()
	}
	options := random.Options{Runs: o.random.runs, Steps: o.random.steps, Seed: o.random.seed, Depth: o.random.bugDepth, Workers: o.prover.Workers, Count: true}
	if o.random.strategy == pct {
		options.Strategy = random.PCT
	}
	if o.progress > 0 && !o.asJSON {
		options.Every = o.progress
		options.Progress = func(p random.Progress) {
			fmt.Fprintf(c.stderr, "%s of %s runs, %s steps, %s  %s\n", short(float64(p.Runs)), short(float64(options.Runs)),
				short(float64(p.Steps)), p.Elapsed.Round(100*time.Millisecond), choices[0].entry.Name)
		}
	}
	var report *random.Report
	var err error
	if o.random.strategy == swarm {
		var members []random.Member
		for _, c := range choices {
			members = append(members, func() (*model.System, []model.Property, error) { return c.system, c.properties(), nil })
		}
		report, err = random.Swarm(ctx, members, options)
	} else {
		report, err = random.Explore(ctx, choices[0].system, choices[0].properties(), options)
	}
	if err != nil {
		panic(fmt.Sprintf("lockstep: the catalogue's %s cannot be explored: %v", choices[0].entry.Name, err))
	}
	s := &sampled{report: report}
	for i, choice := range choices {
		out := &outcome{choice: choice}
		for _, r := range report.Results {
			if r.Member == i {
				out.results = append(out.results, prover.Result{Property: r.Property, Verdict: r.Verdict, Reason: r.Reason, Trace: r.Trace})
			}
		}
		s.outcomes = append(s.outcomes, out)
	}
	return s
}

// printSampled prints what random runs say of a system: for each property and claim the runs, those that hit, and the bound.
func (r *report) printSampled(all []*sampled, outcomes []*outcome, o randomOptions) {
	var b strings.Builder
	e := outcomes[0].entry
	fmt.Fprintf(&b, "%s  %s\n", paint(r.color(), bold, e.Name), e.Summary)
	var choices []spec.Settings
	for _, out := range outcomes {
		choices = append(choices, out.settings)
	}
	always, mostly := common(choices)
	writeCommon(&b, always, mostly)
	b.WriteByte('\n')
	if o.strategy == swarm {
		swarmTable(all[0]).render(&b, r.width(), r.color())
	} else {
		sampleTable(all, always, mostly).render(&b, r.width(), r.color())
	}
	writeWorth(&b, all, o)
	r.writeRefutations(&b, outcomes)
	b.WriteByte('\n')
	r.printf("%s", b.String())
}

// sampleTable has a row for each choice and a column for each property.
func sampleTable(all []*sampled, always, mostly spec.Settings) *table {
	t := &table{}
	for _, s := range all {
		o := s.outcomes[0]
		w := row{label: differences(o.entry, o.settings, always, mostly)}
		for i, res := range s.report.Results {
			w.cells = append(w.cells, sampleCell(o, i, res))
		}
		w.cells = append(w.cells, cell{text: strconv.Itoa(s.report.Runs)},
			cell{text: short(float64(s.report.Coverage.Transitions.Distinct))}, cell{text: percent(s.report.Coverage.Transitions.NewRun)})
		t.rows = append(t.rows, w)
	}
	for i, claim := range all[0].outcomes[0].claims {
		t.property(i, claim.Name, claim.Clause)
	}
	t.columns = append(t.columns, column{head: []string{"runs"}, right: true}, column{head: []string{"local", "transitions"}, right: true},
		column{head: []string{"next run", "meets more"}, right: true})
	return t
}

// sampleCell is "refuted 12×", "proved 900×" or the bound "≤0.3%".
func sampleCell(o *outcome, i int, r random.Result) cell {
	c := cell{text: r.Verdict.String(), style: verdictStyle(r.Verdict)}
	switch {
	case !r.Judged:
		c.text = "not judged"
	case r.Verdict == model.Unknown:
		c.text = "≤" + percent(r.Upper)
	default:
		c.text += fmt.Sprintf(" %d×", r.Hits)
	}
	if o.surprising(i) {
		c.style, c.marked = alarm, true
	}
	return c
}

func percent(p float64) string { return fmt.Sprintf("%.3g%%", 100*p) }

// swarmTable has a row for each property and each verdict claimed of it.
func swarmTable(s *sampled) *table {
	t := &table{label: "property", columns: []column{{head: []string{"claim"}}, {head: []string{"configurations"}, right: true},
		{head: []string{"runs"}, right: true}, {head: []string{"hits"}, right: true}, {head: []string{"verdict"}}, {head: []string{"a run hits"}}}}
	for i, claim := range s.outcomes[0].claims {
		for _, claimed := range []model.Verdict{model.Proved, model.Refuted} {
			n, runs, hits, marked, judged := 0, 0, 0, false, true
			for m, o := range s.outcomes {
				r := s.report.Results[m*len(o.claims)+i]
				if o.claims[i].Claimed != claimed {
					continue
				}
				n, runs, hits, marked, judged = n+1, runs+r.Runs, hits+r.Hits, marked || o.surprising(i), r.Judged
			}
			if n == 0 {
				continue
			}
			verdict := model.Unknown
			worth := "≤" + percent(random.UpperBound(hits, runs, random.Confidence))
			if hits > 0 {
				verdict = model.Refuted
				if claim.Kind == model.Reachable {
					verdict = model.Proved
				}
				in := random.ClopperPearson(hits, runs, random.Confidence)
				worth = percent(in.Low) + " to " + percent(in.High)
			}
			if !judged {
				worth = "not judged"
			}
			c := cell{text: verdict.String(), style: verdictStyle(verdict), marked: marked}
			t.rows = append(t.rows, row{claim.Name, []cell{{text: claimed.String()}, {text: strconv.Itoa(n)}, {text: strconv.Itoa(runs)},
				{text: strconv.Itoa(hits)}, c, {text: worth}}})
		}
	}
	return t
}

// writeWorth says how the numbers of the table are to be read, and what runs have met.
func writeWorth(b *strings.Builder, all []*sampled, o randomOptions) {
	r := all[0].report
	kind := map[string]string{walk: "random walks", pct: "PCT runs", swarm: "runs of the swarm"}[o.strategy]
	fmt.Fprintf(b, "\n  %s of at most %d steps, seed %d; ≤p: with 95%% confidence at most p of such runs violate, or meet what a witness asks for.\n",
		kind, o.steps, o.seed)
	if o.strategy == pct {
		fmt.Fprintf(b, "  A run finds a bug of depth %d that needs no choice of a machine with probability at least %.3g (of %d threads).\n",
			o.bugDepth, r.DepthChance, r.Threads)
	}
	if o.strategy == swarm {
		t, s := r.Coverage.Transitions, r.Coverage.States
		fmt.Fprintf(b, "  Met: %s local transitions (a further run meets a new one: estimate %s, at most %s), %s global states (of a run's: %s new, at most %s).\n",
			short(float64(t.Distinct)), percent(t.NewRun), percent(t.NewRunUpper), short(float64(s.Distinct)), percent(s.NewStep), percent(s.NewStepUpper))
	}
	for _, s := range all {
		if s.report.Stopped != "" {
			fmt.Fprintf(b, "  stopped after %d runs: %s\n", s.report.Runs, s.report.Stopped)
		}
		if s.report.Cuts > 0 {
			fmt.Fprintf(b, "  %s ended where the model is cut: %s\n", plural(s.report.Cuts, "run"), s.report.Cut)
		}
	}
}
