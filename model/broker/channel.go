package broker

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// channel is an open channel:
//
//	channel.open ──► opening ──► open ──exception──► closing ──close-ok──► gone
//	                              └───────────channel.close──────────────► gone
type channel struct {
	conn    *conn
	num     amqp.Channel
	opening bool // channel.open is not answered yet
	closing bool // channel.close is sent; everything but its answer is discarded

	inbox []amqp.Frame // received and not yet handled, where other channels are handled meanwhile

	confirm     bool
	unconfirmed []outstanding
	confirmed   []uint64 // of which the client has not been told yet, nor of the following
	rejected    []uint64
	tx          *transaction

	news    []note // for the client
	blocked bool   // waits for a queue to be gone
	leaving int    // waits for so many queues that it consumes to let go of it
	waiting int    // how many of them, the first ones, are answers to the last method
	listed  bool   // in the broker's list of those with something to do
	ended   bool   // closed, and no queue knows of it any more
	gone    bool   // its connection does not, either

	tags      tags
	delivered uint64     // orders deliveries
	unsettled []delivery // in the order of delivery
	consumers []subscription
	prefetch  uint16 // for consumers to come
	limit     int    // of unsettled messages of all consumers together; 0: none
	volume    int    // how many count against it

	lastQueue     string // declared last
	replyConsumer string // of direct reply-to
	replier       int64  // its number
}

func (c *conn) find(num amqp.Channel) (int, bool) {
	return slices.BinarySearchFunc(c.channels, num, func(ch *channel, n amqp.Channel) int { return int(ch.num) - int(n) })
}

// call is a method that arrived on an open channel, with what is needed to answer it.
type call struct {
	key
	channel amqp.Channel
	method  amqp.Method
	conn    *conn
	ch      *channel
	late    bool // what answers it is sent in a step of its own
}

func (c call) reply(m amqp.Method, out *model.Out) {
	if c.late {
		c.ch.news = slices.Insert(c.ch.news, c.ch.waiting, note{method: m})
		c.ch.waiting++
		return
	}
	c.key.reply(c.channel, m, out)
}

// answer replies, unless the client does not wait for it.
func (c call) answer(waits bool, m amqp.Method, out *model.Out) {
	if waits {
		c.reply(m, out)
	}
}

// channelFrame has a channel handle a frame, the first of which has to open it: with grain Process in its own time. A lean broker has it handle the
// frame at once if it is the only one of its connection: waiting in its inbox is then the same as waiting in the link, unless the
// client goes on to open another one before it has its answers.
func (b *Broker) channelFrame(c *conn, f amqp.Frame, out *model.Out) {
	i, open := c.find(f.Channel)
	if !open {
		c.channels = slices.Insert(c.channels, i, &channel{conn: c, num: f.Channel, opening: true})
	}
	ch := c.channels[i]
	ch.inbox = append(ch.inbox, f)
	_, answers := f.Method.(amqp.ChannelCloseOk) // after which RabbitMQ's reader knows the channel no more
	if b.opts.Grain == Atomic || c.lost > 0 || b.opts.Lean && (len(c.channels) == 1 || !open) || answers {
		for len(ch.inbox) > 0 && !ch.gone && !ch.ended {
			b.handle(ch, out)
		}
		return
	}
	b.watch(ch)
}

// handle has a channel handle the oldest frame of its inbox.
func (b *Broker) handle(ch *channel, out *model.Out) {
	c := ch.conn
	f := ch.inbox[0]
	ch.inbox[0] = amqp.Frame{} // for the collector
	if len(ch.inbox) == 1 {
		ch.inbox = ch.inbox[:0]
	} else {
		ch.inbox = ch.inbox[1:]
	}
	in := call{c.key, f.Channel, f.Method, c, ch, b.stepwise(c.key)}
	switch _, opens := f.Method.(amqp.ChannelOpen); {
	case ch.opening && !opens && meansLastQueue(f.Method) && !b.opts.Lean: // to which RabbitMQ looks first
		ch.opening = false
		b.noLastQueue(in, out)
		b.watch(ch)
		return
	case ch.opening && !opens:
		b.connException(in, amqp.ChannelError, "expected 'channel.open'", out)
		return
	case ch.opening:
		ch.opening = false
		c.reply(ch.num, amqp.ChannelOpenOk{}, out)
		return
	}
	switch f.Method.(type) {
	case amqp.ChannelClose:
		b.closeChannel(in, out)
	case amqp.ChannelCloseOk:
		if !ch.closing {
			b.connException(in, amqp.CommandInvalid, "unimplemented method", out)
			return
		}
		b.endChannel(ch, out)
		b.drop(ch, out)
	case amqp.ChannelOpen: // RabbitMQ does not discard this one in a channel that is closing
		b.connException(in, amqp.ChannelError, "second 'channel.open' seen", out)
	default:
		if ch.closing {
			if meansLastQueue(f.Method) && ch.lastQueue == "" && !b.opts.Lean { // to which RabbitMQ looks first
				b.noLastQueue(in, out)
				b.watch(ch)
			}
			return
		}
		if ch.tx != nil && ch.tx.committing {
			b.connException(in, amqp.ChannelError, "unexpected command while processing 'tx.commit'", out)
			return
		}
		b.finishNamed(in, out)
		b.method(in, out)
		if !in.late {
			b.inform(ch, out) // which a channel does after whatever it does, with what it has heard by then
		}
		b.watch(ch)
	}
}

// closeChannel answers channel.close (§1.5.2.5) when all queues that have to do with the channel have let go of it. RabbitMQ may deliver what it
// puts back to another channel before it answers.
func (b *Broker) closeChannel(in call, out *model.Out) {
	ch := in.ch
	if ch.closing {
		ch.conn.reply(ch.num, amqp.ChannelCloseOk{}, out)
		return
	}
	b.endChannel(ch, out)
	if in.late {
		ch.news = append(ch.news, note{method: amqp.ChannelCloseOk{}})
		b.watch(ch)
		return
	}
	in.reply(amqp.ChannelCloseOk{}, out)
	b.drop(ch, out)
}

// drop forgets a channel. The next one of its number begins with the channel.open that it has not handled, if there is one.
func (b *Broker) drop(ch *channel, out *model.Out) {
	c := ch.conn
	if i, ok := c.find(ch.num); ok {
		c.channels = slices.Delete(c.channels, i, i+1)
	}
	ch.gone = true
	if i := slices.IndexFunc(ch.inbox, func(f amqp.Frame) bool { return f.Method == amqp.Method(amqp.ChannelOpen{}) }); i >= 0 && !c.ending {
		for _, f := range ch.inbox[i:] {
			b.frame(c.key, f, out)
		}
	}
	ch.inbox = nil
}

// method dispatches by class.
func (b *Broker) method(in call, out *model.Out) {
	switch m := in.method.(type) {
	case amqp.ChannelFlow:
		if !m.Active {
			b.connException(in, amqp.NotImplemented, "active=false", out)
			return
		}
		in.reply(amqp.ChannelFlowOk{Active: true}, out)
	case amqp.AccessRequest:
		in.reply(amqp.AccessRequestOk{Ticket: 1}, out)
	case amqp.ExchangeDeclare:
		b.declareExchange(in, m, out)
	case amqp.ExchangeDelete:
		b.deleteExchange(in, m, out)
	case amqp.ExchangeBind:
		b.bind(in, m.Source, binding{m.RoutingKey, true, m.Destination, m.Arguments}, !m.NoWait, amqp.ExchangeBindOk{}, out)
	case amqp.ExchangeUnbind:
		b.unbind(in, m.Source, binding{m.RoutingKey, true, m.Destination, m.Arguments}, !m.NoWait, amqp.ExchangeUnbindOk{}, out)
	case amqp.QueueDeclare:
		b.declare(in, m, out)
	case amqp.QueueDelete:
		b.delete(in, m, out)
	case amqp.QueueBind:
		if m.Queue == "" && m.RoutingKey == "" {
			m.RoutingKey = in.ch.lastQueue
		}
		if b.named(in, &m.Queue, out) {
			b.bind(in, m.Exchange, binding{m.RoutingKey, false, m.Queue, m.Arguments}, !m.NoWait, amqp.QueueBindOk{}, out)
		}
	case amqp.QueueUnbind:
		if m.Queue == "" && m.RoutingKey == "" {
			m.RoutingKey = in.ch.lastQueue
		}
		if b.named(in, &m.Queue, out) {
			b.unbind(in, m.Exchange, binding{m.RoutingKey, false, m.Queue, m.Arguments}, true, amqp.QueueUnbindOk{}, out)
		}
	case amqp.QueuePurge:
		b.purge(in, m, out)
	case amqp.BasicPublish:
		b.publish(in, m, out)
	case amqp.BasicConsume:
		b.consume(in, m, out)
	case amqp.BasicCancel:
		b.cancel(in, m, out)
	case amqp.BasicGet:
		b.get(in, m, out)
	case amqp.BasicQos:
		b.qos(in, m, out)
	case amqp.BasicAck:
		b.settle(in, m.Tag, m.Multiple, acknowledge, out)
	case amqp.BasicNack:
		b.settle(in, m.Tag, m.Multiple, nacked(m.Requeue), out)
	case amqp.BasicReject:
		b.settle(in, m.Tag, false, b.opts.Profile.rejected(m.Requeue), out)
	case amqp.BasicRecover:
		if b.recover(in, m.Requeue, out) {
			in.reply(amqp.BasicRecoverOk{}, out)
		}
	case amqp.BasicRecoverAsync:
		b.recover(in, m.Requeue, out)
	case amqp.ConfirmSelect:
		b.selectConfirms(in, m, out)
	case amqp.TxSelect:
		b.selectTx(in, out)
	case amqp.TxCommit:
		b.commit(in, out)
	case amqp.TxRollback:
		b.rollback(in, out)
	default:
		b.connException(in, amqp.CommandInvalid, "unimplemented method", out)
	}
}

// fail is an exception of the code's level, with the method at hand as its cause.
func (b *Broker) fail(in call, code amqp.Code, text string, out *model.Out) {
	if code.ClosesConnection() {
		b.connException(in, code, text, out)
	} else {
		b.exception(in, code, text, out)
	}
}

// exception ends the channel for the method at hand (AMQP §4.10): the peer is told and has to answer with close-ok. RabbitMQ takes the channel
// out of the classic queues that it consumes at once; all other queues hear of its end when the answer has come.
func (b *Broker) exception(in call, code amqp.Code, text string, out *model.Out) {
	ch := in.ch
	in.late = b.stepwise(in.key)
	b.endConsumers(ch, out)
	b.forgetReceipts(func(r client) bool { return r == client{in.key, in.channel} })
	news := slices.DeleteFunc(ch.news, func(n note) bool { // what queues have delivered goes out all the same
		_, delivers := n.method.(amqp.BasicDeliver)
		return !delivers
	})
	if ch.tx != nil { // what a transaction has settled is not settled
		ch.undo()
	}
	*ch = channel{
		conn: ch.conn, num: ch.num, closing: true, tags: ch.tags, delivered: ch.delivered, unsettled: ch.unsettled, consumers: ch.consumers,
		news: news, listed: ch.listed, lastQueue: ch.lastQueue, leaving: ch.leaving,
	}
	var class, method uint16
	if in.method != nil {
		class, method = in.method.ID()
	}
	in.reply(amqp.ChannelClose{Code: code, Text: code.Name() + " - " + text, ClassID: class, MethodID: method}, out)
	b.watch(ch)
}

// endChannel takes a channel out of all queues: the classic ones that it consumes, which the channel waits for, and all others that know it,
// which hear of it in their own time.
func (b *Broker) endChannel(ch *channel, out *model.Out) {
	b.endConsumers(ch, out)
	me := client{ch.conn.key, ch.num}
	b.forgetReceipts(func(r client) bool { return r == me })
	names := ch.queues()
	for _, q := range ch.conn.host.queues {
		if slices.ContainsFunc(q.enqueuers, func(e enqueuer) bool { return e.client == me }) && !slices.Contains(names, q.name) {
			names = append(names, q.name)
		}
	}
	ch.ended, ch.unconfirmed, ch.confirmed, ch.rejected, ch.tx, ch.replyConsumer = true, nil, nil, nil, nil, ""
	for _, name := range names {
		if q := ch.conn.host.queue(name); q != nil {
			b.farewell(q, me, ch)
		}
	}
}

// endConsumers takes a channel out of the classic queues that it consumes.
func (b *Broker) endConsumers(ch *channel, out *model.Out) {
	me := client{ch.conn.key, ch.num}
	var names []string
	for _, s := range ch.consumers {
		names = append(names, s.queue)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if q := ch.conn.host.queue(name); q != nil && !q.quorum {
			if b.stepwise(ch.conn.key) { // all at the same time
				ch.leaving++
				b.send(q, letter{kind: departLetter, from: me, waits: true})
			} else {
				b.open(q, out)
				b.depart(q, me, nil, out)
			}
			ch.disown(q)
			ch.consumers = slices.DeleteFunc(ch.consumers, func(s subscription) bool { return s.queue == name })
		}
	}
}

// queues are the names of the queues that know the channel, sorted.
func (ch *channel) queues() (names []string) {
	add := func(all []delivery) {
		for _, d := range all {
			if d.queue != "" {
				names = append(names, d.queue)
			}
		}
	}
	add(ch.unsettled)
	for _, s := range ch.consumers {
		names = append(names, s.queue)
	}
	for _, n := range ch.news {
		add([]delivery{n.delivery})
	}
	if ch.tx != nil {
		for _, s := range ch.tx.settlements {
			add(s.deliveries)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Handle lets a channel handle the next frame that its connection has received for it.
type Handle struct {
	Link    model.ID
	Whose   string // the link's name
	Channel amqp.Channel
	Next    amqp.Frame
}

// End lets a channel end whose connection is ending.
type End struct {
	Link    model.ID
	Whose   string // the link's name
	Channel amqp.Channel
}

// Inform lets a channel tell its client what it has heard of publishes: refusals and then confirms, or the confirms only, because word of what is refused
// still waits behind a method.
type Inform struct {
	Link     model.ID
	Whose    string // the link's name
	Channel  amqp.Channel
	Confirms bool // only
}

// Relay lets a channel pass on to its client what a queue has sent it: a message, or that it consumes or no longer does.
type Relay struct {
	Link    model.ID
	Whose   string // the link's name
	Channel amqp.Channel
	What    string // names what it passes on
}

func (a Handle) String() string { return fmt.Sprintf("has %s's channel handle %v", a.Whose, a.Next) }
func (a End) String() string    { return fmt.Sprintf("ends %s's channel %d", a.Whose, a.Channel) }
func (a Inform) String() string {
	if a.Confirms {
		return fmt.Sprintf("confirms to %s's channel %d", a.Whose, a.Channel)
	}
	return fmt.Sprintf("informs %s's channel %d", a.Whose, a.Channel)
}
func (a Relay) String() string {
	return fmt.Sprintf("relays to %s's channel %d %s", a.Whose, a.Channel, a.What)
}

// actions appends what the channel has to do; of what it may pass on, as much as is told.
func (ch *channel) actions(dst []model.Event, whose string, notes int) []model.Event {
	switch {
	case ch.blocked || ch.leaving > 0:
		return dst
	case ch.waiting > 0 || ch.ended && !ch.conn.ending:
	case len(ch.inbox) > 0 && !ch.ended:
		dst = append(dst, Handle{ch.conn.link, whose, ch.num, ch.inbox[0]})
	case ch.conn.ending:
		dst = append(dst, End{ch.conn.link, whose, ch.num})
	}
	if ch.due() && ch.waiting == 0 {
		dst = append(dst, Inform{ch.conn.link, whose, ch.num, false})
		if len(ch.confirmed) > 0 && len(ch.rejected) > 0 {
			dst = append(dst, Inform{ch.conn.link, whose, ch.num, true})
		}
	}
	return ch.next(dst, whose, notes)
}
