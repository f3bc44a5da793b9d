package replay

import (
	"context"
	"errors"
	"slices"

	"github.com/lockstep-prover/lockstep/live/gate"
	"github.com/lockstep-prover/lockstep/live/session"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// connection is a TCP connection of a client's through the gate, as far as the model has spoken of it.
//
//	session ──► gate: released … │ unread │ sent after the loss      what the gate holds toward the broker
//	                             └────────┴── inFlight ─────────
//	        ◄── inbox ◄── gate: seen │ not seen yet                  what it holds toward the client
type connection struct {
	gate      *gate.Conn
	session   *session.Session
	heartbeat uint16 // in seconds

	left     bool         // the model's client has no end of it any more
	inFlight []amqp.Frame // those held toward the broker that the model has predicted, as the model has them
	lost     bool         // the model's broker has lost its end, or given it up
	unread   int          // lost: how many of those in flight the broker may still read
	noticed  bool         // lost, and noticed by the broker
	finished bool         // the broker has answered connection.close

	names   *names
	numbers wire.ClientNumbers    // as of what the broker has been given
	refused map[amqp.Channel]bool // channels that the broker has closed for an error, and that still want a close-ok
	seen    [][]amqp.Frame        // what each item held toward the client that has been compared is in the model
	split   []amqp.Frame          // what is left to be compared of the one seen last
	inbox   []amqp.Frame          // what the session has read and the double has not taken
}

// write has the session send a frame of the model's client.
func (c *connection) write(f amqp.Frame) error { return c.session.Write(c.onWire(f)) }

// onWire is a frame of the model's client as the broker is to see it.
func (c *connection) onWire(f amqp.Frame) amqp.Frame { return c.names.toBroker(c.numbers.ToBroker(f)) }

// next waits for the next frame from the broker that no prediction has been compared with, and counts it as compared.
func (c *connection) next(ctx context.Context) (amqp.Frame, error) {
	for len(c.split) == 0 {
		if err := c.gate.Await(ctx, gate.ToClient, len(c.seen)+1); err != nil {
			return amqp.Frame{}, err
		}
		item := c.gate.Held(gate.ToClient)[len(c.seen)]
		var err error
		if c.split, err = c.numbers.FromBroker(item.Frame); err != nil {
			return item.Frame, err
		}
		c.seen = append(c.seen, c.split)
	}
	f := c.split[0]
	c.split = c.split[1:]
	if _, ok := f.Method.(amqp.ConnectionCloseOk); ok {
		c.finished = true
	}
	return f, nil
}

// surplus returns a frame that has arrived from the broker and that nothing has predicted, if there is one by now.
func (c *connection) surplus() (amqp.Frame, bool) {
	if len(c.split) > 0 {
		return c.split[0], true
	}
	numbers := c.numbers.Clone()
	for _, item := range c.gate.Held(gate.ToClient)[len(c.seen):] {
		if frames, err := numbers.FromBroker(item.Frame); err != nil || len(frames) > 0 {
			return append(frames, item.Frame)[0], true
		}
	}
	return amqp.Frame{}, false
}

// deliver lets the session have the oldest frame for the client, through the gate unless it came with the one before.
func (c *connection) deliver(ctx context.Context) (amqp.Frame, error) {
	for len(c.inbox) == 0 {
		if len(c.seen) == 0 {
			return amqp.Frame{}, errors.New("nothing has arrived from the broker that could be delivered")
		}
		if _, err := c.gate.Release(gate.ToClient); err != nil {
			return amqp.Frame{}, err
		}
		if _, err := c.session.Read(ctx); err != nil {
			return amqp.Frame{}, err
		}
		c.inbox, c.seen = c.seen[0], c.seen[1:]
	}
	f := c.inbox[0]
	c.inbox = c.inbox[1:]
	return c.names.fromBroker(f), nil
}

// release lets the broker have the oldest frame, and waits for the answer if it answers such frames. It returns what was
// released, as the model has it, and, if there is one, the first frame of the answer, which stays in the gate; the error says why it has not come.
func (c *connection) release(ctx context.Context) (sent amqp.Frame, answer *amqp.Frame, err error) {
	before := len(c.gate.Held(gate.ToClient))
	item, err := c.gate.Release(gate.ToBroker)
	if item.Frame.Method == nil {
		return amqp.Frame{}, nil, err
	}
	sent, c.inFlight = c.inFlight[0], c.inFlight[1:]
	if err != nil {
		return sent, nil, err
	}
	c.numbers.Taken(sent)
	if _, ok := sent.Method.(amqp.ChannelCloseOk); ok {
		delete(c.refused, sent.Channel)
	}
	if !c.isAnswered(sent) {
		return sent, nil, nil
	}
	if err := c.gate.Await(ctx, gate.ToClient, before+1); err != nil {
		return sent, nil, err
	}
	f := c.gate.Held(gate.ToClient)[before].Frame
	switch f.Method.(type) {
	case amqp.ChannelClose, amqp.ConnectionClose:
		if c.refused == nil {
			c.refused = map[amqp.Channel]bool{}
		}
		c.refused[f.Channel] = true
	}
	return sent, &f, nil
}

// isAnswered reports whether a broker answers a frame. What comes on a channel that it has closed it discards, but for
// a close.
func (c *connection) isAnswered(f amqp.Frame) bool {
	open := !c.refused[0] && !c.refused[f.Channel]
	switch m := f.Method.(type) {
	case amqp.QueueDeclare:
		return open && !m.NoWait
	case amqp.QueueDelete:
		return open && !m.NoWait
	case amqp.ConfirmSelect:
		return open && !m.NoWait
	case amqp.BasicPublish:
		return open && c.numbers.Confirming(f.Channel)
	case amqp.ConnectionOpen, amqp.ChannelOpen, amqp.TxSelect, amqp.TxCommit:
		return open
	case amqp.ConnectionClose, amqp.ChannelClose:
		return !c.refused[0]
	}
	return false
}

// oldest returns the frame that the broker would read next.
func (c *connection) oldest() (amqp.Frame, bool) {
	if len(c.inFlight) > 0 {
		return c.inFlight[0], true
	}
	return amqp.Frame{}, false
}

// link is a link's connections, all that were dialled, by age. Which of them the model speaks of is not always the last: in
// the step in which a client hangs up and dials again, the double has done both before the model's link has told the broker
// of the first.
type link struct {
	id  model.ID
	all []*connection
}

// latest returns the connection that the double dialled last, nil if none.
func (l *link) latest() *connection {
	if len(l.all) == 0 {
		return nil
	}
	return l.all[len(l.all)-1]
}

// atClient returns the connection that the model's client has, nil if none.
func (l *link) atClient() *connection { return l.first(func(c *connection) bool { return !c.left }) }

// atBroker returns the connection that the model's broker has, nil if none.
func (l *link) atBroker() *connection { return l.first(func(c *connection) bool { return !c.lost }) }

func (l *link) first(is func(*connection) bool) *connection {
	if i := slices.IndexFunc(l.all, is); i >= 0 {
		return l.all[i]
	}
	return nil
}
