package amqptest

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// core owns the machine. Everything but post and stop is for its goroutine alone.
type core struct {
	inputs  chan func()
	stopped chan struct{} // closed: no more inputs are taken
	running sync.WaitGroup

	machine *broker.Broker
	choose  *rand.Rand
	last    model.ID // the last connection's
	conns   map[model.ID]*conn
	alarms  map[model.Timer]*alarm
	closed  bool // the server closes
}

func newCore(seed uint64) *core {
	k := &core{
		inputs: make(chan func()), stopped: make(chan struct{}), machine: broker.New(broker.Options{}),
		choose: rand.New(rand.NewPCG(seed, 0)), conns: map[model.ID]*conn{}, alarms: map[model.Timer]*alarm{},
	}
	k.running.Go(k.run)
	return k
}

func (k *core) run() {
	for {
		select {
		case input := <-k.inputs:
			input()
		case <-k.stopped:
			return
		}
	}
}

// post hands the core something to do, and returns when it has been accepted, or at once when the core has stopped.
func (k *core) post(input func()) {
	select {
	case k.inputs <- input:
	case <-k.stopped:
	}
}

// stop ends the core and its timers. No connection may be left.
func (k *core) stop() {
	k.post(func() {
		for t := range k.alarms {
			k.disarm(t)
		}
	})
	close(k.stopped)
	k.running.Wait()
}

// attach makes a new connection a link of its own.
func (k *core) attach(c *conn) {
	k.last++
	c.id = k.last
	k.conns[c.id] = c
	if k.closed {
		c.stage = over
		c.reset()
	}
}

// opened is the end of a connection's handshake.
func (k *core) opened(c *conn) {
	if c.stage == greeting {
		c.stage = open
		k.heard(c)
	}
}

// heard counts the silence on a connection anew: the machine expects to be told when it begins, which is after every octet.
func (k *core) heard(c *conn) {
	if c.heartbeat > 0 && c.stage != over {
		k.step(c.id, amqp.Heard{})
		k.step(c.id, amqp.Silent{Interval: c.heartbeat.Milliseconds()})
	}
}

// lost is the end of a connection, whoever ended it.
func (k *core) lost(c *conn) {
	k.input(c.id, amqp.Broken{})
	c.stage = over
	delete(k.conns, c.id)
	c.socket.SetWriteDeadline(time.Now().Add(closeTimeout))
	c.out.close()
}

// shutDown ends all connections.
func (k *core) shutDown() {
	k.closed = true
	for _, c := range k.conns {
		if c.stage == greeting {
			c.stage = over
			c.reset()
			continue
		}
		k.refuse(c, &wire.Error{Code: amqp.ConnectionForced, Text: "broker shuts down"})
		c.socket.SetReadDeadline(time.Now().Add(shutdownTimeout))
	}
}

// input steps the machine by an input, and then by its own actions as long as it has any.
func (k *core) input(from model.ID, e model.Event) {
	k.step(from, e)
	var actions []model.Event
	for {
		if actions = k.machine.Actions(actions[:0]); len(actions) == 0 {
			return
		}
		k.step(model.Self, actions[k.choose.IntN(len(actions))])
	}
}

// step steps the machine and does what it asks for. What it lets the world observe is not asked for here.
func (k *core) step(from model.ID, e model.Event) {
	var out model.Out
	k.machine.Step(from, e, &out)
	for _, effect := range out.Effects() {
		switch effect.Kind {
		case model.Send:
			if c := k.conns[effect.To]; c != nil {
				k.deliver(c, effect.Event)
			}
		case model.Arm:
			k.arm(effect.Timer, effect.Window)
		case model.Cancel:
			k.disarm(effect.Timer)
		}
	}
	if reason := out.CutReason(); reason != "" {
		panic("amqptest: the broker machine has no answer: " + reason)
	}
}

// alarm is a timer of the machine that runs.
type alarm struct{ *time.Timer }

// arm starts a timer, which expires at some moment in its window.
func (k *core) arm(t model.Timer, w model.Window) {
	k.disarm(t)
	a := &alarm{}
	k.alarms[t] = a
	after := w.Earliest + k.choose.Int64N(w.Latest-w.Earliest+1)
	k.running.Add(1)
	a.Timer = time.AfterFunc(time.Duration(after)*time.Millisecond, func() {
		defer k.running.Done()
		k.post(func() {
			if k.alarms[t] == a { // and has not been stopped or started again since it went off
				delete(k.alarms, t)
				k.input(model.Self, model.Expired{Timer: t})
			}
		})
	})
}

func (k *core) disarm(t model.Timer) {
	if a, armed := k.alarms[t]; armed {
		delete(k.alarms, t)
		if a.Stop() {
			k.running.Done()
		}
	}
}
