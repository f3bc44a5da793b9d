package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// consumerCount is the catalogue's lock for lock.ConsumerCount. Its claims are argued in SPEC.md, section 5.6.
func consumerCount() amqpLock {
	protocol := func(s Settings) lock.ConsumerCount {
		return lock.ConsumerCount{Queue: "slot", Slots: s.Int("slots"), Verify: verifyMode(s), Release: releaseMode(s)}
	}
	lies := func(s Settings) bool { // alone, there is nobody else's consumer to be counted
		return s.Bool("reconnect") && losses(s) > 0 && (s.Value("verify") == "qos" || !alone(s))
	}
	return amqpLock{
		name:    "semaphore/consumer-count",
		summary: "a semaphore of queues: count a queue's consumers, and become its exclusive one (amqp-locks, \"old-style\")",
		parameters: []Parameter{
			{Name: "slots", Help: "slots of the semaphore", Default: "2", Min: 1, Max: 3},
			{Name: "verify", Help: "how a client asks whether it still holds its slot", Default: "passive", Values: []string{"passive", "qos"}},
			{Name: "release", Help: "what a client cancels or closes to release", Default: "cancel", Values: []string{"cancel", "channel", "connection"}},
		},
		cases: [][]Setting{
			set("reset", "0", "blackhole", "0"),
			set("blackhole", "0"),
			set("reconnect", "true", "blackhole", "0"),
			set("verify", "qos", "reconnect", "true", "blackhole", "0"),
			set("release", "channel", "reset", "0", "blackhole", "0"),
			set("release", "connection", "reset", "0", "blackhole", "0"),
			set("slots", "1", "reset", "0"),
			set("slots", "1", "reset", "0", "heartbeat", "false"),
			set("slots", "1", "reset", "0", "blackhole", "0", "pause", "1"),
			set("reset", "0", "blackhole", "0", "crash", "1"),
		},
		claims: map[string]func(Settings) model.Verdict{
			"broker-exclusion":     always(model.Proved),
			"belief-exclusion":     refutedIf(func(s Settings) bool { return !alone(s) && losses(s) > 0 }),
			"verify-truth":         refutedIf(lies),
			"operations":           refutedIf(func(s Settings) bool { return s.Bool("reconnect") && losses(s) > 0 && filled(s, s.Int("slots")) }),
			"release-on-detection": always(model.Proved),
			"release-on-verify": refutedIf(func(s Settings) bool { // alone, it takes a late consume of its own and the loss of a later tenure
				return lies(s) || s.Bool("reconnect") && losses(s) > 1
			}),
			"release-effective":  refutedIf(func(s Settings) bool { return losses(s) > 0 }),
			"progress":           refutedIf(waitsForEver),
			"starvation-freedom": refutedIf(func(s Settings) bool { return s.Int("clients") > s.Int("slots") || waitsForEver(s) }),
			"deadlock-freedom":   refutedIf(waitsForEver),
			"can-hold":           always(model.Proved),
			"can-contend":        refutedIf(alone),
		},
		more: []Property{{"not-greedy", "P-11", notGreedy, refutedIf(func(s Settings) bool { return losses(s) > 0 })}},
		build: func(s *lockSystem) []model.Property {
			return []model.Property{monitored("not-greedy", newGreed(s.holding, s.pairs))}
		},
		protocol: func(s Settings) lock.Protocol { return protocol(s) },
		options:  func(s Settings, o *broker.Options) { o.Tenures, o.Prelude = true, protocol(s).Prelude() },
		holding: func(s Settings) holding {
			var queues []string
			for slot := range s.Int("slots") {
				queues = append(queues, protocol(s).SlotQueue(slot+1))
			}
			return consumersOf(queues...)
		},
	}
}
