package amqptest_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// patience is how long a test waits for what must come. It bounds nothing but a failing test.
const patience = 10 * time.Second

// client is the other end of a TCP connection, frame by frame: it answers nothing by itself.
type client struct {
	t      testing.TB
	socket *net.TCPConn
	reader *wire.Reader

	writing sync.Mutex
	stop    func() // ends the heartbeats, nil where there are none
}

// dial connects, and says nothing yet.
func dial(t testing.TB, addr string) *client {
	t.Helper()
	socket, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, socket: socket.(*net.TCPConn), reader: wire.NewReader(socket)}
	t.Cleanup(func() { c.mute(); c.socket.Close() })
	return c
}

// write sends octets. A broker that has hung up is no failure: next tells.
func (c *client) write(octets string) {
	c.t.Helper()
	c.writing.Lock()
	defer c.writing.Unlock()
	c.socket.SetWriteDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c.socket, octets); errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Errorf("writing: %v", err)
	}
}

// send sends methods on a channel.
func (c *client) send(ch amqp.Channel, methods ...amqp.Method) {
	c.t.Helper()
	c.write(frames(c.t, ch, methods...))
}

// frames encodes methods on a channel.
func frames(t testing.TB, ch amqp.Channel, methods ...amqp.Method) string {
	t.Helper()
	var octets []byte
	for _, m := range methods {
		var err error
		if octets, err = wire.Append(octets, amqp.Frame{Channel: ch, Method: m}, wire.DefaultFrameMax); err != nil {
			t.Fatal(err)
		}
	}
	return string(octets)
}

// next returns the next frame, heartbeats left out. The error says how the connection ended, nil by end of file as nil by
// reset: see ended.
func (c *client) next() (amqp.Frame, error) {
	c.t.Helper()
	for {
		c.socket.SetReadDeadline(time.Now().Add(patience))
		item, err := c.reader.Next()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.t.Fatal("the broker says nothing")
		case err != nil:
			return amqp.Frame{}, err
		case item.Kind == wire.ProtocolHeader:
			return amqp.Frame{}, errOtherProtocol
		case item.Kind == wire.Frame:
			return item.Frame, nil
		}
	}
}

var errOtherProtocol = errors.New("the broker answered with its protocol header")

// ended reports whether an error of next is a connection's end.
func ended(err error) bool { return err == io.EOF || errors.Is(err, syscall.ECONNRESET) }

// rest returns all that the broker says until it hangs up.
func (c *client) rest() string {
	c.t.Helper()
	var said []string
	for {
		switch f, err := c.next(); {
		case err == errOtherProtocol:
			said = append(said, "protocol header")
		case ended(err):
			return strings.Join(said, ", ")
		case err != nil:
			c.t.Fatalf("after %q: %v", said, err)
		default:
			said = append(said, f.String())
		}
	}
}

// want returns the next frame's method, which must be an M.
func want[M amqp.Method](c *client) M {
	c.t.Helper()
	f, err := c.next()
	m, ok := f.Method.(M)
	if !ok {
		c.t.Fatalf("broker said %v, %v, want %T", f, err, m)
	}
	return m
}

// login is what a client says of itself, in the handshake.
type login struct {
	mechanism, response string                // PLAIN of guest if empty
	capabilities        []string              // those that the client claims to have
	name                string                // connection_name, if not empty
	tune                amqp.ConnectionTuneOk // as proposed, without heartbeats, if empty
}

// greet goes through the handshake up to and without connection.open.
func (c *client) greet(l login) {
	c.t.Helper()
	c.write(wire.Version091)
	want[amqp.ConnectionStart](c)
	c.send(0, l.startOk())
	proposed := want[amqp.ConnectionTune](c)
	if l.tune == (amqp.ConnectionTuneOk{}) {
		l.tune = amqp.ConnectionTuneOk{ChannelMax: proposed.ChannelMax, FrameMax: proposed.FrameMax}
	}
	c.send(0, l.tune)
	c.heartbeat(time.Duration(l.tune.Heartbeat) * time.Second)
}

func (l login) startOk() amqp.ConnectionStartOk {
	if l.mechanism == "" {
		l.mechanism, l.response = "PLAIN", "\x00guest\x00guest"
	}
	var capabilities []amqp.Field
	for _, name := range l.capabilities {
		capabilities = append(capabilities, amqp.Field{Name: name, Value: true})
	}
	properties := []amqp.Field{{Name: "capabilities", Value: amqp.MustTable(capabilities...)}}
	if l.name != "" {
		properties = append(properties, amqp.Field{Name: "connection_name", Value: l.name})
	}
	return amqp.ConnectionStartOk{
		ClientProperties: amqp.MustTable(properties...),
		Mechanism:        l.mechanism, Response: l.response, Locale: "en_US",
	}
}

// open is greet and connection.open.
func (c *client) open(l login) {
	c.t.Helper()
	c.greet(l)
	c.send(0, amqp.ConnectionOpen{VirtualHost: "/"})
	want[amqp.ConnectionOpenOk](c)
}

// heartbeat sends a heartbeat frame twice in each interval from now on.
func (c *client) heartbeat(interval time.Duration) {
	if interval == 0 {
		return
	}
	ticker, done, stopped := time.NewTicker(interval/2), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-ticker.C:
				c.write(string(wire.AppendHeartbeat(nil)))
			case <-done:
				return
			}
		}
	}()
	c.stop = func() { ticker.Stop(); close(done); <-stopped }
}

// mute ends the heartbeats.
func (c *client) mute() {
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
}

// reset ends the connection as a crash of the client's machine does.
func (c *client) reset() {
	c.mute()
	c.socket.SetLinger(0)
	c.socket.Close()
}
