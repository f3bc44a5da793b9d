package gate

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"

	"github.com/lockstep-prover/lockstep/live/wire"
)

// Side is one of the two TCP connections of a [Conn], named by who is at the other end of it.
type Side uint8

// The sides.
const (
	Client Side = iota
	Broker
)

// String is "client" or "broker".
func (s Side) String() string { return [...]string{"client", "broker"}[s] }

// Direction is the way that frames take.
type Direction uint8

// The directions.
const (
	ToBroker Direction = iota
	ToClient
)

// String is "to broker" or "to client".
func (d Direction) String() string { return [...]string{"to broker", "to client"}[d] }

// From is the side that frames in this direction come from.
func (d Direction) From() Side { return Side(d) }

// To is the side that frames in this direction go to.
func (d Direction) To() Side { return 1 - Side(d) }

// How a side came to its end, besides io.EOF (its peer closed it) and a [*CorruptError].
var (
	ErrReset  = errors.New("reset by its peer")
	ErrClosed = errors.New("closed by the gate")
)

// ClosedError says that an operation needs a side that has come to its end. It wraps what [Conn.Cause] returns.
type ClosedError struct {
	Side  Side
	Cause error
}

// Error is as in "the broker's side: reset by its peer".
func (e *ClosedError) Error() string { return fmt.Sprintf("the %v's side: %v", e.Side, e.Cause) }

// Unwrap returns the cause.
func (e *ClosedError) Unwrap() error { return e.Cause }

// CorruptError says that what a side sent is not AMQP (Err is then a [*wire.Error]) or that it ended within a frame or a
// content (io.ErrUnexpectedEOF). Nothing is read from that side any more.
type CorruptError struct {
	Direction Direction
	Offset    int64 // the octets of all complete items before it: where in the stream it stands, or later
	Err       error
}

// Error is as in "what goes to broker is no AMQP from octet 23 on: 501 FRAME_ERROR: …".
func (e *CorruptError) Error() string {
	return fmt.Sprintf("what goes %v is no AMQP from octet %d on: %v", e.Direction, e.Offset, e.Err)
}

// Unwrap returns Err.
func (e *CorruptError) Unwrap() error { return e.Err }

// end is one side.
type end struct {
	conn    *net.TCPConn
	writing sync.Mutex    // held while an item is written
	closed  chan struct{} // closed together with setting cause
	cause   error         // guarded by the Conn's mutex
}

func newEnd(conn *net.TCPConn) *end { return &end{conn: conn, closed: make(chan struct{})} }

// cause turns the error of a reader of items into what Conn.Cause says.
func cause(d Direction, offset int64, err error) error {
	var corrupt *wire.Error
	switch {
	case err == io.EOF:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &corrupt):
		return &CorruptError{d, offset, err}
	case errors.Is(err, net.ErrClosed):
		return ErrClosed
	case errors.Is(err, syscall.ECONNRESET):
		return ErrReset
	}
	return err
}
