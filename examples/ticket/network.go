package ticket

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// message is what travels. An event is a comparable value whose text tells it from the others: a trace names it by that text.
type message struct {
	kind   string // "request", "grant", "release"
	worker int
	ticket int // the worker's turn, from 1; 0 without tickets
}

func (m message) String() string {
	if m.ticket == 0 {
		return m.kind + " " + letter(m.worker)
	}
	return fmt.Sprintf("%s %s%d", m.kind, letter(m.worker), m.ticket)
}

func compare(a, b message) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.worker, b.worker), cmp.Compare(a.ticket, b.ticket))
}

func (m message) receiver() model.ID {
	if m.kind == "grant" {
		return firstOne + model.ID(m.worker)
	}
	return theServer
}

// deliver is the network's action: a copy of a message arrives.
type deliver struct{ message }

func (d deliver) String() string { return "delivers " + d.message.String() }

// network is every message ever sent. Each may arrive at any time, any number of times, or never: so late, lost and repeated messages,
// and senders that try again, are all covered by one set.
type network struct {
	sent []message // sorted, so that equal sets are equal states
}

func (n *network) Actions(dst []model.Event) []model.Event {
	for _, m := range n.sent {
		dst = append(dst, deliver{m})
	}
	return dst
}

func (n *network) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case message: // from a machine
		if i, there := slices.BinarySearchFunc(n.sent, e, compare); !there {
			n.sent = slices.Insert(n.sent, i, e)
		}
	case deliver: // its own action
		out.Send(e.receiver(), e.message)
	}
}

func (n *network) Clone() model.Machine { return &network{slices.Clone(n.sent)} }

func (n *network) AppendState(dst []byte) []byte {
	dst = model.AppendInt(dst, len(n.sent))
	for _, m := range n.sent {
		dst = model.AppendInt(model.AppendInt(model.AppendString(dst, m.kind), m.worker), m.ticket)
	}
	return dst
}
