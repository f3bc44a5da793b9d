package replay

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/network"
	"github.com/lockstep-prover/lockstep/traces"
)

// ErrNothingToReplay is the error for a trace that no broker has a part in.
var ErrNothingToReplay = errors.New("nothing to replay")

// plan is what has to be known of a trace before its first step happens.
type plan struct {
	broker  model.ID
	clients map[model.ID]model.ID // client → its link
	links   map[model.ID]model.ID // link → its client
	queues  []string              // every queue that is declared by its name, sorted
	prelude []amqp.Method         // what an administrator has done before anybody else

	// The connections on which the broker's heartbeat timer expires, in the order in which they do.
	expiring []dialled
	// leases are how long queues last that nobody uses, by name.
	leases map[string]time.Duration
}

// dialled names a connection: the n-th of a link, counted from 1.
type dialled struct {
	link model.ID
	n    int
}

// prepare finds out who is who in the system and runs the trace in the model. The error is about the system or the trace.
func prepare(sys *model.System, t *traces.Trace) (*plan, error) {
	p := &plan{clients: map[model.ID]model.ID{}, links: map[model.ID]model.ID{}, leases: map[string]time.Duration{}}
	if err := p.cast(sys); err != nil {
		return nil, err
	}
	if clock, timed := sys.Clock(); timed && len(t.Lines) > 0 && t.Lines[len(t.Lines)-1].Machine == sys.Name(clock) {
		return nil, fmt.Errorf("the trace ends with a tick of the model's clock; it shows that time passes, so there is %w", ErrNothingToReplay)
	}
	if b, ok := sys.Initial(p.broker).(interface{ Prelude() []amqp.Method }); ok {
		p.prelude = b.Prelude()
	}
	for _, m := range p.prelude {
		p.declares(m)
	}
	dials := map[model.ID]int{}
	_, err := t.Run(sys, func(step int, _ model.Action, _ *model.State, s model.Step) error {
		if s.Cut != "" {
			return fmt.Errorf("step %d: the model is cut here, there is nothing to compare with: %s", step, s.Cut)
		}
		for _, h := range s.Happenings {
			if queue, ok := broker.ExpiryOf(h.Effect.Timer); ok && h.Effect.Kind == model.Arm {
				p.leases[queue] = time.Duration(h.Effect.Window.Latest) * time.Millisecond
			}
			if h.Effect.Kind != model.Send {
				continue
			}
			switch e := h.Effect.Event.(type) {
			case amqp.Dial:
				dials[h.Effect.To]++
			case amqp.Frame:
				p.declares(e.Method)
			case model.Expired:
				if _, queue := broker.ExpiryOf(e.Timer); h.Effect.To == p.broker && !queue {
					p.expiring = append(p.expiring, dialled{e.Timer.Peer, dials[e.Timer.Peer]})
				}
			}
		}
		return nil
	})
	slices.Sort(p.queues)
	return p, err
}

// declares takes note of a queue that is declared. Those that the broker names are exclusive.
func (p *plan) declares(m amqp.Method) {
	if d, ok := m.(amqp.QueueDeclare); ok && d.Queue != "" && !strings.HasPrefix(d.Queue, madeUp) && !slices.Contains(p.queues, d.Queue) {
		p.queues = append(p.queues, d.Queue)
	}
}

// cast tells clients, links and the broker apart, and makes sure that there is nobody else.
func (p *plan) cast(sys *model.System) error {
	for id := range model.ID(sys.Len()) {
		if l, ok := sys.Initial(id).(*network.Link); ok {
			client, broker := l.Ends()
			if len(p.links) > 0 && broker != p.broker {
				return errors.New("the system has several brokers; a replay has one")
			}
			p.clients[client], p.links[id], p.broker = id, client, broker
		}
	}
	if len(p.links) == 0 {
		return fmt.Errorf("the system has no links to a broker, so there is %w", ErrNothingToReplay)
	}
	for id := range model.ID(sys.Len()) {
		_, client := p.clients[id]
		_, link := p.links[id]
		_, timer := sys.TimerOwner(id)
		if clock, timed := sys.Clock(); timed && id == clock {
			continue // its ticks are nobody's steps: what they bring about are steps of timers
		}
		if !client && !link && id != p.broker && !timer && !sys.IsMonitor(id) {
			return fmt.Errorf("the system has %s, which is neither a client nor a link nor the broker", sys.Name(id))
		}
	}
	return nil
}

// heartbeat is the interval that a connection negotiates, in whole seconds.
func (p *plan) heartbeat(d dialled, shortest time.Duration) uint16 {
	rank := slices.Index(p.expiring, d)
	if rank < 0 {
		return 0
	}
	return uint16(shortest/time.Second) << min(rank, 8)
}
