package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// note is what a queue has sent to a channel for its client: that it consumes, or no longer does, or a message. With grain Process the channel
// passes it on in its own time, so that answers to later methods may overtake it.
type note struct {
	method    amqp.Method // a basic.deliver has no tag yet
	delivery  delivery    // of basic.deliver
	noAck     bool        // likewise
	cancelled bool        // of basic.consume-ok: the consumer is no more
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
func (b *Broker) relayNext(ch *channel, out *model.Out) {
	n := ch.news[0]
	if len(ch.news) == 1 {
		ch.news = ch.news[:0]
	} else {
		ch.news = ch.news[1:]
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
		m.Tag = ch.deliver(n.delivery, n.noAck)
		ch.conn.reply(ch.num, m, out)
	case amqp.ChannelClose:
		ch.conn.reply(ch.num, m, out)
	case amqp.ChannelCloseOk:
		ch.conn.reply(ch.num, m, out)
		b.drop(ch, out)
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
	slices.Sort(ch.confirmed)
	for _, seq := range ch.confirmed {
		ch.conn.reply(ch.num, amqp.BasicAck{Tag: seq}, out)
	}
	ch.rejected, ch.confirmed = ch.rejected[:0], ch.confirmed[:0]
	if ch.tx != nil && ch.tx.complete() {
		b.completeTx(ch, out)
	}
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
