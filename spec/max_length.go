package spec

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// maxLength is the catalogue's lock for lock.MaxLength. Its claims are argued in SPEC.md, section 5.7.
func maxLength() amqpLock {
	unsettled := func(s Settings) bool { return s.Value("keep") == "unsettled" }
	protocol := func(s Settings) lock.MaxLength {
		keep, _ := lock.ParseKeep(s.Value("keep"))
		return lock.MaxLength{Queue: "lock", Keep: keep}
	}
	lies := func(s Settings) bool { return unsettled(s) && s.Bool("reconnect") && losses(s) > 0 }
	stays := func(s Settings) bool { // a message that nobody is left to take
		return losses(s) > 0 || s.Int("crash") > 0 && !alone(s) || waitsForEver(s)
	}
	return amqpLock{
		name:    "mutex/max-length",
		summary: "a recipe: a queue with room for one message, which refuses more; whose message is there has the lock",
		parameters: []Parameter{
			{Name: "keep", Help: "whether a holder leaves its message in the queue, or gets it so that it goes back with the connection", Default: "ready", Values: []string{"ready", "unsettled"}},
		},
		cases: [][]Setting{
			set("reset", "0", "blackhole", "0"),
			set("blackhole", "0"),
			set("blackhole", "0", "reconnect", "true"),
			set("reset", "0"),
			set("reset", "0", "heartbeat", "false"),
			set("reset", "0", "blackhole", "0", "pause", "1"),
			set("reset", "0", "blackhole", "0", "crash", "1"),
			set("keep", "unsettled", "reset", "0", "blackhole", "0"),
			set("keep", "unsettled", "clients", "1", "blackhole", "0", "reconnect", "true"),
			set("keep", "unsettled", "clients", "1", "reset", "0"),
		},
		claims: map[string]func(Settings) model.Verdict{
			"broker-exclusion":     refutedIf(func(s Settings) bool { return unsettled(s) && (!alone(s) || losses(s) > 0) }),
			"belief-exclusion":     refutedIf(func(s Settings) bool { return unsettled(s) && !alone(s) }),
			"verify-truth":         refutedIf(lies),
			"operations":           refutedIf(func(s Settings) bool { return unsettled(s) && (!alone(s) || losses(s) > 0) }),
			"release-on-detection": refutedIf(func(s Settings) bool { return !unsettled(s) && (losses(s) > 0 || s.Int("crash") > 0) }), // nobody gives it back
			"release-on-verify":    refutedIf(lies),
			"release-effective": refutedIf(func(s Settings) bool {
				return losses(s) > 0 || unsettled(s) && s.Value("grain") == broker.Process.String() // the channel answers before the queue hears of it
			}),
			"progress":           refutedIf(stays),
			"starvation-freedom": refutedIf(func(s Settings) bool { return !alone(s) || stays(s) }),
			"deadlock-freedom":   refutedIf(waitsForEver),
			"can-hold":           always(model.Proved),
			"can-contend":        refutedIf(alone),
		},
		protocol: func(s Settings) lock.Protocol { return protocol(s) },
		options:  func(s Settings, o *broker.Options) { o.Tenures, o.Prelude = true, protocol(s).Prelude() },
		holding: func(s Settings) holding {
			if unsettled(s) {
				return unsettledOf("lock", 1)
			}
			return storedIn("lock")
		},
		unlike: true, // messages bear their client's name
	}
}

// storedIn is the holding of a lock whose only slot is a place in a queue: a client has it as long as its message is there.
func storedIn(queue string) holding {
	owner := func(app string) (link model.ID, ok bool) {
		_, err := fmt.Sscanf(app, lock.HolderFormat, &link)
		return link, err == nil
	}
	return holding{
		slots: 1, room: 1, queues: []string{queue},
		change: func(e model.Event) (change, bool) {
			s, ok := e.(broker.Stores)
			if !ok || s.Queue != queue {
				return change{}, false
			}
			link, ok := owner(s.AppID)
			return change{link: link, n: s.N}, ok
		},
		left: func(b remains) bool {
			return slices.ContainsFunc(b.Stored(queue), func(app string) bool {
				link, ok := owner(app)
				return ok && !b.Connected(link)
			})
		},
	}
}
