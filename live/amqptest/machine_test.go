package amqptest_test

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// machine is the broker machine as a target. It takes all its actions after every input, each time the first that is
// enabled, unless it is held; its timers expire when a client waits for nothing else.
//
// Commands of its own: "hold" holds it, "actions" shows the actions that are enabled, "act ACTION" takes one.
type machine struct {
	broker *broker.Broker
	ends   []*machineEnd // by ID
	now    int64         // in milliseconds
	timers []armed       // by the moment
	held   bool
}

// armed is a timer, and when it expires.
type armed struct {
	model.Timer
	at int64
}

// machineEnd is a client's end of a link to the machine.
type machineEnd struct {
	t         testing.TB
	machine   *machine
	id        model.ID
	heartbeat int64 // in milliseconds
	notified  bool  // the client has said that it can be told of the end of a consumer
	numbers   numbers
	inbox     []amqp.Frame
	hungUp    bool
}

func newMachine(o broker.Options) *machine { return &machine{broker: broker.New(o)} }

func (m *machine) connect(t testing.TB, heartbeat uint16, capabilities ...string) end {
	e := &machineEnd{
		t: t, machine: m, id: model.ID(len(m.ends)), heartbeat: int64(heartbeat) * 1000,
		notified: slices.Contains(capabilities, "consumer_cancel_notify"),
	}
	m.ends = append(m.ends, e)
	return e
}

func (*machine) host() string { return "/" }

func (m *machine) wait() {
	if len(m.timers) > 0 {
		m.expire()
	}
}

func (m *machine) command(cmd string, a *arguments) (out []string, ok bool) {
	switch cmd {
	case "hold":
		m.held = true
	case "actions":
		for _, e := range m.broker.Actions(nil) {
			out = append(out, e.String())
		}
	case "act":
		text := a.text()
		for _, e := range m.broker.Actions(nil) {
			if e.String() == text {
				m.step(model.Self, e)
				return nil, true
			}
		}
		a.fail(fmt.Errorf("not enabled: %s", text))
	default:
		return nil, false
	}
	return out, true
}

// take steps the machine by an input.
func (m *machine) take(from model.ID, e model.Event) {
	m.step(from, e)
	for !m.held {
		actions := m.broker.Actions(nil)
		if len(actions) == 0 {
			break
		}
		m.step(model.Self, actions[0])
	}
}

func (m *machine) step(from model.ID, e model.Event) {
	var out model.Out
	m.broker.Step(from, e, &out)
	for _, effect := range out.Effects() {
		switch effect.Kind {
		case model.Send:
			m.ends[effect.To].receive(effect.Event)
		case model.Arm:
			m.arm(effect.Timer, effect.Window)
		case model.Cancel:
			m.cancel(effect.Timer)
		}
	}
}

// arm lets the timer expire as early as it may.
func (m *machine) arm(t model.Timer, w model.Window) {
	m.cancel(t)
	if w.Earliest == model.Forever {
		return
	}
	at := m.now + w.Earliest
	i := len(m.timers)
	for i > 0 && m.timers[i-1].at > at {
		i--
	}
	m.timers = slices.Insert(m.timers, i, armed{t, at})
}

func (m *machine) cancel(t model.Timer) {
	m.timers = slices.DeleteFunc(m.timers, func(a armed) bool { return a.Timer == t })
}

// expire lets time pass until the first timer expires.
func (m *machine) expire() {
	first := m.timers[0]
	m.timers, m.now = m.timers[1:], first.at
	m.take(model.Self, model.Expired{Timer: first.Timer})
}

func (e *machineEnd) receive(event model.Event) {
	switch event := event.(type) {
	case amqp.Frame:
		if e.hungUp {
			e.t.Errorf("the machine says %v after it has hung up", event)
		}
		e.inbox = append(e.inbox, e.numbers.toWire(event))
	case amqp.Hangup:
		e.hungUp = true
	}
}

func (e *machineEnd) send(ch amqp.Channel, methods ...amqp.Method) {
	for _, m := range methods {
		if open, ok := m.(amqp.ConnectionOpen); ok { // with what the handshake has told
			open.User, open.CancelNotify = "guest", e.notified
			m = open
		}
		if !e.hungUp {
			e.machine.take(e.id, amqp.Frame{Channel: ch, Method: e.numbers.toMachine(ch, m)})
		}
	}
}

func (e *machineEnd) next() (amqp.Frame, error) {
	e.t.Helper()
	for {
		switch {
		case len(e.inbox) > 0:
			f := e.inbox[0]
			e.inbox = e.inbox[1:]
			return f, nil
		case e.hungUp:
			return amqp.Frame{}, io.EOF
		case len(e.machine.timers) == 0:
			e.t.Fatal("the machine says nothing")
		}
		e.machine.expire()
	}
}

func (e *machineEnd) mute() {
	if e.heartbeat > 0 {
		e.machine.take(e.id, amqp.Silent{Interval: e.heartbeat})
	}
}

func (e *machineEnd) reset() { e.machine.take(e.id, amqp.Broken{}) }
