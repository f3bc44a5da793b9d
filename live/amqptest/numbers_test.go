package amqptest_test

import "github.com/lockstep-prover/lockstep/model/amqp"

// numbers translates the delivery tags of one connection: the machine's, of which it uses the smallest again, and those of the
// wire, where each channel counts from 1 on.
type numbers struct {
	channels map[amqp.Channel]*deliveries
	noAck    map[consumer]bool // consumers whose deliveries are settled at once
}

type consumer struct {
	ch  amqp.Channel
	tag string
}

// deliveries are those of one channel.
type deliveries struct {
	count    uint64            // so far
	wire     map[uint64]uint64 // the newest with a tag of the machine's
	gets     []bool            // no-ack of the basic.get that are not answered
	consumes []bool            // and of the basic.consume whose tag the broker makes
}

func (n *numbers) channel(ch amqp.Channel) *deliveries {
	if n.channels == nil {
		n.channels, n.noAck = map[amqp.Channel]*deliveries{}, map[consumer]bool{}
	}
	if n.channels[ch] == nil {
		n.channels[ch] = &deliveries{wire: map[uint64]uint64{}}
	}
	return n.channels[ch]
}

// toMachine translates a method from the client.
func (n *numbers) toMachine(ch amqp.Channel, m amqp.Method) amqp.Method {
	d := n.channel(ch)
	switch m := m.(type) {
	case amqp.BasicAck:
		m.Tag = d.machine(m.Tag, m.Multiple)
		return m
	case amqp.BasicNack:
		m.Tag = d.machine(m.Tag, m.Multiple)
		return m
	case amqp.BasicReject:
		m.Tag = d.machine(m.Tag, false)
		return m
	case amqp.BasicGet:
		d.gets = append(d.gets, m.NoAck)
	case amqp.BasicConsume:
		if m.ConsumerTag != "" {
			n.noAck[consumer{ch, m.ConsumerTag}] = m.NoAck
		} else {
			d.consumes = append(d.consumes, m.NoAck)
		}
	}
	return m
}

// machine is the machine's tag for one of the wire's. What is settled may still be in d.wire; the machine knows.
func (d *deliveries) machine(tag uint64, multiple bool) uint64 {
	if tag == 0 && multiple {
		return 0
	}
	for machine, wire := range d.wire {
		if wire == tag {
			return machine
		}
	}
	return amqp.StaleTag(tag)
}

// toWire translates a frame from the machine.
func (n *numbers) toWire(f amqp.Frame) amqp.Frame {
	d := n.channel(f.Channel)
	switch m := f.Method.(type) {
	case amqp.ChannelOpenOk:
		delete(n.channels, f.Channel)
	case amqp.BasicConsumeOk:
		id := consumer{f.Channel, m.ConsumerTag}
		if _, known := n.noAck[id]; !known && len(d.consumes) > 0 {
			n.noAck[id], d.consumes = d.consumes[0], d.consumes[1:]
		}
	case amqp.BasicGetEmpty:
		d.gets = d.gets[1:]
	case amqp.BasicGetOk:
		m.Tag = d.number(m.Tag, d.gets[0])
		d.gets = d.gets[1:]
		f.Method = m
	case amqp.BasicDeliver:
		m.Tag = d.number(m.Tag, n.noAck[consumer{f.Channel, m.ConsumerTag}])
		f.Method = m
	}
	return f
}

// number counts a delivery, but for an answer by direct reply-to that takes no tag.
func (d *deliveries) number(machine uint64, noAck bool) uint64 {
	if machine == 0 {
		return d.count + 1
	}
	d.count++
	if !noAck {
		d.wire[machine] = d.count
	}
	return d.count
}
