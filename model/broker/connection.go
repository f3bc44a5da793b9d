package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// conn is a connection:
//
//	connection.open ──► open ──exception──► ending ──connection.close──► closing ──close-ok──► gone, hung up
//	                     ├─────connection.close──► ending ──close-ok──► gone, hung up
//	                     ├─────heartbeat expired──► gone, hung up
//	                     └─lost──► read on …──► noticed ──► gone
//
// While a connection is ending its channels and then its exclusive queues end, one after the other.
//
// A connection that was lost while it owned something or had frames unread is kept as one of the link's lost connections
// until the broker notices; the link may have a new one by then. One with nothing at stake is forgotten at once: nobody
// could tell the difference.
type conn struct {
	key
	host          *host
	user          string
	cancelNotify  bool // the client can be told that the queue of a consumer is gone
	blockedNotify bool // and that it is blocked

	closing  bool          // connection.close is sent; everything but its answer is discarded
	ending   bool          // its channels and exclusive queues end, one after the other
	parting  []amqp.Method // ending: what is sent when they are gone: connection.close, close-ok, or both
	blocked  bool          // has published under an alarm, and is not read any more
	full     bool          // takes no deliveries
	noticed  bool          // lost, and its channels end, one after the other
	channels []*channel    // sorted by number
	unread   []amqp.Frame  // lost: what was in flight; blocked, ending: what has arrived since
	repliers int64         // consumers of answers by direct reply-to that there have been
	deadline int           // the number of the timer that runs for it; 0: none
}

func (b *Broker) findConn(k key) (int, bool) {
	return slices.BinarySearchFunc(b.conns, k, func(c *conn, k key) int { return c.key.compare(k) })
}

func (b *Broker) conn(k key) *conn {
	if i, ok := b.findConn(k); ok {
		return b.conns[i]
	}
	return nil
}

// channelOf returns a client's channel, nil if it is no more.
func (b *Broker) channelOf(c client) *channel {
	if k := b.conn(c.key); k != nil {
		if i, ok := k.find(c.channel); ok {
			return k.channels[i]
		}
	}
	return nil
}

// frame dispatches a frame to its connection, its channel, or the class of its method.
func (b *Broker) frame(k key, f amqp.Frame, out *model.Out) {
	c := b.conn(k)
	if c == nil {
		if m, ok := f.Method.(amqp.ConnectionOpen); ok && f.Channel == 0 {
			b.openConnection(k, m, out)
		} else {
			k.hangup(out)
		}
		return
	}
	if c.blocked {
		c.unread = append(c.unread, f)
		return
	}
	_, closes := f.Method.(amqp.ConnectionClose)
	_, answers := f.Method.(amqp.ConnectionCloseOk)
	switch {
	case c.ending && c.asked(): // everything is discarded
	case c.ending:
		c.unread = append(c.unread, f)
	case f.Channel == 0 && closes:
		b.end(c, amqp.ConnectionCloseOk{}, out)
	case f.Channel == 0 && answers && c.closing:
		b.forget(k, out)
		k.hangup(out)
	case c.closing:
	case f.Channel == 0:
		b.connectionMethod(c, f.Method, out)
	default:
		b.channelFrame(c, f, out)
	}
}

// connectionMethod handles what is left of class connection in an open connection.
func (b *Broker) connectionMethod(c *conn, m amqp.Method, out *model.Out) {
	if _, ok := m.(amqp.ConnectionUpdateSecret); ok {
		c.reply(0, amqp.ConnectionUpdateSecretOk{}, out)
		return
	}
	b.connException(call{key: c.key, method: m, conn: c}, amqp.ChannelError, "unexpected method in connection state running", out)
}

func (b *Broker) openConnection(k key, m amqp.ConnectionOpen, out *model.Out) {
	h, ok := b.findHost(m.VirtualHost)
	c := &conn{key: k, host: h, user: m.User, cancelNotify: m.CancelNotify, blockedNotify: m.BlockedNotify}
	i, _ := b.findConn(k)
	b.conns = slices.Insert(b.conns, i, c)
	if !ok {
		b.connException(call{key: k, method: m, conn: c}, amqp.NotAllowed, "vhost "+m.VirtualHost+" not found", out)
		return
	}
	k.reply(0, amqp.ConnectionOpenOk{}, out)
}

// end begins the end of a connection: by connection.close, which is answered (§1.4.2.10), or by an exception, of which the peer is told. RabbitMQ ends
// the channels, each when it has handled what the connection had received for it, deletes the exclusive queues, one after the other, and
// then sends last; 4.3 answers connection.close before it deletes them.
func (b *Broker) end(c *conn, last amqp.Method, out *model.Out) {
	if c.ending { // a channel had still to handle what is an exception
		if len(c.parting) == 1 && c.asked() {
			c.parting = []amqp.Method{last, c.parting[0]}
		}
		b.goOn(c, out)
		return
	}
	c.ending, c.parting = true, []amqp.Method{last}
	if b.stepwise(c.key) {
		for _, ch := range c.channels {
			b.watch(ch)
		}
	} else if c.asked() {
		for _, ch := range slices.Clone(c.channels) {
			for ch.waiting > 0 {
				b.relayNext(ch, out)
			}
			for len(ch.inbox) > 0 && !ch.gone && !ch.ended {
				b.handle(ch, out)
			}
		}
	}
	if !b.stepwise(c.key) {
		for _, ch := range slices.Clone(c.channels) {
			b.endOne(ch, out)
		}
	}
	b.goOn(c, out)
}

// asked reports whether it is the client that wants a connection to end.
func (c *conn) asked() bool { return c.parting[len(c.parting)-1] == amqp.ConnectionCloseOk{} }

// stepwise reports whether the channels of a connection end in their own time, so that what one puts back may go to another one. A lean broker
// does not tell these apart: what other connections see is the same.
func (b *Broker) stepwise(k key) bool { return b.opts.Grain == Process && !b.opts.Lean && k.lost == 0 }

// endOne ends a channel of a connection that is ending.
func (b *Broker) endOne(ch *channel, out *model.Out) {
	if ch.gone {
		return
	}
	if !ch.ended {
		b.endChannel(ch, out)
	}
	if ch.leaving > 0 { // and ends when that is done
		b.watch(ch)
		return
	}
	ch.inbox = nil
	b.drop(ch, out)
}

// goOn goes on with the end of a connection when its last channel is gone: with the exclusive queues.
func (b *Broker) goOn(c *conn, out *model.Out) {
	if !c.ending || len(c.channels) > 0 {
		return
	}
	switch owned := b.owned(c.key); {
	case b.opts.Profile.exclusiveOutlivesClose():
		b.orphan(c.key)
	case len(owned) > 1 && b.opts.Grain == Process:
		b.orphan(c.key)
		if c.lost == 0 {
			return
		}
	default:
		b.releaseQueues(c.key, out)
	}
	b.part(c, out)
}

// part is the last step of the end of a connection. After an exception the peer has to answer with close-ok.
func (b *Broker) part(c *conn, out *model.Out) {
	for _, m := range c.parting {
		c.reply(0, m, out)
	}
	if c.asked() {
		c.ending = false
		b.forget(c.key, out)
		c.hangup(out)
		return
	}
	c.closing, c.ending, c.parting = true, false, nil
	if c.lost == 0 {
		unread := c.unread
		c.unread = nil
		for _, f := range unread {
			b.frame(c.key, f, out)
		}
	}
}

// reply sends a frame, unless the connection is lost.
func (k key) reply(ch amqp.Channel, m amqp.Method, out *model.Out) {
	if k.lost == 0 {
		out.Send(k.link, amqp.Frame{Channel: ch, Method: m})
	}
}

func (k key) hangup(out *model.Out) {
	if k.lost == 0 {
		out.Send(k.link, amqp.Hangup{})
	}
}

// connException ends the connection for the method at hand (AMQP §4.10), and first of all the channel that it was for, if it was for one.
func (b *Broker) connException(in call, code amqp.Code, text string, out *model.Out) {
	var class, method uint16
	if in.method != nil {
		class, method = in.method.ID()
	}
	if in.ch != nil {
		b.endOne(in.ch, out)
	}
	b.end(in.conn, amqp.ConnectionClose{Code: code, Text: code.Name() + " - " + text, ClassID: class, MethodID: method}, out)
}

// owned are the queues that are exclusive to a connection.
func (b *Broker) owned(k key) (all []*queue) {
	for _, h := range b.hosts {
		for _, q := range h.queues {
			if q.ownedBy(k) {
				all = append(all, q)
			}
		}
	}
	return all
}

// releaseQueues deletes the exclusive queues of a connection that ends by the protocol.
func (b *Broker) releaseQueues(k key, out *model.Out) {
	for _, q := range b.owned(k) {
		b.remove(q, out)
	}
}

// orphan leaves the exclusive queues of a connection that is no more, to be deleted later.
func (b *Broker) orphan(k key) {
	for _, q := range b.owned(k) {
		q.orphan, q.owner.lost = true, 0
		b.orphans = append(b.orphans, q)
	}
}

// reap deletes a queue whose connection is no more.
func (b *Broker) reap(q *queue, out *model.Out) {
	owner := q.owner
	b.remove(q, out)
	if c := b.conn(owner); c != nil && c.ending && len(c.channels) == 0 && !b.hasOrphans(owner.link) {
		b.part(c, out)
	}
}

func (b *Broker) hasOrphans(link model.ID) bool {
	return slices.ContainsFunc(b.hosts, func(h *host) bool {
		return slices.ContainsFunc(h.queues, func(q *queue) bool { return q.orphan && q.owner.link == link })
	})
}

// forget removes the connection.
func (b *Broker) forget(k key, out *model.Out) {
	if i, ok := b.findConn(k); ok {
		b.conns[i].liftDeadline(out)
		b.conns = slices.Delete(b.conns, i, i+1)
		if k.lost > 0 {
			b.losses--
		}
	}
	if k.lost == 0 {
		out.Cancel(HeartbeatTimer(k.link))
	}
}

// blockPublisher is what an alarm does to a connection that publishes: it is told, and not read any further.
func (b *Broker) blockPublisher(c *conn, out *model.Out) {
	if c.blocked || c.lost > 0 || c.closing || c.ending {
		return
	}
	c.blocked = true
	if c.blockedNotify {
		c.reply(0, amqp.ConnectionBlocked{Reason: "low on memory"}, out)
	}
}

// ring sets or ends the alarm; at its end what has arrived of blocked connections is read.
func (b *Broker) ring(on bool, out *model.Out) {
	b.alarm = on
	if on {
		return
	}
	for _, c := range slices.Clone(b.conns) {
		if !c.blocked {
			continue
		}
		c.blocked = false
		if c.blockedNotify {
			c.reply(0, amqp.ConnectionUnblocked{}, out)
		}
		unread := c.unread
		c.unread = nil
		for _, f := range unread {
			b.frame(c.key, f, out)
		}
	}
}

func (c *conn) appendState(dst []byte) []byte {
	for _, flag := range []bool{c.closing, c.ending, c.blocked, c.full, c.noticed, c.cancelNotify, c.blockedNotify} {
		dst = model.AppendBool(dst, flag)
	}
	host := ""
	if c.host != nil {
		host = c.host.name
	}
	dst = model.AppendString(model.AppendString(model.AppendInt(dst, c.deadline), c.user), host)
	dst = model.AppendInt(model.AppendInt(dst, c.repliers), len(c.parting))
	for _, m := range c.parting {
		dst = amqp.AppendFrame(dst, amqp.Frame{Method: m})
	}
	dst = model.AppendInt(dst, len(c.channels))
	for _, ch := range c.channels {
		dst = ch.appendState(dst)
	}
	return appendFrames(dst, c.unread)
}

func appendFrames(dst []byte, all []amqp.Frame) []byte {
	dst = model.AppendInt(dst, len(all))
	for _, f := range all {
		dst = amqp.AppendFrame(dst, f)
	}
	return dst
}
