package broker

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Options say which RabbitMQ a broker is, and how finely. The zero value is a RabbitMQ 3.10 with the virtual host "/".
type Options struct {
	// Name says in texts whose link a link is; nil gives its number.
	Name func(link model.ID) string
	// Profile is the version of RabbitMQ.
	Profile Profile
	// Quorum makes quorum queues of durable, shared queues that are declared without a type, as a virtual host of RabbitMQ may be
	// told to do. Otherwise they are classic ones.
	Quorum bool
	// Grain is how finely RabbitMQ's asynchrony inside is told apart.
	Grain Grain
	// Hosts are the virtual hosts; nil is "/" alone.
	Hosts []string
	// Deadlines make the broker keep time, for systems under a clock. Its member declares the [Deadlines.DeadlineTimers] of every
	// link.
	Deadlines Deadlines
	// BodyMax is the largest body, in octets, that the broker takes; 0 is as much as the profile's RabbitMQ does.
	BodyMax int
	// Burst is how many messages a queue hands out before it lets others act, where it has as many and somebody who takes them; 0 is
	// any number. (RabbitMQ's figure is 200 for each channel, until they are written.)
	Burst int
	// Lean leaves out of the state what only some clients can ever see, for exploration. A method that leaves the name of a queue out,
	// and so means the one declared last on its channel, is then cut, and names that the broker makes up are used again when they are free.
	Lean bool
	// Tenures lets the world see, as [Consumes], [Unsettled] and [Stores], who has something of a queue.
	Tenures bool
	// AckChecks is how many [AckCheck] a delivery may be unsettled for; 0 is any number. RabbitMQ's default is 30, one a minute.
	AckChecks int
	// Prelude is what an administrator has done on "/" before anybody else: declares, binds, publishes. It is in the broker's first state.
	Prelude []amqp.Method
	// Journal lets the world see every change of what survives a restart, as [Kept] and [Gone].
	Journal bool
}

// Grain says which of RabbitMQ's inner steps are actions of their own. Under both, losing a connection is: that it is noticed ([Notice]),
// what is read of it before that ([Read]), and that each of its exclusive queues goes ([Reap]).
type Grain uint8

const (
	// Process has each queue, and each channel that shares a connection with others, work through a mailbox in its own time, as
	// RabbitMQ's processes do.
	Process Grain = iota
	// Atomic has every queue and channel done with what it is sent before anything else happens.
	Atomic
)

// String is the grain's name in parameters: process or atomic.
func (g Grain) String() string { return [...]string{"process", "atomic"}[g] }

// ParseGrain returns the grain of that name.
func ParseGrain(name string) (Grain, error) {
	for _, g := range []Grain{Process, Atomic} {
		if g.String() == name {
			return g, nil
		}
	}
	return 0, fmt.Errorf("no grain %q; there are process and atomic", name)
}

// New returns a broker without connections, with the exchanges that every RabbitMQ has and without queues.
func New(o Options) *Broker {
	if o.Name == nil {
		o.Name = func(link model.ID) string { return fmt.Sprintf("link %d", link) }
	}
	if len(o.Hosts) == 0 {
		o.Hosts = []string{defaultHost}
	}
	b := &Broker{opts: &o}
	names := slices.Sorted(slices.Values(o.Hosts))
	for _, name := range slices.Compact(names) {
		b.hosts = append(b.hosts, newHost(name))
	}
	b.prepare()
	return b
}

// prepare does what the prelude says. A prelude that is refused is a defect of its author.
func (b *Broker) prepare() {
	if len(b.opts.Prelude) == 0 {
		return
	}
	const administrator model.ID = -2 // no machine of a system
	frames := []amqp.Frame{{Method: amqp.ConnectionOpen{VirtualHost: defaultHost}}, {Channel: 1, Method: amqp.ChannelOpen{}}}
	for _, m := range b.opts.Prelude {
		frames = append(frames, amqp.Frame{Channel: 1, Method: m})
	}
	var out model.Out
	for _, f := range append(frames, amqp.Frame{Method: amqp.ConnectionClose{Code: amqp.Success}}) {
		b.Step(administrator, f, &out)
		for actions := b.Actions(nil); len(actions) > 0; actions = b.Actions(nil) {
			b.Step(model.Self, actions[0], &out)
		}
	}
	for _, x := range out.Effects() {
		f, _ := x.Event.(amqp.Frame)
		switch m := f.Method.(type) {
		case amqp.ChannelClose, amqp.ConnectionClose:
			panic(fmt.Sprintf("broker: the prelude is refused: %v", m))
		}
	}
}

// Prelude is what the broker was made with: what has to be done on a RabbitMQ to make it one like this.
func (b *Broker) Prelude() []amqp.Method { return b.opts.Prelude }

const defaultHost = "/"

// host is a virtual host: names of its own for exchanges and queues.
type host struct {
	name      string
	exchanges []*exchange // sorted by name
	queues    []*queue    // sorted by name
}

func newHost(name string) *host {
	h := &host{name: name}
	for _, x := range []exchange{
		{name: "", kind: direct}, {name: "amq.direct", kind: direct}, {name: "amq.fanout", kind: fanout}, {name: "amq.headers", kind: headers},
		{name: "amq.match", kind: headers}, {name: "amq.rabbitmq.trace", kind: topic, internal: true}, {name: "amq.topic", kind: topic},
	} {
		x.durable, x.given = true, true
		h.exchanges = append(h.exchanges, &x)
	}
	return h
}

func (b *Broker) findHost(name string) (*host, bool) {
	i, ok := slices.BinarySearchFunc(b.hosts, name, func(h *host, n string) int { return cmp.Compare(h.name, n) })
	if !ok {
		return nil, false
	}
	return b.hosts[i], true
}

func (h *host) findQueue(name string) (int, bool) {
	return slices.BinarySearchFunc(h.queues, name, func(q *queue, n string) int { return cmp.Compare(q.name, n) })
}

// queue returns the queue of that name, nil if there is none.
func (h *host) queue(name string) *queue {
	if i, ok := h.findQueue(name); ok {
		return h.queues[i]
	}
	return nil
}

func (h *host) findExchange(name string) (int, bool) {
	return slices.BinarySearchFunc(h.exchanges, name, func(x *exchange, n string) int { return cmp.Compare(x.name, n) })
}

// exchange returns the exchange of that name, nil if there is none.
func (h *host) exchange(name string) *exchange {
	if i, ok := h.findExchange(name); ok {
		return h.exchanges[i]
	}
	return nil
}

func (h *host) addQueue(q *queue) {
	i, _ := h.findQueue(q.name)
	h.queues = slices.Insert(h.queues, i, q)
}

func (h *host) addExchange(x *exchange) {
	i, _ := h.findExchange(x.name)
	h.exchanges = slices.Insert(h.exchanges, i, x)
}

// here renders a name in this host as RabbitMQ's reply texts do: "queue 'q' in vhost '/'".
func (h *host) here(kind, name string) string {
	return fmt.Sprintf("%s '%s' in vhost '%s'", kind, name, h.name)
}
