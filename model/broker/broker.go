package broker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Broker is the machine. Its inputs are, from links, amqp.Frame, amqp.Late, amqp.Broken, amqp.Silent, amqp.Heard, amqp.Full and
// amqp.Room; and, from whoever plays the broker's surroundings, [Restart], [Alarm], [ForceClose] and [Started]. It sends amqp.Frame and
// amqp.Hangup to links. It arms [HeartbeatTimer] for each link whose connection is silent, [ExpiryTimer] and [MessageTimer].
type Broker struct {
	opts   *Options // shared, never changed
	conns  []*conn  // sorted by key
	hosts  []*host  // sorted by name
	alarm  bool
	serial int // of names made up, unless Lean

	// What Actions would otherwise have to search for.
	mail    []*queue   // those with something to do
	orphans []*queue   // exclusive queues of connections that are no more, and those that are being deleted
	busy    []*channel // those with something to do
	losses  int        // connections that are lost and not noticed

	travels *travels // in the step at hand, nil between steps
}

// The broker's own actions.
type (
	// Take lets a queue take the oldest letter of its mailbox: a message, which becomes ready and is confirmed, or word of what
	// became of messages that were delivered. What says which.
	Take struct{ Queue, What string }
	// Deliver lets a queue go on to hand out messages after a burst (Options.Burst).
	Deliver struct{ Queue string }
	// Sync is the moment at which what a durable queue has taken is on disk: it is confirmed.
	Sync struct{ Queue string }
	// Read lets the broker read the next frame of a connection that is lost already: number N of those of a link.
	Read struct {
		Loss
		Next amqp.Frame
	}
	// Notice lets the broker learn that a connection is lost, whatever it has not read of it.
	Notice struct{ Loss }
	// Depart ends one of the channels of a connection whose loss is noticed; a lean broker, where connections have but one, has no such step.
	Depart struct {
		Loss
		Channel amqp.Channel
	}
	// Stop is the end of a quorum queue's process, when the queue is being deleted. Whoever declares the queue then finds it, and that it is empty.
	Stop struct{ Queue string }
	// Finish is the last step of a queue that is being deleted.
	Finish struct{ Queue string }
	// Reap deletes an exclusive queue whose connection is no more.
	Reap struct{ Queue string }
)

// What befalls a broker as a whole. These are inputs from anybody.
type (
	// Restart ends the broker's process, by whatever cause, and starts it again: what is not durable is gone, and so are all
	// connections.
	Restart struct{}
	// Alarm says whether the broker is short of memory or disk. While it is, connections that publish are not read.
	Alarm struct{ On bool }
	// ForceClose ends the connection of a link as an administrator does, with connection.close 320.
	ForceClose struct {
		Link model.ID
		Text string
	}
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

func (a Take) String() string    { return "queue " + a.Queue + " takes " + a.What }
func (a Deliver) String() string { return "queue " + a.Queue + " delivers" }
func (a Sync) String() string    { return "queue " + a.Queue + " has its messages on disk" }
func (a Read) String() string    { return fmt.Sprintf("reads on after %v: %v", a.Loss, a.Next) }
func (a Notice) String() string  { return "notices " + a.Loss.String() }
func (a Depart) String() string  { return fmt.Sprintf("ends channel %d after %v", a.Channel, a.Loss) }
func (a Stop) String() string    { return "queue " + a.Queue + " stops" }
func (a Finish) String() string  { return "queue " + a.Queue + " is gone" }
func (a Reap) String() string    { return "deletes queue " + a.Queue + " of a lost connection" }

func (Restart) String() string      { return "restart" }
func (a Alarm) String() string      { return fmt.Sprintf("alarm on=%t", a.On) }
func (f ForceClose) String() string { return fmt.Sprintf("force close: %q", f.Text) }

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

// find returns the queue that an action or a property means, nil if there is none.
func (b *Broker) find(title string) *queue {
	if h, ok := b.findHost(defaultHost); ok {
		if q := h.queue(title); q != nil {
			return q
		}
	}
	for _, h := range b.hosts {
		if name, ok := strings.CutSuffix(title, " of "+h.name); ok {
			if q := h.queue(name); q != nil {
				return q
			}
		}
	}
	return nil
}

// Owner returns the link over which the exclusive queue of that name was declared, and whether that connection is whole as
// far as the broker knows; ok is false if there is no such queue or it is not exclusive.
func (b *Broker) Owner(name string) (link model.ID, connected, ok bool) {
	q := b.find(name)
	if q == nil || !q.exclusive {
		return model.Self, false, false
	}
	return q.owner.link, !q.orphan, true
}

// Census returns what a passive declare tells of a queue of the first virtual host, if the queue is there and not exclusive.
func (b *Broker) Census(name string) (ready, consumers int, ok bool) {
	q := b.find(name)
	if q == nil || q.exclusive {
		return 0, 0, false
	}
	return len(q.ready), b.counted(q), true
}

// Messages returns how many messages a queue of the first virtual host has ready, and delivered and not settled; none if there is no such queue.
func (b *Broker) Messages(name string) (ready, unsettled int) {
	q := b.find(name)
	if q == nil {
		return 0, 0
	}
	return len(q.ready), len(q.unacked)
}

// Orphaned reports whether connections that are no more have anything of a queue of the first virtual host: the queue itself, consumers, or messages that are
// not settled.
func (b *Broker) Orphaned(name string) bool {
	q := b.find(name)
	if q == nil {
		return false
	}
	gone := func(c client) bool { return c.lost <= departed }
	consumes := func(c consumer) bool { return gone(c.client) }
	return q.exclusive && q.orphan || slices.ContainsFunc(q.consumers, consumes) || slices.ContainsFunc(q.blocked, consumes) ||
		slices.ContainsFunc(q.unacked, func(m held) bool { return gone(m.holder) })
}

// Stored lists the property app-id of the messages of a queue of the first virtual host that have it, ready and not settled.
func (b *Broker) Stored(name string) (apps []string) {
	for _, t := range b.tenures() {
		if t.queue == name && t.stored > 0 {
			apps = append(apps, t.app)
		}
	}
	return apps
}

// Connected reports whether a link has a connection that is whole as far as the broker knows, or of whose loss it has not noticed.
func (b *Broker) Connected(link model.ID) bool {
	return slices.ContainsFunc(b.conns, func(c *conn) bool { return c.link == link })
}

// Counts are figures of a broker.
type Counts struct {
	Exchanges, Queues, Consumers int
	Ready, Unacknowledged        int // messages
}

// Counts returns the broker's figures, all virtual hosts together.
func (b *Broker) Counts() (c Counts) {
	for _, h := range b.hosts {
		c.Exchanges += len(h.exchanges)
		c.Queues += len(h.queues)
		for _, q := range h.queues {
			c.Consumers += q.consumerCount()
			c.Ready += len(q.ready)
			c.Unacknowledged += len(q.unacked)
		}
	}
	return c
}

// Status is what a sequence diagram says about the broker: its queues, and whose the exclusive ones are.
func (b *Broker) Status() string {
	var words []string
	for _, h := range b.hosts {
		for _, q := range h.queues {
			words = append(words, b.statusOf(q))
		}
	}
	if len(words) == 0 {
		return "no queue"
	}
	return strings.Join(words, ", ")
}

func (b *Broker) statusOf(q *queue) string {
	s := "queue " + q.title()
	switch {
	case q.orphan:
		s += " of " + b.opts.Name(q.owner.link) + "'s lost connection"
	case q.exclusive && q.owner.lost > 0:
		s += " is " + b.opts.Name(q.owner.link) + "'s, whose connection is lost unnoticed"
	case q.exclusive:
		s += " is " + b.opts.Name(q.owner.link) + "'s"
	}
	if len(q.ready) > 0 {
		s += fmt.Sprintf(", %d ready", len(q.ready))
	}
	for _, m := range q.unacked {
		s += ", one message is " + b.opts.Name(m.holder.link) + "'s"
	}
	return s
}

// Actions appends what queues, channels and lost connections have still to do: queues by name, then connections by link.
func (b *Broker) Actions(dst []model.Event) []model.Event {
	if len(b.mail)+len(b.orphans) > 0 {
		for _, h := range b.hosts {
			for _, q := range h.queues {
				dst = q.actions(dst)
			}
		}
	}
	for _, c := range b.conns {
		if c.lost > 0 {
			dst = b.lossActions(dst, c)
			continue
		}
		for _, ch := range c.channels {
			if ch.listed {
				dst = ch.actions(dst, b.opts.Name(c.link), len(ch.news))
			}
		}
	}
	return dst
}

// Some returns one of the broker's enabled actions, that of the number that pick gives for how many there are; nil if there is none. It numbers
// them otherwise than Actions does. Where very many queues or channels have something to do it chooses among those of some, whom pick chooses, too:
// what it takes does not grow with how many there are.
func (b *Broker) Some(pick func(n int) int) model.Event {
	all := b.some(someOf(b.mail, pick), someOf(b.orphans, pick), someOf(b.busy, pick))
	if len(all) == 0 {
		all = b.some(b.mail, b.orphans, b.busy)
	}
	if len(all) == 0 {
		return nil
	}
	return all[pick(len(all))]
}

func (b *Broker) some(mail, orphans []*queue, busy []*channel) (all []model.Event) {
	for _, q := range mail {
		all = q.actions(all)
	}
	for _, q := range orphans {
		if !q.listed {
			all = q.actions(all)
		}
	}
	for _, ch := range busy {
		all = ch.actions(all, b.opts.Name(ch.conn.link), crowd)
	}
	if b.losses > 0 {
		for _, c := range b.conns {
			if c.lost > 0 {
				all = b.lossActions(all, c)
			}
		}
	}
	return all
}

// crowd is how many that have something to do are very many.
const crowd = 64

// someOf are the members of a list, some of them if they are very many.
func someOf[E any](list []E, pick func(n int) int) []E {
	if len(list) <= crowd {
		return list
	}
	from := pick(len(list) - crowd + 1)
	return list[from : from+crowd]
}

func (b *Broker) lossActions(dst []model.Event, c *conn) []model.Event {
	loss := Loss{c.link, b.opts.Name(c.link), c.lost}
	switch {
	case c.noticed:
		for _, ch := range c.channels {
			dst = append(dst, Depart{loss, ch.num})
		}
		return dst
	case len(c.unread) > 0:
		dst = append(dst, Read{loss, c.unread[0]})
	}
	return append(dst, Notice{loss})
}

func (q *queue) actions(dst []model.Event) []model.Event {
	if q.isDying() || q.husk {
		dst = append(dst, Finish{q.title()})
		if q.isDying() && q.quorum && !q.dying.stopped {
			dst = append(dst, Stop{q.title()})
		}
	}
	if q.hasStopped() {
		return dst
	}
	if len(q.mailbox) > 0 {
		for _, i := range q.turns() {
			dst = append(dst, Take{q.title(), q.mailbox[i].String()})
		}
	}
	if q.running {
		dst = append(dst, Deliver{q.title()})
	}
	if len(q.unsynced) > 0 {
		dst = append(dst, Sync{q.title()})
	}
	if q.orphan {
		dst = append(dst, Reap{q.title()})
	}
	return dst
}

// Step takes one action or input.
func (b *Broker) Step(from model.ID, e model.Event, out *model.Out) {
	var before []tenure
	if b.opts.Tenures {
		before = b.tenures()
	}
	b.step(from, e, out)
	b.settleMail(out)
	b.settleNews(out)
	if b.opts.Tenures {
		b.observeTenures(before, out)
	}
}

func (b *Broker) step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case amqp.Frame:
		b.frame(key{link: from}, e, out)
	case amqp.Late:
		if c := b.conn(key{link: from}); c != nil {
			c.unread = append(c.unread, e.Frame)
		}
	case amqp.Broken:
		b.lose(from, out)
	case amqp.Silent:
		out.Arm(HeartbeatTimer(from), model.Window{Earliest: 3 * e.Interval / 2, Latest: 3 * e.Interval})
		b.setDeadline(key{link: from}, out)
	case amqp.Heard:
		out.Cancel(HeartbeatTimer(from))
		if c := b.conn(key{link: from}); c != nil {
			c.liftDeadline(out)
		}
	case amqp.Full:
		if c := b.conn(key{link: from}); c != nil {
			c.full = true
		}
	case amqp.Room:
		if c := b.conn(key{link: from}); c != nil && c.full {
			c.full = false
			b.resumeAll(c, out)
		}
	case AckCheck:
		b.checkAcks(out)
	case model.Expired:
		b.expired(e.Timer, out)
	case Read:
		b.readOn(key{e.Link, e.N}, e.Next, out)
	case Notice:
		b.notice(key{e.Link, e.N}, out)
		b.settleLost(e.Link, out)
	case Depart:
		b.channelDeparts(key{e.Link, e.N}, e.Channel, out)
		b.settleLost(e.Link, out)
	case Take:
		q := b.find(e.Queue)
		b.take(q, slices.IndexFunc(q.mailbox, func(l letter) bool { return l.String() == e.What }), out)
	case Deliver:
		b.deliver(b.find(e.Queue), out)
	case Sync:
		b.sync(b.find(e.Queue), out)
	case Stop:
		b.find(e.Queue).dying.stopped = true
	case Finish:
		b.remove(b.find(e.Queue), out)
	case Reap:
		b.reap(b.find(e.Queue), out)
	case Handle:
		b.handle(b.channelOf(client{key{link: e.Link}, e.Channel}), out)
	case End:
		ch := b.channelOf(client{key{link: e.Link}, e.Channel})
		b.endOne(ch, out)
		b.goOn(ch.conn, out)
	case Inform:
		ch := b.channelOf(client{key{link: e.Link}, e.Channel})
		if e.Confirms {
			ch.informOfConfirms(out)
		} else {
			b.inform(ch, out)
		}
	case Relay:
		ch := b.channelOf(client{key{link: e.Link}, e.Channel})
		i := slices.IndexFunc(ch.news, func(n note) bool { return n.what() == e.What })
		if b.relayAt(ch, i, out); b.opts.Lean {
			b.inform(ch, out)
		}
	case Restart:
		b.restart(out)
	case Started:
		b.started(out)
	case Alarm:
		b.ring(e.On, out)
	case ForceClose:
		if c := b.conn(key{link: e.Link}); c != nil && !c.closing && !c.ending {
			b.connException(call{key: c.key, conn: c}, amqp.ConnectionForced, e.Text, out)
		}
	default:
		panic(fmt.Sprintf("broker: input %T is no business of a broker's", e))
	}
}

// expired is the end of a timer: a connection is given up, or something has lived its time.
func (b *Broker) expired(t model.Timer, out *model.Out) {
	if t.Peer == model.Self {
		b.expire(t, out)
		return
	}
	b.notice(key{link: t.Peer}, out)
	out.Send(t.Peer, amqp.Hangup{})
}

// readOn reads a frame of a lost connection.
func (b *Broker) readOn(k key, f amqp.Frame, out *model.Out) {
	c := b.conn(k)
	c.unread = c.unread[1:]
	b.frame(k, f, out)
	b.settleLost(k.link, out)
}

// resumeAll lets queues deliver again to a connection that has room.
func (b *Broker) resumeAll(c *conn, out *model.Out) {
	for _, ch := range c.channels {
		for _, s := range ch.consumers {
			if q := c.host.queue(s.queue); q != nil {
				b.unblock(q, func(x *consumer) bool { return x.key == c.key }, out)
			}
		}
	}
}

// restart is the end of the broker's process, and its beginning.
func (b *Broker) restart(out *model.Out) {
	for _, c := range b.conns {
		c.liftDeadline(out)
		if c.lost == 0 {
			out.Cancel(HeartbeatTimer(c.link))
			out.Send(c.link, amqp.Hangup{})
		}
	}
	old := b.hosts
	*b = Broker{opts: b.opts, serial: b.serial}
	for _, h := range old {
		b.hosts = append(b.hosts, b.revive(h, out))
	}
}

// revive returns what a restart leaves of a virtual host.
func (b *Broker) revive(h *host, out *model.Out) *host {
	n := newHost(h.name)
	for _, x := range h.exchanges {
		if x.durable && !x.given {
			c := *x
			c.bindings = nil
			n.addExchange(&c)
		}
	}
	for _, q := range h.queues {
		b.stopTimers(q, out)
		if !q.durable {
			out.Observe(Deleted{q.title()})
			continue
		}
		r := &queue{settings: q.settings, profile: q.profile, host: n, name: q.name, durable: true, autoDelete: q.autoDelete, arguments: q.arguments, last: q.last}
		n.addQueue(r)
		keep := func(m message) {
			if q.persists(m) {
				m.timer = 0
				b.startLife(r, &m, out)
				r.insert(m)
			}
		}
		for _, m := range q.ready {
			keep(m)
		}
		for _, m := range q.unacked {
			m.redelivered = true
			keep(m.message)
		}
		r.touch(out)
	}
	for _, x := range h.exchanges {
		for _, bd := range x.bindings {
			if y := n.exchange(x.name); y != nil && (bd.toExchange && n.exchange(bd.destination) != nil || !bd.toExchange && n.queue(bd.destination) != nil) {
				y.addBinding(bd)
			}
		}
	}
	return n
}

// Vocabulary lists what a broker does, and which inputs it takes; frames may have any method. What befalls a broker as a whole is
// left out for a lean one: the systems that explore it say so where they have it.
func (b *Broker) Vocabulary() []model.Event {
	words := []model.Event{
		Read{}, Notice{}, Reap{}, amqp.Frame{}, amqp.Late{}, amqp.Broken{}, amqp.Silent{}, amqp.Heard{}, model.Expired{},
	}
	if b.opts.Grain == Process {
		words = append(words, Take{}, Sync{}, Handle{}, Inform{}, Relay{})
		if !b.opts.Lean {
			words = append(words, Depart{}, End{}, Stop{}, Finish{})
		}
	}
	if b.opts.Burst > 0 {
		words = append(words, Deliver{})
	}
	if !b.opts.Lean {
		words = append(words, Restart{}, Started{}, Alarm{}, ForceClose{}, amqp.Full{}, amqp.Room{})
	}
	return words
}
