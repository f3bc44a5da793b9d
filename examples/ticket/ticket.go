// Package ticket is a lock of somebody's own, written to be read first: how a protocol becomes a few machines, what is promised of it,
// and, in the tests, how the promise is proved, refuted, and tried at random.
//
// Workers ask a server for a lock over a network that may deliver a message late, out of order, several times or never:
//
//	worker/a ──request──►┐         ┌──request──► server
//	         ◄──grant────┤ network ├◄──grant────
//	         ──release──►┘         └──release──►
//
// Each worker numbers its turns, and every message bears the number: its ticket. A message with an old ticket is a late one and is
// ignored. Leave the tickets out (see [Options]), and two workers hold the lock in ten steps.
//
// A machine (see [model.Machine]) is plain data with four methods. Actions says what it could do next by itself, Step takes one of
// those, or what another machine has sent it, and Clone and AppendState let a driver copy and compare it. No sockets, no goroutines, no
// clock: which of the things that could happen does happen next is not the protocol's business, and the prover tries them all.
package ticket

import "github.com/lockstep-prover/lockstep/model"

// Options choose a system.
type Options struct {
	Workers   int
	Turns     int  // how often each worker takes the lock; the bound makes the states finite
	NoTickets bool // the mistake: messages do not say which turn they belong to
}

// Where the machines stand in the system's list: a machine's ID is its place there.
const (
	theServer  model.ID = 0
	theNetwork model.ID = 1
	firstOne   model.ID = 2 // worker 0; the others follow
)

// New composes the system.
func New(o Options) (*model.System, error) {
	members := []model.Member{
		{Name: "server", Machine: &server{done: make([]int, o.Workers)}},
		{Name: "network", Machine: &network{}},
	}
	for i := range o.Workers {
		members = append(members, model.Member{Name: "worker/" + letter(i), Machine: &worker{index: i, turns: o.Turns, noTickets: o.NoTickets}})
	}
	return model.Compose(members...)
}

func letter(worker int) string { return string(rune('a' + worker)) }

// AtMostOneHolds is the promise: an invariant, which is to be true of every state that the system can come to.
func AtMostOneHolds() model.Property {
	return model.Property{Name: "at-most-one-holds", Kind: model.Invariant, Holds: func(v model.View) bool {
		holders := 0
		for _, m := range v[firstOne:] {
			if m.(*worker).state == holding {
				holders++
			}
		}
		return holders <= 1
	}}
}

// EveryTurnCanBeTaken is a witness, the other half of a promise: a lock that is granted to nobody is safe, too.
func EveryTurnCanBeTaken() model.Property {
	return model.Property{Name: "every-turn-can-be-taken", Kind: model.Reachable, Holds: func(v model.View) bool {
		for _, m := range v[firstOne:] {
			if w := m.(*worker); w.turn < w.turns || w.state != idle {
				return false
			}
		}
		return true
	}}
}
