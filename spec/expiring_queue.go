package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// lease is x-expires of the expiring-queue mutex, in milliseconds. Without a clock it may run out at any moment.
const lease = 3_000

// expiringQueue is the catalogue's lock for lock.ExpiringQueue. Its claims are argued in SPEC.md, section 5.9.
func expiringQueue() amqpLock {
	shared := func(s Settings) bool { return s.Value("kind") == "shared" }
	return amqpLock{
		name:    "mutex/expiring-queue",
		summary: "a lease: a queue with x-expires, which its holder uses to keep it (amqp-locks, \"expirations\")",
		parameters: []Parameter{
			{Name: "kind", Help: "whether the queue is exclusive, or shared and asked for before it is declared", Default: "exclusive", Values: []string{"exclusive", "shared"}},
		},
		cases: [][]Setting{
			set("reset", "0", "blackhole", "0"),
			set("blackhole", "0"),
			set("blackhole", "0", "reconnect", "true"),
			set("reset", "0"),
			set("reset", "0", "heartbeat", "false"),
			set("reset", "0", "blackhole", "0", "pause", "1"),
			set("reset", "0", "blackhole", "0", "crash", "1"),
			set("kind", "shared", "reset", "0", "blackhole", "0"),
			set("kind", "shared", "blackhole", "0"),
		},
		claims: map[string]func(Settings) model.Verdict{
			"broker-exclusion":     refutedIf(func(s Settings) bool { return shared(s) && !alone(s) }),
			"belief-exclusion":     refutedIf(func(s Settings) bool { return !alone(s) }),
			"verify-truth":         refutedIf(func(s Settings) bool { return shared(s) && !alone(s) }),
			"operations":           refutedIf(func(s Settings) bool { return shared(s) && !alone(s) }),
			"release-on-detection": always(model.Proved),
			"release-on-verify":    refutedIf(func(s Settings) bool { return shared(s) && (!alone(s) || losses(s) > 0) }), // alone, by a late declare
			"release-effective":    refutedIf(func(s Settings) bool { return losses(s) > 0 }),
			"progress":             refutedIf(waitsForEver),
			"starvation-freedom":   refutedIf(func(s Settings) bool { return !alone(s) || waitsForEver(s) }),
			"deadlock-freedom":     refutedIf(waitsForEver),
			"can-hold":             always(model.Proved),
			"can-contend":          refutedIf(alone),
		},
		protocol: func(s Settings) lock.Protocol {
			return lock.ExpiringQueue{Queue: "lock", Lease: lease, Exclusive: !shared(s)}
		},
		timers: []model.Timer{broker.ExpiryTimer("lock")},
		holding: func(Settings) holding {
			h := queueOwners("lock")
			h.lapses = true
			return h
		},
	}
}
