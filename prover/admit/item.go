package admit

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Item is one entry of a history.
type Item struct {
	Kind  Kind
	Peer  model.ID    // Sent, Seen, Gone
	Event model.Event // Sent, Seen
	At    int64       // Clock: milliseconds since whenever
}

// Kind tells the items apart.
type Kind uint8

// The kinds of items.
const (
	// Sent: Peer has sent Event to the machine.
	Sent Kind = iota
	// Seen: Peer has seen Event, which the machine sent to it.
	Seen
	// Quiet: everything has come to rest. The machine has taken all that was sent to it, no prompt action is enabled, every
	// timer that must have expired has, and all that was sent to peers has been seen.
	Quiet
	// Gone: Peer looks no longer. What the machine sends to it is of no interest, nor what it had sent and the peer had not seen.
	Gone
	// Clock: it is now At, or later. Before the first of them nothing is known of time, and an armed timer may expire at any
	// moment. From then on it expires only if it can have reached its Earliest, and it has expired when everything is Quiet and it
	// must have passed its Latest by more than [Options].Slack.
	Clock
)

// String renders the item as a line.
func (i Item) String() string {
	switch i.Kind {
	case Sent:
		return fmt.Sprintf("%d sends %v", i.Peer, i.Event)
	case Seen:
		return fmt.Sprintf("%d sees %v", i.Peer, i.Event)
	case Quiet:
		return "quiet"
	case Gone:
		return fmt.Sprintf("%d is gone", i.Peer)
	default:
		return fmt.Sprintf("clock %d", i.At)
	}
}
