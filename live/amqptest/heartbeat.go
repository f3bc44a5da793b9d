package amqptest

import (
	"time"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// A connection with heartbeats is looked at twice in each interval: if nothing was written since the last time it is sent a heartbeat, and
// if nothing came for an interval the machine is told that there is silence. So octets that come and go cost no more than a note of the
// time.
//
// Heartbeats that are sent keep the client's real clock content, and what is black-holed is not heard by a virtual one; see [Clock]. So the
// watch is real time's, and only what the machine arms when it is told of a silence is the core's.

// silence is one that the machine is being told of, in the core's time.
type silence struct {
	since   time.Duration
	atLeast time.Duration // after which it may be taken for the end: RabbitMQ looks once in each interval, and waits for the second time
}

// keepWatch begins to watch a connection.
func (k *core) keepWatch(c *conn) {
	if c.heartbeat > 0 {
		c.watch = k.pulse.add(k.beat()+c.heartbeat/2, func() { k.look(c) })
	}
}

// look looks at a connection with heartbeats.
func (k *core) look(c *conn) {
	if c.stage == over {
		return
	}
	k.keepWatch(c)
	if !c.spoken {
		k.leave(c, amqp.Frame{})
	}
	c.spoken = false
	switch quiet := k.beat() - c.lastHeard(); {
	case c.fault.paused || c.fault.blocked || c.deaf.Load() || k.opts.Clock != nil: // whom we do not read we cannot hear
	case c.silent && quiet < c.heartbeat:
		k.heard(c)
	case !c.silent && quiet >= c.heartbeat:
		k.silent(c, c.lastHeard())
	}
}

// silent tells the machine that nothing has come since.
func (k *core) silent(c *conn, since time.Duration) {
	c.silent = true
	k.silence = &silence{since, 2 * c.heartbeat}
	k.input(c.id, amqp.Silent{Interval: c.heartbeat.Milliseconds()})
	k.silence = nil
}

// heard tells the machine that something has come, if it was told of silence.
func (k *core) heard(c *conn) {
	if c.silent && c.stage != over {
		c.silent = false
		k.input(c.id, amqp.Heard{})
	}
}

// expire gives the machine a timer that has expired. Where that is the end of a silence, it must not have been broken since.
func (k *core) expire(t model.Timer) {
	if c := k.conns[t.Peer]; c != nil && c.silent && t == broker.HeartbeatTimer(c.id) {
		if k.opts.Clock == nil && k.beat()-c.lastHeard() < 2*c.heartbeat {
			k.heard(c)
			return
		}
		k.figures.silent.Add(1)
		k.ended(c, history.Reset) // so it is to whom listens to the client only
	}
	k.input(model.Self, model.Expired{Timer: t})
}
