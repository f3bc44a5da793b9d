package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
)

func peterson() *Entry {
	return &Entry{
		Name:    "classic/peterson",
		Summary: "Peterson's mutex for two processes: shared variables are a machine",
		Parameters: []Parameter{{Name: "await", Help: "a process waits in one step that reads both variables, or reads one in a step",
			Default: "atomic", Values: []string{"atomic", "split"}}},
		Cases: [][]Setting{{}, {{"await", "split"}}},
		Properties: []Property{
			{"mutual-exclusion", "C-4.1", "never are both processes inside", always(model.Proved)},
			{"can-contend", "C-4.2", "a process can wait while the other one is inside", always(model.Proved)},
			{"enters-eventually-1", "C-4.3", "whenever the first process has begun to try, it enters", always(model.Proved)},
			{"enters-eventually-2", "C-4.3", "whenever the second process has begun to try, it enters", always(model.Proved)},
		},
		Abstract: true,
		build: func(s Settings) (*model.System, []model.Property, error) {
			sys, err := classic.Peterson(s.Value("await") == "split")
			return sys, append(classic.PetersonProperties(), classic.PetersonEntersEventually(0), classic.PetersonEntersEventually(1)), err
		},
	}
}

func bakery() *Entry {
	return &Entry{
		Name:    "classic/bakery",
		Summary: "Lamport's bakery, with a bound on the numbers that are taken",
		Parameters: []Parameter{
			{Name: "processes", Help: "processes", Default: "2", Min: 2, Max: 5},
			{Name: "tickets", Help: "the largest number that a process can take", Default: "9", Min: 1, Max: 16},
		},
		Cases: [][]Setting{{}, {{"processes", "3"}, {"tickets", "4"}}},
		Properties: []Property{
			{"mutual-exclusion", "C-5.1", "never are two processes inside", always(model.Proved)},
			{"can-queue", "C-5.2", "one can be inside while all others have a number", always(model.Proved)},
		},
		Abstract: true,
		build: func(s Settings) (*model.System, []model.Property, error) {
			sys, err := classic.Bakery(s.Int("processes"), s.Int("tickets"))
			return sys, classic.BakeryProperties(s.Int("processes")), err
		},
	}
}

func diningPhilosophers() *Entry {
	return &Entry{
		Name:    "classic/dining-philosophers",
		Summary: "Dijkstra's philosophers: forks refuse to be taken twice",
		Parameters: []Parameter{
			{Name: "philosophers", Help: "philosophers, and forks", Default: "5", Min: 2, Max: 16},
			{Name: "order", Help: "which fork is taken first", Default: "left-first",
				Values: []string{string(classic.LeftFirst), string(classic.LastRightFirst), string(classic.EitherFirst)}},
			{Name: "hungry", Help: "becoming hungry is a step of its own", Default: "false", Values: []string{"true", "false"}},
		},
		Cases: [][]Setting{{}, {{"order", "last-right-first"}}, {{"order", "either"}, {"hungry", "true"}}},
		Properties: []Property{
			{"neighbours-exclude", "C-6.1", "never do two neighbours eat", always(model.Proved)},
			{"deadlock-free", "C-6.2", "somebody can always do something",
				refutedIf(func(s Settings) bool { return s.Value("order") != string(classic.LastRightFirst) })},
			{"can-eat", "C-6.3", "a philosopher can eat", always(model.Proved)},
		},
		Abstract: true,
		build: func(s Settings) (*model.System, []model.Property, error) {
			n := s.Int("philosophers")
			sys, err := classic.Philosophers(n, classic.Order(s.Value("order")), s.Bool("hungry"))
			return sys, classic.PhilosophersProperties(n), err
		},
	}
}
