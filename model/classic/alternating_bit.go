package classic

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// AlternatingBit is the alternating-bit protocol (Bartlett, Scantlebury and Wilkinson, "A note on reliable full-duplex
// transmission over half-duplex links", 1969) as Lamport specifies it ("Specifying Systems", 2002, module AlternatingBit of
// section 14.5), with channels of a bounded capacity: who sends into a full channel is refused.
//
//	sender     new value d           when the last one is acknowledged: flips its bit, sends (bit, d)
//	           sends again           while it is not
//	receiver   acknowledges          at any time: sends the bit of the last message that it has received
//	channels   deliver the first of their messages, lose any; with duplicate also double any, which Lamport's do not
//
// Values are numbered from 1. Initially all bits are equal and the last value sent and received is any one: [Initial] chooses.
func AlternatingBit(values, capacity int, duplicate bool) (*model.System, error) {
	if values < 1 || values > 4 || capacity < 1 || capacity > 5 {
		return nil, fmt.Errorf("alternating bit with %d values and channels of %d: 1 to 4 and 1 to 5 are possible", values, capacity)
	}
	const sender, receiver, messages, acks, initial = 0, 1, 2, 3, 4
	first := &Initial{}
	for bit := range uint8(2) {
		for sent := 1; sent <= values; sent++ {
			for received := 1; received <= values; received++ {
				first.add(fmt.Sprintf("bit %d, %d sent, %d received", bit, sent, received),
					[]told{{sender, packet{bit, sent}}, {receiver, packet{bit, received}}})
			}
		}
	}
	sys, err := model.Compose(
		model.Member{Name: "sender", Machine: &Sender{channel: messages, values: values}},
		model.Member{Name: "receiver", Machine: &Receiver{channel: acks}},
		model.Member{Name: "messages", Machine: &Channel{to: receiver, capacity: capacity, duplicate: duplicate}},
		model.Member{Name: "acks", Machine: &Channel{to: sender, capacity: capacity, duplicate: duplicate}},
		model.Member{Name: "initial", Machine: first})
	if err != nil {
		return nil, err
	}
	// Nobody has to send a new value, and nothing has to be lost. What is sent again and again arrives.
	delivers := func(e model.Event) bool { _, ok := e.(deliverFirst); return ok }
	sys.Fairness = []model.Fairness{
		{Machine: initial},
		{Machine: sender, Class: func(e model.Event) bool { return e == model.Event(sendAgain{}) }},
		{Machine: receiver},
		{Machine: messages, Class: delivers, Strong: true},
		{Machine: acks, Class: delivers, Strong: true},
	}
	return sys, nil
}

// The events of the alternating bit.
type (
	sendNew      struct{ value int }
	sendAgain    struct{}
	acknowledge  struct{}
	deliverFirst struct{}
	lose         struct{ index int }
	double       struct{ index int }

	packet struct { // a message, or with value 0 an acknowledgement; from initial: where to begin
		bit   uint8
		value int
	}
	accepted  struct{ value int } // observed: the sender has taken a value
	delivered struct{ value int } // observed: the receiver hands it out
)

func (s sendNew) String() string    { return fmt.Sprintf("sends new value %d", s.value) }
func (sendAgain) String() string    { return "sends again" }
func (acknowledge) String() string  { return "acknowledges" }
func (deliverFirst) String() string { return "delivers the first" }
func (l lose) String() string       { return fmt.Sprintf("loses message %d", l.index+1) }
func (d double) String() string     { return fmt.Sprintf("doubles message %d", d.index+1) }
func (a accepted) String() string   { return fmt.Sprintf("value %d accepted", a.value) }
func (d delivered) String() string  { return fmt.Sprintf("value %d delivered", d.value) }
func (p packet) String() string {
	if p.value == 0 {
		return fmt.Sprintf("acknowledgement %d", p.bit)
	}
	return fmt.Sprintf("value %d with bit %d", p.value, p.bit)
}

// Sender sends a value until it is acknowledged.
type Sender struct {
	channel model.ID
	values  int
	begun   bool
	bit     uint8 // of the last value sent
	ack     uint8 // the last bit acknowledged
	value   int
}

// Waiting reports whether the last value is not acknowledged yet.
func (s *Sender) Waiting() bool { return s.ack != s.bit }

// Actions of the sender.
func (s *Sender) Actions(dst []model.Event) []model.Event {
	switch {
	case !s.begun:
	case s.Waiting():
		dst = append(dst, sendAgain{})
	default:
		for v := 1; v <= s.values; v++ {
			dst = append(dst, sendNew{v})
		}
	}
	return dst
}

// Step takes an action, an acknowledgement, or where to begin.
func (s *Sender) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case sendNew:
		s.bit, s.value = 1-s.bit, e.value
		out.Observe(accepted(e))
		out.Send(s.channel, packet{s.bit, s.value})
	case sendAgain:
		out.Send(s.channel, packet{s.bit, s.value})
	case packet:
		if e.value != 0 {
			s.begun, s.bit, s.value = true, e.bit, e.value
		}
		s.ack = e.bit
	}
}

// Clone returns an independent copy.
func (s *Sender) Clone() model.Machine { c := *s; return &c }

// AppendState encodes bits and value.
func (s *Sender) AppendState(dst []byte) []byte {
	return model.AppendInt(append(model.AppendBool(dst, s.begun), s.bit, s.ack), s.value)
}

// Receiver hands out each new value.
type Receiver struct {
	channel model.ID
	begun   bool
	bit     uint8
	value   int
}

// Actions of the receiver.
func (r *Receiver) Actions(dst []model.Event) []model.Event {
	if r.begun {
		dst = append(dst, acknowledge{})
	}
	return dst
}

// Step takes the action, a message, or where to begin.
func (r *Receiver) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case acknowledge:
		out.Send(r.channel, packet{bit: r.bit})
	case packet:
		if r.begun && e.bit != r.bit {
			out.Observe(delivered{e.value})
		}
		r.begun, r.bit, r.value = true, e.bit, e.value
	}
}

// Clone returns an independent copy.
func (r *Receiver) Clone() model.Machine { c := *r; return &c }

// AppendState encodes bit and value.
func (r *Receiver) AppendState(dst []byte) []byte {
	return model.AppendInt(append(model.AppendBool(dst, r.begun), r.bit), r.value)
}

// Channel is a lossy FIFO.
type Channel struct {
	to        model.ID
	capacity  int
	duplicate bool
	queue     []packet // never changed in place
}

// Actions delivers, loses and doubles.
func (c *Channel) Actions(dst []model.Event) []model.Event {
	if len(c.queue) > 0 {
		dst = append(dst, deliverFirst{})
	}
	for i := range c.queue {
		dst = append(dst, lose{i})
		if c.duplicate && len(c.queue) < c.capacity {
			dst = append(dst, double{i})
		}
	}
	return dst
}

// Vocabulary lists what the channel takes.
func (c *Channel) Vocabulary() []model.Event {
	words := []model.Event{deliverFirst{}, lose{}, packet{}}
	if c.duplicate && c.capacity > 1 {
		words = append(words, double{})
	}
	return words
}

// Step takes an action, or a packet if there is room.
func (c *Channel) Step(_ model.ID, e model.Event, out *model.Out) {
	queue := slices.Clone(c.queue)
	switch e := e.(type) {
	case deliverFirst:
		out.Send(c.to, queue[0])
		queue = queue[1:]
	case lose:
		queue = slices.Delete(queue, e.index, e.index+1)
	case double:
		queue = slices.Insert(queue, e.index, queue[e.index])
	case packet:
		if len(queue) == c.capacity {
			out.Refuse()
		}
		queue = append(queue, e)
	}
	c.queue = queue
}

// Clone returns an independent copy.
func (c *Channel) Clone() model.Machine { d := *c; return &d }

// AppendState encodes the queue.
func (c *Channel) AppendState(dst []byte) []byte {
	dst = model.AppendInt(dst, len(c.queue))
	for _, p := range c.queue {
		dst = model.AppendInt(append(dst, p.bit), p.value)
	}
	return dst
}

// AlternatingBitProperties are: in-order, each value that the sender accepts is delivered once, before the next one is
// accepted; and the witness can-be-late: a value is acknowledged while a copy of it is still underway.
func AlternatingBitProperties() []model.Property {
	return []model.Property{
		{Name: "in-order", Kind: model.Monitored, Monitor: &inOrder{}},
		{
			Name: "can-be-late", Kind: model.Reachable, Reads: []model.ID{0, 2},
			Holds: func(v model.View) bool {
				s := v[0].(*Sender)
				return s.begun && !s.Waiting() && slices.Contains(v[2].(*Channel).queue, packet{s.bit, s.value})
			},
		},
	}
}

// AlternatingBitDelivers promises that whenever the value is sent, it has been received then or is later. It needs the
// system's fairness. It is false of channels that double: one may double an old message for ever, and has no room for this one.
func AlternatingBitDelivers(value int) model.Property {
	return model.Property{
		Name: fmt.Sprintf("delivers-%d", value), Kind: model.LeadsTo, Reads: []model.ID{0, 1},
		When:  func(v model.View) bool { s := v[0].(*Sender); return s.Waiting() && s.value == value },
		Holds: func(v model.View) bool { return v[1].(*Receiver).value == value },
	}
}

// inOrder knows the value that is accepted and not yet delivered; 0: none.
type inOrder struct{ pending int }

// Actions is empty: a monitor listens.
func (m *inOrder) Actions(dst []model.Event) []model.Event { return dst }

// Step listens.
func (m *inOrder) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case accepted:
		if m.pending != 0 {
			out.Violate(fmt.Sprintf("value %d is accepted, and value %d was never delivered", e.value, m.pending))
		}
		m.pending = e.value
	case delivered:
		if m.pending != e.value {
			out.Violate(fmt.Sprintf("value %d is delivered and not the one that is owed", e.value))
		}
		m.pending = 0
	}
}

// Clone returns an independent copy.
func (m *inOrder) Clone() model.Machine { c := *m; return &c }

// AppendState encodes what is owed.
func (m *inOrder) AppendState(dst []byte) []byte { return model.AppendInt(dst, m.pending) }
