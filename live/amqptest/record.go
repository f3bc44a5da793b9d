package amqptest

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// recorder writes down what the machine takes and says, in the numbers of the wire: see package history. A connection that the server
// ends by itself, for octets that make no sense for example, is one that its client has closed, to the machine and so in the history; a
// comment says why. A nil recorder does nothing.
type recorder struct {
	out   *history.Writer
	buf   *bufio.Writer
	clock int64 // the moment written last
	dirty bool  // since flush
	err   error // the first
}

// newRecorder writes the header; w nil is no recorder.
func newRecorder(w io.Writer, o Options) (*recorder, error) {
	if w == nil {
		return nil, nil
	}
	r := &recorder{buf: bufio.NewWriterSize(w, 1<<16)}
	r.out = history.NewWriter(r.buf)
	more := []history.Pair{{Key: "grain", Value: o.Machine.grain().String()}, {Key: "seed", Value: strconv.FormatUint(o.Machine.Seed, 10)}}
	if o.Machine.Quorum {
		more = append(more, history.Pair{Key: "quorum", Value: "true"})
	}
	r.note(r.out.Header(history.Header{Profile: o.Machine.Profile.String(), Broker: product, More: more}))
	r.note(r.buf.Flush())
	return r, r.err
}

func (r *recorder) note(err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("recording: %w", err)
	}
}

// item writes an item.
func (r *recorder) item(i history.Item) {
	if r != nil && r.err == nil {
		r.dirty = true
		r.note(r.out.Item(i))
	}
}

// at writes the time, if it is another than before.
func (r *recorder) at(ms int64) {
	if r != nil && ms != r.clock {
		r.clock = ms
		r.item(history.Item{Kind: history.Clock, At: ms})
	}
}

// comment writes down what has no item.
func (r *recorder) comment(format string, args ...any) {
	if r != nil && r.err == nil {
		r.note(r.out.Comment(fmt.Sprintf(format, args...)))
	}
}

// flush is a moment at which the machine has nothing to do; quiet says that it is held up by nobody, either.
func (r *recorder) flush(quiet bool) error {
	if r == nil || !r.dirty {
		return nil
	}
	if quiet {
		r.item(history.Item{Kind: history.Quiet})
	}
	r.dirty = false
	if r.err == nil {
		r.note(r.buf.Flush())
	}
	return r.err
}

// happened records what happens now.
func (k *core) happened(i history.Item) {
	if k.record != nil {
		k.record.at(k.now().Milliseconds())
		k.record.item(i)
	}
}

// sent records a frame on its way to the machine.
func (k *core) sent(c *conn, f amqp.Frame) {
	if k.record != nil {
		k.happened(history.Item{Kind: history.Sent, Conn: c.String(), Frame: f})
	}
}

// said records a frame of the machine's.
func (k *core) said(c *conn, f amqp.Frame) {
	if k.record != nil {
		k.happened(history.Item{Kind: history.Seen, Conn: c.String(), Frame: f})
	}
}

// ended records the end of a connection, by its client or by the machine.
func (k *core) ended(c *conn, kind history.Kind) {
	if k.record != nil && !c.recorded {
		c.recorded = true
		k.happened(history.Item{Kind: kind, Conn: c.String()})
	}
}

// String is what records call the connection.
func (c *conn) String() string { return "c" + strconv.Itoa(int(c.id)) }
