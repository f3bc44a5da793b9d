package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// channel is an open channel:
//
//	channel.open ──► open ──exception──► closing ──close-ok──► gone
//	                   └─────────channel.close───────────────► gone
type channel struct {
	num     amqp.Channel
	closing bool // channel.close is sent; everything but its answer is discarded
	confirm bool
}

func (c *conn) find(num amqp.Channel) (int, bool) {
	return slices.BinarySearchFunc(c.channels, num, func(ch channel, n amqp.Channel) int { return int(ch.num) - int(n) })
}

// call is a method that arrived on an open channel, with what is needed to answer it.
type call struct {
	key
	channel amqp.Channel
	method  amqp.Method
}

func (c call) reply(m amqp.Method, out *model.Out) { c.key.reply(c.channel, m, out) }

// channelFrame handles class channel and passes the rest on to its class.
func (b *Broker) channelFrame(c *conn, f amqp.Frame, out *model.Out) {
	i, open := c.find(f.Channel)
	in := call{c.key, f.Channel, f.Method}
	if !open {
		if _, ok := f.Method.(amqp.ChannelOpen); !ok {
			b.connException(c.key, amqp.ChannelError, "expected 'channel.open'", f.Method, out)
			return
		}
		c.channels = slices.Insert(c.channels, i, channel{num: f.Channel})
		in.reply(amqp.ChannelOpenOk{}, out)
		return
	}
	ch := &c.channels[i]
	switch m := f.Method.(type) {
	case amqp.ChannelClose:
		in.reply(amqp.ChannelCloseOk{}, out)
		if !ch.closing {
			b.dropChannel(in)
			c.channels = slices.Delete(c.channels, i, i+1)
		}
	case amqp.ChannelCloseOk:
		if !ch.closing {
			b.connException(c.key, amqp.CommandInvalid, "unimplemented method", m, out)
			return
		}
		c.channels = slices.Delete(c.channels, i, i+1)
	case amqp.ChannelOpen: // RabbitMQ does not discard this one in a channel that is closing
		b.connException(c.key, amqp.ChannelError, "second 'channel.open' seen", m, out)
	default:
		if !ch.closing {
			b.method(ch, in, out)
		}
	}
}

// method dispatches by class.
func (b *Broker) method(ch *channel, in call, out *model.Out) {
	switch m := in.method.(type) {
	case amqp.QueueDeclare:
		b.declare(in, m, out)
	case amqp.QueueDelete:
		b.delete(in, m, out)
	case amqp.BasicPublish:
		b.publish(ch, in, m, out)
	case amqp.ConfirmSelect:
		ch.confirm = true
		if !m.NoWait {
			in.reply(amqp.ConfirmSelectOk{}, out)
		}
	default:
		b.connException(in.key, amqp.NotImplemented, in.method.String(), in.method, out)
	}
}

// exception ends the channel for the method at hand (AMQP §4.10): the peer is told and has to answer with close-ok.
func (b *Broker) exception(in call, code amqp.Code, text string, out *model.Out) {
	b.dropChannel(in)
	i, _ := b.findConn(in.key)
	c := &b.conns[i]
	j, _ := c.find(in.channel)
	c.channels[j] = channel{num: in.channel, closing: true}
	class, method := in.method.ID()
	in.reply(amqp.ChannelClose{Code: code, Text: code.Name() + " - " + text, ClassID: class, MethodID: method}, out)
}

// dropChannel forgets the confirms that the channel still waits for.
func (b *Broker) dropChannel(in call) {
	for i := range b.queues {
		b.queues[i].forget(func(a arrival) bool { return a.key == in.key && a.channel == in.channel })
	}
}

func (ch channel) appendState(dst []byte) []byte {
	return model.AppendBool(model.AppendBool(model.AppendInt(dst, ch.num), ch.closing), ch.confirm)
}
