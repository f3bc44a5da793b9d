package prover

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

// TB is what Check needs of a test. *testing.T, *testing.B, *testing.F and the *T of pgregory.net/rapid are TBs.
type TB interface {
	Helper()
	Name() string
	Context() context.Context
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Check explores the system and fails the test for each property that is not proved, unknown ones included. A refutation is
// reported with its shortest run, which stays in the file testdata/lockstep/TEST/PROPERTY.trace below the test's folder, to be
// run again by [CheckTrace]. Check is the method of the zero [Options].
func Check(t TB, sys *model.System, properties ...model.Property) {
	t.Helper()
	Options{}.Check(t, sys, properties...)
}

// Check is the function [Check] with these options: a bound that is hit makes a property unknown, and so fails the test. Where
// the test has a deadline, the exploration ends when nine tenths of the time until then have passed. What never happened
// ([Vacuous]) is logged.
func (o Options) Check(t TB, sys *model.System, properties ...model.Property) {
	t.Helper()
	if err := checkable(properties); err != nil {
		t.Fatalf("check: %v", err)
		return
	}
	ctx, cancel := untilDeadline(t)
	defer cancel()
	results, err := Explore(ctx, sys, properties, o)
	if err != nil {
		t.Fatalf("check: %v", err)
		return
	}
	for _, r := range results {
		if complaint := r.complaint(t.Name(), sys); complaint != "" {
			t.Errorf("%s", complaint)
		} else {
			t.Logf("%s is proved: %d states, %d transitions, %d levels", r.Property.Name, r.States, r.Transitions, r.Depth)
		}
	}
	for _, never := range Vacuous(results...) {
		t.Logf("vacuous: %s", never)
	}
}

// checkable says what would make a test that cannot fail, or two refutations one file.
func checkable(properties []model.Property) error {
	if len(properties) == 0 {
		return errors.New("there is no property to check")
	}
	names := map[string]bool{}
	for _, p := range properties {
		if p.Name == "" {
			return errors.New("a property has no name")
		}
		if names[p.Name] {
			return fmt.Errorf("two properties are named %q", p.Name)
		}
		names[p.Name] = true
	}
	return nil
}

// untilDeadline is the context of the test, which ends early enough before its deadline to say so: go test itself would panic and
// tell nothing of how far the exploration had come.
func untilDeadline(t TB) (context.Context, context.CancelFunc) {
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if at, ok := d.Deadline(); ok {
			early := at.Add(-time.Until(at) / 10)
			return context.WithDeadlineCause(t.Context(), early, errors.New("the test's deadline is near"))
		}
	}
	return context.WithCancel(t.Context())
}

// complaint says why the result does not satisfy a test; "" if it does. Whatever else is to fail one belongs here.
func (r Result) complaint(test string, sys *model.System) string {
	name := r.Property.Name
	switch {
	case r.Verdict == model.Proved:
		return ""
	case r.Verdict == model.Unknown:
		return fmt.Sprintf("%s is unknown after %d states: %s", name, r.States, r.Reason)
	case r.Trace == nil && r.Property.Kind == model.Reachable:
		return fmt.Sprintf("%s is refuted: none of the %d reachable states shows it", name, r.States)
	}
	trace, err := r.record(test, sys)
	if err != nil {
		return fmt.Sprintf("%s is refuted, but its run cannot be written down: %v", name, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s is refuted by a run of %d steps", name, len(r.Trace))
	switch {
	case r.Lasso && r.Cycle > 0:
		fmt.Fprintf(&b, ", of which the last %d are repeated for ever", r.Cycle)
	case r.Lasso:
		b.WriteString(" that stops there for ever")
	}
	if r.Reason != "" {
		fmt.Fprintf(&b, ": %s", r.Reason)
	}
	fmt.Fprintf(&b, "\n\n%s\n", trace)
	if file, err := keep(trace); err != nil {
		fmt.Fprintf(&b, "The run could not be kept: %v\n", err)
	} else {
		fmt.Fprintf(&b, "It is kept. To run it again, and to see it drawn with go test -v:\n\n\tprover.CheckTrace(t, %q, system, properties...)\n", file)
	}
	return b.String()
}

// record puts the counterexample into words. A system that no catalogue knows bears the name of the test that made it.
func (r Result) record(test string, sys *model.System) (*traces.Trace, error) {
	sys, err := traces.Watch(sys, r.Property)
	if err != nil {
		return nil, err
	}
	header := traces.Trace{System: test, Property: r.Property.Name, Expect: r.Verdict, Lasso: r.Lasso, Cycle: r.Cycle}
	return traces.Record(sys, header, r.Trace)
}
