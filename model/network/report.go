package network

// Health is how a connection is, seen from above.
type Health uint8

// The healths of a connection.
const (
	None   Health = iota // there is none, or the broker's end is lost
	Whole                // the processes at both ends run, and what they send arrives
	Silent               // nothing of the client arrives: a black hole, or the client is paused
)

// String is the health's word.
func (h Health) String() string { return [...]string{"lost", "whole", "silent"}[h] }

// Connection is what a link that reports lets the world see whenever it changes: the health of its connection.
type Connection struct{ Health Health }

func (c Connection) String() string { return "connection " + c.Health.String() }

func (l *Link) health() Health {
	switch {
	case !l.atBroker:
		return None
	case l.hole || l.paused:
		return Silent
	}
	return Whole
}
