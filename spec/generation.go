package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// epoch is the queue whose length is the last token of the generation mutex.
const epoch = "epoch"

// generation is the catalogue's lock for lock.Generation. Its claims are argued in SPEC.md, section 5.1.
func generation() amqpLock {
	tokens := func(s Settings) bool { return s.Value("token") == "count" }
	staleMark := func(s Settings) bool { // the broker may delete the mark after the lock; 4.3 takes no message for it then
		return s.Value("mark") == "queue" && s.Bool("reconnect") && losses(s) > 0 && s.Value("profile") != broker.RabbitMQ43.String()
	}
	return amqpLock{
		name:    "mutex/generation",
		summary: "an exclusive queue with a mark of its own for every tenure, which verify asks for (amqp-locks, \"add a UID queue?\")",
		parameters: []Parameter{
			{Name: "mark", Help: "what tells one tenure from another: a second queue, or a binding of the first", Default: "binding", Values: []string{"queue", "binding", "queue-passive"}},
			{Name: "release", Help: "what a client deletes or closes to release", Default: "delete", Values: []string{"delete", "connection"}},
			{Name: "token", Help: "fencing tokens: none, or the length of a queue that every holder lengthens", Default: "none", Values: []string{"none", "count"}},
			{Name: "rounds", Help: "acquires of a client, with tokens; without, there are any number", Default: "2", Min: 2, Max: 4},
		},
		cases: [][]Setting{
			set("reconnect", "false", "blackhole", "0"),
			set("reconnect", "true", "blackhole", "0"),
			set("reconnect", "true", "reset", "0"),
			set("release", "connection", "blackhole", "0"),
			set("release", "connection", "blackhole", "0", "profile", broker.RabbitMQ43.String()),
			set("mark", "queue", "reconnect", "true", "blackhole", "0"),
			set("mark", "queue-passive", "reconnect", "true", "blackhole", "0"),
			set("token", "count", "blackhole", "0", "reconnect", "true"),
			set("token", "count", "reset", "0", "reconnect", "true"),
			set("reset", "0", "blackhole", "0"),
			set("reset", "0", "blackhole", "1", "heartbeat", "false"),
			set("reset", "0", "blackhole", "0", "pause", "1"),
			set("reset", "0", "blackhole", "0", "crash", "1"),
		},
		claims: map[string]func(Settings) model.Verdict{
			"broker-exclusion": always(model.Proved),
			"belief-exclusion": refutedIf(func(s Settings) bool { return !alone(s) && losses(s) > 0 }),
			"verify-truth":     refutedIf(staleMark),
			"operations": refutedIf(func(s Settings) bool {
				early := s.Value("release") == "connection" && s.Value("profile") == broker.RabbitMQ43.String()
				lies := !alone(s) && staleMark(s)
				return early || lies || s.Bool("reconnect") && losses(s) > 0 && s.Value("release") == "connection"
			}),
			"release-on-detection": always(model.Proved),
			"release-on-verify":    refutedIf(staleMark),
			"release-effective": refutedIf(func(s Settings) bool {
				return losses(s) > 0 || s.Value("release") == "connection" && s.Value("profile") == broker.RabbitMQ43.String()
			}),
			"progress":           refutedIf(waitsForEver),
			"starvation-freedom": refutedIf(func(s Settings) bool { return !alone(s) && s.Value("token") == "none" || waitsForEver(s) }),
			"deadlock-freedom":   refutedIf(waitsForEver),
			"can-hold":           always(model.Proved),
			"can-contend":        refutedIf(alone),
		},
		more: []Property{{"fenced-exclusion", "P-3", "tokens grow from tenure to tenure: who checks them takes nothing of a former holder", refutedIf(func(s Settings) bool { return !tokens(s) })}},
		build: func(s *lockSystem) []model.Property {
			return []model.Property{monitored("fenced-exclusion", newFencing(s.holding, s.pairs))}
		},
		unlike: true,
		protocol: func(s Settings) lock.Protocol {
			p := lock.Generation{Queue: "lock", Verify: lock.VerifyPublish, Release: releaseMode(s), Mark: lock.MarkQueue}
			switch s.Value("mark") {
			case "binding":
				p.Mark = lock.MarkBinding
			case "queue-passive":
				p.Verify = lock.VerifyPassive
			}
			if tokens(s) {
				p.Epoch = epoch
			}
			return p
		},
		rounds: func(s Settings) int {
			if tokens(s) {
				return s.Int("rounds")
			}
			return 0
		},
		options: func(s Settings, o *broker.Options) {
			if tokens(s) {
				o.Prelude = []amqp.Method{lock.EpochDeclare(epoch)}
			}
		},
		holding: func(Settings) holding { return queueOwners("lock") },
	}
}
