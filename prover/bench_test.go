package prover_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// BenchmarkExplore explores whole systems of the catalogue, all states, no property. make bench-peers measures beside SPIN.
func BenchmarkExplore(b *testing.B) {
	for _, of := range []struct {
		name, system string
		settings     []spec.Setting
	}{
		{"two-phase-commit=7", "classic/two-phase-commit", []spec.Setting{{Name: "rm", Value: "7"}}},
		{"exclusive-queue", "mutex/exclusive-queue", nil},
	} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/workers=%d", of.name, workers), func(b *testing.B) {
				sys := catalogued(b, of.system, of.settings...)
				var states, transitions, memory int64
				for b.Loop() {
					r, peak := exploreAll(b, sys, workers)
					states, transitions, memory = states+r.States, transitions+r.Transitions, memory+peak
				}
				b.ReportMetric(float64(states)/b.Elapsed().Seconds(), "states/s")
				b.ReportMetric(float64(transitions)/b.Elapsed().Seconds(), "transitions/s")
				b.ReportMetric(float64(memory)/float64(states), "bytes/state")
			})
		}
	}
}

func catalogued(b *testing.B, name string, chosen ...spec.Setting) *model.System {
	b.Helper()
	entry, err := spec.Find(name)
	if err != nil {
		b.Fatal(err)
	}
	settings, err := entry.Settings(chosen...)
	if err != nil {
		b.Fatal(err)
	}
	sys, _, err := entry.Instance(settings)
	if err != nil {
		b.Fatal(err)
	}
	return sys
}

// exploreAll returns the result and the most memory that a report of progress named.
func exploreAll(b *testing.B, sys *model.System, workers int) (prover.Result, int64) {
	b.Helper()
	var peak int64
	results, err := prover.Explore(context.Background(), sys, nil, prover.Options{
		Workers: workers, NoSymmetry: true, NoPartialOrder: true, Every: time.Nanosecond,
		Progress: func(p prover.Progress) { peak = max(peak, p.Memory) },
	})
	if err != nil || results[0].Verdict != model.Proved {
		b.Fatalf("not exhausted: %+v, %v", results, err)
	}
	return results[0], peak
}
