package amqptest

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// core owns the machine. Whoever brings an input steps the machine itself, within do; all methods but do and those that say otherwise
// are for callers within do. Nothing within do waits, for a socket least of all: what clients are sent is left with the connections, and
// handed to their outboxes once when do ends.
type core struct {
	opts  Options
	begun time.Time

	mu      sync.Mutex
	machine *broker.Broker
	choose  *rand.Rand
	out     model.Out // of the step at hand
	last    model.ID  // the last connection's
	conns   map[model.ID]*conn
	timers  map[model.Timer]*appointment
	silence *silence     // that the machine is being told of
	agenda  agenda       // in the core's time
	pulse   agenda       // in real time
	more    *appointment // of the machine with itself, nil if it has no action left
	touched []*conn      // that something has been left with
	stuffed []*conn      // that the machine has still to be told about
	ghosts  []*conn      // that are over, which a black hole hides from their clients
	closed  bool         // the server closes
	alarmed bool
	figures figures
	record  *recorder

	// With Options.Dir.
	store    *store
	journal  []change           // collected, not given to the store yet
	batch    uint64             // the last that the store has been given
	waiting  map[*conn]struct{} // that have something left which waits for the store
	failed   error              // of the store
	broken   chan struct{}      // closed when it has failed
	alarm    *time.Timer
	alarmAt  time.Duration // when alarm rings, in real time; never if it is not set
	alarming sync.WaitGroup
}

// never is later than any moment.
const never time.Duration = 1<<63 - 1

func newCore(opts Options) (*core, error) {
	k := &core{
		opts: opts, begun: time.Now(), broken: make(chan struct{}), waiting: map[*conn]struct{}{}, choose: rand.New(rand.NewPCG(opts.Machine.Seed, 0)),
		conns: map[model.ID]*conn{}, timers: map[model.Timer]*appointment{}, alarmAt: never,
	}
	var err error
	if k.record, err = newRecorder(opts.Record, opts); err != nil {
		return nil, err
	}
	if err := k.begin(); err != nil {
		return nil, err
	}
	if opts.Clock != nil {
		opts.Clock.attach(k)
	}
	if opts.Machine.ackChecks() > 0 {
		k.checkAcks()
	}
	return k, nil
}

// checkAcks has the machine look for overdue acknowledgements once a minute.
func (k *core) checkAcks() {
	k.agenda.add(k.now()+time.Minute, func() {
		k.input(model.Self, broker.AckCheck{})
		k.checkAcks()
	})
}

// begin makes the machine, with what the store has.
func (k *core) begin() (err error) {
	var entries []broker.Entry
	if k.opts.Dir != "" {
		if k.store, entries, err = openStore(k.opts.Dir, k.opts.Limits.Disk); err != nil {
			return err
		}
	}
	if k.machine, err = newMachine(k.opts, entries); err != nil {
		return errors.Join(err, k.store.close())
	}
	if k.store != nil {
		k.store.start(k.committed)
	}
	k.input(model.Self, broker.Started{})
	return nil
}

// do calls f while nobody else does anything with the core. It is called without the lock.
func (k *core) do(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
	k.flush()
}

// flush hands what has been left with connections to their outboxes, after it is on record, and sets the alarm.
func (k *core) flush() {
	if k.record != nil {
		if err := k.record.flush(!k.holdsBack() && k.more == nil && k.agenda.first() > k.now()); err != nil {
			for _, c := range k.touched { // what is left with them is not on record
				c.fresh, c.waits = c.fresh[:0], nil
			}
			k.fail(err)
		}
	}
	durable := k.submit()
	for i, c := range k.touched {
		c.touched = false
		if n := c.ripe(durable, k.batch); n < len(c.fresh) {
			k.waiting[c] = struct{}{}
			c.putFirst(n)
		} else {
			c.out.put(&c.fresh, c.write)
		}
		k.touched[i] = nil
	}
	k.touched = k.touched[:0]
	k.setAlarm()
}

// touch remembers that something is left with a connection.
func (k *core) touch(c *conn) {
	if !c.touched {
		c.touched = true
		k.touched = append(k.touched, c)
	}
}

// drain waits until what clients have been left is written, as far as they read it. It is called without the lock.
func (k *core) drain() {
	var busy []*conn
	k.do(func() {
		for _, c := range k.conns {
			if c.fault.hole&ToClient == 0 {
				busy = append(busy, c)
			}
		}
	})
	for _, c := range busy {
		c.out.idle()
	}
}

// stop ends the core and its timers. No connection may be left. It is called without the lock.
func (k *core) stop() {
	if k.opts.Clock != nil {
		k.opts.Clock.detach(k)
	}
	k.mu.Lock()
	k.agenda, k.pulse = agenda{}, agenda{}
	k.setAlarm()
	k.mu.Unlock()
	k.alarming.Wait()
	if k.store == nil {
		return
	}
	err := k.store.close()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed = cmp.Or(k.failed, err)
}

// now is the core's time.
func (k *core) now() time.Duration {
	if k.opts.Clock != nil {
		return k.opts.Clock.elapsed()
	}
	return k.beat()
}

// beat is real time since the server began. It may be called by anybody.
func (k *core) beat() time.Duration { return time.Since(k.begun) }

// setAlarm has what is due done when it is due. A virtual clock sees to its part by itself.
func (k *core) setAlarm() {
	at := k.pulse.first()
	if k.opts.Clock == nil {
		at = min(at, k.agenda.first())
	}
	if at == k.alarmAt {
		return
	}
	if k.alarm != nil && k.alarm.Stop() {
		k.alarming.Done()
	}
	if k.alarm, k.alarmAt = nil, at; at == never {
		return
	}
	k.alarming.Add(1)
	k.alarm = time.AfterFunc(at-k.beat(), func() {
		defer k.alarming.Done()
		k.do(func() {
			k.alarm, k.alarmAt = nil, never
			k.pulse.keep(k.beat())
			if k.opts.Clock == nil {
				k.agenda.keep(k.now())
			}
		})
	})
}

// attach makes a new connection a link of its own.
func (k *core) attach(c *conn) {
	k.last++
	c.id = k.last
	k.conns[c.id] = c
	if k.closed {
		c.stage = over
		c.socket.abort()
	}
}

// opened is the end of a connection's handshake, and its first frame.
func (k *core) opened(c *conn, first amqp.Frame) {
	if c.stage == greeting && k.failed != nil { // the machine need not know
		c.stage = over
		k.send(c, closeFor(k.offence()))
		c.awaitEnd()
		return
	}
	if c.stage == greeting {
		c.stage = open
		k.keepWatch(c)
	}
	k.frame(c, first)
}

// lost is the end of a connection, whoever ended it.
func (k *core) lost(c *conn) {
	if k.hold(c, func() { k.lost(c) }) {
		return
	}
	k.ended(c, history.Reset)
	k.input(c.id, amqp.Broken{})
	c.stage = over
	delete(k.conns, c.id)
	k.figures.channels.Add(-int64(len(c.channels)))
	clear(c.channels)
	k.pulse.cancel(c.watch)
	c.socket.SetWriteDeadline(time.Now().Add(closeTimeout))
	c.out.close()
}

// shutDown ends all connections.
func (k *core) shutDown() {
	k.closed = true
	for _, c := range k.ghosts {
		c.socket.open(Both)
	}
	for _, c := range k.conns {
		c.fault.blocked = false
		k.heal(c)
		if c.stage == greeting {
			c.stage = over
			c.socket.abort()
			continue
		}
		k.refuse(c, &wire.Error{Code: amqp.ConnectionForced, Text: "broker shuts down"})
		c.socket.SetReadDeadline(time.Now().Add(shutdownTimeout))
	}
}

// actionsMax is how many actions the machine takes at once, and actionsBehind how many after each further input, when it has not come to an
// end. It never does where queues hand a message round for ever; somebody else's turn has to come then.
const (
	actionsMax    = 2000
	actionsBehind = 50
)

// input steps the machine by an input, and then by its own actions as long as it has any.
func (k *core) input(from model.ID, e model.Event) {
	k.step(from, e)
	k.act()
}

// act has the machine take its own actions, for now; what is left is done a little later.
func (k *core) act() {
	most := actionsMax
	if k.more != nil {
		most = actionsBehind
	}
	for range most {
		action := k.machine.Some(k.choose.IntN)
		if action == nil {
			return
		}
		k.step(model.Self, action)
	}
	if k.more == nil {
		k.more = k.pulse.add(k.beat()+time.Millisecond, func() {
			k.more = nil
			k.act()
		})
	}
}

// step steps the machine and does what it asks for. Of what it lets the world observe, the store wants what survives a restart.
func (k *core) step(from model.ID, e model.Event) {
	k.out.Reset()
	model.Deliver(k.machine, from, e, &k.out)
	for _, effect := range k.out.Effects() {
		switch effect.Kind {
		case model.Send:
			if c := k.conns[effect.To]; c != nil {
				k.deliver(c, effect.Event)
			}
		case model.Observe:
			if k.store != nil {
				k.note(effect.Event)
			}
		case model.Arm:
			k.arm(effect.Timer, effect.Window)
		case model.Cancel:
			k.disarm(effect.Timer)
		}
	}
	if reason := k.out.CutReason(); reason != "" {
		panic("amqptest: the broker machine has no answer: " + reason)
	}
	k.stuff()
}

// arm starts a timer, which expires at some moment in its window.
func (k *core) arm(t model.Timer, w model.Window) {
	k.disarm(t)
	from := k.now()
	if s := k.silence; s != nil { // it began some time ago
		from, w.Earliest = s.since, max(w.Earliest, s.atLeast.Milliseconds())
	}
	if w.Earliest == model.Forever {
		return // a deadline for us, who have no more to do
	}
	after := w.Earliest
	if w.Latest > w.Earliest && w.Latest != model.Forever {
		after += k.choose.Int64N(w.Latest - w.Earliest + 1)
	}
	k.timers[t] = k.agenda.add(from+time.Duration(after)*time.Millisecond, func() {
		delete(k.timers, t)
		k.expire(t)
	})
}

func (k *core) disarm(t model.Timer) {
	if a, armed := k.timers[t]; armed {
		delete(k.timers, t)
		k.agenda.cancel(a)
	}
}
