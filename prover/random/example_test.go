package random_test

import (
	"context"
	"fmt"

	"github.com/lockstep-prover/lockstep/prover/random"
	"github.com/lockstep-prover/lockstep/spec"
)

// What some thousand runs say of a system that is proved elsewhere.
func ExampleExplore() {
	entry, _ := spec.Find("classic/two-phase-commit")
	settings, _ := entry.Settings(spec.Setting{Name: "rm", Value: "12"})
	sys, claims, _ := entry.Instance(settings)
	report, err := random.Explore(context.Background(), sys, properties(claims), random.Options{Runs: 2000, Steps: 100, Seed: 1})
	if err != nil {
		panic(err)
	}
	for _, r := range report.Results {
		fmt.Println(r.Property.Name, r.Verdict)
		fmt.Println(r.Reason)
	}
	// Output:
	// consistent unknown
	// no violation in 2000 runs of at most 100 steps: with 95% confidence at most 0.15% of such runs violate
	// decides unknown
	// finite runs do not judge it
}
