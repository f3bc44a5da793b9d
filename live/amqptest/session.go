package amqptest

import (
	"strings"
	"time"

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
	confirming bool
	published  uint64 // since confirm.select
}

// frame gives the machine a frame, with what is implicit on the wire: the numbers of publishes in confirm mode. The negotiated
// limit on channels is the session's business as well.
func (k *core) frame(c *conn, f amqp.Frame) {
	if c.stage == over {
		if _, ok := f.Method.(amqp.ConnectionCloseOk); ok && f.Channel == 0 {
			c.reset()
		}
		return
	}
	ch, isOpen := c.channels[f.Channel]
	switch m := f.Method.(type) {
	case amqp.ChannelOpen:
		if !isOpen && c.stage == open {
			if len(c.channels) >= int(c.channelMax) {
				class, method := m.ID()
				k.refuse(c, &wire.Error{Code: amqp.NotAllowed, Text: "as many channels are open as channel-max allows",
					Class: class, Method: method})
				return
			}
			c.channels[f.Channel] = &channel{}
		}
	case amqp.ChannelClose, amqp.ChannelCloseOk:
		delete(c.channels, f.Channel)
	case amqp.ConfirmSelect:
		if isOpen {
			ch.confirming = true
		}
	case amqp.BasicPublish:
		if isOpen && ch.confirming {
			ch.published++
			m.Seq = ch.published
			f.Method = m
		}
	}
	k.input(c.id, f)
}

// deliver does for a connection what the machine sends to its link.
func (k *core) deliver(c *conn, e model.Event) {
	if c.stage == over {
		return
	}
	switch e := e.(type) {
	case amqp.Frame:
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
		c.stage = over
		c.reset()
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
	k.input(c.id, amqp.Frame{Method: amqp.ConnectionClose{Code: amqp.Success}})
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
	}
	if err := c.out.put(f, c.frameMax); err != nil { // a content header that is larger than the client wants its frames
		k.refuse(c, &wire.Error{Code: amqp.InternalError, Text: err.Error()})
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
