package random_test

import (
	"math"
	"testing"

	"github.com/lockstep-prover/lockstep/prover/random"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

// Values of the standard tables: 0 of 10 is 1-0.05^(1/10); the two-sided 95 % limits are those that textbooks print.
func TestClopperPearsonTable(t *testing.T) {
	for _, c := range []struct {
		hits, n   int
		low, high float64
	}{
		{0, 10, 0, 0.3085}, {1, 10, 0.0025, 0.4450}, {5, 10, 0.1871, 0.8129}, {10, 10, 0.6915, 1}, {0, 0, 0, 1},
	} {
		if i := random.ClopperPearson(c.hits, c.n, 0.95); !near(i.Low, c.low, 5e-5) || !near(i.High, c.high, 5e-5) {
			t.Errorf("%d of %d: %+v, want %+v", c.hits, c.n, i, c)
		}
	}
	for n, want := range map[int]float64{10: 0.2589, 100: 0.0295, 0: 1} {
		if got := random.UpperBound(0, n, 0.95); !near(got, want, 5e-5) {
			t.Errorf("0 of %d: %g, want %g", n, got, want)
		}
	}
}

// The bound is what its definition says: at the bound, so few hits or fewer have the probability 5 %. The binomial sum is taken
// term by term.
func TestUpperBoundByItsDefinition(t *testing.T) {
	for _, n := range []int{1, 7, 60} {
		for hits := range n {
			p := random.UpperBound(hits, n, 0.95)
			sum, term := 0.0, math.Pow(1-p, float64(n))
			for k := 0; k <= hits; k++ {
				sum += term
				term *= float64(n-k) / float64(k+1) * p / (1 - p)
			}
			if !near(sum, 0.05, 1e-9) {
				t.Errorf("%d of %d: P(at most so many) is %g at %g", hits, n, sum, p)
			}
		}
	}
}
