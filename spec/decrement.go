package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// decrement is the catalogue's lock for lock.Decrement. Its claims are argued in SPEC.md, section 5.5.
func decrement() amqpLock {
	protocol := func(s Settings) lock.Decrement {
		order, _ := lock.ParseOrder(s.Value("order"))
		return lock.Decrement{Queue: "tokens", Decrements: "decrement", Slots: s.Int("slots"), Order: order, AutoDelete: s.Bool("auto-delete")}
	}
	lies := func(s Settings) bool { return s.Bool("reconnect") && losses(s) > 0 }
	broken := func(s Settings) bool { return losses(s) > 0 || s.Int("crash") > 0 }
	used := func(s Settings) bool { // all tokens, by one decrement that is found again and again
		times := 1
		if s.Value("order") == "token-first" && !s.Bool("auto-delete") {
			times += s.Int("clients")*losses(s) + (s.Int("clients")-1)*s.Int("crash")
		}
		return s.Int("slots") <= times
	}
	return amqpLock{
		name:    "semaphore/decrement",
		summary: "a token semaphore that a decrement queue takes a slot from: who finds a message there settles it and its token (amqp-locks)",
		parameters: []Parameter{
			{Name: "slots", Help: "slots of the semaphore, before one is taken away", Default: "2", Min: 1, Max: 3},
			{Name: "order", Help: "which message a client settles first", Default: "token-first", Values: []string{"token-first", "decrement-first"}},
			{Name: "auto-delete", Help: "the decrement queue goes with the consumer that takes the decrement", Default: "false", Values: []string{"false", "true"}},
		},
		cases: [][]Setting{
			set("reset", "0", "blackhole", "0"),
			set("reset", "0", "blackhole", "0", "crash", "1"),
			set("reset", "0", "blackhole", "0", "crash", "1", "order", "decrement-first"),
			set("reset", "0", "blackhole", "0", "crash", "1", "auto-delete", "true"),
			set("reset", "0", "blackhole", "0", "crash", "1", "auto-delete", "true", "order", "decrement-first"),
			set("slots", "1", "blackhole", "0"),
			set("slots", "1", "blackhole", "0", "reconnect", "true"),
			set("slots", "1", "reset", "0"),
			set("slots", "1", "reset", "0", "heartbeat", "false"),
			set("slots", "1", "reset", "0", "blackhole", "0", "pause", "1"),
		},
		claims: map[string]func(Settings) model.Verdict{
			"broker-exclusion": always(model.Proved),
			"belief-exclusion": refutedIf(func(s Settings) bool { return s.Int("clients") > s.Int("slots") && losses(s) > 0 }),
			"verify-truth":     refutedIf(lies),
			"operations": refutedIf(func(s Settings) bool {
				switch {
				case s.Bool("auto-delete") && s.Value("grain") == broker.Atomic.String(): // released is released, unless what the client says is lost and it hears on
					deaf := losses(s) > 0 && (s.Int("reset") > 0 || s.Bool("reconnect"))
					return deaf && (!alone(s) || losses(s) > 1 || s.Int("slots") == 2)
				case s.Int("slots") == 1: // the first release takes it away
					return losses(s) > 0 || s.Int("crash") > 0 && !alone(s)
				}
				return s.Bool("auto-delete") || filled(s, s.Int("slots")-1)
			}),
			"release-on-detection": always(model.Proved),
			"release-on-verify":    refutedIf(lies),
			"release-effective": refutedIf(func(s Settings) bool { // but where nobody ever gives the last token back: it goes with the decrement
				noneIsGivenBack := s.Bool("auto-delete") && s.Int("slots") == 1 && losses(s) == 0 && (s.Int("crash") == 0 || alone(s))
				return !noneIsGivenBack || s.Value("grain") == broker.Process.String()
			}),
			"progress": refutedIf(func(s Settings) bool { return used(s) || waitsForEver(s) }),
			"starvation-freedom": refutedIf(func(s Settings) bool {
				late := s.Bool("auto-delete") && s.Value("grain") == broker.Process.String()
				return used(s) || s.Int("clients") > s.Int("slots")-1 || !alone(s) && late || waitsForEver(s)
			}),
			"deadlock-freedom": refutedIf(waitsForEver),
			"can-hold":         always(model.Proved),
			"can-contend":      refutedIf(alone),
		},
		more: []Property{
			{"not-greedy", "P-11", notGreedy, refutedIf(func(s Settings) bool { // with two tokens left, a client gets another one before the queue has heard that its channel is closed
				another := s.Int("slots") > 2 || s.Int("slots") == 2 && s.Int("crash") > 0 && !alone(s)
				return losses(s) > 0 || s.Bool("auto-delete") && another && s.Value("grain") == broker.Process.String()
			})},
			{"decrement-at-most-once", "P-12", "one decrement takes no more than one token", refutedIf(func(s Settings) bool {
				again := losses(s) > 0 || s.Int("crash") > 0 && !alone(s) // somebody finds the decrement again
				return again && s.Int("slots") > 1 && !s.Bool("auto-delete") && s.Value("order") == "token-first"
			})},
			{"decrement-at-least-once", "P-13", "the decrement is not gone while all tokens are there", refutedIf(func(s Settings) bool {
				return lies(s) || broken(s) && (s.Bool("auto-delete") || s.Value("order") == "decrement-first") // lies: the old token's number is the decrement's now
			})},
			{"can-decrement", "W-3", "witness: the decrement can take a token", always(model.Proved)},
		},
		build: func(s *lockSystem) []model.Property {
			slots := s.settings.Int("slots")
			left := func(v model.View, queue string) (ready, unsettled int) { return v[theBroker].(counter).Messages(queue) }
			tokens := func(v model.View) int {
				ready, unsettled := left(v, "tokens")
				return ready + unsettled
			}
			return []model.Property{
				monitored("not-greedy", newGreed(s.holding, s.pairs)),
				{Name: "decrement-at-most-once", Kind: model.Invariant, Symmetric: true, Holds: func(v model.View) bool { return tokens(v) >= slots-1 }},
				{Name: "decrement-at-least-once", Kind: model.Invariant, Symmetric: true, Holds: func(v model.View) bool {
					ready, unsettled := left(v, "decrement")
					tokens, _ := left(v, "tokens")
					return ready+unsettled > 0 || tokens < slots // one that a client has may be about to be settled
				}},
				{Name: "can-decrement", Kind: model.Reachable, Symmetric: true, Holds: func(v model.View) bool { return tokens(v) < slots }},
			}
		},
		protocol: func(s Settings) lock.Protocol { return protocol(s) },
		options:  func(s Settings, o *broker.Options) { o.Tenures, o.Prelude = true, protocol(s).Prelude() },
		holding: func(s Settings) holding {
			h := unsettledOf("tokens", s.Int("slots"))
			h.shrinks, h.queues = 1, append(h.queues, "decrement")
			return h
		},
	}
}

// counter is what a property needs to see of a broker's queues.
type counter interface {
	Messages(queue string) (ready, unsettled int)
}
