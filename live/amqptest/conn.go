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

// How long a client may take.
const (
	handshakeTimeout = 10 * time.Second       // until connection.open
	closeTimeout     = 3 * time.Second        // to hang up, or to answer connection.close
	shutdownTimeout  = 200 * time.Millisecond // the same while the server closes
)

// conn is a client's connection. Its reader sets what is negotiated before the core looks at it.
type conn struct {
	server *Server
	core   *core
	socket *net.TCPConn
	out    outbox

	// As negotiated.
	frameMax   uint32
	channelMax uint16
	heartbeat  time.Duration

	// The core's.
	id       model.ID
	stage    stage
	channels map[amqp.Channel]*channel // that the client has opened
}

func newConn(s *Server, socket *net.TCPConn) *conn {
	return &conn{server: s, core: s.core, socket: socket, out: newOutbox(), frameMax: wire.MinFrameMax,
		channels: map[amqp.Channel]*channel{}}
}

// serve is the connection's life.
func (c *conn) serve() {
	defer c.reset()
	c.core.post(func() { c.core.attach(c) })
	var writing sync.WaitGroup
	r := wire.NewReader(c)
	if first, ok := c.greet(r); ok {
		writing.Go(c.write)
		c.core.post(func() { c.core.opened(c) })
		c.core.post(func() { c.core.frame(c, first) })
		c.read(r)
	}
	c.core.post(func() { c.core.lost(c) })
	writing.Wait()
}

// Read reads from the socket. With heartbeats, whatever octets arrive are a sign of life, be they a part of a frame.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.socket.Read(p)
	if n > 0 && c.heartbeat > 0 {
		c.core.post(func() { c.core.heard(c) })
	}
	return n, err
}

// read hands the client's frames to the core, until the connection ends.
func (c *conn) read(r *wire.Reader) {
	for {
		c.out.wait()
		item, err := r.Next()
		var offence *wire.Error
		switch {
		case errors.As(err, &offence):
			c.core.post(func() { c.core.refuse(c, offence) })
			c.part(r)
			return
		case err == io.EOF || err == io.ErrUnexpectedEOF: // what has been answered is still written
			return
		case err != nil:
			c.reset()
			return
		case item.Kind == wire.Frame:
			c.core.post(func() { c.core.frame(c, item.Frame) })
		}
	}
}

// part reads what is of no interest any more, until the client answers connection.close or hangs up, or its time is up.
func (c *conn) part(r *wire.Reader) {
	for {
		f, err := next(r)
		if _, illegible := err.(*wire.Error); illegible {
			io.Copy(io.Discard, c.socket)
			return
		}
		if _, answered := f.Method.(amqp.ConnectionCloseOk); answered || err != nil {
			return
		}
	}
}

// write writes what the core puts into the outbox, and heartbeats, until that is closed or the connection breaks.
func (c *conn) write() {
	defer c.out.unlimit() // or the reader might wait for room, and not see the end
	defer c.reset()
	var beat <-chan time.Time
	if c.heartbeat > 0 {
		ticker := time.NewTicker(c.heartbeat / 2)
		defer ticker.Stop()
		beat = ticker.C
	}
	var octets []byte
	for last := false; !last; {
		select {
		case <-c.out.wake:
			octets, last = c.out.take(octets)
		case <-beat:
			octets = wire.AppendHeartbeat(octets[:0])
		}
		if len(octets) == 0 {
			continue
		}
		if _, err := c.socket.Write(octets); err != nil {
			return
		}
	}
}

// reset ends the connection as RabbitMQ does. What is written is on its way to the client, which reads it first, if it reads.
func (c *conn) reset() {
	c.socket.SetLinger(0)
	c.socket.Close()
}
