package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// exclusiveQueue is the catalogue's lock for lock.ExclusiveQueue. Its claims are argued in SPEC.md, section 5.
func exclusiveQueue() amqpLock {
	return amqpLock{
		name:    "mutex/exclusive-queue",
		summary: "a mutex: who owns an exclusive queue of an agreed name has the lock (amqp-locks, \"true mutex\")",
		parameters: []Parameter{
			{Name: "verify", Help: "how a client asks whether it still holds the lock", Default: "passive",
				Values: []string{"publish", "passive", "redeclare"}},
			{Name: "release", Help: "what a client deletes or closes to release", Default: "delete",
				Values: []string{"delete", "connection", "channel"}},
		},
		cases: [][]Setting{
			set("verify", "publish", "reconnect", "false", "blackhole", "0"),
			set("verify", "publish", "reconnect", "true", "blackhole", "0"),
			set("verify", "passive", "reconnect", "false", "blackhole", "0"),
			set("verify", "passive", "reconnect", "true", "blackhole", "0"),
			set("verify", "redeclare", "reconnect", "false", "blackhole", "0"),
			set("verify", "redeclare", "reconnect", "true", "blackhole", "0"),
			set("release", "connection", "reconnect", "false", "blackhole", "0"),
			set("release", "connection", "reconnect", "true", "blackhole", "0"),
			set("release", "channel", "blackhole", "0"),
			set("release", "connection", "profile", broker.RabbitMQ43.String(), "blackhole", "0"),
			set("reset", "0", "blackhole", "0"),
			set("reset", "0", "blackhole", "1"),
			set("reset", "0", "blackhole", "1", "heartbeat", "false"),
			set("reset", "0", "blackhole", "0", "pause", "1"),
			set("reset", "0", "blackhole", "0", "crash", "1"),
		},
		claims: map[string]func(Settings) model.Verdict{
			"broker-exclusion": always(model.Proved),
			"belief-exclusion": refutedIf(func(s Settings) bool { return !alone(s) && losses(s) > 0 }),
			"verify-truth": refutedIf(func(s Settings) bool {
				return !alone(s) && s.Value("verify") == "publish" && s.Bool("reconnect") && losses(s) > 0
			}),
			"operations": refutedIf(func(s Settings) bool {
				early := s.Value("release") == "connection" && s.Value("profile") == broker.RabbitMQ43.String()
				lies := s.Value("verify") != "passive" && !alone(s) || s.Value("verify") == "redeclare" && losses(s) > 1 // alone, what one verify declares late
				switch {
				case s.Value("release") == "channel":
					return !alone(s) || losses(s) > 0 // alone, over another connection
				case s.Value("release") == "connection" && s.Bool("reconnect") && losses(s) > 0:
					return true
				}
				return early || lies && s.Bool("reconnect") && losses(s) > 0
			}),
			"release-on-detection": always(model.Proved),
			"release-on-verify": refutedIf(func(s Settings) bool {
				switch {
				case !s.Bool("reconnect") || losses(s) == 0:
					return false
				case s.Value("verify") == "publish": // alone, it takes a late declare of its own and the loss of a later grant
					return !alone(s) || losses(s) > 1
				}
				return s.Value("verify") == "redeclare"
			}),
			"release-effective": refutedIf(func(s Settings) bool {
				early := s.Value("release") == "connection" && s.Value("profile") == broker.RabbitMQ43.String()
				return s.Value("release") == "channel" || early || losses(s) > 0
			}),
			"progress":           refutedIf(waitsForEver),
			"starvation-freedom": refutedIf(func(s Settings) bool { return !alone(s) || waitsForEver(s) }),
			"deadlock-freedom":   refutedIf(waitsForEver),
			"can-hold":           always(model.Proved),
			"can-contend":        refutedIf(alone),
		},
		protocol: func(s Settings) lock.Protocol { return exclusiveQueueProtocol(s) },
		holding:  func(Settings) holding { return queueOwners("lock") },
	}
}

func exclusiveQueueProtocol(s Settings) lock.ExclusiveQueue {
	return lock.ExclusiveQueue{Queue: "lock", Verify: verifyMode(s), Release: releaseMode(s)}
}

// verifyMode and releaseMode are those that the settings name; they are checked as parameters.
func verifyMode(s Settings) lock.VerifyMode {
	m, _ := lock.ParseVerify(s.Value("verify"))
	return m
}

func releaseMode(s Settings) lock.ReleaseMode {
	m, _ := lock.ParseRelease(s.Value("release"))
	return m
}

// slots numbers names.
func slots(names []string) map[string]int {
	slot := map[string]int{}
	for i, name := range names {
		slot[name] = i
	}
	return slot
}

// queueOwners is the holding of a lock whose slots are exclusive queues: a client has one from the moment the broker accepts its declare until
// that queue is gone.
func queueOwners(queues ...string) holding {
	slot := slots(queues)
	return holding{slots: len(queues), room: 1, queues: queues, left: anyOrphaned(queues...), change: func(e model.Event) (change, bool) {
		switch e := e.(type) {
		case broker.Declared:
			i, ok := slot[e.Queue]
			return change{slot: i, link: e.Link, n: 1, late: e.Late}, ok
		case broker.Deleted:
			i, ok := slot[e.Queue]
			return change{slot: i, link: everybody}, ok
		}
		return change{}, false
	}}
}
