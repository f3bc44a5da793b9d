package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
)

func fischer() *Entry {
	return &Entry{
		Name:     "classic/fischer",
		Abstract: true,
		Summary:  "Fischer's mutual exclusion: a published result keeps the clock honest",
		Parameters: []Parameter{
			{Name: "processes", Help: "processes", Default: "3", Min: 1, Max: 6},
			{Name: "delay", Help: "milliseconds at most from seeing the variable free to writing it", Default: "1", Max: 100},
			{Name: "wait", Help: "milliseconds at least from writing the variable to reading it", Default: "2", Max: 100},
			{Name: "tick", Help: "milliseconds of a tick; exact where it divides delay and wait", Default: "1", Min: 1, Max: 100},
		},
		Cases: [][]Setting{{}, {{"delay", "2"}}, {{"delay", "20"}, {"wait", "30"}, {"tick", "10"}}},
		Properties: []Property{
			{"mutual-exclusion", "C-10.1", "never are two processes in their critical sections", refutedIf(func(s Settings) bool {
				// Written out so that it says what the widened delays are: up to whole ticks, down to whole ticks.
				tick := s.Int("tick")
				return s.Int("processes") > 1 && (s.Int("delay")+tick-1)/tick >= s.Int("wait")/tick
			})},
			{"time-passes", "C-10.2", "in every state something can happen: time never comes to a halt", always(model.Proved)},
		},
		build: func(s Settings) (*model.System, []model.Property, error) {
			sys, err := classic.Fischer(classic.FischerOptions{
				Processes: s.Int("processes"), Delay: int64(s.Int("delay")), Wait: int64(s.Int("wait")), Tick: int64(s.Int("tick")),
			})
			if err != nil {
				return nil, nil, err
			}
			return sys, []model.Property{classic.FischerExclusion(), {Name: "time-passes", Kind: model.DeadlockFree, Symmetric: true}}, nil
		},
	}
}
