package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// tokenSemaphore is the catalogue's lock for lock.Token. Its claims are argued in SPEC.md, section 5.4.
func tokenSemaphore() amqpLock {
	protocol := func(s Settings) lock.Token {
		take, _ := lock.ParseTake(s.Value("take"))
		return lock.Token{Queue: "tokens", Slots: s.Int("slots"), Take: take, Release: releaseMode(s)}
	}
	contended := func(s Settings) bool { return s.Int("clients") > s.Int("slots") }
	inItsOwnTime := func(s Settings) bool { return s.Value("grain") == broker.Process.String() }
	closes := func(s Settings) bool { return s.Value("release") == "channel" || s.Value("release") == "connection" }
	lies := func(s Settings) bool { return s.Bool("reconnect") && losses(s) > 0 }
	return amqpLock{
		name:    "semaphore/token",
		summary: "a semaphore: a queue holds a message for each slot, and who has one that is not settled has a slot (RabbitMQ's blog, 2014)",
		parameters: []Parameter{
			{Name: "slots", Help: "slots of the semaphore", Default: "1", Min: 1, Max: 3},
			{Name: "take", Help: "how a client takes a token: basic.get, a consumer for each acquire, or one that stays", Default: "get", Values: []string{"get", "consume", "subscribe"}},
			{Name: "release", Help: "how a client gives a token back: basic.nack, the same and a method that is answered, or what it closes", Default: "nack",
				Values: []string{"nack", "wait", "channel", "connection"}},
		},
		cases: [][]Setting{
			set("reconnect", "false", "blackhole", "0"),
			set("reconnect", "true", "blackhole", "0"),
			set("release", "wait", "reset", "0", "blackhole", "0"),
			set("release", "channel", "reset", "0", "blackhole", "0"),
			set("release", "connection", "blackhole", "0"),
			set("take", "consume", "reset", "0", "blackhole", "0"),
			set("take", "consume", "blackhole", "0"),
			set("take", "subscribe", "reset", "0", "blackhole", "0"),
			set("take", "subscribe", "release", "channel", "reset", "0", "blackhole", "0"),
			set("take", "subscribe", "release", "channel", "blackhole", "0"),
			set("slots", "2", "clients", "3", "release", "wait", "reset", "0", "blackhole", "0"),
			set("slots", "2", "release", "channel", "reset", "0", "blackhole", "0"),
			set("reset", "0"),
			set("reset", "0", "blackhole", "1", "heartbeat", "false"),
			set("reset", "0", "blackhole", "0", "pause", "1"),
			set("reset", "0", "blackhole", "0", "crash", "1"),
		},
		claims: map[string]func(Settings) model.Verdict{
			"broker-exclusion": always(model.Proved),
			"belief-exclusion": refutedIf(func(s Settings) bool { return contended(s) && losses(s) > 0 }),
			"verify-truth":     refutedIf(lies),
			"operations": refutedIf(func(s Settings) bool {
				switch {
				case lies(s) && contended(s):
					return true
				case s.Value("take") == "subscribe": // acquire takes a token that came before, and may have been lost since
					return !closes(s) && losses(s) > 0 && contended(s)
				case s.Value("take") == "consume" || s.Value("release") == "wait":
					return false // nobody is told busy; or nobody looks before the token is back
				}
				full := filled(s, s.Int("slots"))
				return closes(s) && (inItsOwnTime(s) || lies(s) && full) || s.Value("release") == "nack" && full
			}),
			"release-on-detection": always(model.Proved),
			"release-on-verify":    refutedIf(lies),
			"release-effective": refutedIf(func(s Settings) bool {
				stays := s.Value("take") == "subscribe"
				switch {
				case losses(s) > 0, s.Value("release") == "nack", !closes(s) && stays: // for what stays is given the token back
					return true
				}
				return inItsOwnTime(s) && !stays // the queue hears that something is settled, or that a channel is no more that does not consume
			}),
			"progress": refutedIf(waitsForEver),
			"starvation-freedom": refutedIf(func(s Settings) bool {
				missed := contended(s) || !alone(s) && closes(s) && inItsOwnTime(s) // each time that somebody looks
				return s.Value("take") == "get" && missed || waitsForEver(s)
			}),
			"deadlock-freedom": refutedIf(waitsForEver),
			"can-hold":         always(model.Proved),
			"can-contend":      refutedIf(alone),
		},
		more: []Property{{"not-greedy", "P-11", notGreedy, refutedIf(func(s Settings) bool {
			if s.Value("take") == "subscribe" {
				return losses(s) > 0 || !closes(s) && contended(s)
			}
			return losses(s) > 0 || closes(s) && inItsOwnTime(s) && s.Int("slots") > 1 // a token more, before the queue hears of the one given back
		})}},
		build: func(s *lockSystem) []model.Property {
			return []model.Property{monitored("not-greedy", newGreed(s.holding, s.pairs))}
		},
		protocol: func(s Settings) lock.Protocol { return protocol(s) },
		options:  func(s Settings, o *broker.Options) { o.Tenures, o.Prelude = true, protocol(s).Prelude() },
		holding:  func(s Settings) holding { return unsettledOf("tokens", s.Int("slots")) },
	}
}

// tokenRace is the same semaphore where no administrator fills the queue, but each client that finds it without messages. Its claims are argued in the same place.
func tokenRace() amqpLock {
	l := tokenSemaphore()
	l.name, l.summary = "semaphore/token-race", "the token semaphore, filled by every client that finds the queue empty (and so not one)"
	l.parameters = nil
	l.cases = [][]Setting{
		set("reset", "0", "blackhole", "0"),
		set("reset", "0", "heartbeat", "false"),
		set("reset", "0", "blackhole", "0", "crash", "1"),
	}
	lies := func(s Settings) bool { return s.Bool("reconnect") && losses(s) > 0 }
	unfilled := func(s Settings) bool { return losses(s) > 0 || waitsForEver(s) } // who filled it does not know that the message was lost
	l.claims = map[string]func(Settings) model.Verdict{
		"broker-exclusion":     refutedIf(func(s Settings) bool { return !alone(s) }), // two find it empty, or one while the other has the token
		"belief-exclusion":     refutedIf(func(s Settings) bool { return !alone(s) }),
		"verify-truth":         refutedIf(lies),
		"operations":           refutedIf(func(s Settings) bool { return !alone(s) || losses(s) > 0 }),
		"release-on-detection": always(model.Proved),
		"release-on-verify":    refutedIf(lies),
		"release-effective":    always(model.Refuted),
		"progress":             refutedIf(unfilled),
		"starvation-freedom":   refutedIf(func(s Settings) bool { return !alone(s) || unfilled(s) }),
		"deadlock-freedom":     refutedIf(waitsForEver),
		"can-hold":             always(model.Proved),
		"can-contend":          refutedIf(alone),
	}
	l.more = []Property{{"not-greedy", "P-11", notGreedy, refutedIf(func(s Settings) bool { return losses(s) > 0 })}}
	protocol := lock.Token{Queue: "tokens", Slots: 1, Fill: true, Take: lock.TakeGet, Release: lock.ReleaseNack}
	l.protocol = func(Settings) lock.Protocol { return protocol }
	l.options = func(_ Settings, o *broker.Options) { o.Tenures = true }
	l.holding = func(Settings) holding { return unsettledOf("tokens", 1) }
	return l
}

// unsettledOf is the holding of a semaphore whose slots are messages of a queue: a client has one as long as the queue waits for it to settle it.
func unsettledOf(queue string, slots int) holding {
	return holding{slots: 1, room: slots, queues: []string{queue}, left: anyOrphaned(queue), change: func(e model.Event) (change, bool) {
		u, ok := e.(broker.Unsettled)
		return change{link: u.Link, n: u.N}, ok && u.Queue == queue
	}}
}
