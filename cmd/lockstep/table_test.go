package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// idle is a machine that can act for ever.
type idle struct{}

type think struct{}

func (think) String() string { return "thinks" }

func (idle) Actions(dst []model.Event) []model.Event      { return append(dst, think{}) }
func (idle) Step(_ model.ID, _ model.Event, _ *model.Out) {}
func (idle) Clone() model.Machine                         { return idle{} }
func (idle) AppendState(dst []byte) []byte                { return dst }

// example is a report on a system that is in no catalogue, with a bit of everything.
func example(t *testing.T, c *console) *report {
	t.Helper()
	sys, err := model.Compose(model.Member{Name: "philosopher", Machine: idle{}})
	if err != nil {
		t.Fatal(err)
	}
	entry := &spec.Entry{Name: "dinner/philosophers", Summary: "who eats at a round table", Parameters: []spec.Parameter{
		{Name: "seats", Default: "2", Max: 9}, {Name: "forks", Default: "steel", Values: []string{"steel", "silver"}},
		{Name: "polite", Default: "false", Values: []string{"false", "true"}},
	}}
	claim := func(name, clause, says string, v model.Verdict) spec.Claim {
		return spec.Claim{Property: model.Property{Name: name}, Clause: clause, Says: says, Claimed: v}
	}
	claims := []spec.Claim{
		claim("fork-exclusion", "P-1", "no fork is in two hands", model.Proved),
		claim("one-after-the-other", "P-2", "nobody eats twice while another one is hungry", model.Refuted),
		claim("can-eat", "W-1", "witness: somebody can eat", model.Proved),
	}
	run := make([]model.Action, 12)
	for i := range run {
		run[i] = model.Action{Machine: 0, Event: think{}}
	}
	result := func(i int, v model.Verdict, reason string, states int64, elapsed time.Duration, steps int) prover.Result {
		r := prover.Result{Property: claims[i].Property, Verdict: v, Reason: reason, States: states, Transitions: 3 * states, Depth: 7,
			Exact: true, Elapsed: elapsed}
		if steps > 0 {
			r.Trace = run[:steps]
		}
		return r
	}
	out := func(seats, forks, polite string, results ...prover.Result) *outcome {
		o := &outcome{choice: &choice{entry, spec.Settings{{Name: "seats", Value: seats}, {Name: "forks", Value: forks}, {Name: "polite", Value: polite}}, sys, claims}, results: results}
		for _, r := range results {
			path := ""
			if r.Verdict == model.Refuted && r.Trace != nil {
				path = "out dir/" + o.fileName(r.Property.Name) + ".trace"
			}
			o.paths = append(o.paths, path)
		}
		return o
	}
	r := &report{console: c}
	r.add([]*outcome{
		out("2", "steel", "false", result(0, model.Proved, "", 1_234, 1, 0), result(1, model.Refuted, "", 34, 1, 9), result(2, model.Proved, "", 3, 1, 2)),
		out("3", "steel", "false", result(0, model.Refuted, "", 1_234, 1, 12), result(1, model.Refuted, "", 34, 1, 9), result(2, model.Proved, "", 3, 1, 2)),
		out("4", "steel", "true", result(0, model.Unknown, "state bound 12345678 reached", 12_345_678, 61_234*time.Millisecond, 0),
			result(1, model.Proved, "", 34, 1, 0), result(2, model.Refuted, "no reachable state shows it", 3, 1, 0)),
		out("5", "steel", "false", result(0, model.Unknown, "interrupted", 0, 0, 0), result(1, model.Unknown, "interrupted", 0, 0, 0), result(2, model.Unknown, "interrupted", 0, 0, 0)),
	})
	r.outcomes[3].skipped = true
	never := func(n ...string) (all []prover.Never) {
		for _, what := range n {
			all = append(all, prover.Never{Thing: "philosopher meets " + what, Who: "philosopher", How: "never meets", What: what})
		}
		return all
	}
	r.outcomes[0].results[0].Vacuity.Never = never("soup", "wine")
	r.outcomes[1].results[0].Vacuity.Never = never("soup")
	r.outcomes[2].results[0].Vacuity.Met = []string{"philosopher meets wine"}
	return r
}

// The report on a system as it is printed: to a file, to a terminal, to one that is too narrow.
func TestReport(t *testing.T) {
	var all strings.Builder
	for _, look := range []struct {
		name     string
		terminal int
		noColor  bool
	}{{"to a file", 0, false}, {"to a terminal", 100, false}, {"to a narrow terminal without colour", 48, true}} {
		var b bytes.Buffer
		c := newConsole(nil, &b, nil, environment{program: "lockstep", noColor: look.noColor})
		c.outTerm = look.terminal
		r := example(t, c)
		r.printSystem(r.outcomes)
		r.printSummary(&store{dir: "out dir", count: 4})
		all.WriteString("======== " + look.name + "\n" + b.String())
	}
	golden(t, "report.golden", strings.ReplaceAll(all.String(), "\x1b", "␛"))
}

// An infinite run is told by its steps and those that it repeats for ever; in the object, by where these begin.
func TestLassoInReport(t *testing.T) {
	r := example(t, newConsole(nil, nil, nil, environment{}))
	o := r.outcomes[1]
	o.results[0].Lasso, o.results[0].Cycle = true, 3
	o.results[1].Lasso, o.results[1].Cycle = true, 0
	var got []string
	for i := range o.results {
		got = append(got, verdictCell(o, i).text)
	}
	var b strings.Builder
	r.writeRefutations(&b, []*outcome{o})
	for line := range strings.Lines(b.String()) {
		if words := strings.Fields(line); strings.Contains(line, ".trace") {
			got = append(got, strings.Join(words[:2], " "))
		}
	}
	for _, j := range (&report{outcomes: []*outcome{o}}).object().Results {
		if j.Loop != nil {
			got = append(got, fmt.Sprintf("%d of %d", *j.Loop, *j.Length))
		}
	}
	if diff := cmp.Diff([]string{"refuted 9+3", "refuted 9+0", "proved", "9+3 steps", "9+0 steps", "9 of 12", "9 of 9"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A verdict against its claim is status 1, whatever else is unknown; what is unknown is never 0.
func TestReportStatus(t *testing.T) {
	r := example(t, newConsole(nil, nil, nil, environment{}))
	var got []status
	for _, o := range r.outcomes {
		got = append(got, (&report{outcomes: []*outcome{o}}).status())
	}
	got = append(got, r.status(), (&report{}).status())
	if diff := cmp.Diff([]status{asClaimed, violated, violated, undecided, violated, asClaimed}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWorse(t *testing.T) {
	order := []status{violated, wrongUsage, broken, undecided, asClaimed}
	for i, a := range order {
		for _, b := range order[i:] {
			if worse(a, b) != a || worse(b, a) != a {
				t.Errorf("worse(%d, %d) = %d, worse(%[2]d, %[1]d) = %[4]d", a, b, worse(a, b), worse(b, a))
			}
		}
	}
}

func TestHyphenate(t *testing.T) {
	for name, want := range map[string][]string{
		"consistent": {"consistent"}, "release-on-verify": {"release-", "on-verify"}, "can-hold": {"can-hold"}, "a-b-c-d-e-f": {"a-b-c-d-", "e-f"},
	} {
		if diff := cmp.Diff(want, hyphenate(name, 9)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// What a run tells of its progress: a plain line every so often, one line again and again on a terminal.
func TestProgress(t *testing.T) {
	e := must(spec.Find("classic/two-phase-commit"))
	c := must(newChoice(e, must(e.Settings(spec.Setting{Name: "rm", Value: "7"})), nil))
	reports := []prover.Progress{
		{States: 800, Transitions: 2000, Frontier: 12, Depth: 3, Memory: 4 << 10, Elapsed: 200 * time.Millisecond},
		{States: 1_234_567, Frontier: 99_960, Depth: 17, Memory: 96 << 20, Elapsed: 1200 * time.Millisecond},
	}
	for terminal, want := range map[int]string{
		0: "[1/1] 800 states, frontier 12, depth 3, 4.00k states/s, 4.0 KiB, 200ms  classic/two-phase-commit rm=7\n" +
			"[1/1] 1.23M states, frontier 100k, depth 17, 1.23M states/s, 96 MiB, 1.2s  classic/two-phase-commit rm=7\n",
		30: "\r\x1b[K[1/1] 800 states, frontier 12\r\x1b[K[1/1] 1.23M states, frontier \r\x1b[K",
	} {
		var b bytes.Buffer
		console := newConsole(nil, nil, &b, environment{})
		console.errTerm = terminal
		p := newProgress(console, proveOptions{progress: time.Nanosecond}, [][]*choice{{c}})
		report := p.of(c, 1)
		for _, r := range reports {
			report(r)
		}
		p.done()
		p.done()
		report(reports[0]) // the choice is not the one to tell of
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("terminal of width %d: -want +got:\n%s", terminal, diff)
		}
	}
	if newProgress(newConsole(nil, nil, nil, environment{}), proveOptions{progress: time.Second, asJSON: true}, nil).of(c, 1) != nil {
		t.Error("with --json there is somebody who wants to hear of the progress")
	}
}

// The exploration for properties of runs begins again at no state; its rate is its own.
func TestProgressOfASecondExploration(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b, interval: time.Nanosecond}
	p.report("", prover.Progress{States: 5000, Elapsed: 10 * time.Second})
	p.report("", prover.Progress{States: 800, Elapsed: 200 * time.Millisecond})
	if lines := strings.Split(b.String(), "\n"); !strings.Contains(lines[0], " 500 states/s") || !strings.Contains(lines[1], " 4.00k states/s") {
		t.Errorf("%q", lines)
	}
}

// stop is a stderr that ends the run when the first progress is told.
type stop struct {
	bytes.Buffer
	cancel context.CancelCauseFunc
}

func (s *stop) Write(p []byte) (int, error) {
	s.cancel(errInterrupted)
	return s.Buffer.Write(p)
}

// An interrupted run prints what is known: what was refuted before stays refuted, the rest is unknown, whether its turn had
// come or not.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stderr := &stop{cancel: cancel}
	var stdout bytes.Buffer
	args := []string{"prove", "mutex/exclusive-queue", "--clients", "3", "--set", "verify=publish", "--progress", "1ms", "--out=",
		"--property", "broker-exclusion,belief-exclusion"}
	status := run(ctx, args, strings.NewReader(""), &stdout, stderr, environment{program: "lockstep"})
	if status != 3 {
		t.Errorf("status %d, want 3; stderr: %s", status, stderr)
	}
	for _, want := range []string{"  unknown: interrupted (", "; the known ones as claimed.\n"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("stdout lacks %q:\n%s", want, stdout.String())
		}
	}
}

// Choices that are explored at a time have their outcomes in order, at most so many have begun, and who stops early leaves none behind.
func TestAhead(t *testing.T) {
	e := must(spec.Find("classic/two-phase-commit"))
	var choices []*choice
	for range 7 {
		choices = append(choices, must(newChoice(e, must(e.Settings()), nil)))
	}
	for _, n := range []int{1, 3, 20} {
		var begun, ended atomic.Int32
		at := 0
		for out := range ahead(t.Context(), n, choices, func(_ context.Context, c *choice, number int) *outcome {
			defer ended.Add(1)
			begun.Add(1)
			return &outcome{choice: choices[number-1]}
		}) {
			if at++; out.choice != choices[at-1] {
				t.Errorf("%d at a time: outcome %d is of another choice", n, at)
			}
			if b := int(begun.Load()); b > at-1+n {
				t.Errorf("%d at a time: %d have begun, and %d are done", n, b, at)
			}
			if at == 5 {
				break
			}
		}
		if at != 5 || begun.Load() != ended.Load() {
			t.Errorf("%d at a time: %d outcomes, %d have begun and %d ended", n, at, begun.Load(), ended.Load())
		}
	}
}
