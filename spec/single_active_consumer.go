package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// singleActiveConsumer is the catalogue's lock for lock.SingleActiveConsumer. Its claims are argued in SPEC.md, section 5.8.
func singleActiveConsumer() amqpLock {
	protocol := func(s Settings) lock.SingleActiveConsumer {
		return lock.SingleActiveConsumer{Queue: "lock", Messages: s.Int("messages"), Release: releaseMode(s)}
	}
	lies := func(s Settings) bool { return s.Bool("reconnect") && losses(s) > 0 }
	return amqpLock{
		name:    "mutex/single-active-consumer",
		summary: "a recipe: all consume from a queue with x-single-active-consumer; whom it has delivered to has the lock",
		parameters: []Parameter{
			{Name: "messages", Help: "messages in the queue for the active consumer", Default: "1", Min: 1, Max: 3},
			{Name: "release", Help: "cancel the consumer and give its message back, give it back and stay, or what a client closes", Default: "cancel",
				Values: []string{"cancel", "nack", "channel", "connection"}},
		},
		cases: [][]Setting{
			set("reset", "0", "blackhole", "0"),
			set("messages", "2", "reset", "0", "blackhole", "0"),
			set("messages", "2", "release", "channel", "reset", "0", "blackhole", "0"),
			set("release", "nack", "reset", "0", "blackhole", "0"),
			set("release", "connection", "reset", "0", "blackhole", "0"),
			set("release", "channel", "blackhole", "0"),
			set("release", "channel", "blackhole", "0", "reconnect", "true"),
			set("release", "channel", "reset", "0"),
			set("release", "channel", "reset", "0", "heartbeat", "false"),
			set("release", "channel", "reset", "0", "blackhole", "0", "pause", "1"),
			set("reset", "0", "blackhole", "0", "crash", "1"),
		},
		claims: map[string]func(Settings) model.Verdict{
			"broker-exclusion": refutedIf(func(s Settings) bool { // the next one is active, and the last one still has its message
				return s.Int("messages") > 1 && s.Value("release") == "cancel" && (!alone(s) || losses(s) > 0)
			}),
			"belief-exclusion": refutedIf(func(s Settings) bool { return losses(s) > 0 && !alone(s) }),
			"verify-truth":     refutedIf(lies),
			"operations": refutedIf(func(s Settings) bool {
				return !alone(s) && losses(s) > 0 && (s.Bool("reconnect") || s.Value("release") == "nack")
			}),
			"release-on-detection": always(model.Proved),
			"release-on-verify":    refutedIf(lies),
			"release-effective": refutedIf(func(s Settings) bool {
				return losses(s) > 0 || s.Value("release") == "cancel" || s.Value("release") == "nack" // which is not answered
			}),
			"progress":           refutedIf(waitsForEver),
			"starvation-freedom": refutedIf(func(s Settings) bool { return s.Value("release") == "nack" && !alone(s) || waitsForEver(s) }),
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
		holding:  func(s Settings) holding { return unsettledOf("lock", 1) },
	}
}
