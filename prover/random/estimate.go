package random

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is that of every bound and interval of a report.
const Confidence = 0.95

// Interval bounds a probability. [0, 1] says nothing.
type Interval struct{ Low, High float64 }

// UpperBound is the exact one-sided bound of Clopper and Pearson ("The use of confidence or fiducial limits illustrated in the
// case of the binomial", 1934): if hits of n independent trials hit, the probability of a hit is at most this, and the rule
// that says so is wrong with probability at most 1-confidence, whatever the probability is. With no trial it is 1.
func UpperBound(hits, n int, confidence float64) float64 {
	switch {
	case hits >= n:
		return 1
	case hits == 0: // the quantile of Beta(1, n) in closed form
		return -math.Expm1(math.Log1p(-confidence) / float64(n))
	}
	return distuv.Beta{Alpha: float64(hits + 1), Beta: float64(n - hits)}.Quantile(confidence)
}

// ClopperPearson is the exact two-sided interval, with the same chance of error on either side.
func ClopperPearson(hits, n int, confidence float64) Interval {
	side := 1 - (1-confidence)/2
	i := Interval{High: UpperBound(hits, n, side)}
	switch {
	case hits == n && n > 0: // the quantile of Beta(n, 1) in closed form
		i.Low = math.Exp(math.Log1p(-side) / float64(n))
	case hits > 0:
		i.Low = distuv.Beta{Alpha: float64(hits), Beta: float64(n - hits + 1)}.Quantile(1 - side)
	}
	return i
}

// meanBound bounds the mean of a quantity in [0, 1] from above by the mean of n independent samples, by the Chernoff–Hoeffding
// inequality: P(sample mean ≤ m) ≤ exp(-n·kl(m‖μ)) (Hoeffding, "Probability inequalities for sums of bounded random
// variables", 1963, theorem 1). It holds for every distribution, where Clopper–Pearson needs hits and misses.
func meanBound(mean float64, n int, confidence float64) float64 {
	if n == 0 || mean >= 1 {
		return 1
	}
	allowed := -math.Log1p(-confidence) / float64(n)
	low, high := mean, 1.0
	for range 60 {
		if mid := (low + high) / 2; divergence(mean, mid) > allowed {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// divergence is the relative entropy of coins with the probabilities p and q, 0 < q < 1.
func divergence(p, q float64) float64 {
	d := 0.0
	if p > 0 {
		d += p * math.Log(p/q)
	}
	if p < 1 {
		d += (1 - p) * math.Log((1-p)/(1-q))
	}
	return d
}
