package amqptest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// How long a client may take.
const (
	closeTimeout    = 3 * time.Second        // to hang up, or to answer connection.close
	shutdownTimeout = 200 * time.Millisecond // the same while the server closes
)

// batchMax is how many frames go to the core at once, at most.
const batchMax = 256

// conn is a client's connection. Its reader sets what is negotiated before the core looks at it.
type conn struct {
	server *Server
	core   *core
	socket *valve
	stream net.Conn // what AMQP is spoken on: the socket, or TLS on it
	batch  []amqp.Frame
	out    outbox

	unread  []byte      // read, and not looked at yet
	readErr error       // that follows it
	deaf    atomic.Bool // nothing is read, because the client reads nothing
	full    atomic.Bool // the outbox is, and the machine knows or will be told at once

	// As negotiated.
	peer       peer
	frameMax   uint32
	channelMax uint16
	heartbeat  time.Duration

	// The core's.
	id       model.ID
	stage    stage
	channels map[amqp.Channel]*channel // that the client has opened
	numbers  wire.ServerNumbers
	fresh    []amqp.Frame // left for the outbox
	waits    []wait       // of frames in fresh, by index
	touched  bool         // something is left
	silent   bool         // as far as the machine knows
	recorded bool         // that it has ended
	spoken   bool         // a frame was sent since the watch looked last
	watch    *appointment
	fault    fault
}

func newConn(s *Server, socket *net.TCPConn) *conn {
	c := &conn{server: s, core: s.core, frameMax: wire.MinFrameMax, channels: map[amqp.Channel]*channel{}}
	c.out.changed.L = &c.out.mu
	c.socket = newValve(socket, &s.core.figures.read, &s.core.figures.written, s.core.beat)
	c.stream = c.socket
	if config := s.opts.Login.TLS; config != nil {
		c.stream = tls.Server(c.socket, config)
	}
	return c
}

// lastHeard is when an octet came last.
func (c *conn) lastHeard() time.Duration { return time.Duration(c.socket.heard.Load()) }

// serve is the connection's life.
func (c *conn) serve() {
	defer c.socket.abort()
	c.core.do(func() { c.core.attach(c) })
	r := wire.NewReader(c)
	if first, ok := c.greet(r); ok {
		c.core.do(func() { c.core.opened(c, first) })
		c.read(r)
	}
	c.core.do(func() { c.core.lost(c) })
	c.out.finish()
}

// Read is for the reader of frames, which comes here when it has made frames of all that it had. It gives them to the core before it
// waits for more, and waits until the client has read enough of what it was sent.
func (c *conn) Read(p []byte) (int, error) {
	c.deliver()
	c.listen()
	if len(c.unread) > 0 {
		n := copy(p, c.unread)
		if c.unread = c.unread[n:]; len(c.unread) == 0 {
			c.unread = nil
		}
		return n, nil
	}
	if c.readErr != nil {
		return 0, c.readErr
	}
	return c.stream.Read(p)
}

// unreadMax is how many octets are taken of a client that has still to read what it was sent.
const unreadMax = 64 << 10

// listen waits until the client has read enough of what it was sent. Meanwhile it takes, but for little, only note of what comes: a client that stands
// still neither reads nor sends, and its heartbeats are missed.
func (c *conn) listen() {
	for c.readErr == nil && len(c.unread) < unreadMax && c.out.full() {
		c.unread = slices.Grow(c.unread, unreadMax-len(c.unread))
		var n int
		n, c.readErr = c.stream.Read(c.unread[len(c.unread):unreadMax])
		c.unread = c.unread[:len(c.unread)+n]
	}
	if c.readErr == nil && c.out.full() {
		c.deaf.Store(true)
		c.out.wait()
		c.socket.heard.Store(int64(c.core.beat()))
		c.deaf.Store(false)
	}
}

// deliver gives the core the frames that have been read.
func (c *conn) deliver() {
	if len(c.batch) == 0 {
		return
	}
	c.core.take(c, c.batch)
	if c.core.store != nil {
		c.core.store.wait()
	}
	clear(c.batch)
	c.batch = c.batch[:0]
	if cap(c.batch) > 64 {
		c.batch = nil
	}
}

// read hands the client's frames to the core, until the connection ends.
func (c *conn) read(r *wire.Reader) {
	defer c.deliver()
	for {
		item, err := r.Next()
		var offence *wire.Error
		switch {
		case errors.As(err, &offence):
			c.deliver()
			c.core.do(func() { c.core.offend(c, offence) })
			c.part(r)
			return
		case err == io.EOF || err == io.ErrUnexpectedEOF: // what has been answered is still written
			return
		case err != nil:
			c.deliver()
			c.socket.abort()
			return
		case item.Kind == wire.Frame:
			if c.batch = append(c.batch, item.Frame); len(c.batch) == batchMax {
				c.deliver()
			}
		}
	}
}

// part reads what is of no interest any more, until the client answers connection.close or hangs up, or its time is up.
func (c *conn) part(r *wire.Reader) {
	for {
		f, err := next(r)
		if _, illegible := err.(*wire.Error); illegible {
			io.Copy(io.Discard, c.stream)
			return
		}
		if _, answered := f.Method.(amqp.ConnectionCloseOk); answered || err != nil {
			return
		}
	}
}
