package gate

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// Gate listens for clients of one broker. Its methods are safe for concurrent use.
type Gate struct {
	broker   string
	listener net.Listener
	accepted chan *net.TCPConn
	closing  chan struct{}
	running  sync.WaitGroup // the listening goroutine

	mu    sync.Mutex
	open  bool
	conns map[*Conn]struct{}
}

// New returns a gate in front of the broker at that address ("host:port"), listening on a port of the kernel's choice on
// 127.0.0.1. The broker is not dialled before a client is. The caller must call [Gate.Close].
func New(broker string) (*Gate, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a gate to %s: %w", broker, err)
	}
	g := &Gate{
		broker: broker, listener: l, accepted: make(chan *net.TCPConn), closing: make(chan struct{}),
		open: true, conns: map[*Conn]struct{}{},
	}
	g.running.Go(g.listen)
	return g, nil
}

// Addr is the address to which clients connect, "127.0.0.1:port".
func (g *Gate) Addr() string { return g.listener.Addr().String() }

// listen takes what the kernel has accepted, so that a client's dial returns whether or not anybody waits in Accept.
func (g *Gate) listen() {
	for {
		conn, err := g.listener.Accept()
		if err != nil {
			return // Close closed it
		}
		select {
		case g.accepted <- conn.(*net.TCPConn):
		case <-g.closing:
			conn.Close()
			return
		}
	}
}

// Accept waits for the next client, in the order in which they came, dials the broker for it and returns the pair. Where the
// broker cannot be reached the client's connection is reset and the error is the dialler's; where ctx is done it is ctx's
// cause; once the gate is closed it is [net.ErrClosed].
func (g *Gate) Accept(ctx context.Context) (*Conn, error) {
	var client *net.TCPConn
	select {
	case client = <-g.accepted:
	case <-g.closing:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	broker, err := new(net.Dialer).DialContext(ctx, "tcp", g.broker)
	if err != nil {
		reset(client)
		return nil, fmt.Errorf("connecting a client to its broker: %w", err)
	}
	c := newConn(client, broker.(*net.TCPConn))
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open {
		c.Close()
		return nil, net.ErrClosed
	}
	g.conns[c] = struct{}{}
	c.onClose = func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.conns, c)
	}
	return c, nil
}

// Close stops listening and closes every connection. When it returns no goroutine of the gate is left. Further calls do
// nothing.
func (g *Gate) Close() error {
	g.mu.Lock()
	if !g.open {
		g.mu.Unlock()
		return nil
	}
	g.open = false
	var conns []*Conn
	for c := range g.conns {
		conns = append(conns, c)
	}
	g.mu.Unlock()

	close(g.closing)
	err := g.listener.Close()
	g.running.Wait()
	for _, c := range conns {
		c.Close()
	}
	return err
}

// reset closes a connection so that its peer sees a reset and not an end of file.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
