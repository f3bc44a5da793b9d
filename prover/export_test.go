package prover

import (
	"context"

	"github.com/lockstep-prover/lockstep/model"
)

// Fine returns options that cut the work as fine as can be: every worker takes part in every level of the smallest system.
func Fine(o Options) Options {
	o.grain = grain{buffer: 1, learn: 4, table: 1 << 13, spill: o.Spill != "", save: o.Checkpoint.File != ""}
	return o
}

// Early returns options with which partial-order reduction begins after a few states, and nothing else is other than usual.
func Early(o Options) Options {
	o.grain = grain{serial: shards, alone: 1 << 9, table: 1 << 13, learn: 4}
	return o
}

// ExploreWarm is Explore after random walks that fill the tables of local states: their numbers, and with them the bits of the
// vectors and the representatives under symmetry, are others than those that the exploration alone would give.
func ExploreWarm(sys *model.System, properties []model.Property, o Options, choose func(n int) int, steps int) ([]Result, error) {
	o.grain = grain{serial: 1 << 6, alone: 1 << 9}
	e, err := newExploration(sys, properties, o)
	if err != nil {
		return nil, err
	}
	s := newStepper(e.tabs)
	for range steps {
		type choice struct{ machine, action int }
		var enabled []choice
		for m := range s.v {
			for k := range s.offered(m) {
				enabled = append(enabled, choice{m, k})
			}
		}
		if len(enabled) == 0 {
			s.load(e.tabs.initial())
			continue
		}
		c := enabled[choose(len(enabled))]
		if s.step(c.machine, c.action); !s.refused && s.cut == "" {
			s.load(append([]uint32(nil), s.next...))
		}
	}
	e.runFreed(context.Background())
	return e.results(), nil
}
