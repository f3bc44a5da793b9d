package schedule

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

// Run draws a run of at most that many steps and fails the test at the first step that violates a property, with the run as a trace.
// Saved as a file, the trace is run again by [github.com/lockstep-prover/lockstep/prover.CheckTrace]. The kinds that one run can refute
// are Invariant, Monitored and DeadlockFree; any other one fails at once, as it would never be tested. Run is the method of the zero
// [Options].
func Run(t *rapid.T, sys *model.System, steps int, properties ...model.Property) {
	t.Helper()
	Options{}.Run(t, sys, steps, properties...)
}

// Run is the function [Run] with these options.
func (o Options) Run(t *rapid.T, sys *model.System, steps int, properties ...model.Property) {
	t.Helper()
	watched, err := prepare(sys, properties)
	if err != nil {
		t.Fatalf("schedule: %v", err)
	}
	for _, p := range properties {
		if reason, ok := traces.Shows(p, watched.Start(), model.Step{}); ok {
			t.Fatalf("in the initial state: %s", reason)
		}
	}
	var actions []model.Action
	for st, step := range o.Draw(t, watched, steps) {
		actions = append(actions, step.Action)
		if step.Cut != "" {
			t.Logf("the run ends at step %d, where the model is cut: %s", len(actions), step.Cut)
			return
		}
		for _, p := range properties {
			if reason, ok := traces.Shows(p, st, step); ok {
				t.Fatalf("%s", account(t.Name(), watched, p, reason, actions))
			}
		}
	}
}

// prepare adds the monitors and says what cannot be tested.
func prepare(sys *model.System, properties []model.Property) (*model.System, error) {
	if len(properties) == 0 {
		return nil, fmt.Errorf("there is no property to test")
	}
	for _, p := range properties {
		switch {
		case p.Kind == model.Monitored && p.Monitor == nil:
			return nil, fmt.Errorf("property %q has no monitor", p.Name)
		case p.Kind == model.Invariant && p.Holds == nil:
			return nil, fmt.Errorf("property %q does not say what holds", p.Name)
		case p.Kind != model.Invariant && p.Kind != model.Monitored && p.Kind != model.DeadlockFree:
			return nil, fmt.Errorf("property %q is of a kind that no run of finite length refutes; prover.Check decides it", p.Name)
		}
	}
	return traces.Watch(sys, properties...)
}

// account is the failure of a test. It is a function of the run, as rapid expects of a failure.
func account(test string, sys *model.System, p model.Property, reason string, actions []model.Action) string {
	trace, err := traces.Record(sys, traces.Trace{System: test, Property: p.Name, Expect: model.Refuted}, actions)
	if err != nil {
		return fmt.Sprintf("%s, after %d steps; the run cannot be written down: %v", reason, len(actions), err)
	}
	return fmt.Sprintf("%s, after %d steps\n\n%s", reason, len(actions), trace)
}
