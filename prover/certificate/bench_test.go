package certificate_test

import (
	"testing"

	"github.com/lockstep-prover/lockstep/model/classic"
)

// BenchmarkCheck checks two-phase commit with five resource managers: 8832 states, 58 145 steps.
func BenchmarkCheck(b *testing.B) {
	sys, c := twoPhase(b, 5), certifyTwoPhase(b, 5, false).String()
	b.SetBytes(int64(len(c)))
	for b.Loop() {
		r, err := check(c, sys, classic.Consistent())
		if err != nil || r.Steps != 58_145 {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(8832*float64(b.N)/b.Elapsed().Seconds(), "states/s")
}
