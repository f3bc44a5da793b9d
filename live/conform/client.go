package conform

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Broker is a broker on the wire.
type Broker struct {
	Addr, User, Password, VirtualHost string
}

// ParseBroker reads a URL as amqp://guest:guest@127.0.0.1:5672/.
func ParseBroker(rawURL string) (Broker, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return Broker{}, err
	}
	b := Broker{Addr: u.Host, User: "guest", Password: "guest", VirtualHost: "/"}
	if u.Port() == "" {
		b.Addr = net.JoinHostPort(u.Hostname(), "5672")
	}
	if u.User != nil {
		b.User = u.User.Username()
		b.Password, _ = u.User.Password()
	}
	if host := strings.TrimPrefix(u.Path, "/"); host != "" {
		b.VirtualHost = host
	}
	return b, nil
}

// EnvironmentError says that there is no broker to compare with, or none any more.
type EnvironmentError struct{ err error }

func (e *EnvironmentError) Error() string { return e.err.Error() }
func (e *EnvironmentError) Unwrap() error { return e.err }

// event is what a connection has to tell.
type event struct {
	conn   *client
	frame  amqp.Frame
	closed error // no frame: the broker has hung up, or speaks in tongues
}

// client is a connection's end, after the handshake.
type client struct {
	name     string
	conn     *net.TCPConn
	frameMax uint32
	product  string // the broker's, with its version
	version  string
}

// handshakeTimeout is how long a broker may take for it.
const handshakeTimeout = 10 * time.Second

// dial connects and agrees on everything up to connection.tune-ok, without heartbeats. From then on what comes goes to events.
func dial(b Broker, name string, cancelNotify bool, events chan<- event) (*client, error) {
	c, err := handshake(b, name, cancelNotify, events)
	if err != nil {
		return nil, &EnvironmentError{fmt.Errorf("connecting to the broker at %s as %s: %w", b.Addr, b.User, err)}
	}
	return c, nil
}

func handshake(b Broker, name string, cancelNotify bool, events chan<- event) (*client, error) {
	conn, err := net.DialTimeout("tcp", b.Addr, handshakeTimeout)
	if err != nil {
		return nil, err
	}
	c := &client{name: name, conn: conn.(*net.TCPConn), frameMax: wire.MinFrameMax}
	conn.SetDeadline(time.Now().Add(handshakeTimeout))
	reader := wire.NewReader(conn)
	if err := c.greet(b, cancelNotify, reader); err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	go c.read(reader, events)
	return c, nil
}

func (c *client) greet(b Broker, cancelNotify bool, r *wire.Reader) error {
	if _, err := c.conn.Write(wire.AppendProtocolHeader(nil)); err != nil {
		return err
	}
	start, err := expect[amqp.ConnectionStart](r)
	if err != nil {
		return err
	}
	product, _ := start.ServerProperties.Lookup("product")
	version, _ := start.ServerProperties.Lookup("version")
	c.product = fmt.Sprint(product)
	if version != nil {
		c.version = fmt.Sprint(version)
		c.product += " " + c.version
	}
	properties := amqp.MustTable(
		amqp.Field{Name: "product", Value: "lockstep conform"},
		amqp.Field{Name: "capabilities", Value: amqp.MustTable(
			amqp.Field{Name: "authentication_failure_close", Value: true},
			amqp.Field{Name: "basic.nack", Value: true},
			amqp.Field{Name: "connection.blocked", Value: true},
			amqp.Field{Name: "consumer_cancel_notify", Value: cancelNotify},
			amqp.Field{Name: "publisher_confirms", Value: true},
		)})
	if err := c.send(amqp.Frame{Method: amqp.ConnectionStartOk{
		ClientProperties: properties, Mechanism: "PLAIN", Response: "\x00" + b.User + "\x00" + b.Password, Locale: "en_US",
	}}); err != nil {
		return err
	}
	tune, err := expect[amqp.ConnectionTune](r)
	if err != nil {
		return err
	}
	c.frameMax, r.FrameMax = tune.FrameMax, tune.FrameMax
	return c.send(amqp.Frame{Method: amqp.ConnectionTuneOk{ChannelMax: tune.ChannelMax, FrameMax: tune.FrameMax}})
}

func expect[M amqp.Method](r *wire.Reader) (M, error) {
	var want M
	item, err := r.Next()
	switch {
	case err != nil:
		return want, err
	case item.Kind != wire.Frame:
		return want, errors.New("the answer is not AMQP 0-9-1")
	}
	m, ok := item.Frame.Method.(M)
	if refusal, is := item.Frame.Method.(amqp.ConnectionClose); is {
		return want, fmt.Errorf("refused: %v, %s", refusal, refusal.Text)
	}
	if !ok {
		return want, fmt.Errorf("the broker said %v where %v is expected", item.Frame, want)
	}
	return m, nil
}

// send writes frames, at once.
func (c *client) send(frames ...amqp.Frame) error {
	var octets []byte
	var err error
	for _, f := range frames {
		if octets, err = wire.Append(octets, f, c.frameMax); err != nil {
			return err
		}
	}
	_, err = c.conn.Write(octets)
	return err
}

// read tells what comes, until the end.
func (c *client) read(r *wire.Reader, events chan<- event) {
	for {
		item, err := r.Next()
		if err == nil && item.Kind == wire.ProtocolHeader {
			err = errors.New("a protocol header")
		}
		if err != nil {
			if err == io.EOF {
				err = errors.New("end of file")
			}
			events <- event{conn: c, closed: err}
			return
		}
		if item.Kind == wire.Frame {
			events <- event{conn: c, frame: item.Frame}
		}
	}
}

// reset breaks the connection; close ends it with an end of file.
func (c *client) reset() {
	c.conn.SetLinger(0)
	c.conn.Close()
}

func (c *client) close() { c.conn.Close() }
