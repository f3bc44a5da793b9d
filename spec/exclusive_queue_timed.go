package spec

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/model/network"
)

// exclusiveQueueTimed is the catalogue's entry for lock.ExclusiveQueue under a digital clock. It is an entry of its own, and no
// parameter of the untimed one: other properties are in question, and what is proved without a clock needs no second proof under one.
func exclusiveQueueTimed() *Entry {
	untimed := exclusiveQueue().entry()
	var parameters []Parameter
	for _, p := range untimed.Parameters {
		switch p.Name {
		case "opening":
			continue
		case "blackhole":
			p.Default = "1"
		case "reset":
			p.Default = "0"
		}
		parameters = append(parameters, p)
	}
	faults := func(s Settings) int { return s.Int("reset") + s.Int("blackhole") + s.Int("crash") + s.Int("pause") }
	return &Entry{
		Name:    "mutex/exclusive-queue-timed",
		Summary: "the same under a digital clock: how long a lock stays taken that nobody has any more",
		Parameters: append(parameters,
			Parameter{Name: "tick", Help: "milliseconds of a tick; exact where it divides 5000", Default: "5000", Min: 500, Max: 60_000},
			Parameter{Name: "patience", Help: "milliseconds after the last byte at which a client's driver gives up a silent connection", Default: "15000",
				Min: 5000, Max: 60_000},
			Parameter{Name: "drift", Help: "by how many per mille a client's clock may be fast or slow", Default: "0", Max: 1000},
			Parameter{Name: "bound", Help: "milliseconds that bounded-release allows", Default: "30000", Max: 120_000}),
		Cases: [][]Setting{
			{},
			{{"bound", "25000"}},
			{{"blackhole", "0"}, {"reset", "1"}},
			{{"blackhole", "0"}, {"pause", "1"}},
			{{"blackhole", "0"}, {"crash", "1"}},
			{{"heartbeat", "false"}},
			{{"patience", "10000"}},
			{{"patience", "10000"}, {"drift", "100"}},
			{{"patience", "10000"}, {"drift", "100"}, {"tick", "2500"}},
		},
		Properties: []Property{
			{"bounded-release", "T-1", "the broker frees a lock at most `bound` milliseconds after its holder's connection has failed",
				refutedIf(func(s Settings) bool {
					tick := s.Int("tick")
					return faults(s) > 0 && (!s.Bool("heartbeat") || s.Int("bound")/tick < (3*heartbeatInterval+tick-1)/tick)
				})},
			{"belief-exclusion", "T-3", "never do two clients believe that they hold the lock", refutedIf(func(s Settings) bool {
				tick := s.Int("tick")
				givesUp := (s.Int("patience")*(1000+s.Int("drift")) + 1000*tick - 1) / (1000 * tick) // at the latest
				frees := heartbeatInterval * 3 / 2 / tick                                            // at the earliest
				overtaken := s.Int("blackhole") > 0 && (s.Bool("reconnect") || givesUp >= frees)
				return s.Int("clients") > 1 && (s.Int("reset") > 0 || s.Bool("heartbeat") && (s.Int("pause") > 0 || overtaken))
			})},
			{"time-passes", "T-2", "in every state something can happen: time never comes to a halt", always(model.Proved)},
			{"can-hold", "W-1", "witness: a client can come to hold the lock", always(model.Proved)},
		},
		Bounds: []Bound{{Property: "bounded-release", Parameter: "bound", Step: func(s Settings) int { return s.Int("tick") }}},
		build:  buildExclusiveQueueTimed,
	}
}

func buildExclusiveQueueTimed(s Settings) (*model.System, []model.Property, error) {
	return exclusiveQueueTimedSystem(s, asItIs)
}

// exclusiveQueueTimedSystem composes the system; tests put mutants in the places of the clients.
func exclusiveQueueTimedSystem(s Settings, client func(*lock.Client) model.Machine) (*model.System, []model.Property, error) {
	deadlines := broker.Deadlines{Losses: max(1, s.Int("reset")+s.Int("blackhole")+s.Int("crash")+s.Int("pause"))}
	if s.Bool("heartbeat") {
		deadlines.Interval = heartbeatInterval
	}
	protocol, options := exclusiveQueueProtocol(s), lockOptions(s)
	options.Patience = int64(s.Int("patience"))
	composed, err := composeLock(append(slices.Clip(s), Setting{"opening", "atomic"}), composition{
		client:    func(link model.ID) model.Machine { return client(lock.New(link, protocol, options)) },
		deadlines: deadlines,
	})
	if err != nil {
		return nil, nil, err
	}
	pairs, h := composed.pairs, exclusiveQueue().holding(s)
	sys, err := composed.Timed(lockClock(s, pairs))
	if err != nil {
		return nil, nil, err
	}
	bound := s.Int("bound") / s.Int("tick")
	return sys, []model.Property{
		monitored("bounded-release", &boundedRelease{change: h.change, pairs: pairs, bound: bound, holder: none}),
		beliefExclusion(pairs, h),
		{Name: "time-passes", Kind: model.DeadlockFree, Symmetric: true},
		canHold(pairs),
	}, nil
}

// lockClock is time as SPEC.md A-10 has it. What the broker has to do, and frames to it, take no time worth speaking of; so does
// hearing again after a pause. Calls of the application, faults and their end, noticing a loss, and frames to a client take any time; there is no
// bound on what waits for a client.
func lockClock(s Settings, pairs []pair) model.Clock {
	c := model.Clock{Tick: int64(s.Int("tick")), Urgent: []model.Urgency{{Machine: theBroker, Class: func(e model.Event) bool {
		switch e.(type) {
		case broker.Take, broker.Deliver, broker.Sync, broker.Handle, broker.Inform, broker.Relay, broker.Reap:
			return true
		}
		return false
	}}}}
	for _, p := range pairs {
		c.Urgent = append(c.Urgent, model.Urgency{Machine: p.link, Class: func(e model.Event) bool {
			switch e.(type) {
			case network.ToBroker, network.ClientHears:
				return true
			}
			return false
		}})
		c.Drift = append(c.Drift, model.Drift{Machine: p.client, Ratio: model.Ratio{Numerator: int64(1000 + s.Int("drift")), Denominator: 1000}})
	}
	return c
}
