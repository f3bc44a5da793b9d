package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
)

func transactionCommit() *Entry {
	return &Entry{
		Name:       "classic/transaction-commit",
		Summary:    "what two-phase commit implements, after Gray and Lamport: decisions that look at all others",
		Parameters: []Parameter{{Name: "rm", Help: "resource managers", Default: "3", Min: 1, Max: 12}},
		Cases:      [][]Setting{{{"rm", "3"}}, {{"rm", "8"}}},
		Properties: []Property{
			{"consistent", "C-2.1", "no resource manager commits where another one aborts", always(model.Proved)},
			{"can-commit", "C-2.2", "all resource managers can commit", always(model.Proved)},
		},
		Abstract: true,
		build: func(s Settings) (*model.System, []model.Property, error) {
			sys, err := classic.TransactionCommit(s.Int("rm"))
			return sys, published(classic.TransactionCommitProperties(s.Int("rm"))), err
		},
	}
}

func paxos() *Entry {
	return &Entry{
		Name:    "classic/paxos",
		Summary: "single-decree Paxos after Lamport, with messages that are never consumed",
		Parameters: []Parameter{
			{Name: "acceptors", Help: "acceptors; majorities are the quorums", Default: "3", Min: 1, Max: 5},
			{Name: "values", Help: "values that a ballot may propose", Default: "2", Min: 1, Max: 4},
			{Name: "ballots", Help: "ballots", Default: "2", Min: 1, Max: 4},
		},
		Cases: [][]Setting{{}, {{"acceptors", "5"}, {"values", "1"}}},
		Properties: []Property{
			{"consistent", "C-3.1", "no two ballots choose different values", always(model.Proved)},
			{"can-choose", "C-3.2", "a value can be chosen", always(model.Proved)},
		},
		Abstract: true,
		build: func(s Settings) (*model.System, []model.Property, error) {
			sys, err := classic.Paxos(s.Int("acceptors"), s.Int("values"), s.Int("ballots"))
			return sys, published(classic.PaxosProperties(s.Int("acceptors"), s.Int("ballots"))), err
		},
	}
}

// published makes the properties ones that are checked without symmetry: published counts are of all states.
func published(properties []model.Property) []model.Property {
	for i := range properties {
		properties[i].Symmetric = false
	}
	return properties
}
