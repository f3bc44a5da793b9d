package amqptest

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Server is a broker that listens. Its methods are safe for concurrent use.
type Server struct {
	opts     Options
	listener net.Listener
	core     *core

	open      atomic.Int64   // connections
	accepting sync.WaitGroup // the goroutine that accepts connections
	serving   sync.WaitGroup // those of connections
	closing   sync.Once
}

// NewServer is [Listen] for tests: it panics where Listen returns an error.
func NewServer(opts Options) *Server {
	s, err := Listen(opts)
	if err != nil {
		panic(fmt.Sprintf("amqptest: %v", err))
	}
	return s
}

// Listen starts a broker without connections and queues. The error is about an option, or about the address. The caller must
// call Close.
func Listen(opts Options) (*Server, error) {
	opts, err := opts.filled()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", opts.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, listener: listener, core: newCore(opts.Seed)}
	s.accepting.Go(s.accept)
	return s, nil
}

// Addr is the address that the server listens on, HOST:PORT.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL is what an AMQP client dials: amqp://guest:guest@127.0.0.1:PORT/. Where Options.Users has no guest, it names the first in
// alphabetical order.
func (s *Server) URL() string {
	u := url.URL{Scheme: "amqp", Host: s.Addr(), Path: "/"}
	names := slices.Sorted(maps.Keys(s.opts.Users))
	if i, ok := slices.BinarySearch(names, "guest"); ok {
		names = names[i:]
	}
	if len(names) > 0 {
		u.User = url.UserPassword(names[0], s.opts.Users[names[0]])
	}
	return u.String()
}

// Close stops listening, closes every connection with connection.close 320 CONNECTION_FORCED, and returns when no goroutine of
// the server is left. Clients that do not answer at once are reset. Further calls do nothing but wait for the first.
func (s *Server) Close() {
	s.closing.Do(func() {
		s.listener.Close()
		s.accepting.Wait()
		s.core.post(s.core.shutDown)
		s.serving.Wait()
		s.core.stop()
	})
}

// accept serves connections until the listener is closed.
func (s *Server) accept() {
	for {
		socket, err := s.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // too many open files, or the client is gone already
			time.Sleep(5 * time.Millisecond)
			continue
		}
		c := newConn(s, socket.(*net.TCPConn))
		if s.open.Add(1) > int64(s.opts.ConnMax) {
			s.open.Add(-1)
			c.reset()
			continue
		}
		s.serving.Go(func() {
			defer s.open.Add(-1)
			c.serve()
		})
	}
}
