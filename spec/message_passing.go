package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
)

func ewd840() *Entry {
	return &Entry{
		Name:       "classic/ewd840",
		Summary:    "Dijkstra's termination detection on a ring, from any initial state",
		Parameters: []Parameter{{Name: "nodes", Help: "nodes of the ring", Default: "3", Min: 2, Max: 5}},
		Cases:      [][]Setting{{{"nodes", "3"}}, {{"nodes", "4"}}},
		Properties: []Property{
			{"termination-detection", "C-7.1", "who detects termination is right", always(model.Proved)},
			{"can-detect", "C-7.2", "termination can be detected", always(model.Proved)},
			{"detects-eventually", "C-7.3", "a computation that has terminated is detected to have", always(model.Proved)},
		},
		Abstract: true,
		build: func(s Settings) (*model.System, []model.Property, error) {
			n := s.Int("nodes")
			sys, err := classic.EWD840(n)
			return sys, append(classic.EWD840Properties(n), classic.EWD840DetectsEventually(n)), err
		},
	}
}

func alternatingBit() *Entry {
	return &Entry{
		Name:    "classic/alternating-bit",
		Summary: "the alternating-bit protocol after Lamport, over lossy channels",
		Parameters: []Parameter{
			{Name: "values", Help: "values that may be sent", Default: "2", Min: 1, Max: 4},
			{Name: "capacity", Help: "messages that a channel holds", Default: "2", Min: 1, Max: 5},
			{Name: "duplicate", Help: "channels double messages, too", Default: "false", Values: []string{"true", "false"}},
		},
		Cases: [][]Setting{{}, {{"duplicate", "true"}}},
		Properties: []Property{
			{"in-order", "C-8.1", "each value is delivered once, before the next one is accepted", always(model.Proved)},
			{"can-be-late", "C-8.2", "a value can be acknowledged while a copy of it is underway", always(model.Proved)},
			{"delivers-1", "C-8.3", "whenever value 1 is being sent, it has been delivered or is later", refutedIf(func(s Settings) bool {
				return s.Bool("duplicate") && s.Int("values") > 1 && s.Int("capacity") > 1
			})},
		},
		Abstract: true,
		build: func(s Settings) (*model.System, []model.Property, error) {
			sys, err := classic.AlternatingBit(s.Int("values"), s.Int("capacity"), s.Bool("duplicate"))
			return sys, append(classic.AlternatingBitProperties(), classic.AlternatingBitDelivers(1)), err
		},
	}
}

func amqpMutex() *Entry {
	return &Entry{
		Name:    "classic/amqp-mutex",
		Summary: "an exclusive-queue mutex as a sketch that several tools were measured on",
		Parameters: []Parameter{
			{Name: "clients", Help: "clients", Default: "2", Min: 1, Max: 8},
			{Name: "drops", Help: "connections that each client may lose", Default: "1", Min: 0, Max: 9},
		},
		Cases: [][]Setting{{{"drops", "0"}}, {}, {{"clients", "3"}}, {{"clients", "3"}, {"drops", "2"}}},
		Properties: []Property{
			{"holder-owns", "C-9.1", "who holds the lock and is not cut off owns the queue", always(model.Proved)},
			{"mutual-exclusion", "C-9.2", "never do two clients think that they hold the lock",
				refutedIf(func(s Settings) bool { return s.Int("clients") > 1 && s.Int("drops") > 0 })},
			{"can-hold", "C-9.3", "a client can hold the lock", always(model.Proved)},
		},
		Abstract: true,
		build: func(s Settings) (*model.System, []model.Property, error) {
			sys, err := classic.AMQPMutex(s.Int("clients"), s.Int("drops"))
			return sys, published(classic.AMQPMutexProperties(s.Int("clients"))), err
		},
	}
}
