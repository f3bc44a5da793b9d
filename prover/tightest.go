package prover

import (
	"context"
	"errors"
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Bounded builds the system and the property for one bound. What holds for one bound has to hold for every larger one.
type Bounded func(bound int64) (*model.System, model.Property, error)

// Bounds are those that come into question: Least, Least+Step, and so on, up to Most.
type Bounds struct{ Least, Most, Step int64 }

// Trial is the answer for one bound.
type Trial struct {
	Bound  int64
	Result Result
}

// Tight is the least bound for which a property holds, and what shows it.
type Tight struct {
	// Verdict is Proved if there is such a bound, Refuted if the property does not hold for the largest one, and Unknown if
	// an exploration did not decide it: the last of Trials says why.
	Verdict model.Verdict
	Holds   Trial   // Proved: the least bound, and the proof
	Fails   *Trial  // the largest bound that is refuted, one step less, with its counterexample; nil if none is refuted
	Trials  []Trial // all explorations, in the order in which they were made
}

// Tightest searches the bounds for the least for which the property is proved: upwards by steps that double, then by bisection,
// so that it takes about twice the logarithm of the answer, and explores no bound that is more than twice as large as it
// needs. Each trial is an exploration of its own with the same options.
func Tightest(ctx context.Context, build Bounded, bounds Bounds, opts Options) (Tight, error) {
	if bounds.Step <= 0 || bounds.Most < bounds.Least {
		return Tight{}, errors.New("tightest: the bounds have no step, or none comes into question")
	}
	s := &tightening{build: build, bounds: bounds, opts: opts}
	last := (bounds.Most - bounds.Least) / bounds.Step
	refuted, proved := int64(-1), int64(-1) // as numbers of steps
	for next := int64(0); proved < 0; next = min(max(1, 2*next), last) {
		switch v, err := s.try(ctx, next); {
		case err != nil || v == model.Unknown:
			return s.Tight, err
		case v == model.Proved:
			proved = next
		case next == last:
			s.Verdict = model.Refuted
			return s.Tight, nil
		default:
			refuted = next
		}
	}
	for proved-refuted > 1 {
		middle := refuted + (proved-refuted)/2
		switch v, err := s.try(ctx, middle); {
		case err != nil || v == model.Unknown:
			return s.Tight, err
		case v == model.Proved:
			proved = middle
		default:
			refuted = middle
		}
	}
	s.Verdict = model.Proved
	return s.Tight, nil
}

type tightening struct {
	build  Bounded
	bounds Bounds
	opts   Options
	Tight
}

// try decides the property for the bound of so many steps and books the trial.
func (s *tightening) try(ctx context.Context, steps int64) (model.Verdict, error) {
	bound := s.bounds.Least + steps*s.bounds.Step
	sys, property, err := s.build(bound)
	if err != nil {
		return model.Unknown, fmt.Errorf("tightest: bound %d: %w", bound, err)
	}
	results, err := Explore(ctx, sys, []model.Property{property}, s.opts)
	if err != nil {
		return model.Unknown, fmt.Errorf("tightest: bound %d: %w", bound, err)
	}
	t := Trial{bound, results[0]}
	s.Trials = append(s.Trials, t)
	switch t.Result.Verdict {
	case model.Proved:
		s.Holds = t
	case model.Refuted:
		s.Fails = &t
	}
	return t.Result.Verdict, nil
}
