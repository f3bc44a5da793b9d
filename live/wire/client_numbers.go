package wire

import (
	"maps"
	"slices"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// ClientNumbers is [ServerNumbers] for the other end: it stands between a model's client and a broker on the wire, and gives the
// broker's deliveries the tags that the broker machine gives them, each publish a confirm of its own. Which tags are free depends on
// what the broker has taken by then, so it wants to be told ([ClientNumbers.Taken]). The zero value is for a new connection.
type ClientNumbers struct {
	Confirms
	channels map[amqp.Channel]*books
	noAck    map[consumer]bool // consumers whose deliveries are settled at once
}

type consumer struct {
	ch  amqp.Channel
	tag string
}

// books are one channel's deliveries.
type books struct {
	open     []tag // not settled, in the order of delivery
	tx       bool
	pending  []tag  // settled since the transaction began
	gets     []bool // no-ack of each basic.get that is not answered
	consumes []bool // no-ack of each basic.consume that leaves its tag to the broker and is not answered
}

// ToBroker translates a frame from the client for the wire. It takes note of nothing.
func (n *ClientNumbers) ToBroker(f amqp.Frame) amqp.Frame {
	switch m := f.Method.(type) {
	case amqp.BasicAck:
		m.Tag = n.wire(f.Channel, m.Tag)
		f.Method = m
	case amqp.BasicNack:
		m.Tag = n.wire(f.Channel, m.Tag)
		f.Method = m
	case amqp.BasicReject:
		m.Tag = n.wire(f.Channel, m.Tag)
		f.Method = m
	}
	return f
}

// wire is the delivery that has a model's tag; a tag that no delivery has becomes one that no delivery will have.
func (n *ClientNumbers) wire(ch amqp.Channel, machine uint64) uint64 {
	b := n.channels[ch]
	if machine == 0 || b == nil {
		return machine
	}
	if i := slices.IndexFunc(b.open, func(t tag) bool { return t.machine == machine }); i >= 0 {
		return b.open[i].wire
	}
	return never
}

// never is a delivery tag that no channel lives to see.
const never = 1<<63 - 1

// Taken says that the broker has taken a frame that the client sent, as the client sent it.
func (n *ClientNumbers) Taken(f amqp.Frame) {
	n.Sent(f)
	if _, opens := f.Method.(amqp.ChannelOpen); opens {
		if n.channels == nil {
			n.channels, n.noAck = map[amqp.Channel]*books{}, map[consumer]bool{}
		}
		n.channels[f.Channel] = &books{}
	}
	b := n.channels[f.Channel]
	if b == nil {
		return
	}
	switch m := f.Method.(type) {
	case amqp.BasicGet:
		b.gets = append(b.gets, m.NoAck)
	case amqp.BasicConsume:
		if m.ConsumerTag != "" {
			n.noAck[consumer{f.Channel, m.ConsumerTag}] = m.NoAck
		} else {
			b.consumes = append(b.consumes, m.NoAck)
		}
	case amqp.BasicAck:
		b.settle(m.Tag, m.Multiple)
	case amqp.BasicNack:
		b.settle(m.Tag, m.Multiple)
	case amqp.BasicReject:
		b.settle(m.Tag, false)
	case amqp.BasicRecover:
		b.recover(m.Requeue)
	case amqp.BasicRecoverAsync:
		b.recover(m.Requeue)
	case amqp.TxSelect:
		b.tx = true
	case amqp.TxCommit:
		b.pending = nil
	case amqp.TxRollback:
		b.open, b.pending = sorted(append(b.open, b.pending...)), nil
	}
}

func (b *books) settle(machine uint64, multiple bool) {
	i := len(b.open) - 1
	if machine != 0 || !multiple {
		i = slices.IndexFunc(b.open, func(t tag) bool { return t.machine == machine })
		if i < 0 {
			return
		}
	}
	from := i
	if multiple {
		from = 0
	}
	if b.tx {
		b.pending = append(b.pending, b.open[from:i+1]...)
	}
	b.open = slices.Delete(b.open, from, i+1)
}

func (b *books) recover(requeue bool) {
	if requeue {
		b.open = nil
	}
}

// FromBroker translates a frame from the wire: into itself with a model's tag, or as [Confirms.Received] does.
func (n *ClientNumbers) FromBroker(f amqp.Frame) ([]amqp.Frame, error) {
	b := n.channels[f.Channel]
	if b == nil {
		return n.Received(f)
	}
	switch m := f.Method.(type) {
	case amqp.BasicConsumeOk:
		id := consumer{f.Channel, m.ConsumerTag}
		if _, known := n.noAck[id]; !known && len(b.consumes) > 0 {
			n.noAck[id], b.consumes = b.consumes[0], b.consumes[1:]
		}
	case amqp.BasicDeliver:
		m.Tag = b.deliver(m.Tag, n.noAck[consumer{f.Channel, m.ConsumerTag}])
		f.Method = m
	case amqp.BasicGetOk:
		m.Tag = b.deliver(m.Tag, b.got())
		f.Method = m
	case amqp.BasicGetEmpty:
		b.got()
	}
	return n.Received(f)
}

// Clone returns an independent copy.
func (n *ClientNumbers) Clone() *ClientNumbers {
	d := &ClientNumbers{Confirms: *n.Confirms.Clone(), channels: maps.Clone(n.channels), noAck: maps.Clone(n.noAck)}
	for ch, b := range d.channels {
		c := *b
		c.open, c.pending, c.gets, c.consumes = slices.Clone(b.open), slices.Clone(b.pending), slices.Clone(b.gets), slices.Clone(b.consumes)
		d.channels[ch] = &c
	}
	return d
}

// got returns no-ack of the oldest basic.get that is not answered, which it is now.
func (b *books) got() bool {
	if len(b.gets) == 0 {
		return false
	}
	noAck := b.gets[0]
	b.gets = b.gets[1:]
	return noAck
}

// deliver gives a delivery the smallest tag that is free.
func (b *books) deliver(wire uint64, noAck bool) uint64 {
	machine := uint64(1)
	for has := func(t tag) bool { return t.machine == machine }; slices.ContainsFunc(b.open, has) || slices.ContainsFunc(b.pending, has); {
		machine++
	}
	if !noAck {
		b.open = append(b.open, tag{wire, machine})
	}
	return machine
}
