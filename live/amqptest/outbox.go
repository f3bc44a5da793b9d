package amqptest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Of a connection that reads too little of what it is sent, outboxMax octets wait to be written before no more deliveries begin. All else
// that a client is sent it has asked for: it is not read from any more when stallMax octets wait. So little more than this ever does.
const (
	outboxMax = 1 << 20
	stallMax  = 2 * outboxMax
)

// outbox is what waits to be written to a connection: the core puts; a goroutine that lives as long as there is something writes; the
// reader waits for room. A frame without a method is a heartbeat.
type outbox struct {
	octets atomic.Int64 // left for the connection and not written yet, roughly

	mu        sync.Mutex
	changed   sync.Cond // broadcast when anything below changes, or octets shrinks
	pending   []amqp.Frame
	writing   bool // a goroutine is at it
	unlimited bool // nobody need wait for room
	closed    bool // what is put from now on is dropped
}

// put takes over frames, and begins to write them.
func (o *outbox) put(frames *[]amqp.Frame, write func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		clear(*frames)
	case len(o.pending) == 0:
		o.pending, *frames = *frames, o.pending
	default:
		o.pending = append(o.pending, *frames...)
		clear(*frames)
	}
	*frames = (*frames)[:0]
	if len(o.pending) > 0 && !o.writing {
		o.writing = true
		go write()
	}
}

// take returns what is pending, for the writer, who ends if it is nothing. The outbox takes the memory of spare, which are the frames that
// were taken before.
func (o *outbox) take(spare []amqp.Frame) []amqp.Frame {
	if clear(spare); cap(spare) > 1024 {
		spare = nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	frames := o.pending
	if o.pending = spare[:0]; len(frames) == 0 {
		o.pending = nil
		o.writing = false
		o.changed.Broadcast()
	}
	return frames
}

// written says that octets are written.
func (o *outbox) written(octets int64) (left int64) {
	left = o.octets.Add(-octets)
	if left < stallMax && left+octets >= stallMax {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.changed.Broadcast()
	}
	return left
}

// stalls reports whether the connection is not to be read from.
func (o *outbox) stalls() bool { return o.octets.Load() >= stallMax }

// full reports whether wait would wait.
func (o *outbox) full() bool {
	if !o.stalls() {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.unlimited
}

// wait waits until there is room.
func (o *outbox) wait() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.stalls() && !o.unlimited {
		o.changed.Wait()
	}
}

// unlimit lets wait wait no more.
func (o *outbox) unlimit() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unlimited = true
	o.changed.Broadcast()
}

// close says that nothing more will be put. What is pending is written still.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unlimited, o.closed = true, true
	o.changed.Broadcast()
}

// drop is close, and drops what is pending.
func (o *outbox) drop() {
	o.close()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending = nil
	o.changed.Broadcast()
}

// finish waits until all is written, or has been dropped, after close.
func (o *outbox) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing {
		o.changed.Wait()
	}
}

// idle waits until all is written, but no longer than a client may take that does not read.
func (o *outbox) idle() {
	late := false
	timer := time.AfterFunc(closeTimeout, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		late = true
		o.changed.Broadcast()
	})
	defer timer.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing && !late {
		o.changed.Wait()
	}
}

// octetsOf is about how long a frame is on the wire.
func octetsOf(f amqp.Frame) int64 {
	var m *amqp.Message
	switch method := f.Method.(type) {
	case amqp.BasicDeliver:
		m = &method.Message
	case amqp.BasicReturn:
		m = &method.Message
	case amqp.BasicGetOk:
		m = &method.Message
	default:
		return 64
	}
	return int64(128 + len(m.Body) + len(m.Properties.Headers))
}

// chunk is how many octets are written at a time, if they have to be several frames.
const chunk = 64 << 10

var chunks = sync.Pool{New: func() any { return new([]byte) }}

// write writes what is pending until nothing is, or the connection breaks.
func (c *conn) write() {
	octets := chunks.Get().(*[]byte)
	defer func() {
		if cap(*octets) <= 4*chunk {
			chunks.Put(octets)
		}
	}()
	var frames []amqp.Frame
	for {
		if frames = c.out.take(frames); len(frames) == 0 {
			return
		}
		var size int64
		for i, f := range frames {
			size += octetsOf(f)
			err := c.encode(octets, f)
			if err != nil { // a content header that is larger than the client wants its frames
				for _, dropped := range frames[i+1:] {
					size += octetsOf(dropped)
				}
				c.core.do(func() { c.core.refuse(c, &wire.Error{Code: amqp.InternalError, Text: err.Error()}) })
			}
			if err != nil || len(*octets) >= chunk || i == len(frames)-1 {
				c.flush(octets, size)
				size = 0
			}
			if err != nil {
				break
			}
		}
	}
}

// flush writes octets, which stand for size of the outbox's.
func (c *conn) flush(octets *[]byte, size int64) {
	if _, err := c.stream.Write(*octets); err != nil {
		c.out.drop()
		c.socket.abort()
	}
	*octets = (*octets)[:0]
	if left := c.out.written(size); left < outboxMax/2 && c.full.CompareAndSwap(true, false) {
		c.core.do(func() { c.core.room(c) })
	}
}

func (c *conn) encode(octets *[]byte, f amqp.Frame) (err error) {
	if f.Method == nil {
		*octets = wire.AppendHeartbeat(*octets)
		return nil
	}
	*octets, err = wire.Append(*octets, f, c.frameMax)
	return err
}
