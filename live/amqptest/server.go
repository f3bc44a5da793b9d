package amqptest

import (
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Options configure a Server. The zero value is a broker like a fresh RabbitMQ on a free port of the loopback interface.
type Options struct {
	Addr  string            // where to listen; "127.0.0.1:0" if empty
	Users map[string]string // passwords by name; guest with guest if nil
	Seed  uint64            // of the order in which the broker does what it may do in any order

	Heartbeat  uint16 // seconds, proposed to clients; 0: 60
	FrameMax   uint32 // octets, proposed to clients; 0: 131072
	ChannelMax uint16 // proposed to clients; 0: 2047
	BodyMax    uint64 // octets of a message; 0: wire.DefaultBodyMax
	ConnMax    int    // connections at once; 0: 10000
}

// Server is a broker that listens.
type Server struct {
	opts     Options
	listener net.Listener
	hub      *hub
	workers  sync.WaitGroup

	mu     sync.Mutex
	conns  map[*conn]bool
	closed bool
}

// NewServer returns a server that listens. It panics if it cannot.
func NewServer(opts Options) *Server {
	s, err := Listen(opts)
	if err != nil {
		panic("amqptest: " + err.Error())
	}
	return s
}

// Listen returns a server that listens. The error says why it does not.
func Listen(opts Options) (*Server, error) {
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	if opts.Users == nil {
		opts.Users = map[string]string{"guest": "guest"}
	}
	opts.Heartbeat = or(opts.Heartbeat, 60)
	opts.FrameMax = or(opts.FrameMax, wire.DefaultFrameMax)
	opts.ChannelMax = or(opts.ChannelMax, 2047)
	opts.BodyMax = or(opts.BodyMax, wire.DefaultBodyMax)
	opts.ConnMax = or(opts.ConnMax, 10_000)
	if opts.FrameMax < wire.MinFrameMax {
		return nil, fmt.Errorf("embedded broker: frame-max %d is below the %d that AMQP requires", opts.FrameMax, wire.MinFrameMax)
	}
	listener, err := net.Listen("tcp", opts.Addr)
	if err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	s := &Server{opts: opts, listener: listener, hub: newHub(opts.Seed), conns: map[*conn]bool{}}
	s.workers.Go(s.accept)
	return s, nil
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Addr returns the address that the server listens on, host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL returns the AMQP URL to dial, with the credentials of guest, or of any user where there is no guest.
func (s *Server) URL() string {
	user, password := "guest", s.opts.Users["guest"]
	if _, ok := s.opts.Users[user]; !ok {
		for user, password = range s.opts.Users {
			break
		}
	}
	return (&url.URL{Scheme: "amqp", User: url.UserPassword(user, password), Host: s.Addr(), Path: "/"}).String()
}

// Close stops listening, resets every connection and waits until all of the server's goroutines have ended. It may be called
// more than once.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		c.reset()
	}
	s.mu.Unlock()
	s.listener.Close()
	s.workers.Wait()
	s.hub.close()
}

func (s *Server) accept() {
	for {
		socket, err := s.listener.Accept()
		if err != nil {
			s.mu.Lock()
			closed := s.closed
			s.mu.Unlock()
			if closed {
				return
			}
			time.Sleep(10 * time.Millisecond) // out of file descriptors: wait for some to come back
			continue
		}
		c := newConn(s, socket.(*net.TCPConn))
		s.mu.Lock()
		if s.closed || len(s.conns) >= s.opts.ConnMax {
			s.mu.Unlock()
			c.reset()
			continue
		}
		s.conns[c] = true
		s.mu.Unlock()
		s.workers.Go(c.serve)
	}
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

// properties are what the server tells of itself in connection.start, after RabbitMQ's.
func properties() amqp.Table {
	capabilities := amqp.MustTable(
		amqp.Field{Name: "publisher_confirms", Value: true},
		amqp.Field{Name: "basic.nack", Value: true},
		amqp.Field{Name: "connection.blocked", Value: false},
		amqp.Field{Name: "consumer_cancel_notify", Value: true},
		amqp.Field{Name: "authentication_failure_close", Value: true},
	)
	return amqp.MustTable(
		amqp.Field{Name: "product", Value: "Lockstep"},
		amqp.Field{Name: "information", Value: "an embedded broker for tests"},
		amqp.Field{Name: "capabilities", Value: capabilities},
	)
}
