package wire

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// ServerNumbers translates the numbers of one connection between the wire, where they only grow, and a broker machine, which uses
// small ones again (see [amqp.BasicAck]):
//
//	             client  ──publish, ack──►  FromClient  ──Seq, Tag──►  machine
//	wire: 1, 2, 3 … of a channel                                        the smallest that are free
//	             client  ◄──deliver, get-ok──  ToClient  ◄──Tag──────  machine
//
// It is for whoever stands between a client on the wire and a machine: a server, or a comparison of the two. It follows what
// the client sends, in order; what the machine refuses costs the channel, and with it its numbers, so the answers need not be
// looked at. The zero value is for a new connection.
type ServerNumbers struct {
	channels map[amqp.Channel]*tally
}

// tally is one channel's numbers.
//
//	on the client ──settled──► forgotten
//	     ▲   └───settled in a transaction──► pending ──tx.commit──► forgotten
//	     └────────────────tx.rollback───────────┘
type tally struct {
	confirming bool
	published  uint64 // since confirm.select
	delivered  uint64
	wire       []uint64 // by the machine's tag: the delivery that has it now and can be settled; 0: none
	given      []tag    // in the order of wire; those are valid that wire knows
	tx         bool
	pending    []tag // settled since the transaction began
}

type tag struct{ wire, machine uint64 }

// FromClient translates a frame from the client to the machine. A tag that means no delivery becomes [amqp.StaleTag].
func (n *ServerNumbers) FromClient(f amqp.Frame) amqp.Frame {
	if _, opens := f.Method.(amqp.ChannelOpen); opens {
		if n.channels == nil {
			n.channels = map[amqp.Channel]*tally{}
		}
		n.channels[f.Channel] = &tally{}
		return f
	}
	t := n.channels[f.Channel]
	if t == nil {
		return f
	}
	switch m := f.Method.(type) {
	case amqp.ChannelCloseOk:
		delete(n.channels, f.Channel)
	case amqp.ConfirmSelect:
		t.confirming = true
	case amqp.BasicPublish:
		m.Seq = 0
		if t.confirming {
			t.published++
			m.Seq = t.published
		}
		f.Method = m
	case amqp.BasicAck:
		m.Tag = t.settle(m.Tag, m.Multiple)
		f.Method = m
	case amqp.BasicNack:
		m.Tag = t.settle(m.Tag, m.Multiple)
		f.Method = m
	case amqp.BasicReject:
		m.Tag = t.settle(m.Tag, false)
		f.Method = m
	case amqp.BasicRecover:
		t.recover(m.Requeue)
	case amqp.BasicRecoverAsync:
		t.recover(m.Requeue)
	case amqp.TxSelect:
		t.tx = true
	case amqp.TxCommit:
		t.pending = nil
	case amqp.TxRollback:
		t.rollback()
	}
	return f
}

// ToClient translates a frame from the machine to the client.
func (n *ServerNumbers) ToClient(f amqp.Frame) amqp.Frame {
	switch m := f.Method.(type) {
	case amqp.ChannelCloseOk: // until then queues may deliver
		delete(n.channels, f.Channel)
	case amqp.BasicDeliver:
		m.Tag = n.deliver(f.Channel, m.Tag)
		f.Method = m
	case amqp.BasicGetOk:
		m.Tag = n.deliver(f.Channel, m.Tag)
		f.Method = m
	}
	return f
}

// deliver counts a delivery; 0 is not counted, and bears the next one's number. Who had the machine's tag before has been settled.
func (n *ServerNumbers) deliver(ch amqp.Channel, machine uint64) uint64 {
	t := n.channels[ch]
	if t == nil {
		return machine // nobody will read it
	}
	if machine == 0 {
		return t.delivered + 1
	}
	t.delivered++
	for uint64(len(t.wire)) <= machine {
		t.wire = append(t.wire, 0)
	}
	t.wire[machine] = t.delivered
	if len(t.given) > 2*len(t.wire) {
		t.given = slices.DeleteFunc(t.given, func(g tag) bool { return !t.valid(g) })
	}
	t.given = append(t.given, tag{t.delivered, machine})
	return t.delivered
}

func (t *tally) valid(g tag) bool { return t.wire[g.machine] == g.wire }

// settle returns the machine's tag for one from the wire.
func (t *tally) settle(wire uint64, multiple bool) uint64 {
	from, to := 0, len(t.given)
	var machine uint64
	if wire != 0 || !multiple { // 0 is "all so far" (§1.8.3.13)
		i, found := slices.BinarySearchFunc(t.given, wire, func(g tag, w uint64) int { return cmp.Compare(g.wire, w) })
		if !found || !t.valid(t.given[i]) {
			return amqp.StaleTag(wire)
		}
		machine, to = t.given[i].machine, i+1
		if !multiple {
			from = i
		}
	}
	for _, g := range t.given[from:to] {
		if t.valid(g) {
			t.wire[g.machine] = 0
			if t.tx {
				t.pending = append(t.pending, g)
			}
		}
	}
	if from == 0 {
		t.given = t.given[to:]
	} // else the place stays, invalid, until deliver clears up
	return machine
}

// recover is the client's wish to have all that it has not settled put back, whether a transaction is open or not.
func (t *tally) recover(requeue bool) {
	if requeue {
		t.given = t.given[:0]
		clear(t.wire)
	}
}

// rollback gives the client back what it settled. Of deliveries with one tag the earlier ones were never the client's to settle.
func (t *tally) rollback() {
	t.given = slices.DeleteFunc(t.given, func(g tag) bool { return !t.valid(g) })
	for _, p := range slices.Backward(t.pending) {
		if t.wire[p.machine] == 0 {
			t.wire[p.machine] = p.wire
			t.given = append(t.given, p)
		}
	}
	t.given, t.pending = sorted(t.given), nil
}

// sorted sorts tags by the order of delivery.
func sorted(all []tag) []tag {
	slices.SortFunc(all, func(x, y tag) int { return cmp.Compare(x.wire, y.wire) })
	return all
}

// Clone returns an independent copy.
func (n *ServerNumbers) Clone() *ServerNumbers {
	c := &ServerNumbers{channels: maps.Clone(n.channels)}
	for ch, t := range c.channels {
		d := *t
		d.wire, d.given, d.pending = slices.Clone(t.wire), slices.Clone(t.given), slices.Clone(t.pending)
		c.channels[ch] = &d
	}
	return c
}

// AppendState appends an encoding under which numbers differ that will ever translate differently, for machine states that hold some.
func (n *ServerNumbers) AppendState(dst []byte) []byte {
	for _, ch := range slices.Sorted(maps.Keys(n.channels)) {
		t := n.channels[ch]
		modes := byte(1)
		if t.confirming {
			modes |= 2
		}
		if t.tx {
			modes |= 4
		}
		dst = append(binary.AppendUvarint(dst, uint64(ch)+1), modes)
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, t.published), t.delivered)
		for i, list := range [][]tag{t.given, t.pending} {
			for _, g := range list {
				if i == 1 || t.valid(g) {
					dst = binary.AppendUvarint(binary.AppendUvarint(dst, g.wire), g.machine)
				}
			}
			dst = append(dst, 0)
		}
	}
	return append(dst, 0)
}
