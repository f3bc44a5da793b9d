package prover_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/traces"
)

// What may be given to Check.
var _ = []prover.TB{(*testing.T)(nil), (*testing.B)(nil), (*testing.F)(nil), (*rapid.T)(nil)}

// recorder is a test in the place of one: it notes what it is told.
type recorder struct {
	ctx    context.Context
	name   string
	logs   []string
	errors []string
	fatal  string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Name() string             { return r.name }
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Logf(format string, args ...any) {
	r.logs = append(r.logs, fmt.Sprintf(format, args...))
}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) { r.fatal = fmt.Sprintf(format, args...) }

func recording(t *testing.T, name string) *recorder {
	t.Helper()
	t.Chdir(t.TempDir())
	return &recorder{ctx: t.Context(), name: name}
}

// tally counts to three and tells the world; at three it may leave the model.
type tally struct {
	n    int
	cuts bool
}

type ticked struct{}

func (ticked) String() string { return "tick" }

func (c *tally) Actions(dst []model.Event) []model.Event {
	if c.n < 3 || c.cuts {
		dst = append(dst, ticked{})
	}
	return dst
}

func (c *tally) Step(_ model.ID, _ model.Event, out *model.Out) {
	if c.n == 3 {
		out.Cut("counted out")
		return
	}
	c.n++
	out.Observe(ticked{})
}

func (c *tally) Clone() model.Machine          { d := *c; return &d }
func (c *tally) AppendState(dst []byte) []byte { return model.AppendInt(dst, c.n) }

// impatient objects to the second tick.
type impatient struct{ heard int }

func (m *impatient) Actions(dst []model.Event) []model.Event { return dst }
func (m *impatient) Step(_ model.ID, _ model.Event, out *model.Out) {
	if m.heard++; m.heard == 2 {
		out.Violate("it ticks on")
	}
}
func (m *impatient) Clone() model.Machine          { d := *m; return &d }
func (m *impatient) AppendState(dst []byte) []byte { return model.AppendInt(dst, m.heard) }

func counting(t *testing.T, c *tally) *model.System {
	t.Helper()
	sys, err := model.Compose(model.Member{Name: "counter", Machine: c})
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

func count(kind model.Kind, name string, holds func(n int) bool) model.Property {
	return model.Property{Name: name, Kind: kind, Holds: func(v model.View) bool { return holds(v[0].(*tally).n) }}
}

var (
	atMostThree = count(model.Invariant, "at-most-three", func(n int) bool { return n <= 3 })
	belowTwo    = count(model.Invariant, "below/two", func(n int) bool { return n < 2 })
	four        = count(model.Reachable, "four", func(n int) bool { return n == 4 })
	three       = count(model.Reachable, "three", func(n int) bool { return n == 3 })
	quiet       = model.Property{Name: "quiet", Kind: model.Monitored, Monitor: &impatient{}}
)

func TestCheckFailsForWhatIsNotProved(t *testing.T) {
	r := recording(t, "TestCount/by ones/..")
	prover.Check(r, counting(t, &tally{}), atMostThree, belowTwo, four, three, quiet)

	kept := filepath.Join("testdata", "lockstep", "TestCount", "by_ones", ".._")
	const header = "lockstep trace v1\nsystem: TestCount/by ones/..\nproperty: %s\nexpect: refuted\nsteps: 2\n\n"
	const first = "counter tick\n  # observed of counter: tick\n"
	again := func(file string) string {
		return fmt.Sprintf("\nIt is kept. To run it again, and to see it drawn with go test -v:\n\n\tprover.CheckTrace(t, %q, system, properties...)\n", file)
	}
	wantErrors := []string{
		"below/two is refuted by a run of 2 steps\n\n" + fmt.Sprintf(header, "below/two") + first + first + again(filepath.Join(kept, "below_two.trace")),
		"four is refuted: none of the 4 reachable states shows it",
		"quiet is refuted by a run of 2 steps: it ticks on\n\n" + fmt.Sprintf(header, "quiet") + first + first +
			"  # monitor/quiet reports: it ticks on\n" + again(filepath.Join(kept, "quiet.trace")),
	}
	if diff := cmp.Diff(wantErrors, r.errors); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	// Four counts from 0 to 3, in a line; the monitor's own count adds no state, as it is the same number.
	wantLogs := []string{"at-most-three is proved: 4 states, 3 transitions, 3 levels", "three is proved: 4 states, 3 transitions, 3 levels"}
	if diff := cmp.Diff(wantLogs, r.logs); diff != "" || r.fatal != "" {
		t.Errorf("logs (-want +got), and fatal %q:\n%s", r.fatal, diff)
	}
}

// A bound, a cut, a deadline and an interruption leave a property unknown, and what is unknown fails.
// An infinite run is kept as one, and CheckTrace takes it.
func TestCheckKeepsLassos(t *testing.T) {
	rec := recording(t, "TestWalk")
	sys, err := model.Compose(model.Member{Name: "walker", Machine: &walker{end: 3}})
	if err != nil {
		t.Fatal(err)
	}
	arrives := model.Property{Name: "arrives", Kind: model.Eventually, Holds: func(v model.View) bool { return v[0].(*walker).at == 3 }}
	prover.Check(rec, sys, arrives)
	if len(rec.errors) != 1 || !strings.Contains(rec.errors[0], "a run of 0 steps that stops there for ever") {
		t.Fatalf("%q", rec.errors)
	}
	again := &recorder{ctx: t.Context(), name: "TestWalk"}
	prover.CheckTrace(again, "testdata/lockstep/TestWalk/arrives.trace", sys, arrives)
	if again.errors != nil || again.fatal != "" {
		t.Errorf("%q, %q", again.errors, again.fatal)
	}
	sys.Fairness = model.WeaklyFair(0)
	fair := &recorder{ctx: t.Context(), name: "TestWalk"}
	if prover.Check(fair, sys, arrives); fair.errors != nil {
		t.Errorf("with fairness: %q", fair.errors)
	}
}

func TestCheckFailsForWhatIsUnknown(t *testing.T) {
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("somebody pressed a key"))
	for _, c := range []struct {
		name    string
		counter tally
		options prover.Options
		context context.Context
		says    string
	}{
		{"bound", tally{}, prover.Options{Depth: 1}, t.Context(), "at-most-three is unknown after 2 states: depth bound 1 reached"},
		{"cut", tally{cuts: true}, prover.Options{}, t.Context(), "at-most-three is unknown after 4 states: cut: counted out"},
		{"interrupted", tally{}, prover.Options{}, ended, "somebody pressed a key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := recording(t, t.Name())
			r.ctx = c.context
			c.options.Check(r, counting(t, &c.counter), atMostThree)
			if len(r.errors) != 1 || !strings.Contains(r.errors[0], c.says) {
				t.Errorf("not %q, but %q", c.says, r.errors)
			}
		})
	}
}

// late is a test whose deadline has passed.
type late struct{ *recorder }

func (late) Deadline() (time.Time, bool) { return time.Unix(0, 0), true }

func TestCheckEndsBeforeTheDeadline(t *testing.T) {
	r := recording(t, t.Name())
	prover.Check(late{r}, counting(t, &tally{}), atMostThree)
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], "the test's deadline is near") {
		t.Errorf("it says %q", r.errors)
	}
}

// What would make a test that cannot fail is no test.
func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct {
		properties []model.Property
		options    prover.Options
		says       string
	}{
		{nil, prover.Options{}, "check: there is no property to check"},
		{[]model.Property{four, four}, prover.Options{}, `check: two properties are named "four"`},
		{[]model.Property{{Kind: model.DeadlockFree}}, prover.Options{}, "check: a property has no name"},
		{[]model.Property{four}, prover.Options{Depth: -1}, "check: explore: a bound or the number of workers is negative"},
	} {
		r := recording(t, t.Name())
		c.options.Check(r, counting(t, &tally{}), c.properties...)
		if r.fatal != c.says || r.errors != nil {
			t.Errorf("fatal %q, want %q; errors %q", r.fatal, c.says, r.errors)
		}
	}
}

// A trace that Check keeps is read back, and CheckTrace passes as long as it shows what its header expects, and no longer.
func TestCheckTrace(t *testing.T) {
	r := recording(t, "TestCount")
	broken := counting(t, &tally{})
	prover.Check(r, broken, quiet)
	file := filepath.Join("testdata", "lockstep", "TestCount", "quiet.trace")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := traces.Parse(strings.NewReader(string(text))); err != nil {
		t.Fatal(err)
	}
	patient := model.Property{Name: "quiet", Kind: model.Monitored, Monitor: &impatient{heard: 9}}
	repaired := strings.Replace(string(text), "expect: refuted", "expect: unknown", 1)
	for _, c := range []struct {
		name, text string
		sys        *model.System
		properties []model.Property
		error      string // "": it passes
		fatal      string
	}{
		{name: "still broken", text: string(text), sys: broken, properties: []model.Property{four, quiet}},
		{name: "no longer broken", text: string(text), sys: broken, properties: []model.Property{patient}, error: "expected refuted, but quiet is not refuted"},
		{name: "repaired", text: repaired, sys: broken, properties: []model.Property{patient}},
		{name: "broken again", text: repaired, sys: broken, properties: []model.Property{quiet}, error: "expected unknown, but quiet does not hold"},
		{name: "cannot happen any more", text: repaired, sys: counting(t, &tally{n: 2}), properties: []model.Property{patient}, error: "step 2: counter cannot"},
		{name: "another property", text: string(text), sys: broken, properties: []model.Property{four}, fatal: `is about "quiet", which is none of the 1 properties`},
		{name: "no trace", text: "hello\n", sys: broken, properties: []model.Property{quiet}, fatal: "not a trace"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := recording(t, t.Name())
			if err := os.WriteFile("kept.trace", []byte(c.text), 0o666); err != nil {
				t.Fatal(err)
			}
			prover.CheckTrace(r, "kept.trace", c.sys, c.properties...)
			said := strings.Join(r.errors, "\n")
			if !strings.Contains(said, c.error) || (c.error == "") != (said == "") || !strings.Contains(r.fatal, c.fatal) || (c.fatal == "") != (r.fatal == "") {
				t.Errorf("it says %q, fatal %q; want %q, fatal %q", said, r.fatal, c.error, c.fatal)
			}
			if passed := c.error == "" && c.fatal == ""; passed && (len(r.logs) != 1 || !strings.Contains(r.logs[0], "◆ tick")) {
				t.Errorf("no diagram in the log: %q", r.logs)
			}
		})
	}
	missing := recording(t, t.Name())
	prover.CheckTrace(missing, "nowhere.trace", broken, quiet)
	if !strings.Contains(missing.fatal, "nowhere.trace") {
		t.Errorf("without a file: %q", missing.fatal)
	}
}

// The failure stands where the run cannot be kept.
func TestCheckFailsWhereNothingCanBeKept(t *testing.T) {
	r := recording(t, "TestCount")
	if err := os.WriteFile("testdata", nil, 0o666); err != nil { // a file, where a folder has to be
		t.Fatal(err)
	}
	prover.Check(r, counting(t, &tally{}), belowTwo)
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], "counter tick") || !strings.Contains(r.errors[0], "The run could not be kept") {
		t.Errorf("it says %q", r.errors)
	}
}
