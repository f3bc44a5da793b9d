package broker

import (
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// note is what a queue has sent to a channel for its client: that it consumes, or no longer does, or a message. With grain Process the channel
// passes it on in its own time, so that answers to later methods may overtake it.
type note struct {
	from      string      // what has sent it: order is kept among the notes of one; "": the channel itself
	method    amqp.Method // a basic.deliver has no tag yet
	delivery  delivery    // of basic.deliver
	noAck     bool        // likewise
	settles   bool        // of basic.deliver: the channel settles it then
	cancelled bool        // of basic.consume-ok: the consumer is no more
	ended     ended       // of basic.cancel
	overtakes bool        // of basic.cancel: the deliveries before it may be lost
}

// ended is a consumer whose queue is gone, as far as its channel may have to consume again.
type ended struct {
	queue              string // "": it never does
	noAck, exclusive   bool
	priority, prefetch int64
}

// what names a note among those that a channel may pass on next.
func (n note) what() string {
	if m, ok := n.method.(amqp.BasicCancel); ok {
		return "the end of consumer " + m.ConsumerTag
	}
	if n.from == "" {
		name, _, _ := strings.Cut(n.method.String(), " ")
		return name
	}
	return "what " + n.from + " has sent"
}

// ends reports whether a note tells of the end of a consumer whose tag the broker has made up. RabbitMQ tells of a queue's end in the order of tags,
// and makes them up at random.
func (n note) ends() bool {
	m, ok := n.method.(amqp.BasicCancel)
	return ok && strings.HasPrefix(m.ConsumerTag, madeUpTag)
}

const madeUpTag = "amq.ctag-"

// overtaken reports whether note i may be passed on before all that the same source has sent before: they are deliveries of a quorum queue that
// is gone, which lets its consumers know of that first.
func (ch *channel) overtaken(i int) bool {
	return ch.news[i].overtakes && !slices.ContainsFunc(ch.news[:i], func(n note) bool {
		_, delivers := n.method.(amqp.BasicDeliver)
		return n.from == ch.news[i].from && !delivers
	})
}

// next appends what the channel may pass on next, of the sources that were first as many as is told: its answers first, then of every source the
// oldest. Before a channel answers channel.close it waits for the connection's reader, and may pass on what it is sent meanwhile.
func (ch *channel) next(dst []model.Event, whose string, most int) []model.Event {
	var sources []string
	var ending string // the source whose first note ends a consumer
	for i, n := range ch.news {
		switch {
		case n.from == "" && i > 0, len(sources) == most:
			return dst
		case slices.Contains(sources, n.from) && !(n.ends() && n.from == ending) && !ch.overtaken(i):
			continue
		}
		dst = append(dst, Relay{ch.conn.link, whose, ch.num, n.what()})
		if n.from == "" && n.method != amqp.Method(amqp.ChannelCloseOk{}) {
			return dst
		}
		if !slices.Contains(sources, n.from) && n.ends() {
			ending = n.from
		}
		sources = append(sources, n.from)
	}
	return dst
}

// tell sends a note to a channel.
func (b *Broker) tell(ch *channel, n note, out *model.Out) {
	if ch.conn.lost > 0 { // nobody hears it
		b.relay(ch, n, out)
		return
	}
	ch.news = append(ch.news, n)
	b.watch(ch)
}

// wait answers a method whose channel had to wait for a queue. If the queue has told other channels something meanwhile, the answer comes in its
// own time, and the channel does nothing before that.
func (b *Broker) wait(in call, waits bool, m amqp.Method, others bool, out *model.Out) {
	if !waits || !others || in.late || b.opts.Grain == Atomic || in.lost > 0 {
		in.answer(waits, m, out)
		return
	}
	in.late = true
	in.reply(m, out)
	b.watch(in.ch)
}

// relayNext has a channel pass on its oldest note.
func (b *Broker) relayNext(ch *channel, out *model.Out) { b.relayAt(ch, 0, out) }

// relayAt has a channel pass on one of its notes.
func (b *Broker) relayAt(ch *channel, i int, out *model.Out) {
	n := ch.news[i]
	if n.overtakes { // what it overtakes is lost
		kept := slices.DeleteFunc(ch.news[:i], func(x note) bool { return x.from == n.from })
		ch.news, i = append(kept, ch.news[i:]...), len(kept)
	}
	ch.news[i] = note{} // for the collector
	switch {
	case len(ch.news) == 1:
		ch.news = ch.news[:0]
	case i == 0:
		ch.news = ch.news[1:]
	default:
		ch.news = slices.Delete(ch.news, i, i+1)
	}
	ch.waiting = max(0, ch.waiting-1)
	b.relay(ch, n, out)
}

// relay passes a note on to the client. A channel that is closing has nothing to say any more, but for what queues have delivered.
func (b *Broker) relay(ch *channel, n note, out *model.Out) {
	switch m := n.method.(type) {
	case amqp.BasicConsumeOk:
		b.relayConsumeOk(ch, m, n.cancelled, out)
	case amqp.BasicDeliver:
		if ch.closing && n.delivery.consumer == "" { // from no queue, but another client's answer
			return
		}
		if n.delivery.consumer != "" || b.opts.Profile.countsAnswers() {
			m.Tag = ch.deliver(n.delivery, n.noAck)
		}
		ch.conn.reply(ch.num, m, out)
		if q := ch.conn.host.queue(n.delivery.queue); n.settles && q != nil {
			b.send(q, letter{kind: settleLetter, from: client{ch.conn.key, ch.num}, settle: acknowledge, positions: []uint64{n.delivery.pos}})
		}
	case amqp.ChannelClose:
		ch.conn.reply(ch.num, m, out)
	case amqp.ChannelCloseOk:
		ch.conn.reply(ch.num, m, out)
		b.drop(ch, out)
	case amqp.BasicCancel:
		if !ch.closing && !ch.ended && !b.consumeAgain(ch, m.ConsumerTag, n.ended, out) && ch.conn.cancelNotify {
			ch.conn.reply(ch.num, m, out)
		}
	default:
		if !ch.closing && !ch.ended {
			ch.conn.reply(ch.num, m, out)
		}
	}
}

// relayConsumeOk tells a client that it consumes. Before RabbitMQ 4.3 a channel that has cancelled the consumer meanwhile fails then; since, it says
// nothing.
func (b *Broker) relayConsumeOk(ch *channel, m amqp.BasicConsumeOk, cancelled bool, out *model.Out) {
	if ch.closing || ch.ended || cancelled && !b.opts.Profile.failsOnEarlyCancel() {
		return
	}
	ch.conn.reply(ch.num, m, out)
	if cancelled {
		b.connException(call{key: ch.conn.key, conn: ch.conn, ch: ch}, amqp.InternalError, "", out)
	}
}

// watch enters a channel into the list of those that may have something to do.
func (b *Broker) watch(ch *channel) {
	if !ch.listed {
		ch.listed = true
		b.busy = append(b.busy, ch)
	}
}

// idle reports whether the channel has no action of its own.
func (ch *channel) idle() bool {
	return ch.gone || len(ch.news)+len(ch.inbox) == 0 && !ch.due() && !ch.conn.ending
}

// due reports whether the channel has something to tell its client of publishes.
func (ch *channel) due() bool {
	return len(ch.confirmed)+len(ch.rejected) > 0 || ch.tx != nil && ch.tx.complete()
}

// inform has a channel tell its client what it has heard of publishes: what is refused, and then what is confirmed; or that they are committed. RabbitMQ confirms
// several publishes at once; whoever reads a wire takes such a confirm apart, so that here each publish has its own.
func (b *Broker) inform(ch *channel, out *model.Out) {
	for _, seq := range ch.rejected {
		ch.conn.reply(ch.num, amqp.BasicNack{Tag: seq}, out)
	}
	ch.rejected = ch.rejected[:0]
	ch.informOfConfirms(out)
	if ch.tx != nil && ch.tx.complete() {
		b.completeTx(ch, out)
	}
}

// informOfConfirms has a channel tell its client what it has heard to be confirmed.
func (ch *channel) informOfConfirms(out *model.Out) {
	slices.Sort(ch.confirmed)
	for _, seq := range ch.confirmed {
		ch.conn.reply(ch.num, amqp.BasicAck{Tag: seq}, out)
	}
	ch.confirmed = ch.confirmed[:0]
}

// settleNews has every channel pass on all that it has been told, if the grain is Atomic.
func (b *Broker) settleNews(out *model.Out) {
	if b.opts.Grain == Atomic {
		for i := 0; i < len(b.busy); i++ {
			for ch := b.busy[i]; !ch.gone && (len(ch.news) > 0 || ch.due()); {
				for len(ch.news) > 0 {
					b.relayNext(ch, out)
				}
				b.inform(ch, out)
			}
		}
	}
	b.busy = slices.DeleteFunc(b.busy, func(ch *channel) bool {
		ch.listed = !ch.idle()
		return !ch.listed
	})
}
