package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// publishConsume is the catalogue's lock for lock.PublishConsume. Its claims are argued in SPEC.md, section 5.3.
func publishConsume() amqpLock {
	lies := func(s Settings) bool {
		return s.Bool("reconnect") && losses(s) > 0 && (s.Value("verify") == "publish" || !alone(s))
	}
	protocol := func(s Settings) lock.PublishConsume {
		return lock.PublishConsume{Queue: "lock", Verify: verifyMode(s), Release: releaseMode(s)}
	}
	return amqpLock{
		name:    "mutex/publish-consume",
		summary: "a persistent mutex: who is the exclusive consumer of a durable queue has the lock (amqp-locks, \"optimized mutex\")",
		parameters: []Parameter{
			{Name: "verify", Help: "how a client asks whether it still holds the lock", Default: "publish", Values: []string{"publish", "passive"}},
			{Name: "release", Help: "what a client cancels or closes to release", Default: "channel", Values: []string{"channel", "cancel", "connection"}},
		},
		cases: [][]Setting{
			set("blackhole", "0"),
			set("reset", "0"),
			set("reconnect", "true", "blackhole", "0"),
			set("verify", "passive", "reconnect", "false", "blackhole", "0"),
			set("verify", "passive", "reconnect", "true", "blackhole", "0"),
			set("release", "cancel", "reset", "0", "blackhole", "0"),
			set("release", "cancel", "clients", "1"),
			set("release", "cancel", "clients", "1", "reconnect", "true"),
			set("release", "connection", "blackhole", "0"),
			set("reset", "0", "blackhole", "0"),
			set("reset", "0", "blackhole", "1", "heartbeat", "false"),
			set("reset", "0", "blackhole", "0", "pause", "1"),
			set("reset", "0", "blackhole", "0", "crash", "1"),
		},
		claims: map[string]func(Settings) model.Verdict{
			"broker-exclusion":     always(model.Proved),
			"belief-exclusion":     refutedIf(func(s Settings) bool { return !alone(s) && losses(s) > 0 }),
			"verify-truth":         refutedIf(lies),
			"operations":           refutedIf(func(s Settings) bool { return s.Bool("reconnect") && losses(s) > 0 }),
			"release-on-detection": always(model.Proved),
			"release-on-verify": refutedIf(func(s Settings) bool { // alone, it takes a late consume of its own and the loss of a later tenure
				return lies(s) || s.Bool("reconnect") && losses(s) > 1
			}),
			"release-effective":  refutedIf(func(s Settings) bool { return losses(s) > 0 }),
			"progress":           refutedIf(waitsForEver),
			"starvation-freedom": refutedIf(func(s Settings) bool { return !alone(s) || waitsForEver(s) }),
			"deadlock-freedom":   refutedIf(waitsForEver),
			"can-hold":           always(model.Proved),
			"can-contend":        refutedIf(alone),
		},
		protocol: func(s Settings) lock.Protocol { return protocol(s) },
		options:  func(s Settings, o *broker.Options) { o.Tenures, o.Prelude = true, protocol(s).Prelude() },
		holding:  func(Settings) holding { return consumersOf("lock") },
	}
}
