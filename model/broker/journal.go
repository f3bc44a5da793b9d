package broker

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Entry is something that survives a restart: a StoredExchange, StoredQueue, StoredBinding or StoredMessage. Entries are comparable.
type Entry interface{ entry() }

// What survives a restart. The identifying fields come first; in [Gone] the others are zero, but for a binding, which is all identity.
type (
	StoredExchange struct {
		Host, Name           string
		Type                 string
		AutoDelete, Internal bool
		Arguments            amqp.Table
	}
	StoredQueue struct {
		Host, Name string
		AutoDelete bool
		Arguments  amqp.Table
	}
	StoredBinding struct {
		Host, Source, RoutingKey string
		ToExchange               bool
		Destination              string
		Arguments                amqp.Table
	}
	// StoredMessage is a message in a queue. Position is unique in the queue, and orders it.
	StoredMessage struct {
		Host, Queue          string
		Position             uint64
		Exchange, RoutingKey string
		Message              amqp.Message
		Redelivered          bool
		Acquired, Deliveries int // returns to a quorum queue, and those that count as failures of the message
	}
)

func (StoredExchange) entry() {}
func (StoredQueue) entry()    {}
func (StoredBinding) entry()  {}
func (StoredMessage) entry()  {}

// What a broker with Options.Journal lets the world see.
type (
	// Kept says that Entry survives a restart from now on; for a message that is there already, that it has changed.
	Kept struct{ Entry Entry }
	// Gone says that it no longer does. With a queue all its messages are gone, with an exchange all bindings from it.
	Gone struct{ Entry Entry }
)

func (k Kept) String() string { return fmt.Sprintf("keeps %T", k.Entry) }
func (g Gone) String() string { return fmt.Sprintf("forgets %T", g.Entry) }

func (b *Broker) kept(e Entry, out *model.Out) {
	if b.opts.Journal {
		out.Observe(Kept{e})
	}
}

func (b *Broker) gone(e Entry, out *model.Out) {
	if b.opts.Journal {
		out.Observe(Gone{e})
	}
}

func (b *Broker) keepExchange(h *host, x *exchange, out *model.Out) {
	if x.durable {
		b.kept(StoredExchange{h.name, x.name, x.kind.String(), x.autoDelete, x.internal, x.arguments}, out)
	}
}

func (b *Broker) keepMessage(q *queue, m message, out *model.Out) {
	if b.opts.Journal && q.persists(m) {
		out.Observe(Kept{StoredMessage{q.host.name, q.name, m.pos, m.exchange, m.key, m.message, m.redelivered, m.acquired, m.deliveries}})
	}
}

func (b *Broker) loseMessage(q *queue, m message, out *model.Out) {
	if b.opts.Journal && q.persists(m) {
		out.Observe(Gone{StoredMessage{Host: q.host.name, Queue: q.name, Position: m.pos}})
	}
}

// Restore returns a broker that starts with what an earlier one kept: for each identity the last [Kept] that no [Gone] followed, in any
// order. What is delivered first is as it was. The error names an entry that makes no sense: a message of a queue that is not
// kept, a virtual host that the options do not have.
//
// Times to live begin anew: they count while a broker runs.
func Restore(o Options, entries []Entry) (*Broker, error) {
	b := New(o)
	for _, restore := range []func(Entry) error{b.restoreEnd, b.restoreBinding, b.restoreMessage} {
		for _, e := range entries {
			if err := restore(e); err != nil {
				return nil, fmt.Errorf("restoring a broker: %w", err)
			}
		}
	}
	return b, nil
}

func (b *Broker) restoreEnd(e Entry) error {
	switch e := e.(type) {
	case StoredExchange:
		h, ok := b.findHost(e.Host)
		if !ok {
			return fmt.Errorf("exchange %q is in virtual host %q, which is not there", e.Name, e.Host)
		}
		kind := -1
		for i, name := range exchangeTypes {
			if name == e.Type {
				kind = i
			}
		}
		if kind < 0 {
			return fmt.Errorf("exchange %q has the unknown type %q", e.Name, e.Type)
		}
		h.addExchange(&exchange{
			name: e.Name, kind: exchangeType(kind), durable: true, autoDelete: e.AutoDelete, internal: e.Internal,
			alternate: alternateOf(e.Arguments), arguments: e.Arguments,
		})
	case StoredQueue:
		h, ok := b.findHost(e.Host)
		if !ok {
			return fmt.Errorf("queue %q is in virtual host %q, which is not there", e.Name, e.Host)
		}
		quorum, _ := b.isQuorum(amqp.QueueDeclare{Durable: true, AutoDelete: e.AutoDelete, Arguments: e.Arguments})
		s, wrong := b.read(e.Arguments, quorum)
		if wrong != "" {
			return fmt.Errorf("queue %q: %s", e.Name, wrong)
		}
		h.addQueue(&queue{settings: s, profile: b.opts.Profile, host: h, name: e.Name, durable: true, autoDelete: e.AutoDelete, arguments: b.opts.Profile.effective(e.Arguments, quorum)})
	}
	return nil
}

func (b *Broker) restoreBinding(e Entry) error {
	s, ok := e.(StoredBinding)
	if !ok {
		return nil
	}
	h, ok := b.findHost(s.Host)
	if !ok {
		return fmt.Errorf("a binding is in virtual host %q, which is not there", s.Host)
	}
	x := h.exchange(s.Source)
	there := h.queue(s.Destination) != nil
	if s.ToExchange {
		there = h.exchange(s.Destination) != nil
	}
	if x == nil || !there {
		return fmt.Errorf("the binding of %q to exchange %q lacks one of its ends", s.Destination, s.Source)
	}
	x.addBinding(binding{s.RoutingKey, s.ToExchange, s.Destination, s.Arguments})
	return nil
}

func (b *Broker) restoreMessage(e Entry) error {
	s, ok := e.(StoredMessage)
	if !ok {
		return nil
	}
	h, ok := b.findHost(s.Host)
	if !ok || h.queue(s.Queue) == nil {
		return fmt.Errorf("message %d is in queue %q of %q, which is not there", s.Position, s.Queue, s.Host)
	}
	q := h.queue(s.Queue)
	c := &content{exchange: s.Exchange, key: s.RoutingKey, message: s.Message}
	if c.ttl, ok = lifetime(s.Message.Properties); !ok {
		return fmt.Errorf("message %d of queue %q has the expiration %q", s.Position, s.Queue, s.Message.Properties.Expiration)
	}
	m := message{content: c, pos: s.Position, redelivered: s.Redelivered, acquired: s.Acquired, deliveries: s.Deliveries, returned: q.quorum && s.Redelivered}
	q.last = max(q.last, m.pos)
	q.insert(m)
	return nil
}

// Started arms the timers of what was restored; whoever drives a restored broker steps it by Started first.
type Started struct{}

func (Started) String() string { return "started" }

func (b *Broker) started(out *model.Out) {
	for _, h := range b.hosts {
		for _, q := range h.queues {
			q.touch(out)
			for i := range q.ready {
				b.startLife(q, &q.ready[i], out)
			}
			b.dropExpired(q, out)
		}
	}
}
