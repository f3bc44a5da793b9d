package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/prover/admit"
)

// runner does one sequence on a broker, and holds what it sees against the machine while it goes on.
//
// After each operation that is not async it waits until the machine can be at rest with all that was seen: so it waits for an answer
// exactly where the machine has one. Then it takes the broker to be at rest as well, which makes the next step cheap, for the machine has one
// state then. That is a guess: a queue of RabbitMQ's may have something in its mailbox still. So when an item is inadmissible the recording is
// judged again without the last of those guesses, and is a difference only if it is one without them too.
type runner struct {
	*bench
	ctx    context.Context
	feed   *feed
	live   []*live // by the number of Op.Conn; nil: not connected
	dialed []int   // how often
	timed  bool
	begun  time.Time
	dirty  []place // where something was sent since the last rest that nothing answers
	late   int
}

// live is a connection in use.
type live struct {
	*client
	n        int
	closing  bool // the broker has sent connection.close
	ended    bool // it has hung up, or has been asked to and answered
	channels map[amqp.Channel]*slot
}

// slot is what a sequence must know of a channel.
type slot struct {
	closing     bool // the broker has sent channel.close
	noAck       map[string]bool
	gets        []bool // no-ack of those that are not answered
	outstanding []uint64
	settled     []uint64
	tags        uint64 // given out
}

type place struct {
	conn int
	ch   amqp.Channel
}

// errDifference ends a sequence that has shown one; errUnknown one that the judge cannot follow.
var (
	errDifference = errors.New("a difference")
	errUnknown    = errors.New("unknown")
)

// item takes note of something that happened.
func (r *runner) item(i history.Item) {
	if r.timed && i.Kind != history.Clock {
		r.feed.add(history.Item{Kind: history.Clock, At: time.Since(r.begun).Milliseconds()})
	}
	r.feed.add(i)
}

// write sends a frame.
func (r *runner) write(l *live, f amqp.Frame) error {
	r.item(history.Item{Kind: history.Sent, Conn: l.name, Frame: f})
	if err := l.send(r.feed.real(f)); err != nil && !l.ended {
		// The broker has hung up; what it said before that is still to be read.
		return nil
	}
	return nil
}

// do does an operation.
func (r *runner) do(o Op) error {
	switch o.Do {
	case Pause:
		return r.pause(o.Wait)
	case Drop:
		return r.drop(o.Conn)
	}
	l, s, err := r.place(o)
	if err != nil || l == nil {
		return err
	}
	m, ok := r.method(o, s)
	if !ok {
		return nil
	}
	switch m.(type) {
	case amqp.ConnectionClose, amqp.ChannelOpen, amqp.ChannelClose, amqp.ChannelCloseOk: // what races with these is RabbitMQ's reader
		if err := r.rest(); err != nil {
			return err
		}
		o.Async = false
	}
	r.ops[methodName(m)]++
	if err := r.write(l, amqp.Frame{Channel: o.Channel, Method: m}); err != nil {
		return err
	}
	r.note(l, o.Channel, m)
	if !answered(m) && o.Channel != 0 {
		r.dirty = append(r.dirty, place{o.Conn, o.Channel})
	}
	if o.Async {
		return nil
	}
	return r.rest()
}

// place makes the connection and the channel of an operation be there. l is nil if it has no place.
func (r *runner) place(o Op) (l *live, s *slot, err error) {
	l = r.live[o.Conn]
	if o.Raw {
		if l == nil || l.ended {
			return nil, nil, nil
		}
		return l, l.channels[o.Channel], nil
	}
	if l != nil && l.closing {
		if err := r.leave(l); err != nil {
			return nil, nil, err
		}
	}
	if l = r.live[o.Conn]; l == nil {
		if l, err = r.connect(o.Conn, !o.Plain); err != nil {
			return nil, nil, err
		}
	}
	if o.Channel == 0 {
		return l, nil, nil
	}
	s = l.channels[o.Channel]
	if s != nil && s.closing {
		if err := r.write(l, amqp.Frame{Channel: o.Channel, Method: amqp.ChannelCloseOk{}}); err != nil {
			return nil, nil, err
		}
		r.note(l, o.Channel, amqp.ChannelCloseOk{})
		s = nil
	}
	if s == nil {
		if err := r.write(l, amqp.Frame{Channel: o.Channel, Method: amqp.ChannelOpen{}}); err != nil {
			return nil, nil, err
		}
		r.note(l, o.Channel, amqp.ChannelOpen{})
		if !o.Async {
			if err := r.rest(); err != nil {
				return nil, nil, err
			}
		}
		s = l.channels[o.Channel]
	}
	if r.live[o.Conn] != l { // it has been closed meanwhile
		return nil, nil, nil
	}
	return l, s, nil
}

func (r *runner) connect(n int, cancelNotify bool) (*live, error) {
	r.dialed[n]++
	name := connName(n)
	if r.dialed[n] > 1 {
		name += fmt.Sprint(r.dialed[n])
	}
	c, err := dial(r.opts.Broker, name, cancelNotify, r.events)
	if err != nil {
		return nil, err
	}
	l := &live{client: c, n: n, channels: map[amqp.Channel]*slot{}}
	r.live[n] = l
	if err := r.write(l, amqp.Frame{Method: amqp.ConnectionOpen{
		VirtualHost: r.opts.Broker.VirtualHost, User: r.opts.Broker.User, CancelNotify: cancelNotify, BlockedNotify: true,
	}}); err != nil {
		return nil, err
	}
	return l, r.rest()
}

// leave answers the broker's connection.close, and waits for it to hang up.
func (r *runner) leave(l *live) error {
	if err := r.write(l, amqp.Frame{Method: amqp.ConnectionCloseOk{}}); err != nil {
		return err
	}
	err := r.rest()
	l.close()
	r.live[l.n] = nil
	return err
}

// drop resets a connection, when all is quiet.
func (r *runner) drop(n int) error {
	l := r.live[n]
	if l == nil {
		return nil
	}
	if err := r.rest(); err != nil {
		return err
	}
	r.ops["drop"]++
	l.reset()
	r.live[n] = nil
	if !l.ended {
		l.ended = true
		r.item(history.Item{Kind: history.Reset, Conn: l.name})
	}
	return nil
}

func (r *runner) pause(ms int) error {
	deadline := time.Now().Add(time.Duration(ms) * time.Millisecond)
	for {
		select {
		case e := <-r.events:
			r.take(e)
		case <-time.After(time.Until(deadline)):
			return r.rest()
		case <-r.ctx.Done():
			return context.Cause(r.ctx)
		}
	}
}

// end closes what is open.
func (r *runner) end() error {
	if err := r.rest(); err != nil {
		return err
	}
	for _, l := range r.live {
		if l == nil {
			continue
		}
		if l.closing {
			if err := r.leave(l); err != nil {
				return err
			}
			continue
		}
		if err := r.write(l, amqp.Frame{Method: amqp.ConnectionClose{Code: amqp.Success}}); err != nil {
			return err
		}
		if err := r.rest(); err != nil {
			return err
		}
	}
	return nil
}

// How long something is waited for that the machine has predicted: at first, and when it did not come before.
const (
	patience   = 5 * time.Second
	impatience = time.Second
)

// rest waits until the machine can be at rest, and takes the broker to be.
func (r *runner) rest() error {
	if err := r.barriers(); err != nil {
		return err
	}
	timeout := time.NewTimer(r.patience)
	defer timeout.Stop()
	for {
		r.drain()
		if r.feed.judge.Rests() {
			break
		}
		before := r.feed
		if err := r.look(); err != nil {
			return err
		}
		if r.feed != before { // it was judged anew
			continue
		}
		select {
		case e := <-r.events:
			r.take(e)
			continue
		case <-timeout.C:
		case <-r.ctx.Done():
			return context.Cause(r.ctx)
		}
		if r.timed {
			r.feed.add(history.Item{Kind: history.Clock, At: time.Since(r.begun).Milliseconds()})
		}
		if r.feed.judge.Rests() {
			break
		}
		if g, ok := r.guess(27, func(g *feed) bool { return g.judge.Rests() }); ok {
			r.feed = g
			break
		}
		r.item(history.Item{Kind: history.Quiet}) // which this time is no guess
		return errDifference
	}
	r.item(history.Item{Kind: history.Quiet})
	return r.look()
}

// guess judges again without the last moments of rest, up to so many.
func (r *runner) guess(most int, good func(*feed) bool) (*feed, bool) {
	for n := 1; n <= most; n *= 3 {
		if g := r.feed.without(n); good(g) {
			r.late++
			return g, true
		}
	}
	return nil, false
}

// look ends the sequence if what was seen is a difference.
func (r *runner) look() error {
	switch r.feed.judge.Look() {
	case admit.Admitted:
		return nil
	case admit.Inadmissible:
		g, ok := r.guess(27, func(g *feed) bool { return g.judge.Look() != admit.Inadmissible })
		if !ok {
			return errDifference
		}
		r.feed = g
		if g.judge.Verdict() == admit.Admitted {
			return nil
		}
	}
	if strings.Contains(r.feed.judge.Reason(), panics) {
		return errDifference
	}
	return errUnknown
}

// barrier is answered, and does nothing: to cancel a consumer that is not there is a success.
var barrier = amqp.BasicCancel{ConsumerTag: "none"}

// barriers has every channel answer on which something was done that nothing answers.
func (r *runner) barriers() error {
	slices.SortFunc(r.dirty, func(x, y place) int { return (x.conn-y.conn)*1<<16 + int(x.ch) - int(y.ch) })
	for _, p := range slices.Compact(r.dirty) {
		l := r.live[p.conn]
		if l == nil || l.closing || l.ended || l.channels[p.ch] == nil || l.channels[p.ch].closing {
			continue
		}
		if err := r.write(l, amqp.Frame{Channel: p.ch, Method: barrier}); err != nil {
			return err
		}
	}
	r.dirty = r.dirty[:0]
	return nil
}

func (r *runner) drain() {
	for {
		select {
		case e := <-r.events:
			r.take(e)
		default:
			return
		}
	}
}
