package amqptest

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// hub owns the broker machine. Whoever has an input for it takes the lock; the machine never waits, so the lock is short.
type hub struct {
	mu     sync.Mutex
	broker *broker.Broker
	out    model.Out
	events []model.Event
	random *rand.Rand
	links  map[model.ID]*conn
	next   model.ID
	timers map[model.Timer]*time.Timer
	closed bool
}

func newHub(seed uint64) *hub {
	return &hub{
		broker: broker.New(nil), random: rand.New(rand.NewPCG(seed, 0)), links: map[model.ID]*conn{}, timers: map[model.Timer]*time.Timer{},
	}
}

// connect gives a connection a link of its own.
func (h *hub) connect(c *conn) model.ID {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.next++
	h.links[h.next] = c
	return h.next
}

// disconnect tells the machine that the connection is lost, unless it knows, and forgets the link.
func (h *hub) disconnect(link model.ID) {
	h.input(link, amqp.Lost{})
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.links, link)
}

// input feeds the machine inputs, and then lets it do what it has left to do.
func (h *hub) input(from model.ID, events ...model.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	for _, e := range events {
		h.step(from, e)
	}
	for {
		h.events = h.broker.Actions(h.events[:0])
		if len(h.events) == 0 {
			return
		}
		h.step(model.Self, h.events[h.random.IntN(len(h.events))])
	}
}

func (h *hub) step(from model.ID, e model.Event) {
	h.out.Reset()
	h.broker.Step(from, e, &h.out)
	for _, x := range h.out.Effects() {
		switch x.Kind {
		case model.Send:
			if c := h.links[x.To]; c != nil {
				c.send(x.Event)
			}
		case model.Arm:
			h.disarm(x.Timer)
			h.arm(x.Timer, x.Window)
		case model.Cancel:
			h.disarm(x.Timer)
		}
	}
}

// arm lets a timer expire at some moment of its window.
func (h *hub) arm(t model.Timer, w model.Window) {
	after := time.Duration(w.Earliest+h.random.Int64N(w.Latest-w.Earliest+1)) * time.Millisecond
	var timer *time.Timer
	timer = time.AfterFunc(after, func() {
		h.mu.Lock()
		current := h.timers[t] == timer
		if current {
			delete(h.timers, t)
		}
		h.mu.Unlock()
		if current {
			h.input(model.Self, model.Expired{Timer: t})
		}
	})
	h.timers[t] = timer
}

func (h *hub) disarm(t model.Timer) {
	if timer, ok := h.timers[t]; ok {
		timer.Stop()
		delete(h.timers, t)
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, timer := range h.timers {
		timer.Stop()
	}
}
