package spec

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/model/network"
)

// caller is what the properties of a lock need to see of whoever calls operations.
type caller interface {
	model.Machine
	Dead() bool
	Done() bool
	Queued() bool
}

// client is what they need to see of any lock's client.
type client interface {
	caller
	Believes() bool
	Slot() int
	InProgress() lock.Op
}

// properties are those of every lock.
func (s *lockSystem) properties() []model.Property {
	g := newGrants(s.holding, s.pairs)
	return []model.Property{
		monitored("broker-exclusion", &exclusion{g}),
		beliefExclusion(s.pairs, s.holding),
		monitored("verify-truth", newVerifyTruth(s.holding, s.pairs, false)),
		operations(s.holding, s.pairs),
		releaseOnDetection(s.holding),
		monitored("release-on-verify", newVerifyTruth(s.holding, s.pairs, true)),
		monitored("release-effective", &effectiveRelease{g}),
		progress(s.pairs),
		starvationFreedom(s.pairs[0]),
		deadlockFreedom(s.System, theBroker, append(slices.Clip(s.pairs), s.staff...)),
		canHold(s.pairs),
		canContend(s.pairs),
	}
}

func monitored(name string, m model.Machine) model.Property {
	return model.Property{Name: name, Kind: model.Monitored, Monitor: m, Symmetric: true}
}

func operations(h holding, pairs []pair) model.Property {
	p := monitored("operations", newLinearizable(h, pairs))
	p.Apart = true
	return p
}

// releaseOnDetection: when the broker has nothing left to do, nobody has a slot over a connection whose loss it has noticed.
func releaseOnDetection(h holding) model.Property {
	return model.Property{
		Name: "release-on-detection", Kind: model.Invariant, Symmetric: true, Reads: []model.ID{theBroker},
		Holds: func(v model.View) bool { return !h.left(v[theBroker].(remains)) || len(v[theBroker].Actions(nil)) > 0 },
	}
}

// remains is what a property needs to see of what a broker has of connections that are no more.
type remains interface {
	Orphaned(queue string) bool
	Stored(queue string) []string
	Connected(link model.ID) bool
}

// anyOrphaned is whether any of the queues is had by a connection that is no more.
func anyOrphaned(queues ...string) func(remains) bool {
	return func(b remains) bool { return slices.ContainsFunc(queues, b.Orphaned) }
}

// beliefExclusion: never do more clients believe that they hold a slot than it can be had by.
func beliefExclusion(pairs []pair, h holding) model.Property {
	return model.Property{
		Name: "belief-exclusion", Kind: model.Invariant, Symmetric: true,
		Holds: func(v model.View) bool {
			believers := make([]int, h.slots)
			for _, p := range pairs {
				if c := v[p.client].(client); c.Believes() {
					believers[h.index(c.Slot())]++
				}
			}
			return slices.Max(believers) <= h.room
		},
	}
}

func believers(v model.View, pairs []pair) int {
	n := 0
	for _, p := range pairs {
		if v[p.client].(client).Believes() {
			n++
		}
	}
	return n
}

// canHold is the witness that the lock can be had at all.
func canHold(pairs []pair) model.Property {
	return model.Property{
		Name: "can-hold", Kind: model.Reachable, Symmetric: true,
		Holds: func(v model.View) bool { return believers(v, pairs) > 0 },
	}
}

// canContend is the witness that clients meet.
func canContend(pairs []pair) model.Property {
	return model.Property{
		Name: "can-contend", Kind: model.Reachable, Symmetric: true,
		Holds: func(v model.View) bool {
			if believers(v, pairs) == 0 {
				return false
			}
			for _, p := range pairs {
				if v[p.client].(client).InProgress() == lock.Acquire {
					return true
				}
			}
			return false
		},
	}
}

// deadlockFreedom: no client waits for ever. A client that waits is owed something: a frame in flight, a notice, a timer, or
// work that the broker has still to do; and one that waits for its turn, that somebody else may do something. A fault is owed to nobody, and neither is the healing
// of a black hole.
func deadlockFreedom(sys *model.System, theBroker model.ID, pairs []pair) model.Property {
	timers := make([][2]model.ID, len(pairs))
	for i, p := range pairs {
		timers[i][0], _ = sys.Timer(p.client, lock.HeartbeatTimer)
		timers[i][1], _ = sys.Timer(theBroker, broker.HeartbeatTimer(p.link))
	}
	return model.Property{
		Name: "deadlock-freedom", Kind: model.Invariant, Symmetric: true,
		Holds: func(v model.View) bool {
			if len(v[theBroker].Actions(nil)) > 0 {
				return true
			}
			for i, p := range pairs {
				c := v[p.client].(caller)
				stuck := !c.Dead() && !c.Done() && len(c.Actions(nil)) == 0 && !owed(v, p, timers[i])
				if stuck && !(c.Queued() && goesOn(v, pairs, timers)) {
					return false
				}
			}
			return true
		},
	}
}

// atWork reports whether a client holds the lock and waits for no answer, so that it can go on.
func atWork(c client) bool { return c.Believes() && c.InProgress() == lock.NoOp }

// progress: again and again somebody has the lock and can go on, unless there is nobody left to want it.
func progress(pairs []pair) model.Property {
	return model.Property{
		Name: "progress", Kind: model.InfinitelyOften,
		Holds: func(v model.View) bool {
			wanted := false
			for _, p := range pairs {
				c := v[p.client].(client)
				if atWork(c) {
					return true
				}
				wanted = wanted || !c.Dead() && !c.Done()
			}
			return !wanted
		},
	}
}

// starvationFreedom: so has a client, and by symmetry every one.
func starvationFreedom(p pair) model.Property {
	return model.Property{
		Name: "starvation-freedom", Kind: model.InfinitelyOften,
		Holds: func(v model.View) bool {
			c := v[p.client].(client)
			return atWork(c) || c.Dead() || c.Done()
		},
	}
}

// fairness is what the runs of a lock's system may assume: nobody works for ever without doing anything, and what is under way arrives or is noticed to be
// lost. That a timer runs out, too; but no fault has to happen, and no black hole has to heal.
func (s *lockSystem) fairness(timers []model.Timer) []model.Fairness {
	pairs := append(slices.Clip(s.pairs), s.staff...)
	links := make([]model.ID, len(pairs))
	var all []model.Fairness
	for i, p := range pairs {
		links[i] = p.link
		atClient, _ := s.Timer(p.client, lock.HeartbeatTimer)
		atBroker, _ := s.Timer(theBroker, broker.HeartbeatTimer(p.link))
		all = append(append(all, network.Fair(p.link)...), model.WeaklyFair(atClient, atBroker)...)
	}
	for _, t := range timers {
		id, _ := s.Timer(theBroker, t)
		all = append(all, model.WeaklyFair(id)...)
	}
	for _, p := range s.pairs {
		all = append(all, lock.Fair(p.client)...)
	}
	return append(append(all, model.WeaklyFair(clientsOf(s.staff)...)...), broker.Fair(theBroker, s.holding.queues, links)...)
}

func clientsOf(pairs []pair) (all []model.ID) {
	for _, p := range pairs {
		all = append(all, p.client)
	}
	return all
}

// goesOn reports whether some client may do something or is owed something.
func goesOn(v model.View, pairs []pair, timers [][2]model.ID) bool {
	for i, p := range pairs {
		if len(v[p.client].Actions(nil)) > 0 || owed(v, p, timers[i]) {
			return true
		}
	}
	return false
}

// owed reports whether the link or a timer will still do something that may end the client's wait.
func owed(v model.View, p pair, timers [2]model.ID) bool {
	for _, e := range v[p.link].Actions(nil) {
		if !network.IsFault(e) {
			return true
		}
	}
	for _, t := range timers {
		if model.Armed(v[t]) {
			return true
		}
	}
	return false
}
