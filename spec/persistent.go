package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// persistentSemaphore is the catalogue's lock for lock.Persistent, without an administrator. Its claims are argued in SPEC.md, section 5.10.
func persistentSemaphore() amqpLock {
	published := func(s Settings) bool { return s.Value("probe") != "passive" }
	lies := func(s Settings) bool { // asking for the slot says nothing of who has it, and anybody may publish to a holder's queue
		return s.Bool("reconnect") && losses(s) > 0 && (s.Value("verify") == "slot" || published(s) && !alone(s))
	}
	lowest := func(s Settings) int { // slot that is removed
		switch {
		case s.Value("job") == "remove" && s.Bool("literal"):
			return max(1, s.Int("slots")-s.Int("amount")*s.Int("rounds")-s.Int("rounds")+1)
		case s.Value("job") == "remove":
			return max(1, s.Int("slots")-s.Int("amount")*s.Int("rounds")+1)
		case s.Value("job") == "destroy":
			return 1
		}
		return 100
	}
	// A client may come to a slot that is removed when all lower ones are taken: each client has one, and one more for each loss that the broker
	// has not noticed. A hint leads it anywhere.
	reached := func(s Settings) bool {
		return lowest(s) <= s.Int("clients")*(1+losses(s)) || s.Bool("hint") && lowest(s) <= s.Int("slots")
	}
	// And it may lose its connection there, and go on believing.
	overtaken := func(s Settings) bool {
		return losses(s) > 0 && (lowest(s) <= s.Int("clients")*(1+losses(s))-1 || s.Bool("hint") && lowest(s) <= s.Int("slots"))
	}
	torn := func(s Settings) bool { // the administrator may be gone when some of what it removes is gone
		n := 0
		switch s.Value("job") {
		case "remove":
			n = s.Int("amount")
			if s.Bool("literal") {
				n++
			}
		case "destroy":
			n = s.Int("slots")
		}
		return min(n, s.Int("slots")) > 1 && s.Value("order") == "ascending" && (losses(s) > 0 || s.Int("crash") > 0)
	}
	return amqpLock{
		name:    "semaphore/persistent",
		summary: "a semaphore of durable queues that say which slots there are and exclusive ones that say who has them (amqp-locks)",
		parameters: []Parameter{
			{Name: "slots", Help: "slots of the semaphore at first, or that an administrator creates", Default: "2", Min: 1, Max: 3},
			{Name: "probe", Help: "how a client asks whether a queue is there", Default: "publish", Values: []string{"publish", "tx", "passive"}},
			{Name: "verify", Help: "which queue verify probes", Default: "slot", Values: []string{"slot", "holder"}},
			{Name: "release", Help: "what a client deletes or closes to release", Default: "delete", Values: []string{"delete", "connection", "channel"}},
			{Name: "recheck", Help: "whether acquire probes its slot once more when it has it", Default: "false", Values: []string{"false", "true"}},
			{Name: "hint", Help: "whether a queue holds the slot that was acquired last, where the next search begins", Default: "false", Values: []string{"false", "true"}},
			{Name: "job", Help: "what an administrator does meanwhile", Default: "none", Values: []string{"none", "create", "add", "remove", "destroy"}},
			{Name: "amount", Help: "slots to add or remove", Default: "1", Min: 1, Max: 2},
			{Name: "order", Help: "whether slots are removed from the last one down, or up to it", Default: "descending", Values: []string{"descending", "ascending"}},
			{Name: "literal", Help: "whether adding and removing are done as the document says it", Default: "false", Values: []string{"false", "true"}},
			{Name: "overshoot", Help: "absent slots behind which a search goes on", Default: "0", Min: 0, Max: 2},
			{Name: "wait", Help: "whether a removal waits until nobody has the slot", Default: "true", Values: []string{"true", "false"}},
			{Name: "rounds", Help: "how often an administrator does its job", Default: "1", Min: 1, Max: 2},
		},
		cases: [][]Setting{
			set("reset", "0", "blackhole", "0"),
			set("slots", "1", "blackhole", "0"),
			set("slots", "1", "blackhole", "0", "reconnect", "true"),
			set("slots", "1", "blackhole", "0", "reconnect", "true", "verify", "holder"),
			set("slots", "1", "reset", "0", "reconnect", "true", "verify", "holder", "probe", "passive"),
			set("probe", "tx", "reset", "0", "blackhole", "0"),
			set("release", "connection", "reset", "0", "blackhole", "0"),
			set("release", "connection", "reset", "0", "blackhole", "0", "profile", "rabbitmq-4.3"),
			set("release", "channel", "reset", "0", "blackhole", "0"),
			set("hint", "true", "reset", "0", "blackhole", "0"),
			set("slots", "1", "probe", "passive", "reset", "0", "heartbeat", "false"),
			set("slots", "1", "probe", "passive", "reset", "0", "blackhole", "0", "pause", "1"),
			set("slots", "1", "probe", "passive", "reset", "0", "blackhole", "0", "crash", "1"),
			set("job", "create", "probe", "passive", "reset", "0", "blackhole", "0"),
			set("job", "add", "amount", "2", "clients", "1", "probe", "passive", "reset", "0", "blackhole", "0"),
			set("job", "add", "amount", "2", "literal", "true", "clients", "1", "probe", "passive", "reset", "0", "blackhole", "0"),
			set("job", "remove", "probe", "passive", "reset", "0", "blackhole", "0"),
			set("job", "remove", "probe", "passive", "recheck", "true", "reset", "0", "blackhole", "0"),
			set("job", "remove", "probe", "passive", "recheck", "true", "wait", "false", "reset", "0", "blackhole", "0"),
			set("job", "remove", "literal", "true", "clients", "1", "probe", "passive", "reset", "0", "blackhole", "0"),
			set("job", "destroy", "order", "ascending", "recheck", "true", "clients", "1", "probe", "passive", "blackhole", "0"),
			set("job", "destroy", "recheck", "true", "clients", "1", "probe", "passive", "blackhole", "0"),
		},
		claims: map[string]func(Settings) model.Verdict{
			"broker-exclusion":     always(model.Proved),
			"belief-exclusion":     refutedIf(func(s Settings) bool { return !alone(s) && losses(s) > 0 }),
			"verify-truth":         refutedIf(lies),
			"release-on-detection": always(model.Proved),
			"release-on-verify": refutedIf(func(s Settings) bool { // alone, by a late declare of its own
				return lies(s) || s.Bool("reconnect") && s.Value("verify") == "holder" && published(s) && losses(s) > 1
			}),
			"release-effective": refutedIf(func(s Settings) bool {
				return losses(s) > 0 || s.Value("release") == "channel" || s.Value("release") == "connection" && s.Value("profile") == broker.RabbitMQ43.String()
			}),
			"deadlock-freedom": refutedIf(waitsForEver),
			"can-hold":         always(model.Proved),
			"can-contend":      refutedIf(alone),
		},
		more: []Property{
			{"slots", "P-14", "the slots are 1 to n while nobody administers, and as many as was asked for when that is done", refutedIf(func(s Settings) bool {
				switch s.Value("job") {
				case "remove", "destroy":
					return torn(s) || s.Value("job") == "remove" && s.Bool("literal") && s.Int("amount") < s.Int("slots")
				case "add":
					return s.Bool("literal") && s.Int("amount") > 1
				}
				return false
			})},
			{"no-false-hold", "P-15", "acquire returns held for no slot that was removed before the broker granted it", refutedIf(func(s Settings) bool { return reached(s) && !s.Bool("recheck") })},
			{"removal-final", "P-16", "once a removal is done, nobody believes to hold a slot that is not there", refutedIf(func(s Settings) bool {
				return reached(s) && (!s.Bool("recheck") || !s.Bool("wait")) || overtaken(s)
			})},
		},
		build: func(s *lockSystem) []model.Property {
			p := persistentProtocol(s.settings)
			a := administration(s.settings)
			names := make([]string, s.holding.slots)
			for i := range names {
				names[i] = p.SlotQueue(i + 1)
			}
			set := slotSet{slot: slots(names), there: 1<<slotsAtFirst(s.settings) - 1}
			return []model.Property{
				monitored("slots", &slotsKept{slotSet: set, mutex: a.Admin, job: a.Job, amount: a.Amount}),
				monitored("no-false-hold", &noFalseHold{slotSet: set, grants: newGrants(s.holding, s.pairs)}),
				finalRemoval(s, p),
			}
		},
		protocol: func(s Settings) lock.Protocol { return persistentProtocol(s) },
		options:  func(s Settings, o *broker.Options) { o.Prelude = persistentProtocol(s).Prelude(slotsAtFirst(s)) },
		staff: func(s Settings, link model.ID) model.Machine {
			if s.Value("job") == "none" {
				return nil
			}
			return lock.NewAdministrator(link, administration(s))
		},
		holding: func(s Settings) holding {
			most := s.Int("slots")
			if s.Value("job") == "add" {
				most += s.Int("amount") * s.Int("rounds")
			}
			var queues []string
			for slot := range most {
				queues = append(queues, persistentProtocol(s).HolderQueue(slot+1))
			}
			return queueOwners(queues...)
		},
	}
}

func persistentProtocol(s Settings) lock.Persistent {
	probe, _ := lock.ParseProbe(s.Value("probe"))
	verify, _ := lock.ParseSlotVerify(s.Value("verify"))
	p := lock.Persistent{Probe: probe, Verify: verify, Release: releaseMode(s), Recheck: s.Bool("recheck"), Retries: 1, Overshoot: s.Int("overshoot")}
	if s.Bool("hint") {
		p.Hint = "hint"
	}
	return p
}

// administration is what the administrator does, if there is one.
func administration(s Settings) lock.Administration {
	job, _ := lock.ParseJob(s.Value("job"))
	a := lock.Administration{
		Semaphore: persistentProtocol(s), Admin: "administration", Job: job, Amount: s.Int("amount"),
		Ascending: s.Value("order") == "ascending", Literal: s.Bool("literal"), Wait: s.Bool("wait"), Rounds: s.Int("rounds"),
	}
	if job == lock.Create {
		a.Amount = s.Int("slots")
	}
	return a
}

// slotsAtFirst is how many slots there are before anybody does anything.
func slotsAtFirst(s Settings) int {
	if s.Value("job") == "create" {
		return 0
	}
	return s.Int("slots")
}
