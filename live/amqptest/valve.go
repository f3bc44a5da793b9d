package amqptest

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Direction is a way that octets take, or both.
type Direction uint8

// The directions, as a client calls them.
const (
	ToBroker Direction = 1 << iota
	ToClient
	Both = ToBroker | ToClient
)

// valve is a connection's socket, with a valve in each direction that [Faults] shuts and opens. Octets that come to a shut valve wait
// there, as TCP keeps and sends again what a network loses; nothing is lost, and nothing gets through either, a reset included.
type valve struct {
	*net.TCPConn
	read, written *atomic.Uint64 // octets, for the server's figures
	heard         atomic.Int64   // when octets came last, by beat
	beat          func() time.Duration

	mu      sync.Mutex
	turned  sync.Cond // broadcast when anything below changes
	shut    Direction
	aborted bool // reset, as far as this end is concerned
	writeBy time.Time
}

func newValve(socket *net.TCPConn, read, written *atomic.Uint64, beat func() time.Duration) *valve {
	v := &valve{TCPConn: socket, read: read, written: written, beat: beat}
	v.turned.L = &v.mu
	v.heard.Store(int64(beat()))
	return v
}

// Read reads when the valve to the broker is open, and gives what it has read when it is open still.
func (v *valve) Read(p []byte) (int, error) {
	if err := v.pass(ToBroker); err != nil {
		return 0, err
	}
	n, err := v.TCPConn.Read(p)
	if gone := v.pass(ToBroker); gone != nil {
		return 0, gone
	}
	if n > 0 {
		v.read.Add(uint64(n))
		v.heard.Store(int64(v.beat()))
	}
	return n, err
}

// Write writes while the valve to the client is open. To shut it cuts short a write that the client keeps waiting; what is left of it is
// written when the valve opens.
func (v *valve) Write(p []byte) (n int, err error) {
	for {
		if err := v.pass(ToClient); err != nil {
			return n, err
		}
		m, err := v.TCPConn.Write(p[n:])
		n += m
		v.written.Add(uint64(m))
		if errors.Is(err, os.ErrDeadlineExceeded) && n < len(p) && v.overdue() {
			continue
		}
		return n, err
	}
}

// overdue reports whether the deadline that has passed was there to cut a write short.
func (v *valve) overdue() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return !v.aborted && (v.shut&ToClient != 0 || v.writeBy.IsZero() || time.Now().Before(v.writeBy))
}

// pass waits until the valve in a direction is open. The error is that the connection is reset.
func (v *valve) pass(d Direction) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for v.shut&d != 0 && !v.aborted {
		v.turned.Wait()
	}
	if v.aborted {
		return net.ErrClosed
	}
	return nil
}

// SetWriteDeadline is the socket's, which shutting the valve uses too.
func (v *valve) SetWriteDeadline(t time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.writeBy = t
	if v.shut&ToClient != 0 {
		return nil
	}
	return v.TCPConn.SetWriteDeadline(t)
}

// SetDeadline is both of the socket's.
func (v *valve) SetDeadline(t time.Time) error {
	return errors.Join(v.SetReadDeadline(t), v.SetWriteDeadline(t))
}

// close shuts the valve in the directions given; no octet passes from then on.
func (v *valve) close(d Direction) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shut |= d
	if d&ToClient != 0 {
		v.TCPConn.SetWriteDeadline(time.Unix(1, 0))
	}
}

// open opens the valve in the directions given; a reset that could not get through does now.
func (v *valve) open(d Direction) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shut &^= d; v.shut&ToClient == 0 {
		v.TCPConn.SetWriteDeadline(v.writeBy)
		if v.aborted {
			v.TCPConn.Close()
		}
	}
	v.turned.Broadcast()
}

// abort resets the connection. What is written is on its way to the client, which reads it first, if it reads. If the valve to the
// client is shut the client learns of it when it opens.
func (v *valve) abort() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.aborted {
		v.aborted = true
		v.SetLinger(0)
		v.SetReadDeadline(time.Unix(1, 0))
		v.TCPConn.SetWriteDeadline(time.Unix(1, 0))
	}
	if v.shut&ToClient == 0 {
		v.TCPConn.Close()
	}
	v.turned.Broadcast()
}
