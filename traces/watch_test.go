package traces_test

import (
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

func TestWatchAddsEachMonitorOnce(t *testing.T) {
	sys := toy(t, 2)
	exclusion := model.Property{Name: "belief-exclusion", Kind: model.Monitored, Monitor: &overlap{}}
	state := model.Property{Name: "state", Kind: model.Invariant, Holds: func(model.View) bool { return true }}
	once, err := traces.Watch(sys, state, exclusion)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := traces.Watch(once, exclusion)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := twice.Lookup("monitor/belief-exclusion"); !ok || !twice.IsMonitor(id) || twice.Len() != sys.Len()+1 {
		t.Errorf("%d machines of %d, the monitor among them: %v", twice.Len(), sys.Len(), ok)
	}
	if _, err := traces.Watch(sys, model.Property{Name: "two words", Kind: model.Monitored, Monitor: &overlap{}}); err == nil {
		t.Error("a monitor whose name is no member's name was taken")
	}
}

// A property of runs is about what comes after every state: none decides it, whatever Holds says.
func TestShowsNothingOfRuns(t *testing.T) {
	st := toy(t, 1).Start()
	for _, kind := range []model.Kind{model.Eventually, model.InfinitelyOften, model.LeadsTo} {
		p := model.Property{Name: "p", Kind: kind, Holds: func(model.View) bool { return false }}
		if reason, ok := traces.Shows(p, st, model.Step{}); ok {
			t.Errorf("kind %d is decided: %s", kind, reason)
		}
	}
	p := model.Property{Name: "p", Kind: model.Invariant, Holds: func(model.View) bool { return false }}
	if reason, ok := traces.Shows(p, st, model.Step{}); !ok || reason != "p does not hold" {
		t.Errorf("an invariant that is false: %q, %v", reason, ok)
	}
}
