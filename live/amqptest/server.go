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
	core, err := newCore(opts)
	if err != nil {
		listener.Close()
		return nil, err
	}
	s := &Server{opts: opts, listener: listener, core: core}
	s.accepting.Go(s.accept)
	return s, nil
}

// Addr is the address that the server listens on, HOST:PORT.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL is what an AMQP client dials: amqp://guest:guest@127.0.0.1:PORT/. Where Login.Users has no guest, it names the first in
// alphabetical order; likewise the virtual host, where Login.Hosts has no "/". With TLS the scheme is amqps, and the client must be told
// whom to trust.
func (s *Server) URL() string {
	login := s.opts.Login
	u := url.URL{Scheme: "amqp", Host: s.Addr(), Path: "/"}
	if login.TLS != nil {
		u.Scheme = "amqps"
	}
	if host := first(slices.Sorted(slices.Values(login.Hosts)), "/"); host != "/" {
		u.Path, u.RawPath = "/"+host, "/"+url.PathEscape(host)
	}
	if user := first(slices.Sorted(maps.Keys(login.Users)), "guest"); user != "" {
		u.User = url.UserPassword(user, login.Users[user])
	}
	return u.String()
}

// first returns the preferred name if it is among the names, and else the first one.
func first(names []string, preferred string) string {
	if slices.Contains(names, preferred) {
		return preferred
	}
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// Failed is closed when the server can keep its durable state no longer, because the disk is full for example; Err then says why. From
// then on every connection is closed with 541 INTERNAL_ERROR, and nothing more is confirmed.
func (s *Server) Failed() <-chan struct{} { return s.core.broken }

// Err is the error that ended the server's durable state, nil as long as it is well. After Close it tells whether all was written.
func (s *Server) Err() (err error) {
	s.core.do(func() { err = s.core.failed })
	return err
}

// Close stops listening, closes every connection with connection.close 320 CONNECTION_FORCED, and returns when no goroutine of
// the server is left. Clients that do not answer at once are reset. Further calls do nothing but wait for the first.
func (s *Server) Close() {
	s.closing.Do(func() {
		s.listener.Close()
		s.accepting.Wait()
		s.core.do(s.core.shutDown)
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
		if s.open.Add(1) > int64(s.opts.Limits.Conns) {
			s.open.Add(-1)
			c.socket.abort()
			continue
		}
		s.serving.Go(func() {
			defer s.open.Add(-1)
			c.serve()
		})
	}
}
