package spec

import (
	"slices"

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
	removals := func(s Settings) (all [][2]int) { // lowest and highest slot that is removed, by round
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
		for last := s.Int("slots"); n > 0 && last > 0 && len(all) < s.Int("rounds"); last -= n {
			all = append(all, [2]int{max(1, last-n+1), last})
		}
		return all
	}
	lowest := func(s Settings) int { // slot that is removed
		if all := removals(s); len(all) > 0 {
			return all[len(all)-1][0]
		}
		return 100
	}
	// A client may come to a slot when all lower ones are taken: each client has one, and one more for each loss that the broker has not noticed, and for
	// each release that frees nothing, or late. A hint leads it anywhere.
	most := func(s Settings) int {
		if early := s.Value("release") == "connection" && s.Value("profile") == broker.RabbitMQ43.String(); early || s.Value("release") == "channel" {
			return 100
		}
		return s.Int("clients") * (1 + losses(s))
	}
	reached := func(s Settings) bool { // one that is removed
		return lowest(s) <= s.Int("slots") && (lowest(s) <= most(s) || s.Bool("hint"))
	}
	// And it may lose its connection there, and go on believing.
	overtaken := func(s Settings) bool {
		return losses(s) > 0 && lowest(s) <= s.Int("slots") && (lowest(s) <= most(s)-1 || s.Bool("hint"))
	}
	fewest := func(s Settings) int { // slots that there are at some time, if there are any
		if s.Value("job") == "create" {
			return 1
		}
		return max(1, min(s.Int("slots"), lowest(s)-1))
	}
	holey := func(s Settings) bool { // more slots may be missing below another one than a search goes on behind, where a client comes; one that it has and rechecks is enough
		behind := s.Int("overshoot")
		if s.Bool("recheck") {
			behind = 0
		}
		return s.Value("order") == "ascending" && slices.ContainsFunc(removals(s), func(r [2]int) bool {
			return r[1]-r[0] > behind && r[0] <= most(s)
		})
	}
	crossed := func(s Settings) bool { // a client may be refused while a slot is free: freed behind its search, or had by one that gives it up again when it looks once more
		return s.Int("slots") > 1 || s.Value("job") == "add" || reached(s)
	}
	never := func(s Settings) bool { // is there a slot, or not for ever
		return lowest(s) == 1 || s.Value("job") == "create" && (losses(s) > 0 || s.Int("crash") > 0)
	}
	torn := func(s Settings) bool { // the administrator may be gone when some of what it removes is gone
		several := slices.ContainsFunc(removals(s), func(r [2]int) bool { return r[0] < r[1] })
		return several && s.Value("order") == "ascending" && (losses(s) > 0 || s.Int("crash") > 0)
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
			"broker-exclusion": always(model.Proved),
			"belief-exclusion": refutedIf(func(s Settings) bool { return !alone(s) && losses(s) > 0 }),
			"verify-truth":     refutedIf(lies),
			"operations": refutedIf(func(s Settings) bool {
				switch {
				case holey(s), s.Bool("hint") && s.Bool("recheck") && s.Int("slots") > 1 && reached(s), s.Value("release") == "channel", !alone(s) && crossed(s):
					return true
				case s.Value("release") == "connection":
					return s.Value("profile") == broker.RabbitMQ43.String() || s.Bool("reconnect") && losses(s) > 0 && filled(s, fewest(s))
				}
				return lies(s) && !alone(s)
			}),
			"release-on-detection": always(model.Proved),
			"release-on-verify": refutedIf(func(s Settings) bool { // alone, by a late declare of its own
				return lies(s) || s.Bool("reconnect") && s.Value("verify") == "holder" && published(s) && losses(s) > 1
			}),
			"release-effective": refutedIf(func(s Settings) bool {
				return losses(s) > 0 || s.Value("release") == "channel" || s.Value("release") == "connection" && s.Value("profile") == broker.RabbitMQ43.String()
			}),
			"progress": refutedIf(func(s Settings) bool { return s.Value("release") == "channel" || never(s) || waitsForEver(s) }),
			"starvation-freedom": refutedIf(func(s Settings) bool {
				return s.Value("release") == "channel" || never(s) || !alone(s) || waitsForEver(s)
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
			set := s.holding.exist
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
			var holders, names []string
			for slot := range most {
				holders = append(holders, persistentProtocol(s).HolderQueue(slot+1))
				names = append(names, persistentProtocol(s).SlotQueue(slot+1))
			}
			h := queueOwners(holders...)
			h.exist = slotSet{slot: slots(names), there: 1<<slotsAtFirst(s) - 1}
			h.queues = slices.Concat(names, holders, []string{"hint"})
			return h
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
