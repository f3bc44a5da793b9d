package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// conn is a connection:
//
//	connection.open ──► open ──exception──► closing ──close-ok──► gone, hung up
//	                     ├─────connection.close, heartbeat expired──► gone, hung up
//	                     └─lost──► read on …──► noticed ──► gone
//
// A connection that was lost while it owned something or had frames unread is kept as one of the link's lost connections
// until the broker notices; the link may have a new one by then. One with nothing at stake is forgotten at once: nobody
// could tell the difference.
type conn struct {
	key
	closing  bool         // connection.close is sent; everything but its answer is discarded
	channels []channel    // sorted by number
	unread   []amqp.Frame // lost: what was in flight
	deadline int          // the number of the timer that runs for it; 0: none
}

func (b *Broker) findConn(k key) (int, bool) {
	return slices.BinarySearchFunc(b.conns, k, func(c conn, k key) int { return c.key.compare(k) })
}

// frame dispatches a frame to its connection, its channel, or the class of its method.
func (b *Broker) frame(k key, f amqp.Frame, out *model.Out) {
	i, open := b.findConn(k)
	if !open {
		if m, ok := f.Method.(amqp.ConnectionOpen); ok && f.Channel == 0 {
			b.open(k, i, m, out)
		} else {
			k.hangup(out)
		}
		return
	}
	c := &b.conns[i]
	_, closes := f.Method.(amqp.ConnectionClose)
	_, answers := f.Method.(amqp.ConnectionCloseOk)
	switch {
	case f.Channel == 0 && closes:
		b.drop(k)
		b.releaseQueues(k, out)
		c.reply(0, amqp.ConnectionCloseOk{}, out)
		b.forget(k, out)
		k.hangup(out)
	case f.Channel == 0 && answers && c.closing:
		b.forget(k, out)
		k.hangup(out)
	case c.closing:
	case f.Channel == 0:
		b.connException(k, amqp.ChannelError, "unexpected method in connection state running", f.Method, out)
	default:
		b.channelFrame(c, f, out)
	}
}

func (b *Broker) open(k key, at int, m amqp.ConnectionOpen, out *model.Out) {
	b.conns = slices.Insert(b.conns, at, conn{key: k})
	if m.VirtualHost != "/" {
		b.connException(k, amqp.NotAllowed, "vhost "+m.VirtualHost+" not found", m, out)
		return
	}
	k.reply(0, amqp.ConnectionOpenOk{}, out)
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

// connException ends the connection for cause (AMQP §4.10): its exclusive queues go at once, the peer is told and has to
// answer with close-ok.
func (b *Broker) connException(k key, code amqp.Code, text string, cause amqp.Method, out *model.Out) {
	b.drop(k)
	b.releaseQueues(k, out)
	i, _ := b.findConn(k)
	b.conns[i].closing, b.conns[i].channels = true, nil
	class, method := cause.ID()
	k.reply(0, amqp.ConnectionClose{Code: code, Text: code.Name() + " - " + text, ClassID: class, MethodID: method}, out)
}

// releaseQueues deletes the exclusive queues of a connection that ends by the protocol.
func (b *Broker) releaseQueues(k key, out *model.Out) {
	for i := len(b.queues) - 1; i >= 0; i-- {
		if b.queues[i].ownedBy(k) {
			b.remove(i, out)
		}
	}
}

// drop cancels the confirms that channels of the connection still wait for.
func (b *Broker) drop(k key) {
	for i := range b.queues {
		b.queues[i].forget(func(a arrival) bool { return a.key == k })
	}
}

// forget removes the connection.
func (b *Broker) forget(k key, out *model.Out) {
	if i, ok := b.findConn(k); ok {
		b.conns[i].liftDeadline(out)
		b.conns = slices.Delete(b.conns, i, i+1)
	}
	if k.lost == 0 {
		out.Cancel(HeartbeatTimer(k.link))
	}
}

// lose makes the present connection of a link one of its lost ones.
func (b *Broker) lose(link model.ID, out *model.Out) {
	now := key{link: link}
	b.drop(now)
	out.Cancel(HeartbeatTimer(link))
	i, ok := b.findConn(now)
	if !ok {
		return
	}
	n := 1
	for _, c := range b.conns {
		if c.link == link && c.lost >= n {
			n = c.lost + 1
		}
	}
	b.setDeadline(now, out)
	b.rekey(i, n)
	b.settle(link, out)
}

// rekey numbers a lost connection, its queues' owner included.
func (b *Broker) rekey(i, lost int) {
	from := b.conns[i].key
	to := key{from.link, lost}
	for j := range b.queues {
		if b.queues[j].ownedBy(from) {
			b.queues[j].owner = to
		}
	}
	b.conns[i].key = to
}

// settle forgets the lost connections of a link that have nothing at stake, and numbers the others in the order of what is
// known of them, so that the order in which they were lost makes no difference.
func (b *Broker) settle(link model.ID, out *model.Out) {
	idle := func(c conn) bool {
		return c.link == link && c.lost > 0 && len(c.unread) == 0 && !slices.ContainsFunc(b.queues, func(q queue) bool { return q.ownedBy(c.key) })
	}
	for i := range b.conns {
		if c := &b.conns[i]; c.link == link && c.lost > 0 {
			c.trim()
			if idle(*c) {
				c.liftDeadline(out)
			}
		}
	}
	b.conns = slices.DeleteFunc(b.conns, idle)
	var lost []int
	for i, c := range b.conns {
		if c.link == link && c.lost > 0 {
			lost = append(lost, i)
		}
	}
	slices.SortFunc(lost, func(i, j int) int { return slices.Compare(b.stake(i), b.stake(j)) })
	const away = 1 << 16 // first out of the way of each other
	for n, i := range lost {
		b.rekey(i, away+n)
	}
	for n, i := range lost {
		b.rekey(i, n+1)
	}
	b.sortConns()
}

// trim drops the frames at the end of the unread ones that only ask or close: with nobody left to answer they do nothing. In a
// connection that is closing none does.
func (c *conn) trim() {
	if c.closing {
		c.unread = nil
	}
	for len(c.unread) > 0 {
		switch m := c.unread[len(c.unread)-1].Method.(type) {
		case amqp.QueueDeclare:
			if !m.Passive {
				return
			}
		case amqp.ChannelOpen, amqp.ChannelClose, amqp.ChannelCloseOk, amqp.ConfirmSelect:
		default:
			return
		}
		c.unread = c.unread[:len(c.unread)-1]
	}
}

// stake is what a lost connection is compared by: its state and the queues that it owns.
func (b *Broker) stake(i int) []byte {
	c := &b.conns[i]
	key := c.appendState(nil)
	for _, q := range b.queues {
		if q.ownedBy(c.key) {
			key = model.AppendString(key, q.name)
		}
	}
	return key
}

// notice is the end of a connection that the broker learns of: its exclusive queues are orphans until they are reaped.
func (b *Broker) notice(k key, out *model.Out) {
	b.drop(k)
	for i := range b.queues {
		if q := &b.queues[i]; q.ownedBy(k) {
			q.orphan, q.owner.lost = true, 0
		}
	}
	b.forget(k, out)
}

func (c *conn) appendState(dst []byte) []byte {
	dst = model.AppendInt(model.AppendBool(dst, c.closing), c.deadline)
	dst = model.AppendInt(dst, len(c.channels))
	for i := range c.channels {
		dst = c.channels[i].appendState(dst)
	}
	dst = model.AppendInt(dst, len(c.unread))
	for _, f := range c.unread {
		dst = amqp.AppendFrame(dst, f)
	}
	return dst
}
