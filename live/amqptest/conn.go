package amqptest

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

const (
	handshakeTime = 10 * time.Second // RabbitMQ's handshake_timeout
	lingerTime    = 2 * time.Second  // how long the last frames may take to be read
	writeTime     = 30 * time.Second // how long a client may not read before it is cut off
	outboxMax     = 1 << 16          // frames that may wait for a client to read them
)

// conn is one client's connection.
type conn struct {
	server *Server
	socket *net.TCPConn
	reader *wire.Reader
	link   model.ID

	frameMax  uint32
	channels  uint16
	heartbeat time.Duration
	confirms  map[amqp.Channel]uint64 // publishes so far on each channel in confirm mode

	mu     sync.Mutex
	outbox []amqp.Frame
	ending bool          // after the outbox, hang up
	wake   chan struct{} // holds at most one: there is something to write, or an end
}

func newConn(s *Server, socket *net.TCPConn) *conn {
	return &conn{server: s, socket: socket, confirms: map[amqp.Channel]uint64{}, wake: make(chan struct{}, 1)}
}

// reset ends the connection at once.
func (c *conn) reset() {
	c.socket.SetLinger(0)
	c.socket.Close()
}

// serve talks to the client until the connection ends.
func (c *conn) serve() {
	defer c.server.forget(c)
	defer c.reset()
	c.reader = wire.NewReader(heard{c})
	c.reader.FrameMax, c.reader.BodyMax = c.server.opts.FrameMax, c.server.opts.BodyMax
	c.socket.SetDeadline(time.Now().Add(handshakeTime))
	if !c.greet() {
		return
	}
	c.socket.SetDeadline(time.Time{})
	c.link = c.server.hub.connect(c)
	var writer sync.WaitGroup
	writer.Go(c.write)
	err := c.read()
	c.server.hub.disconnect(c.link)
	var wrong *wire.Error
	if errors.As(err, &wrong) {
		c.send(amqp.Frame{Method: amqp.ConnectionClose{
			Code: wrong.Code, Text: wrong.Code.Name() + " - " + wrong.Text, ClassID: wrong.Class, MethodID: wrong.Method,
		}})
	}
	c.send(amqp.Hangup{})
	writer.Wait()
	io.Copy(io.Discard, c.socket) // until the client has read the last frames and hung up, or linger's deadline
}

// read feeds the machine what the client sends.
func (c *conn) read() error {
	for {
		item, err := c.reader.Next()
		switch {
		case err != nil:
			return err
		case item.Kind == wire.ProtocolHeader:
			return &wire.Error{Code: amqp.FrameError, Text: "a second protocol header"}
		case item.Kind == wire.Frame && uint16(item.Frame.Channel) > c.channels:
			return &wire.Error{Code: amqp.ChannelError, Text: "channel number above the negotiated channel-max"}
		case item.Kind == wire.Frame:
			c.server.hub.input(c.link, c.count(item.Frame))
		}
	}
}

// count gives a publish on a channel in confirm mode its number.
func (c *conn) count(f amqp.Frame) amqp.Frame {
	n, confirms := c.confirms[f.Channel]
	switch m := f.Method.(type) {
	case amqp.ConfirmSelect:
		c.confirms[f.Channel] = n
	case amqp.ChannelClose, amqp.ChannelCloseOk:
		delete(c.confirms, f.Channel)
	case amqp.BasicPublish:
		if confirms {
			m.Seq = n + 1
			f.Method = m
			c.confirms[f.Channel] = m.Seq
		}
	}
	return f
}

// heard is the client's stream; with heartbeats, every octet of it starts the broker's heartbeat timer anew.
type heard struct{ c *conn }

func (h heard) Read(p []byte) (int, error) {
	n, err := h.c.socket.Read(p)
	if n > 0 && h.c.heartbeat > 0 && h.c.link != 0 {
		h.c.server.hub.input(h.c.link, amqp.Heard{}, amqp.Silent{Interval: h.c.heartbeat.Milliseconds()})
	}
	return n, err
}

// send puts a frame into the outbox, or ends the connection after it. A client that lets too much pile up is cut off.
func (c *conn) send(e model.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch f, ok := e.(amqp.Frame); {
	case c.ending:
		return
	case !ok:
		c.ending = true
	case len(c.outbox) >= outboxMax:
		c.ending, c.outbox = true, nil
		c.reset()
	default:
		c.outbox = append(c.outbox, f)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write sends what is in the outbox, and heartbeats, until the connection ends.
func (c *conn) write() {
	var beat <-chan time.Time
	if c.heartbeat > 0 {
		ticker := time.NewTicker(c.heartbeat / 2)
		defer ticker.Stop()
		beat = ticker.C
	}
	var octets []byte
	for {
		octets = octets[:0]
		ending := false
		select {
		case <-c.wake:
			c.mu.Lock()
			for _, f := range c.outbox {
				octets = c.encode(octets, f)
			}
			clear(c.outbox)
			c.outbox, ending = c.outbox[:0], c.ending
			c.mu.Unlock()
		case <-beat:
			octets = wire.AppendHeartbeat(octets)
		}
		c.socket.SetWriteDeadline(time.Now().Add(writeTime))
		if _, err := c.socket.Write(octets); err != nil {
			c.reset()
			return
		}
		if ending {
			c.linger()
			return
		}
	}
}

// linger lets the client read what was sent last, and then ends its wait for more.
func (c *conn) linger() {
	c.socket.CloseWrite()
	c.socket.SetReadDeadline(time.Now().Add(lingerTime))
}

func (c *conn) encode(dst []byte, f amqp.Frame) []byte {
	octets, err := wire.Append(dst, f, c.frameMax)
	if err != nil {
		panic("amqptest: the broker machine sends what cannot be encoded: " + err.Error())
	}
	return octets
}
