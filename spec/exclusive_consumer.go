package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// exclusiveConsumer is the catalogue's lock for lock.ExclusiveConsumer. Its claims are argued in SPEC.md, section 5.2.
func exclusiveConsumer() amqpLock {
	lies := func(s Settings) bool { // alone, there is nobody else's consumer to be counted
		return s.Bool("reconnect") && losses(s) > 0 && (s.Value("verify") == "qos" || !alone(s))
	}
	return amqpLock{
		name:    "mutex/exclusive-consumer",
		summary: "a mutex: who is the exclusive consumer of an auto-delete queue has the lock (amqp-locks, \"true mutex\", the second form)",
		parameters: []Parameter{
			{Name: "verify", Help: "how a client asks whether it still holds the lock", Default: "passive", Values: []string{"passive", "qos"}},
			{Name: "release", Help: "what a client cancels or closes to release", Default: "cancel", Values: []string{"cancel", "channel", "connection"}},
		},
		cases: [][]Setting{
			set("reconnect", "false", "blackhole", "0"),
			set("reconnect", "true", "blackhole", "0"),
			set("verify", "qos", "reconnect", "false", "blackhole", "0"),
			set("verify", "qos", "reconnect", "true", "blackhole", "0"),
			set("release", "channel", "reconnect", "false", "blackhole", "0"),
			set("release", "channel", "reconnect", "true", "blackhole", "0"),
			set("reset", "0"),
			set("release", "connection", "blackhole", "0"),
			set("release", "connection", "profile", broker.RabbitMQ43.String(), "blackhole", "0"),
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
			"release-on-verify":    refutedIf(lies),
			"release-effective": refutedIf(func(s Settings) bool { // a late consume needs the queue, which somebody has to declare anew
				return losses(s) > 0 && (s.Bool("reconnect") || !alone(s) || losses(s) > 1)
			}),
			"progress":           refutedIf(waitsForEver),
			"starvation-freedom": refutedIf(func(s Settings) bool { return !alone(s) || waitsForEver(s) }),
			"deadlock-freedom":   refutedIf(waitsForEver),
			"can-hold":           always(model.Proved),
			"can-contend":        refutedIf(alone),
		},
		protocol: func(s Settings) lock.Protocol {
			return lock.ExclusiveConsumer{Queue: "lock", Verify: verifyMode(s), Release: releaseMode(s)}
		},
		options: func(_ Settings, o *broker.Options) { o.Tenures = true },
		holding: func(Settings) holding { return consumersOf("lock") },
	}
}

// consumersOf is the holding of a lock whose slots are queues with one consumer each: a client has one as long as its consumer is with the queue.
func consumersOf(queues ...string) holding {
	slot := slots(queues)
	return holding{slots: len(queues), room: 1, queues: queues, left: anyOrphaned(queues...), change: func(e model.Event) (change, bool) {
		c, ok := e.(broker.Consumes)
		if !ok {
			return change{}, false
		}
		i, ok := slot[c.Queue]
		return change{slot: i, link: c.Link, n: c.N}, ok
	}}
}
