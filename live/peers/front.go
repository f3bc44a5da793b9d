package main

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// front stands before a broker that has no management plugin, and does two things of the plugin for its clients: it lists their
// connections, and it closes one, with 320 CONNECTION_FORCED. Else it passes on what both say, and how they end.
//
//	client ──octets, as they come──► broker     what the client says is watched until the name of its connection is known
//	       ◄──────whole items──────             so that connection.close comes between two of them
type front struct {
	broker  string // the URL
	clients net.Listener
	running sync.WaitGroup

	mu    sync.Mutex
	links map[*link]struct{}
}

// newFront listens on a port of 127.0.0.1. The caller must call Close.
func newFront(broker string) (*front, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &front{broker: broker, clients: listener, links: map[*link]struct{}{}}
	f.running.Go(f.accept)
	return f, nil
}

func (f *front) url() string {
	u, _ := url.Parse(f.broker) // who made the front has dialled it
	u.Host = f.clients.Addr().String()
	return u.String()
}

// Close ends the connections, too.
func (f *front) Close() {
	f.clients.Close()
	f.mu.Lock()
	for l := range f.links {
		l.client.Close()
		l.broker.Close()
	}
	f.mu.Unlock()
	f.running.Wait()
}

func (f *front) accept() {
	address := brokerAddress(f.broker)
	for {
		client, err := f.clients.Accept()
		if err != nil {
			return // Close closed it
		}
		broker, err := net.Dial("tcp", address)
		if err != nil {
			client.Close()
			continue
		}
		l := &link{client: client.(*net.TCPConn), broker: broker.(*net.TCPConn)}
		f.mu.Lock()
		f.links[l] = struct{}{}
		f.mu.Unlock()
		f.running.Go(func() {
			var directions sync.WaitGroup
			directions.Go(l.toBroker)
			directions.Go(l.toClient)
			directions.Wait()
			l.client.Close()
			l.broker.Close()
			f.remove(l)
		})
	}
}

// remove tells whether the link was there.
func (f *front) remove(l *link) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.links[l]
	delete(f.links, l)
	return ok
}

func (f *front) connections() (all []connection) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for l := range f.links {
		c := connection{Name: l.name()}
		c.ClientProperties.ConnectionName = l.connectionName()
		all = append(all, c)
	}
	return all
}

func (f *front) drop(name string) bool {
	var named *link
	f.mu.Lock()
	for l := range f.links {
		if l.name() == name {
			named = l
		}
	}
	f.mu.Unlock()
	if named == nil || !f.remove(named) {
		return false
	}
	named.drop()
	return true
}

// link is a client's connection, and that to the broker on its behalf.
type link struct {
	client, broker *net.TCPConn

	mu      sync.Mutex // held while an item is written to the client, too
	called  string     // the connection_name of start-ok
	dropped bool
}

// name is as RabbitMQ names connections.
func (l *link) name() string {
	return l.client.RemoteAddr().String() + " -> " + l.client.LocalAddr().String()
}

func (l *link) connectionName() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.called
}

// drop closes the connection, of which the broker knows before the client.
func (l *link) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropped = true
	l.broker.Close()
	forced := amqp.ConnectionClose{Code: amqp.ConnectionForced, Text: "CONNECTION_FORCED - Closed via management plugin"}
	frame, _ := wire.Append(nil, amqp.Frame{Method: forced}, 0) // a constant
	_, _ = l.client.Write(frame)
	_ = l.client.SetReadDeadline(time.Now().Add(10 * time.Second)) // for close-ok
}

// toBroker passes on what the client says, to its end.
func (l *link) toBroker() {
	watched := io.TeeReader(l.client, l.broker)
	r := wire.NewReader(watched)
	for {
		item, err := r.Next()
		if err != nil {
			break // the reader's word is not the front's: the rest passes on as it is
		}
		if m, ok := item.Frame.Method.(amqp.ConnectionStartOk); ok {
			name, _ := m.ClientProperties.Lookup("connection_name")
			l.mu.Lock()
			l.called, _ = name.(string)
			l.mu.Unlock()
			break
		}
	}
	_, err := io.Copy(l.broker, l.client)
	l.mu.Lock()
	dropped := l.dropped
	l.mu.Unlock()
	if dropped { // the client answers, and hangs up
		_, _ = io.Copy(io.Discard, l.client)
		l.client.Close()
		return
	}
	end(l.broker, err)
}

// toClient passes on what the broker says, to its end.
func (l *link) toClient() {
	r := wire.NewReader(l.broker)
	r.FrameMax, r.BodyMax = 0, 0
	for {
		item, err := r.Next()
		l.mu.Lock()
		if l.dropped {
			l.mu.Unlock()
			return
		}
		if err != nil {
			l.mu.Unlock()
			if errors.Is(err, io.EOF) {
				err = nil
			}
			end(l.client, err)
			return
		}
		_, _ = l.client.Write(item.Raw)
		l.mu.Unlock()
	}
}

// end ends what goes to a peer as the other one has ended it: with a reset, where err is one.
func end(to *net.TCPConn, err error) {
	if err == nil {
		_ = to.CloseWrite()
		return
	}
	_ = to.SetLinger(0)
	_ = to.Close()
}

// brokerAddress is HOST:PORT of a URL.
func brokerAddress(broker string) string {
	u, err := url.Parse(broker)
	if err != nil {
		return broker
	}
	if u.Port() == "" {
		return net.JoinHostPort(u.Hostname(), "5672")
	}
	return u.Host
}
