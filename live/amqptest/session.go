package amqptest

import (
	"slices"
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// stage is how far a connection has come.
//
//	greeting ──handshake──► open ──connection.close from the machine──► closing ──┐
//	    │                     ├──────────the machine hangs up─────────────────────┤
//	    │                     └──────────connection.close from the session────────┴──► over
//	    └─────────────────────lost, whenever that happens─────────────────────────────►
type stage uint8

const (
	greeting stage = iota
	open
	closing // connection.close is sent; the machine waits for the answer
	over    // nothing that the client sends matters, nor what the machine would say
)

// channel is what a session must remember of an open channel.
type channel struct {
	settled uint64 // all publishes up to this one are confirmed
	early   map[uint64]struct{}
}

// take gives the machine the frames that a client has sent. It is called without the lock.
func (k *core) take(c *conn, frames []amqp.Frame) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, f := range frames {
		if c.fault.holds() {
			rest := slices.Clone(frames[i:])
			k.hold(c, func() {
				for _, f := range rest {
					k.frame(c, f)
				}
			})
			break
		}
		k.frame(c, f)
	}
	k.flush()
}

// frame gives the machine a frame, with its own numbers in the place of those of the wire. The negotiated limit on channels is the
// session's business as well.
func (k *core) frame(c *conn, f amqp.Frame) {
	if c.stage == over {
		if _, ok := f.Method.(amqp.ConnectionCloseOk); ok && f.Channel == 0 {
			c.socket.abort()
		}
		return
	}
	switch m := f.Method.(type) {
	case amqp.ChannelOpen:
		if c.channels[f.Channel] == nil && c.stage == open {
			if len(c.channels) >= int(c.channelMax) {
				class, method := m.ID()
				k.refuse(c, &wire.Error{Code: amqp.NotAllowed, Text: "as many channels are open as channel-max allows",
					Class: class, Method: method})
				return
			}
			c.channels[f.Channel] = &channel{}
			k.figures.channels.Add(1)
		}
	case amqp.ChannelClose, amqp.ChannelCloseOk:
		k.forget(c, f.Channel)
	case amqp.BasicAck:
		k.figures.acknowledged.Add(1)
	case amqp.BasicPublish:
		k.figures.published.Add(1)
		if k.alarmed { // nothing after it is read
			c.fault.blocked = true
			c.socket.close(ToBroker)
		}
	}
	k.sent(c, f)
	k.input(c.id, c.numbers.FromClient(f))
}

// forget is the end of a channel.
func (k *core) forget(c *conn, ch amqp.Channel) {
	if c.channels[ch] != nil {
		delete(c.channels, ch)
		k.figures.channels.Add(-1)
	}
}

// deliver does for a connection what the machine sends to its link.
func (k *core) deliver(c *conn, e model.Event) {
	switch e := e.(type) {
	case amqp.Frame:
		e = c.numbers.ToClient(e)
		if k.said(c, e); c.stage == over {
			return
		}
		switch e.Method.(type) {
		case amqp.ConnectionClose:
			c.stage = closing
			c.awaitEnd()
		case amqp.ConnectionCloseOk: // the machine hangs up next, but RabbitMQ leaves that to the client, for a while
			c.stage = over
			c.awaitEnd()
		}
		k.send(c, e)
	case amqp.Hangup:
		if k.ended(c, history.Closed); c.stage != over {
			k.giveUp(c)
		}
	}
}

// offend is refuse for what a client has sent.
func (k *core) offend(c *conn, e *wire.Error) {
	if !k.hold(c, func() { k.refuse(c, e) }) {
		k.refuse(c, e)
	}
}

// refuse ends a connection with connection.close for a reason that is no business of the machine's. The machine hears that the
// client has closed it; so its queues go before the client knows.
func (k *core) refuse(c *conn, e *wire.Error) {
	before := c.stage
	if before == over {
		return
	}
	c.stage = over
	k.record.comment("%v is closed by the server: %v", c, e)
	closed := amqp.Frame{Method: amqp.ConnectionClose{Code: amqp.Success}}
	k.sent(c, closed)
	k.input(c.id, closed)
	if before != closing {
		k.send(c, closeFor(e))
	}
	c.awaitEnd()
}

// closeFor is the connection.close that an error asks for.
func closeFor(e *wire.Error) amqp.Frame {
	return amqp.Frame{Method: amqp.ConnectionClose{
		Code: e.Code, Text: e.Code.Name() + " - " + e.Text, ClassID: e.Class, MethodID: e.Method,
	}}
}

// send puts a frame on its way to the client.
func (k *core) send(c *conn, f amqp.Frame) {
	switch m := f.Method.(type) {
	case amqp.ConnectionClose:
		m.Text = shortened(m.Text)
		f.Method = m
	case amqp.ChannelClose:
		m.Text = shortened(m.Text)
		f.Method = m
	case amqp.BasicDeliver:
		k.figures.delivered.Add(1)
	case amqp.BasicGetOk:
		k.figures.delivered.Add(1)
	case amqp.BasicAck:
		if !m.Multiple && c.confirm(f.Channel, m.Tag) {
			return
		}
	case amqp.BasicNack:
		if ch := c.channels[f.Channel]; ch != nil && !m.Multiple {
			ch.settle(m.Tag)
		}
	}
	c.spoken = true
	k.leave(c, f)
}

// confirm acknowledges a publish together with the one before it that is on its way yet, if it can; if not it does nothing. An ack of
// several says of all up to its tag that they are confirmed.
func (c *conn) confirm(number amqp.Channel, seq uint64) (done bool) {
	ch := c.channels[number]
	if ch == nil {
		return false
	}
	ch.settle(seq)
	last := len(c.fresh) - 1
	if last < 0 || c.fresh[last].Channel != number {
		return false
	}
	before, ok := c.fresh[last].Method.(amqp.BasicAck)
	if n := len(c.waits); n > 0 && c.waits[n-1].until != c.core.batch+1 {
		ok = false // to wait longer, again and again, might be to wait for ever
	}
	if tag := max(before.Tag, seq); ok && tag <= ch.settled {
		c.fresh[last].Method = amqp.BasicAck{Tag: tag, Multiple: true}
		return true
	}
	return false
}

// settle notes that the client is told what became of a publish.
func (ch *channel) settle(seq uint64) {
	if seq != ch.settled+1 {
		if ch.early == nil {
			ch.early = map[uint64]struct{}{}
		}
		ch.early[seq] = struct{}{}
		return
	}
	for early := true; early; _, early = ch.early[ch.settled+1] {
		ch.settled++
		delete(ch.early, ch.settled)
	}
}

// leave leaves a frame with the connection, for its outbox.
func (k *core) leave(c *conn, f amqp.Frame) {
	k.touch(c)
	c.fresh = append(c.fresh, f)
	if k.store != nil && promises(f.Method) {
		c.waits = append(c.waits, wait{len(c.fresh) - 1, k.batch + 1})
	}
	if c.out.octets.Add(octetsOf(f)) >= outboxMax && c.stage == open && !c.full.Swap(true) {
		k.stuffed = append(k.stuffed, c)
	}
}

// stuff tells the machine which connections have no room for more deliveries, after a step. Each has something left that is not written
// yet, so somebody will find that there is room again.
func (k *core) stuff() {
	for len(k.stuffed) > 0 {
		c := k.stuffed[0]
		k.stuffed = k.stuffed[1:]
		k.step(c.id, amqp.Full{})
	}
	k.stuffed = nil
}

// holdsBack reports whether the machine has been told that somebody takes no deliveries.
func (k *core) holdsBack() bool {
	for _, c := range k.conns {
		if c.full.Load() && c.stage == open {
			return true
		}
	}
	return false
}

// room tells the machine that a connection has room again.
func (k *core) room(c *conn) {
	if c.stage == open {
		k.input(c.id, amqp.Room{})
	}
}

// shortened returns a reply text that is no longer than one can be.
func shortened(text string) string {
	if len(text) <= 255 {
		return text
	}
	return strings.ToValidUTF8(text[:255-len("...")], "") + "..."
}

// awaitEnd gives the client some time to hang up; until then it is read, lest it wait for us.
func (c *conn) awaitEnd() {
	c.socket.SetReadDeadline(time.Now().Add(closeTimeout))
	c.out.unlimit()
}
