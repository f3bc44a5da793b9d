package broker

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// queue is a queue and the process behind it.
type queue struct {
	settings
	host                           *host
	name                           string
	durable, exclusive, autoDelete bool
	arguments                      amqp.Table // effective
	owner                          key        // exclusive: whose connection declared it
	orphan                         bool       // exclusive: that connection is no more

	ready     []message  // by priority, then by position
	unacked   []held     // delivered and not settled, by position
	last      uint64     // the position given last
	consumers []consumer // those that may be delivered to, by priority, then in turn
	blocked   []consumer // those that were found to have enough, in the order in which that was found
	suspended []client   // channels whose limit over all consumers was found to be reached
	active    client     // single active consumer, or exclusive consumer: whose; zero: nobody's
	activeTag string
	used      bool // auto-delete: has had a consumer
	mailbox   []letter
	unsynced  []receipt // persistent: taken, and not yet on disk
	timers    tags      // the numbers of timers of messages
	profile   Profile
	served    int        // quorum: messages of late, for the weights of priorities
	enqueuers []enqueuer // quorum: those who are to hear that it is too long
	running   bool       // has handed out a burst of messages, and has more to hand out
	dying     dying      // is being deleted
	husk      bool       // has ended, and only its name is left, see Profile.namesOutliveQueues
	removed   bool       // deleted
	listed    bool       // in the broker's list of those with something to do
}

// dying is a queue on its way out: what is routed to it meanwhile is lost.
type dying struct {
	deleter client // waits for it to be gone; zero: it is not dying
	silent  bool   // and is not answered
	count   int    // what to answer
	stopped bool   // of a quorum queue: its process is gone, of which its name does not tell
}

func (q *queue) isDying() bool { return q.dying.deleter.somebody() }

// hasStopped reports whether it serves nobody any more. A quorum queue goes on to the end.
func (q *queue) hasStopped() bool { return q.husk || q.isDying() && !q.quorum }

// client is a channel of a connection; the zero value is nobody. A channel that is no more, and of which a queue has not heard yet,
// has a key with lost <= departed.
type client struct {
	key
	channel amqp.Channel
}

// departed is the number of connections that are no more, in the keys of those that have not heard of it. Channels that consumed, or have sent letters, have smaller ones, each its own.
const departed = -1

func (c client) somebody() bool { return c.channel != 0 }

// held is a message that a channel has and has not settled.
type held struct {
	message
	holder client
	tag    string // the consumer's; "": got by basic.get
}

func (b *Broker) findConsumer(q *queue, c client, tag string) *consumer {
	for _, list := range [][]consumer{q.consumers, q.blocked} {
		for i := range list {
			if list[i].client == c && list[i].tag == tag {
				return &list[i]
			}
		}
	}
	return nil
}

func (q *queue) consumerCount() int { return len(q.consumers) + len(q.blocked) }

// declare answers queue.declare (§1.7.2.1). RabbitMQ looks at the lock before it compares arguments, and an exclusive queue is
// never durable to it.
func (b *Broker) declare(in call, m amqp.QueueDeclare, out *model.Out) {
	m.Queue = withoutLineBreaks(m.Queue)
	h := in.conn.host
	if b.declareReplyTo(in, m, out) {
		return
	}
	if m.Passive {
		b.declarePassive(in, m, out)
		return
	}
	if value, _ := m.Arguments.Lookup(queueType); value == "stream" {
		b.connException(in, amqp.NotImplemented, "streams", out)
		return
	}
	if _, present := m.Arguments.Lookup("x-queue-master-locator"); present && b.opts.Profile.refusesMasterLocator() {
		b.connException(in, amqp.InternalError, "x-queue-master-locator is a deprecated feature", out)
		return
	}
	quorum, wrongType := b.isQuorum(m)
	durable := m.Durable && !m.Exclusive
	switch {
	case m.Queue == "" && quorum:
		b.exception(in, amqp.PreconditionFailed, "Cannot declare a server-named queue for type rabbit_quorum_queue", out)
		return
	case m.Queue == "":
		prefix := "amq.gen-"
		if b.opts.Lean { // a name that is free again may come up again, but not for another client: nobody can guess one
			prefix += b.opts.Name(in.link) + "-"
		}
		m.Queue = b.fresh(prefix, func(name string) bool { return h.queue(name) != nil })
	case reserved(m.Queue):
		b.exception(in, amqp.AccessRefused, fmt.Sprintf("queue name '%s' contains reserved prefix 'amq.*'", m.Queue), out)
		return
	}
	q := h.queue(m.Queue)
	switch {
	case q == nil:
		s, wrong := b.read(m.Arguments, quorum)
		if wrongType != "" {
			wrong = wrongType
		}
		if wrong == "" {
			wrong = b.opts.Profile.impossible(m, quorum)
		}
		if wrong != "" {
			b.exception(in, amqp.PreconditionFailed, wrong+" for "+h.here("queue", m.Queue), out)
			return
		}
		q = b.newQueue(in, m, s, durable, out)
	case q.exclusive && !q.ownedBy(in.key) || q.exclusive != m.Exclusive:
		b.lockedQueue(in, m.Queue, out)
		return
	case b.differs(q, m):
		b.exception(in, amqp.PreconditionFailed, "inequivalent arg for "+h.here("queue", m.Queue), out)
		return
	default:
		q.asked(m, out)
	}
	out.Observe(Declared{q.title(), in.link, in.lost > 0})
	b.declared(in, q, m, out)
}

// differs reports whether a queue is another one than a declare says.
func (b *Broker) differs(q *queue, m amqp.QueueDeclare) bool {
	quorum, wrongType := b.isQuorum(m)
	durable := m.Durable && !m.Exclusive
	return wrongType != "" || q.durable != durable || q.autoDelete != m.AutoDelete || q.quorum != quorum || q.arguments != b.opts.Profile.effective(m.Arguments, quorum)
}

// declarePassive answers a declare that only asks.
func (b *Broker) declarePassive(in call, m amqp.QueueDeclare, out *model.Out) {
	q := in.conn.host.queue(m.Queue)
	switch {
	case q == nil:
		b.noQueue(in, m.Queue, out)
		return
	case q.exclusive && !q.ownedBy(in.key):
		q.asked(m, out)
		b.lockedQueue(in, m.Queue, out)
		return
	}
	q.asked(m, out)
	b.declared(in, q, m, out)
}

// declared is the success of a declare. RabbitMQ counts without waiting for what is in the queue's mailbox.
func (b *Broker) declared(in call, q *queue, m amqp.QueueDeclare, out *model.Out) {
	if !b.opts.Lean {
		in.ch.lastQueue = q.name
	}
	ok := amqp.QueueDeclareOk{Queue: q.name}
	if !q.dying.stopped {
		ok.MessageCount, ok.Consumers = uint32(len(q.ready)), uint32(b.counted(q))
	}
	in.answer(!m.NoWait, ok, out)
}

func (b *Broker) newQueue(in call, m amqp.QueueDeclare, s settings, durable bool, out *model.Out) *queue {
	h := in.conn.host
	q := &queue{
		settings: s, profile: b.opts.Profile, host: h, name: m.Queue, durable: durable, exclusive: m.Exclusive, autoDelete: m.AutoDelete,
		arguments: b.opts.Profile.effective(m.Arguments, s.quorum),
	}
	if m.Exclusive {
		q.owner = in.key
	}
	h.addQueue(q)
	if q.durable {
		b.kept(StoredQueue{h.name, q.name, q.autoDelete, m.Arguments}, out)
	}
	q.touch(out)
	return q
}

// fresh makes a name up that is not taken.
func (b *Broker) fresh(prefix string, taken func(string) bool) string {
	n := 1
	if !b.opts.Lean {
		b.serial++
		n = b.serial
	}
	for ; ; n++ {
		if name := fmt.Sprintf("%s%d", prefix, n); !taken(name) {
			return name
		}
	}
}

// named fills in the name of a queue that a method leaves out: that of the queue declared last on the channel. If there is
// none it has answered.
func (b *Broker) named(in call, name *string, out *model.Out) bool {
	switch {
	case *name != "":
		return true
	case b.opts.Lean:
		out.Cut("a queue without a name is meant, and what was declared last is not kept track of")
		return false
	case in.ch.lastQueue == "":
		b.noLastQueue(in, out)
		return false
	}
	*name = in.ch.lastQueue
	return true
}

func (b *Broker) noLastQueue(in call, out *model.Out) {
	b.exception(in, amqp.NotFound, "no previously declared queue", out)
}

// meansLastQueue reports whether a method leaves the name of its queue out.
func meansLastQueue(m amqp.Method) bool {
	switch m := m.(type) {
	case amqp.BasicGet:
		return m.Queue == ""
	case amqp.BasicConsume:
		return m.Queue == ""
	case amqp.QueueDelete:
		return m.Queue == ""
	case amqp.QueuePurge:
		return m.Queue == ""
	case amqp.QueueBind:
		return m.Queue == ""
	case amqp.QueueUnbind:
		return m.Queue == ""
	}
	return false
}

// finishNamed has a queue that is being deleted be gone, if a method is about it that waits for that.
func (b *Broker) finishNamed(in call, out *model.Out) {
	if !in.late {
		return
	}
	name := in.ch.lastQueue
	_, deletes := in.method.(amqp.QueueDelete)
	asks := func(q *queue) bool { return false } // the husk of a queue will do: RabbitMQ finds there what it has to say
	switch m := in.method.(type) {
	case amqp.QueueDeclare:
		name = withoutLineBreaks(m.Queue)
		asks = func(q *queue) bool { return !m.Passive && (m.NoWait || b.differs(q, m)) }
	case amqp.QueueDelete:
		asks = func(*queue) bool { return m.IfEmpty }
		name = cmp.Or(withoutLineBreaks(m.Queue), name)
	case amqp.QueuePurge:
		name = cmp.Or(m.Queue, name)
	case amqp.BasicGet:
		name = cmp.Or(m.Queue, name)
	case amqp.BasicConsume:
		name = cmp.Or(m.Queue, name)
	default:
		return
	}
	if q := in.conn.host.queue(name); q != nil && (q.hasStopped() || q.isDying() && deletes) && !(q.husk && (q.lockedTo(in.key) || asks(q))) {
		b.remove(q, out)
	}
}

// usable returns the queue of that name, if the caller may use it; nil if not, and it has answered.
func (b *Broker) usable(in call, name string, out *model.Out) *queue {
	q := in.conn.host.queue(name)
	switch {
	case q == nil:
		b.noQueue(in, name, out)
		return nil
	case q.lockedTo(in.key):
		b.lockedQueue(in, name, out)
		return nil
	}
	return q
}

// delete answers queue.delete (§1.7.2.9). To delete what does not exist is a success.
func (b *Broker) delete(in call, m amqp.QueueDelete, out *model.Out) {
	if !b.named(in, &m.Queue, out) {
		return
	}
	q := in.conn.host.queue(withoutLineBreaks(m.Queue))
	count := 0
	if q != nil {
		if q.lockedTo(in.key) {
			b.lockedQueue(in, m.Queue, out)
			return
		}
		if q.quorum && (m.IfUnused || m.IfEmpty) {
			b.connException(in, amqp.NotImplemented, "cannot delete "+in.conn.host.here("queue", m.Queue)+" by a condition", out)
			return
		}
		count = len(q.ready)
		b.catchUp(q, in, out)
		if !q.quorum { // the delete stands behind what is in the mailbox; of a quorum queue RabbitMQ counts before that
			count = len(q.ready)
		}
		switch {
		case m.IfEmpty && (count > 0 || q.husk): // of which RabbitMQ cannot tell
			b.exception(in, amqp.PreconditionFailed, in.conn.host.here("queue", m.Queue)+" not empty", out)
			return
		case m.IfUnused && q.consumerCount() > 0:
			b.exception(in, amqp.PreconditionFailed, in.conn.host.here("queue", m.Queue)+" in use", out)
			return
		}
		if in.late {
			q.dying = dying{deleter: client{in.key, in.channel}, silent: m.NoWait, count: count}
			in.ch.blocked = true
			b.orphans = append(b.orphans, q)
			return
		}
		others := q.consumerCount() > 0
		b.remove(q, out)
		b.wait(in, !m.NoWait, amqp.QueueDeleteOk{MessageCount: uint32(count)}, others, out)
		return
	}
	in.answer(!m.NoWait, amqp.QueueDeleteOk{}, out)
}

// purge answers queue.purge (§1.7.2.7): what is ready goes, what is delivered stays.
func (b *Broker) purge(in call, m amqp.QueuePurge, out *model.Out) {
	if !b.named(in, &m.Queue, out) {
		return
	}
	q := b.usable(in, m.Queue, out)
	if q == nil {
		return
	}
	b.catchUp(q, in, out)
	for _, x := range q.ready {
		b.forgetMessage(q, x, out)
	}
	in.answer(!m.NoWait, amqp.QueuePurgeOk{MessageCount: uint32(len(q.ready))}, out)
	q.ready = nil
	q.watch()
}

// ownedBy reports whether the queue is exclusive to that connection.
func (q *queue) ownedBy(k key) bool { return q.exclusive && !q.orphan && q.owner == k }

// lockedTo reports whether the queue is exclusive to another connection than that.
func (q *queue) lockedTo(k key) bool { return q.exclusive && !q.ownedBy(k) }

// title names the queue, with its virtual host where that is not "/".
func (q *queue) title() string {
	if q.host.name == defaultHost {
		return q.name
	}
	return q.name + " of " + q.host.name
}

func (b *Broker) lockedQueue(in call, name string, out *model.Out) {
	b.exception(in, amqp.ResourceLocked, fmt.Sprintf("cannot obtain exclusive access to locked %s. It could be originally declared on "+
		"another connection or the exclusive property value does not match that of the original declaration.",
		in.conn.host.here("queue", name)), out)
}

func (b *Broker) noQueue(in call, name string, out *model.Out) {
	b.exception(in, amqp.NotFound, "no "+in.conn.host.here("queue", name), out)
}

// remove deletes a queue with all that is in it.
func (b *Broker) remove(q *queue, out *model.Out) {
	h := q.host
	i, ok := h.findQueue(q.name)
	if !ok || h.queues[i] != q {
		return
	}
	h.queues = slices.Delete(h.queues, i, i+1)
	if q.orphan || q.isDying() || q.husk {
		b.orphans = slices.DeleteFunc(b.orphans, func(o *queue) bool { return o == q })
	}
	if q.durable {
		b.gone(StoredQueue{Host: h.name, Name: q.name}, out)
	}
	if !q.husk {
		b.dissolve(q, out)
	}
	b.unbindDestination(h, false, q.name, out)
	b.loseRoutes(q)
	q.removed = true
	out.Observe(Deleted{q.title()})
	if ch := b.channelOf(q.dying.deleter); ch != nil {
		ch.blocked = false
		in := call{key: ch.conn.key, channel: ch.num, conn: ch.conn, ch: ch, late: true}
		in.answer(!q.dying.silent, amqp.QueueDeleteOk{MessageCount: uint32(q.dying.count)}, out)
		b.watch(ch)
	}
}

// dissolve ends what a queue has. Its consumers are cancelled, what was delivered of it can no longer be put back, and
// publishes still in its mailbox are confirmed: there is nobody left whom the broker could fail.
func (b *Broker) dissolve(q *queue, out *model.Out) {
	b.stopTimers(q, out)
	for _, l := range q.mailbox {
		if l.kind == publishLetter {
			b.settleReceipt(l.receipt, true, out)
		}
		b.let(l)
	}
	for _, r := range q.unsynced {
		b.settleReceipt(r, true, out)
	}
	consumers := slices.Concat(q.consumers, q.blocked)
	slices.SortFunc(consumers, func(x, y consumer) int { return cmp.Compare(x.tag, y.tag) })
	for _, c := range consumers {
		b.consumerGone(q, c, out)
	}
	for _, m := range q.unacked {
		if ch := b.channelOf(m.holder); ch != nil {
			ch.disown(q)
		}
	}
	q.mailbox, q.unsynced, q.running = nil, nil, false
}

// lapse deletes a queue that nobody has told to go: it was to last only as long as it was used. Its name may be left for a while.
func (b *Broker) lapse(q *queue, out *model.Out) {
	if !b.opts.Profile.namesOutliveQueues() || b.opts.Grain == Atomic || b.opts.Lean || q.quorum || q.isDying() {
		b.remove(q, out)
		return
	}
	b.dissolve(q, out)
	for _, x := range q.ready {
		b.loseMessage(q, x, out)
	}
	for _, x := range q.unacked {
		b.loseMessage(q, x.message, out)
	}
	q.ready, q.unacked, q.consumers, q.blocked, q.suspended, q.active, q.activeTag = nil, nil, nil, nil, nil, client{}, ""
	q.husk = true
	b.orphans = append(b.orphans, q)
}
