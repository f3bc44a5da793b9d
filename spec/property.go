package spec

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/model/network"
)

// client is what the properties of a lock need to see of any lock's client.
type client interface {
	model.Machine
	Believes() bool
	Dead() bool
	InProgress() lock.Op
}

// beliefExclusion: never more clients that believe they hold a slot than there are slots.
func beliefExclusion(pairs []pair, slots int) model.Property {
	return model.Property{
		Name: "belief-exclusion", Kind: model.Invariant, Symmetric: true,
		Holds: func(v model.View) bool { return believers(v, pairs) <= slots },
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
// work that the broker has still to do. A fault is owed to nobody, and neither is the healing of a black hole.
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
				c := v[p.client].(client)
				if !c.Dead() && len(c.Actions(nil)) == 0 && !owed(v, p, timers[i]) {
					return false
				}
			}
			return true
		},
	}
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
