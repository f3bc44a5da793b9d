package broker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Broker is the machine. Its inputs are, from links, amqp.Frame, amqp.Late, amqp.Broken, amqp.Silent and amqp.Heard; it sends
// amqp.Frame and amqp.Hangup back. It arms one timer for each link whose connection is silent, [HeartbeatTimer].
type Broker struct {
	name      func(link model.ID) string
	deadlines Deadlines
	conns     []conn  // sorted by key
	queues    []queue // sorted by name
}

// New returns a broker without connections and queues, with one virtual host, "/". name says in texts whose link a link is; nil
// gives its number.
func New(name func(link model.ID) string) *Broker {
	if name == nil {
		name = func(link model.ID) string { return fmt.Sprintf("link %d", link) }
	}
	return &Broker{name: name}
}

// WithDeadlines returns a broker that keeps time, for systems under a clock; b must be as New returned it. It notices a lost connection
// by the deadline, at the latest, at which its heartbeat timer would have given that connection up. Its member declares the
// [DeadlineTimers] of every link.
func (b *Broker) WithDeadlines(d Deadlines) *Broker {
	b.deadlines = d
	return b
}

// The broker's own actions.
type (
	// Take lets a queue take the oldest message of its mailbox: it becomes ready and is confirmed.
	Take struct{ Queue string }
	// Read lets the broker read the next frame of a connection that is lost already: number N of those of a link.
	Read struct {
		Loss
		Next amqp.Frame
	}
	// Notice lets the broker learn that a connection is lost, whatever it has not read of it.
	Notice struct{ Loss }
	// Reap deletes an exclusive queue whose connection the broker has noticed to be lost.
	Reap struct{ Queue string }
)

// Loss names a lost connection that the broker has not noticed yet: the N-th of its link, counted from 1 in the order of
// what is known of them, not of time.
type Loss struct {
	Link  model.ID
	Whose string // the link's name
	N     int
}

// String is "the loss of a's connection".
func (l Loss) String() string {
	s := "the loss of " + l.Whose + "'s connection"
	if l.N > 1 {
		s += fmt.Sprintf(" %d", l.N)
	}
	return s
}

func (a Take) String() string   { return "queue " + a.Queue + " takes a message" }
func (a Read) String() string   { return fmt.Sprintf("reads on after %v: %v", a.Loss, a.Next) }
func (a Notice) String() string { return "notices " + a.Loss.String() }
func (a Reap) String() string   { return "deletes queue " + a.Queue + " of a lost connection" }

// What the broker lets the world see of its queues.
type (
	// Declared says that an active declare of Queue over Link was accepted. Late says that the broker read it of a connection
	// that was lost by then.
	Declared struct {
		Queue string
		Link  model.ID
		Late  bool
	}
	// Deleted says that Queue is gone, whatever the cause.
	Deleted struct{ Queue string }
)

func (d Declared) String() string { return "queue " + d.Queue + " declared" }
func (d Deleted) String() string  { return "queue " + d.Queue + " is gone" }

// HeartbeatTimer is the timer that runs while nothing arrives on the connection of a link. The broker checks once in each
// heartbeat interval and gives a connection up at the second check in a row without a byte: between two and three intervals
// after the last byte, which came up to half an interval before the silence began, or just then.
func HeartbeatTimer(link model.ID) model.Timer { return model.Timer{Name: "heartbeat", Peer: link} }

// key names a connection: the present one of a link (lost is 0), or the n-th of those that are lost and not noticed yet.
type key struct {
	link model.ID
	lost int
}

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.link, o.link), cmp.Compare(k.lost, o.lost))
}

// Owner returns the link over which the exclusive queue of that name was declared, and whether that connection is whole as
// far as the broker knows; ok is false if there is no such queue or it is not exclusive.
func (b *Broker) Owner(name string) (link model.ID, connected, ok bool) {
	i, found := b.find(name)
	if !found || !b.queues[i].exclusive {
		return model.Self, false, false
	}
	q := &b.queues[i]
	return q.owner.link, !q.orphan, true
}

// Status is what a sequence diagram says about the broker: its queues, and whose the exclusive ones are.
func (b *Broker) Status() string {
	words := make([]string, len(b.queues))
	for i := range b.queues {
		q := &b.queues[i]
		words[i] = "queue " + q.name
		switch {
		case q.orphan:
			words[i] += " of " + b.name(q.owner.link) + "'s lost connection"
		case q.exclusive && q.owner.lost > 0:
			words[i] += " is " + b.name(q.owner.link) + "'s, whose connection is lost unnoticed"
		case q.exclusive:
			words[i] += " is " + b.name(q.owner.link) + "'s"
		}
	}
	if len(words) == 0 {
		return "no queue"
	}
	return strings.Join(words, ", ")
}

// Actions appends what queues and lost connections have still to do: queues by name, then connections by link.
func (b *Broker) Actions(dst []model.Event) []model.Event {
	for i := range b.queues {
		q := &b.queues[i]
		if len(q.mailbox) > 0 {
			dst = append(dst, Take{q.name})
		}
		if q.orphan {
			dst = append(dst, Reap{q.name})
		}
	}
	for i := range b.conns {
		if c := &b.conns[i]; c.lost > 0 {
			loss := Loss{c.link, b.name(c.link), c.lost}
			if len(c.unread) > 0 {
				dst = append(dst, Read{loss, c.unread[0]})
			}
			dst = append(dst, Notice{loss})
		}
	}
	return dst
}

// Step takes one action or input.
func (b *Broker) Step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case amqp.Frame:
		b.frame(key{link: from}, e, out)
	case amqp.Late:
		if i, ok := b.findConn(key{link: from}); ok {
			b.conns[i].unread = append(b.conns[i].unread, e.Frame)
		}
	case amqp.Broken:
		b.lose(from, out)
	case amqp.Silent:
		out.Arm(HeartbeatTimer(from), model.Window{Earliest: 3 * e.Interval / 2, Latest: 3 * e.Interval})
		b.setDeadline(key{link: from}, out)
	case amqp.Heard:
		out.Cancel(HeartbeatTimer(from))
		if i, ok := b.findConn(key{link: from}); ok {
			b.conns[i].liftDeadline(out)
		}
	case model.Expired:
		b.notice(key{link: e.Timer.Peer}, out)
		out.Send(e.Timer.Peer, amqp.Hangup{})
	case Read:
		k := key{e.Link, e.N}
		i, _ := b.findConn(k)
		b.conns[i].unread = b.conns[i].unread[1:]
		b.frame(k, e.Next, out)
		b.settle(e.Link, out)
	case Notice:
		b.notice(key{e.Link, e.N}, out)
		b.settle(e.Link, out)
	case Take:
		i, _ := b.find(e.Queue)
		b.take(i, out)
	case Reap:
		i, _ := b.find(e.Queue)
		b.remove(i, out)
	default:
		panic(fmt.Sprintf("broker: input %T is no business of a broker's", e))
	}
}

// Vocabulary lists what a broker takes, with every method that it knows.
func (b *Broker) Vocabulary() []model.Event {
	words := []model.Event{
		Take{}, Read{}, Notice{}, Reap{}, amqp.Late{}, amqp.Broken{}, amqp.Silent{}, amqp.Heard{}, model.Expired{},
	}
	for _, m := range []amqp.Method{
		amqp.ConnectionOpen{}, amqp.ConnectionClose{}, amqp.ConnectionCloseOk{}, amqp.ChannelOpen{}, amqp.ChannelClose{}, amqp.ChannelCloseOk{},
		amqp.QueueDeclare{}, amqp.QueueDelete{}, amqp.BasicPublish{}, amqp.ConfirmSelect{},
	} {
		words = append(words, amqp.Frame{Method: m})
	}
	return words
}

// Clone returns an independent copy.
func (b *Broker) Clone() model.Machine {
	c := &Broker{name: b.name, deadlines: b.deadlines, conns: slices.Clone(b.conns), queues: slices.Clone(b.queues)}
	for i := range c.conns {
		c.conns[i].channels = slices.Clone(c.conns[i].channels)
		c.conns[i].unread = slices.Clone(c.conns[i].unread)
	}
	for i := range c.queues {
		c.queues[i].ready = slices.Clone(c.queues[i].ready)
		c.queues[i].mailbox = slices.Clone(c.queues[i].mailbox)
	}
	return c
}

// Rename replaces the links of connections and owners, and sorts the connections anew.
func (b *Broker) Rename(to func(model.ID) model.ID) model.Machine {
	c := b.Clone().(*Broker)
	for i := range c.conns {
		c.conns[i].link = to(c.conns[i].link)
	}
	c.sortConns()
	for i := range c.queues {
		q := &c.queues[i]
		if q.exclusive {
			q.owner.link = to(q.owner.link)
		}
		for j := range q.mailbox {
			if a := &q.mailbox[j]; a.seq != 0 {
				a.key.link = to(a.key.link)
			}
		}
	}
	return c
}

func (b *Broker) sortConns() {
	slices.SortFunc(b.conns, func(x, y conn) int { return x.key.compare(y.key) })
}

// AppendState encodes connections and queues.
func (b *Broker) AppendState(dst []byte) []byte {
	dst = model.AppendInt(dst, len(b.conns))
	for i := range b.conns {
		dst = b.conns[i].appendState(b.conns[i].key.appendState(dst))
	}
	for i := range b.queues {
		dst = b.queues[i].appendState(dst)
	}
	return dst
}

func (k key) appendState(dst []byte) []byte {
	return model.AppendInt(model.AppendInt(dst, k.link), k.lost)
}
