// Package session is a client's end of an AMQP 0-9-1 connection, below everything that models speak of: TCP or TLS, the handshake up to connection.tune-ok, and
// heartbeats. It sends and reads frames, and knows nothing of connections' and channels' states.
package session

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Session is one connection. Send and the heartbeats may go on at once, and one Read.
type Session struct {
	tcp      *net.TCPConn
	conn     net.Conn // tcp, or TLS above it
	reader   *wire.Reader
	frameMax uint32
	// Stall is how long a write may take, 0: for ever.
	Stall time.Duration
	heard atomic.Int64 // when the last octet came, in nanoseconds since 1970

	paused  atomic.Bool
	writing sync.Mutex // frames and heartbeats
	closing chan struct{}
	closed  sync.Once
	beating sync.WaitGroup
}

// Login is what a broker wants to know.
type Login struct {
	User, Password string
	Product        string // the name of the client, for the broker's log
	NoCancelNotify bool   // do not want to be told that a consumer's queue is gone
}

// Connect opens the connection, with TLS if secure is not nil. The error is that of the dialler or of the TLS handshake.
func Connect(ctx context.Context, addr string, secure *tls.Config) (*Session, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &Session{tcp: conn.(*net.TCPConn), conn: conn, closing: make(chan struct{})}
	if secure != nil {
		over := tls.Client(conn, secure)
		if err := over.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		s.conn = over
	}
	s.reader = wire.NewReader(ear{s})
	return s, nil
}

// ear reads from the connection, and notes when.
type ear struct{ *Session }

func (e ear) Read(b []byte) (int, error) {
	n, err := e.conn.Read(b)
	if n > 0 {
		e.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// Heard is when the last octet came; zero: none did.
func (s *Session) Heard() time.Time {
	if at := s.heard.Load(); at > 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// Pause stops the heartbeats, or lets them go on: what a process that stands still does not send.
func (s *Session) Pause(paused bool) { s.paused.Store(paused) }

// properties tells the broker what we can do. Without authentication_failure_close RabbitMQ refuses a password by keeping
// silent for some seconds; connection.blocked is left out because it makes a broker say what nobody asked for.
func properties(l Login) amqp.Table {
	return amqp.MustTable(
		amqp.Field{Name: "product", Value: l.Product},
		amqp.Field{Name: "capabilities", Value: amqp.MustTable(
			amqp.Field{Name: "authentication_failure_close", Value: true},
			amqp.Field{Name: "basic.nack", Value: true},
			amqp.Field{Name: "consumer_cancel_notify", Value: !l.NoCancelNotify},
			amqp.Field{Name: "publisher_confirms", Value: true},
		)})
}

// Handshake agrees on everything up to connection.tune-ok (§2.2.4), with heartbeats of that many seconds, and starts to send
// them.
func (s *Session) Handshake(ctx context.Context, l Login, heartbeat uint16) error {
	if err := s.send(wire.AppendProtocolHeader(nil)); err != nil {
		return err
	}
	if _, err := expect[amqp.ConnectionStart](ctx, s); err != nil {
		return err
	}
	plain := "\x00" + l.User + "\x00" + l.Password
	startOk := amqp.ConnectionStartOk{ClientProperties: properties(l), Mechanism: "PLAIN", Response: plain, Locale: "en_US"}
	if err := s.Write(amqp.Frame{Method: startOk}); err != nil {
		return err
	}
	tune, err := expect[amqp.ConnectionTune](ctx, s)
	if err != nil {
		return err
	}
	s.frameMax, s.reader.FrameMax = tune.FrameMax, tune.FrameMax
	tuneOk := amqp.ConnectionTuneOk{ChannelMax: tune.ChannelMax, FrameMax: tune.FrameMax, Heartbeat: heartbeat}
	if err := s.Write(amqp.Frame{Method: tuneOk}); err != nil {
		return err
	}
	if heartbeat > 0 {
		s.beating.Go(func() { s.beat(time.Duration(heartbeat) * time.Second / 4) })
	}
	return nil
}

// expect reads the method that the handshake has next.
func expect[M amqp.Method](ctx context.Context, s *Session) (M, error) {
	var want M
	f, err := s.Read(ctx)
	if err != nil {
		return want, err
	}
	m, ok := f.Method.(M)
	if refusal, is := f.Method.(amqp.ConnectionClose); is {
		return want, fmt.Errorf("refused: %v, %s", refusal, refusal.Text)
	}
	if !ok {
		return want, fmt.Errorf("the broker said %v where %v is expected", f, want)
	}
	return m, nil
}

// beat sends heartbeats while the session is open and not paused.
func (s *Session) beat(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-tick.C:
		}
		if !s.paused.Load() && s.send(wire.AppendHeartbeat(nil)) != nil {
			return
		}
	}
}

// Write sends a frame.
func (s *Session) Write(f amqp.Frame) error {
	octets, err := wire.Append(nil, f, s.frameMax)
	if err != nil {
		return err
	}
	return s.send(octets)
}

func (s *Session) send(octets []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.Stall > 0 {
		if err := s.conn.SetWriteDeadline(time.Now().Add(s.Stall)); err != nil {
			return err
		}
	}
	_, err := s.conn.Write(octets)
	return err
}

// Read waits for the next frame that is not a heartbeat.
func (s *Session) Read(ctx context.Context) (amqp.Frame, error) {
	past := time.Unix(1, 0)
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetReadDeadline(past) })
	defer stop()
	for {
		item, err := s.reader.Next()
		switch {
		case err != nil && ctx.Err() != nil:
			return amqp.Frame{}, context.Cause(ctx)
		case err == io.EOF, errors.Is(err, syscall.ECONNRESET): // RabbitMQ closes by a reset
			return amqp.Frame{}, errors.New("the connection was closed")
		case err != nil:
			return amqp.Frame{}, err
		case item.Kind == wire.Frame:
			return item.Frame, nil
		case item.Kind == wire.ProtocolHeader:
			return amqp.Frame{}, fmt.Errorf("the broker does not speak AMQP 0-9-1, but %q", item.Raw)
		}
	}
}

// Ask sends a method and waits for the answer, a publish's confirm included. The error says what was refused, and how.
func (s *Session) Ask(ctx context.Context, ch amqp.Channel, m amqp.Method) error {
	if err := s.Write(amqp.Frame{Channel: ch, Method: m}); err != nil {
		return err
	}
	f, err := s.Read(ctx)
	if err != nil {
		return err
	}
	switch answer := f.Method.(type) {
	case amqp.ChannelClose:
		return fmt.Errorf("%v is refused: %v, %s", m, answer, answer.Text)
	case amqp.ConnectionClose:
		return fmt.Errorf("%v is refused: %v, %s", m, answer, answer.Text)
	case amqp.BasicNack:
		return errors.New("a message is refused")
	}
	return nil
}

// Close closes the socket; abruptly, so that the peer sees a reset, or else with an end of file.
func (s *Session) Close(abruptly bool) {
	s.closed.Do(func() {
		close(s.closing)
		if abruptly {
			_ = s.tcp.SetLinger(0)
			_ = s.tcp.Close()
		}
		_ = s.conn.Close()
		s.beating.Wait()
	})
}
