package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
)

func twoPhaseCommit() *Entry {
	return &Entry{
		Name:       "classic/two-phase-commit",
		Summary:    "two-phase commit after Gray and Lamport: published state counts keep the prover honest",
		Parameters: []Parameter{{Name: "rm", Help: "resource managers", Default: "3", Min: 1, Max: 12}},
		Cases:      [][]Setting{{{"rm", "3"}}, {{"rm", "5"}}, {{"rm", "7"}}},
		Properties: []Property{
			{"consistent", "C-1.1", "no resource manager commits where another one aborts", always(model.Proved)},
			{"decides", "C-1.2", "in the end every resource manager has committed or aborted", always(model.Proved)},
		},
		Abstract: true,
		build: func(s Settings) (*model.System, []model.Property, error) {
			sys, err := classic.TwoPhaseCommit(s.Int("rm"))
			if err != nil {
				return nil, nil, err
			}
			consistent := classic.Consistent()
			consistent.Symmetric = false // the published counts are of all states
			return sys, []model.Property{consistent, classic.Decides()}, nil
		},
	}
}

func always(v model.Verdict) func(Settings) model.Verdict {
	return func(Settings) model.Verdict { return v }
}

// refutedIf claims that a property is refuted under a condition and proved otherwise.
func refutedIf(condition func(Settings) bool) func(Settings) model.Verdict {
	return func(s Settings) model.Verdict {
		if condition(s) {
			return model.Refuted
		}
		return model.Proved
	}
}
