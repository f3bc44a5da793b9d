package amqptest

import (
	"sync"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// outboxMax is how many octets may wait to be written before a connection is no longer read. All that a client is sent it has
// asked for, so no more wait than this and what one frame of the client's asks for.
const outboxMax = 1 << 20

// outbox is what waits to be written to a connection: the core puts, the writer takes, the reader waits for room.
type outbox struct {
	mu        sync.Mutex
	pending   []byte
	unlimited bool
	closed    bool

	wake chan struct{} // of size 1: something is pending, or it is closed
	room chan struct{} // of size 1: there is room, or no limit any more
}

func newOutbox() outbox {
	return outbox{wake: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put appends a frame. The error says that it cannot be encoded.
func (o *outbox) put(f amqp.Frame, frameMax uint32) (err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending, err = wire.Append(o.pending, f, frameMax)
	signal(o.wake)
	return err
}

// take returns what is pending, and whether that was the last of it. The outbox takes spare for what comes next.
func (o *outbox) take(spare []byte) (octets []byte, last bool) {
	if cap(spare) > outboxMax {
		spare = nil // of a large message
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	octets, o.pending = o.pending, spare[:0]
	signal(o.room)
	return octets, o.closed
}

// wait waits until there is room.
func (o *outbox) wait() {
	for {
		o.mu.Lock()
		room := o.unlimited || len(o.pending) < outboxMax
		o.mu.Unlock()
		if room {
			return
		}
		<-o.room
	}
}

// unlimit lets wait wait no more.
func (o *outbox) unlimit() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unlimited = true
	signal(o.room)
}

// close says that nothing more will be put.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unlimited, o.closed = true, true
	signal(o.room)
	signal(o.wake)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
