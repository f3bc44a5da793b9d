package gate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Conn is a client's connection to the gate and the gate's connection to the broker on its behalf. Its methods are safe for
// concurrent use.
type Conn struct {
	ends    [2]*end        // by Side
	reading sync.WaitGroup // one goroutine for each direction
	onClose func()         // may be nil

	mu      sync.Mutex
	changed chan struct{}  // closed and replaced whenever held or a cause has changed
	tuned   bool           // connection.tune-ok has been seen: from here on methods are held
	held    [2][]wire.Item // by Direction, oldest first
	silent  [2]bool        // by Direction
}

func newConn(client, broker *net.TCPConn) *Conn {
	c := &Conn{ends: [2]*end{Client: newEnd(client), Broker: newEnd(broker)}, changed: make(chan struct{})}
	c.reading.Go(func() { c.read(ToBroker) })
	c.reading.Go(func() { c.read(ToClient) })
	return c
}

// Await waits until at least n items are held in the direction. Where the side that they come from ends before, the error is
// a [*ClosedError]; where ctx is done, it is ctx's cause.
func (c *Conn) Await(ctx context.Context, d Direction, n int) error {
	for {
		c.mu.Lock()
		held, cause, changed := len(c.held[d]), c.ends[d.From()].cause, c.changed
		c.mu.Unlock()
		switch {
		case held >= n:
			return nil
		case cause != nil:
			return &ClosedError{d.From(), cause}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Held returns what is held in the direction, oldest first: methods, each with its content. The Raw of an item is exactly the
// octets that it consisted of, and must not be changed.
func (c *Conn) Held(d Direction) []wire.Item {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.held[d])
}

// Release forwards the oldest item held in the direction, and returns it. It blocks while the receiver's buffers are full.
// It is an error if nothing is held. If the receiving side has ended the item is lost, and the error is a [*ClosedError].
func (c *Conn) Release(d Direction) (wire.Item, error) {
	to := c.ends[d.To()]
	to.writing.Lock() // before taking the item, so that two calls do not change the order
	defer to.writing.Unlock()
	item, ok := c.take(d)
	if !ok {
		return item, fmt.Errorf("releasing %v: nothing is held", d)
	}
	if _, err := to.conn.Write(item.Raw); err != nil {
		return item, fmt.Errorf("releasing %v: %v: %w", d, item.Frame, c.closedError(d.To(), err))
	}
	return item, nil
}

// Drop takes the oldest item held in the direction out of the way, and returns it; false if nothing is held.
func (c *Conn) Drop(d Direction) (wire.Item, bool) { return c.take(d) }

func (c *Conn) take(d Direction) (wire.Item, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.held[d]) == 0 {
		return wire.Item{}, false
	}
	item := c.held[d][0]
	c.held[d] = slices.Delete(c.held[d], 0, 1)
	c.notify()
	return item, true
}

// Silence says whether heartbeats in the direction are dropped instead of passing. As methods are held in any case, a
// connection silenced in both directions, of which nothing is released, is a black hole.
func (c *Conn) Silence(d Direction, silent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent[d] = silent
}

// Reset closes a side in such a way that its peer sees a reset. What has been forwarded to it may be lost with it. Held items
// and the other side stay as they are.
func (c *Conn) Reset(s Side) { reset(c.ends[s].conn) }

// CloseWrite tells the peer of a side that nothing more will come: it sees an end of file. The side is still read from.
func (c *Conn) CloseWrite(s Side) error {
	if err := c.ends[s].conn.CloseWrite(); err != nil {
		return c.closedError(s, err)
	}
	return nil
}

// Closed returns a channel that is closed when a side has come to its end: its peer closed or reset it, sent something that
// is no AMQP, or [Conn.Reset] or [Conn.Close] was called. Everything that it sent before is then held or has passed.
func (c *Conn) Closed(s Side) <-chan struct{} { return c.ends[s].closed }

// Cause returns how a side came to its end: io.EOF if its peer closed it, [ErrReset] if its peer reset it, [ErrClosed] if the
// gate did, a [*CorruptError], or another error of the network; nil while it lasts.
func (c *Conn) Cause(s Side) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ends[s].cause
}

// Close closes both sides and returns when no goroutine of the connection is left. What is held is still there to be looked
// at. Further calls do nothing.
func (c *Conn) Close() {
	for _, e := range c.ends {
		_ = e.conn.Close()
	}
	c.reading.Wait()
	if c.onClose != nil {
		c.onClose()
	}
}

// read reads a side to its end, and holds or passes what comes.
func (c *Conn) read(d Direction) {
	r := wire.NewReader(c.ends[d.From()].conn)
	offset := int64(0)
	for {
		item, err := r.Next()
		if err != nil {
			c.finish(d.From(), cause(d, offset, err))
			return
		}
		offset += int64(len(item.Raw))
		switch m := item.Frame.Method.(type) {
		case amqp.ConnectionTune: // an upper bound of what will be agreed on
			r.FrameMax = m.FrameMax
		case amqp.ConnectionTuneOk:
			r.FrameMax = m.FrameMax
		}
		if c.passes(d, item) {
			c.pass(d, item)
		}
	}
}

// passes decides about an item that was read, and keeps it if it is to be held.
func (c *Conn) passes(d Direction, item wire.Item) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if item.Kind == wire.Heartbeat {
		return !c.silent[d]
	}
	if !c.tuned {
		// Set before tune-ok is forwarded, so that no answer of the broker's to anything behind it slips through.
		_, c.tuned = item.Frame.Method.(amqp.ConnectionTuneOk)
		return true
	}
	item.Raw = bytes.Clone(item.Raw)
	c.held[d] = append(c.held[d], item)
	c.notify()
	return false
}

// pass forwards an item at once. That the receiver is gone is found out where the receiver is read from.
func (c *Conn) pass(d Direction, item wire.Item) {
	to := c.ends[d.To()]
	to.writing.Lock()
	defer to.writing.Unlock()
	_, _ = to.conn.Write(item.Raw)
}

// finish is the end of a side.
func (c *Conn) finish(s Side, cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends[s].cause = cause
	close(c.ends[s].closed)
	c.notify()
}

// notify wakes all that wait. The caller holds the mutex.
func (c *Conn) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// closedError is the error of writing to a side. How it ended is known to its reader, if that is there already.
func (c *Conn) closedError(s Side, err error) error {
	if cause := c.Cause(s); cause != nil {
		err = cause
	} else if errors.Is(err, net.ErrClosed) {
		err = ErrClosed
	}
	return &ClosedError{s, err}
}
