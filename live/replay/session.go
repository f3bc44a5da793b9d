package replay

import (
	"context"
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

// session is a client's end of one TCP connection. It does the handshake that models leave out, and turns frames into octets
// and back. It reads only when it is asked to, which is when the gate has let something through.
type session struct {
	conn     *net.TCPConn
	reader   *wire.Reader
	frameMax uint32

	paused  atomic.Bool
	writing sync.Mutex // frames and heartbeats
	closing chan struct{}
	closed  sync.Once
	beating sync.WaitGroup
}

// login is what a broker wants to know.
type login struct{ user, password string }

// connect opens the TCP connection.
func connect(ctx context.Context, addr string) (*session, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn.(*net.TCPConn), reader: wire.NewReader(conn), closing: make(chan struct{})}, nil
}

// properties tells the broker what we can do. Without authentication_failure_close RabbitMQ refuses a password by keeping
// silent for some seconds; connection.blocked is left out because it makes a broker say what nobody asked for.
var properties = amqp.MustTable(
	amqp.Field{Name: "product", Value: "lockstep replay"},
	amqp.Field{Name: "capabilities", Value: amqp.MustTable(
		amqp.Field{Name: "authentication_failure_close", Value: true},
		amqp.Field{Name: "basic.nack", Value: true},
		amqp.Field{Name: "consumer_cancel_notify", Value: true},
		amqp.Field{Name: "publisher_confirms", Value: true},
	)})

// handshake agrees on everything up to connection.tune-ok (§2.2.4), with heartbeats of that many seconds, and starts to send
// them.
func (s *session) handshake(ctx context.Context, l login, heartbeat uint16) error {
	if err := s.send(wire.AppendProtocolHeader(nil)); err != nil {
		return err
	}
	if _, err := expect[amqp.ConnectionStart](ctx, s); err != nil {
		return err
	}
	plain := "\x00" + l.user + "\x00" + l.password
	startOk := amqp.ConnectionStartOk{ClientProperties: properties, Mechanism: "PLAIN", Response: plain, Locale: "en_US"}
	if err := s.write(amqp.Frame{Method: startOk}); err != nil {
		return err
	}
	tune, err := expect[amqp.ConnectionTune](ctx, s)
	if err != nil {
		return err
	}
	s.frameMax, s.reader.FrameMax = tune.FrameMax, tune.FrameMax
	tuneOk := amqp.ConnectionTuneOk{ChannelMax: tune.ChannelMax, FrameMax: tune.FrameMax, Heartbeat: heartbeat}
	if err := s.write(amqp.Frame{Method: tuneOk}); err != nil {
		return err
	}
	if heartbeat > 0 {
		s.beating.Go(func() { s.beat(time.Duration(heartbeat) * time.Second / 4) })
	}
	return nil
}

// expect reads the method that the handshake has next.
func expect[M amqp.Method](ctx context.Context, s *session) (M, error) {
	var want M
	f, err := s.read(ctx)
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
func (s *session) beat(every time.Duration) {
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

// write sends a frame.
func (s *session) write(f amqp.Frame) error {
	octets, err := wire.Append(nil, f, s.frameMax)
	if err != nil {
		return err
	}
	return s.send(octets)
}

func (s *session) send(octets []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_, err := s.conn.Write(octets)
	return err
}

// read waits for the next frame that is not a heartbeat.
func (s *session) read(ctx context.Context) (amqp.Frame, error) {
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

// close closes the socket; abruptly, so that the peer sees a reset, or else with an end of file.
func (s *session) close(abruptly bool) {
	s.closed.Do(func() {
		close(s.closing)
		if abruptly {
			_ = s.conn.SetLinger(0)
		}
		_ = s.conn.Close()
		s.beating.Wait()
	})
}
