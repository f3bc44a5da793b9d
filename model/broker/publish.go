package broker

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// publish routes a message (§1.8.3.7), or keeps it until tx.commit. Whose a queue is, nobody is asked.
func (b *Broker) publish(in call, m amqp.BasicPublish, out *model.Out) {
	if m.Immediate {
		b.connException(in, amqp.NotImplemented, "immediate=true", out)
		return
	}
	if limit := b.bodyMax(); len(m.Message.Body) > limit {
		b.exception(in, amqp.PreconditionFailed, fmt.Sprintf("message size %d is larger than configured max size %d", len(m.Message.Body), limit), out)
		return
	}
	x := in.conn.host.exchange(m.Exchange)
	if x == nil {
		b.noExchange(in, m.Exchange, out)
		return
	}
	if x.internal {
		b.exception(in, amqp.AccessRefused, "cannot publish to internal "+in.conn.host.here("exchange", m.Exchange), out)
		return
	}
	c, wrong := b.contentOf(in, m)
	if wrong != "" {
		b.exception(in, amqp.PreconditionFailed, wrong, out)
		return
	}
	p := publication{content: c, queues: in.conn.host.route(b.opts.Profile, x, c), mandatory: m.Mandatory}
	switch {
	case in.ch.tx != nil:
		if b.opts.Profile.routesAtOnce() {
			p.queues = slices.DeleteFunc(slices.Clone(p.queues), func(name string) bool { return in.conn.host.queue(name) == nil && !isReplyAddress(name) })
		}
		in.ch.tx.publications = append(in.ch.tx.publications, p)
	case in.ch.confirm && in.lost == 0: // a lost connection has nobody to confirm to
		b.distribute(in, p, receipt{client{in.key, in.channel}, m.Seq}, out)
	default:
		b.distribute(in, p, receipt{}, out)
	}
	if b.alarm {
		b.blockPublisher(in.conn, out)
	}
}

// publication is a message on its way to the queues that it was routed to.
type publication struct {
	content   *content
	queues    []string // names; those of the default exchange need not be there
	gone      []string // in a transaction, where that matters (Profile.commitNeedsQueues): the names of those that were there and are gone
	mandatory bool
}

// contentOf checks a message's properties. The text says what is wrong with them.
func (b *Broker) contentOf(in call, m amqp.BasicPublish) (c *content, wrong string) {
	p := m.Message.Properties
	c = &content{exchange: m.Exchange, key: m.RoutingKey, message: m.Message, ttl: forever}
	if p.Present == 0 {
		return c, ""
	}
	if p.Present&amqp.HasReplyTo != 0 && p.ReplyTo == replyTo {
		if in.ch.replyConsumer == "" {
			return nil, "fast reply consumer does not exist"
		}
		p.ReplyTo = replyAddress(in.key, in.ch.replier)
	}
	if p.Present&amqp.HasUserID != 0 && p.UserID != in.conn.user {
		return nil, fmt.Sprintf("user_id property set to '%s' but authenticated user was '%s'", p.UserID, in.conn.user)
	}
	var ok bool
	if c.ttl, ok = lifetime(p); !ok {
		return nil, fmt.Sprintf("invalid expiration '%s'", p.Expiration)
	}
	if c.cc, c.bcc, p, ok = copies(p); !ok {
		return nil, "invalid message: unacceptable type in header CC or BCC"
	}
	if p.Present&amqp.HasDeliveryMode != 0 && p.DeliveryMode != 1 && p.DeliveryMode != 2 && b.opts.Profile.checksDeliveryMode() {
		return nil, fmt.Sprintf("invalid message: delivery mode %d", p.DeliveryMode)
	}
	c.message.Properties = p
	return c, ""
}

// those returns the queues of those names that are there.
func (h *host) those(names []string) (queues []*queue) {
	for _, name := range names {
		if q := h.queue(name); q != nil {
			queues = append(queues, q)
		}
	}
	return queues
}

// distribute sends a message to its queues. One without a queue is returned, if it is mandatory, and confirmed at once.
func (b *Broker) distribute(in call, p publication, r receipt, out *model.Out) {
	queues := in.conn.host.those(p.queues)
	routed := len(queues) > 0
	if p.content.exchange == "" {
		for _, name := range p.queues {
			routed = b.reply(name, p.content, out) || routed
		}
	}
	if !routed && p.mandatory {
		in.reply(amqp.BasicReturn{
			Code: amqp.NoRoute, Text: amqp.NoRoute.Name(), Exchange: p.content.exchange, RoutingKey: p.content.key, Message: p.content.message,
		}, out)
	}
	if r.seq != 0 {
		in.ch.unconfirmed = append(in.ch.unconfirmed, outstanding{r.seq, len(queues)})
		if len(queues) == 0 {
			b.settleReceipt(r, true, out)
		}
	}
	for _, q := range queues {
		b.post(q, letter{kind: publishLetter, content: p.content, receipt: r, from: client{in.key, in.channel}}, out)
	}
}

// post puts a message into a queue's mailbox. What nobody can ever tell was there is not even put there: a message that
// no one wants confirmed, for a queue that keeps none.
func (b *Broker) post(q *queue, l letter, out *model.Out) {
	switch {
	case q.husk, q.orphan && b.opts.Profile.exclusiveOutlivesClose(): // its process has ended, only the name is left
		b.settleReceipt(l.receipt, false, out)
		return
	case !l.receipt.somebody() && (q.futile() || q.hasStopped()):
		return
	case !q.quorum || !q.reject: // which is what wants to know whose it is
		l.from = client{}
	}
	b.send(q, l)
}

// futile reports whether a publish to the queue changes nothing but its confirm. (A quorum queue may add a consumer before it does the publish.)
func (q *queue) futile() bool {
	return !q.quorum && q.maxLength == 0 && q.consumerCount() == 0 && q.deadLetter == nil
}

// bodyMax is the largest body that the broker takes.
func (b *Broker) bodyMax() int {
	if b.opts.BodyMax > 0 {
		return b.opts.BodyMax
	}
	return b.opts.Profile.BodyMax()
}
