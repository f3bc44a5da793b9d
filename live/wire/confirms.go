package wire

import (
	"fmt"
	"maps"
	"slices"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Confirms takes the confirms of one connection apart, at the client's end. On the wire both sides count the publishes of a
// channel in confirm mode from 1 on, and one confirm may be for all up to its number; in a model each publish has a confirm of its
// own, with the number that the client gave the publish, BasicPublish.Seq: one that is used again once it is confirmed, or, where
// that is 0, the one on the wire. The zero value is for a new connection.
type Confirms struct {
	channels map[amqp.Channel]sequence // those in confirm mode
}

// sequence is one channel's publishes.
type sequence struct {
	last uint64    // on the wire
	open []publish // not confirmed, in the order of their numbers
}

type publish struct{ wire, seq uint64 }

// Sent takes note of a frame from the client to the broker.
func (c *Confirms) Sent(f amqp.Frame) {
	s, confirming := c.channels[f.Channel]
	switch m := f.Method.(type) {
	case amqp.ChannelOpen:
		delete(c.channels, f.Channel)
	case amqp.ConfirmSelect:
		if !confirming {
			if c.channels == nil {
				c.channels = map[amqp.Channel]sequence{}
			}
			c.channels[f.Channel] = sequence{}
		}
	case amqp.BasicPublish:
		if confirming {
			s.last++
			if m.Seq == 0 {
				m.Seq = s.last
			}
			s.open = append(s.open, publish{s.last, m.Seq})
			c.channels[f.Channel] = s
		}
	}
}

// Confirming reports whether publishes on the channel are confirmed.
func (c *Confirms) Confirming(ch amqp.Channel) bool { _, ok := c.channels[ch]; return ok }

// Open is how many publishes of the channel are not confirmed.
func (c *Confirms) Open(ch amqp.Channel) int { return len(c.channels[ch].open) }

// Received translates a frame from the broker to the client into what a model takes it for: itself, or one confirm for each
// publish that it confirms, of which there may be none if it is for several. It is an error if a single publish is confirmed
// that is not outstanding.
func (c *Confirms) Received(f amqp.Frame) ([]amqp.Frame, error) {
	var tag uint64
	var multiple bool
	var single func(seq uint64) amqp.Method
	switch m := f.Method.(type) {
	case amqp.BasicAck:
		tag, multiple = m.Tag, m.Multiple
		single = func(seq uint64) amqp.Method { return amqp.BasicAck{Tag: seq} }
	case amqp.BasicNack:
		tag, multiple = m.Tag, m.Multiple
		single = func(seq uint64) amqp.Method { return amqp.BasicNack{Tag: seq} } // RabbitMQ sets requeue, which says nothing here
	default:
		return []amqp.Frame{f}, nil
	}
	var frames []amqp.Frame
	s := c.channels[f.Channel]
	s.open = slices.DeleteFunc(s.open, func(p publish) bool {
		if p.wire != tag && !(multiple && (p.wire < tag || tag == 0)) { // 0 is "all so far" (§1.8.3.13)
			return false
		}
		frames = append(frames, amqp.Frame{Channel: f.Channel, Method: single(p.seq)})
		return true
	})
	if len(frames) == 0 && !multiple {
		return nil, fmt.Errorf("%v confirms a publish that is not outstanding", f)
	}
	if c.Confirming(f.Channel) {
		c.channels[f.Channel] = s
	}
	return frames, nil
}

// Clone returns an independent copy.
func (c *Confirms) Clone() *Confirms {
	d := &Confirms{channels: maps.Clone(c.channels)}
	for ch, s := range d.channels {
		s.open = slices.Clone(s.open)
		d.channels[ch] = s
	}
	return d
}
