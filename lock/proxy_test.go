package lock_test

import (
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy stands between clients and a broker, and breaks what goes through it.
type proxy struct {
	broker string
	mutex  sync.Mutex
	pipes  map[*pipe]bool
}

// pipe is a connection through the proxy.
type pipe struct {
	client, broker *net.TCPConn
	hole           chan struct{} // closed when nothing passes any more
	once           sync.Once
}

// newProxy returns a proxy for the broker at a URL, and the URL of the proxy.
func newProxy(t *testing.T, broker string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(broker)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{broker: u.Host, pipes: map[*pipe]bool{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn.(*net.TCPConn))
		}
	}()
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *proxy) serve(client *net.TCPConn) {
	conn, err := net.Dial("tcp", p.broker)
	if err != nil {
		client.Close()
		return
	}
	x := &pipe{client: client, broker: conn.(*net.TCPConn), hole: make(chan struct{})}
	p.mutex.Lock()
	p.pipes[x] = true
	p.mutex.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]*net.TCPConn{{x.client, x.broker}, {x.broker, x.client}} {
		both.Go(func() { x.pass(way[0], way[1]) })
	}
	both.Wait()
	p.mutex.Lock()
	delete(p.pipes, x)
	p.mutex.Unlock()
	x.client.Close()
	x.broker.Close()
}

// pass copies until an end closes; then the other one is closed, too, unless nothing passes.
func (x *pipe) pass(from, to *net.TCPConn) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		select {
		case <-x.hole:
			if err != nil {
				return
			}
			continue
		default:
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err == io.EOF {
			to.CloseWrite()
			return
		}
		if err != nil {
			to.Close()
			return
		}
	}
}

// fault resets one of the connections, or has nothing pass on it any more.
func (p *proxy) fault(r *rand.Rand, holes bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if len(p.pipes) == 0 {
		return
	}
	n := r.IntN(len(p.pipes))
	for x := range p.pipes { // any order is good
		if n--; n >= 0 {
			continue
		}
		if holes {
			x.once.Do(func() { close(x.hole) })
			return
		}
		for _, c := range []*net.TCPConn{x.client, x.broker} {
			c.SetLinger(0)
			c.Close()
		}
		return
	}
}
