package random_test

import (
	"context"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/random"
	"github.com/lockstep-prover/lockstep/spec"
)

func properties(claims []spec.Claim) []model.Property {
	var all []model.Property
	for _, c := range claims {
		all = append(all, c.Property)
	}
	return all
}

// On the catalogue's own cases, no strategy contradicts what is proved, and walks find what one loss refutes.
func TestCatalogue(t *testing.T) {
	for _, e := range spec.Catalogue() {
		choices, err := e.Choices()
		if err != nil {
			t.Fatal(err)
		}
		var family []random.Member
		var claims [][]spec.Claim
		for _, s := range choices {
			sys, c, err := e.Instance(s)
			if err != nil {
				t.Fatal(err)
			}
			claims = append(claims, c)
			family = append(family, func() (*model.System, []model.Property, error) { return sys, properties(c), nil })
		}
		for _, strategy := range []random.Strategy{random.Walk, random.PCT} {
			report, err := random.Swarm(context.Background(), family, random.Options{Strategy: strategy, Runs: 200, Steps: 300, Seed: 7, Count: true})
			if err != nil {
				t.Fatal(err)
			}
			refuted := 0
			for i, r := range report.Results {
				claim := claims[r.Member][i%len(claims[r.Member])].Claimed
				if r.Verdict != model.Unknown && r.Verdict != claim {
					t.Errorf("%s %v, %v: %s is %v, proved to be %v", e.Name, choices[r.Member], strategy, r.Property.Name, r.Verdict, claim)
				}
				if r.Verdict == model.Refuted {
					refuted++
				}
			}
			if e.Name == "mutex/exclusive-queue" && refuted == 0 {
				t.Errorf("%s, %v: nothing is refuted", e.Name, strategy)
			}
			t.Logf("%s %v: %d refuted, %d steps, transitions %+v", e.Name, strategy, refuted, report.TotalSteps, report.Coverage.Transitions)
		}
	}
}

func benchmark(b *testing.B, strategy random.Strategy, system string, set ...spec.Setting) {
	e, err := spec.Find(system)
	if err != nil {
		b.Fatal(err)
	}
	s, err := e.Settings(set...)
	if err != nil {
		b.Fatal(err)
	}
	sys, claims, err := e.Instance(s)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := random.Explore(b.Context(), sys, properties(claims), random.Options{Strategy: strategy, Runs: 2000, Steps: 500, Workers: 1, Count: true})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(r.TotalSteps)/r.Elapsed.Seconds(), "steps/s")
	}
}

func BenchmarkWalk(b *testing.B) { benchmark(b, random.Walk, "mutex/exclusive-queue") }
func BenchmarkPCT(b *testing.B)  { benchmark(b, random.PCT, "mutex/exclusive-queue") }
