package wire

import "github.com/lockstep-prover/lockstep/model/amqp"

// layouts holds the layout of every method of model/amqp (§1.4; amqp0-9-1.extended.xml for the extensions basic.nack and
// class confirm). A nil is a field that the specification reserves.
var layouts = index(
	of(func(c coder, m *amqp.ConnectionStart) {
		c.octet(&m.VersionMajor)
		c.octet(&m.VersionMinor)
		c.table(&m.ServerProperties)
		c.longstr(&m.Mechanisms)
		c.longstr(&m.Locales)
	}),
	of(func(c coder, m *amqp.ConnectionStartOk) {
		c.table(&m.ClientProperties)
		c.shortstr(&m.Mechanism)
		c.longstr(&m.Response)
		c.shortstr(&m.Locale)
	}),
	of(func(c coder, m *amqp.ConnectionSecure) { c.longstr(&m.Challenge) }),
	of(func(c coder, m *amqp.ConnectionSecureOk) { c.longstr(&m.Response) }),
	of(func(c coder, m *amqp.ConnectionTune) {
		c.short(&m.ChannelMax)
		c.long(&m.FrameMax)
		c.short(&m.Heartbeat)
	}),
	of(func(c coder, m *amqp.ConnectionTuneOk) {
		c.short(&m.ChannelMax)
		c.long(&m.FrameMax)
		c.short(&m.Heartbeat)
	}),
	of(func(c coder, m *amqp.ConnectionOpen) {
		c.shortstr(&m.VirtualHost)
		c.shortstr(nil)
		c.bits(nil)
	}),
	of(func(c coder, _ *amqp.ConnectionOpenOk) { c.shortstr(nil) }),
	of(func(c coder, m *amqp.ConnectionClose) {
		c.short((*uint16)(&m.Code))
		c.shortstr(&m.Text)
		c.short(&m.ClassID)
		c.short(&m.MethodID)
	}),
	of(func(coder, *amqp.ConnectionCloseOk) {}),

	of(func(c coder, _ *amqp.ChannelOpen) { c.shortstr(nil) }),
	of(func(c coder, _ *amqp.ChannelOpenOk) { c.longstr(nil) }),
	of(func(c coder, m *amqp.ChannelClose) {
		c.short((*uint16)(&m.Code))
		c.shortstr(&m.Text)
		c.short(&m.ClassID)
		c.short(&m.MethodID)
	}),
	of(func(coder, *amqp.ChannelCloseOk) {}),

	of(func(c coder, m *amqp.QueueDeclare) {
		c.short(nil)
		c.shortstr(&m.Queue)
		c.bits(&m.Passive, &m.Durable, &m.Exclusive, &m.AutoDelete, &m.NoWait)
		c.table(&m.Arguments)
	}),
	of(func(c coder, m *amqp.QueueDeclareOk) {
		c.shortstr(&m.Queue)
		c.long(&m.MessageCount)
		c.long(&m.Consumers)
	}),
	of(func(c coder, m *amqp.QueueDelete) {
		c.short(nil)
		c.shortstr(&m.Queue)
		c.bits(&m.IfUnused, &m.IfEmpty, &m.NoWait)
	}),
	of(func(c coder, m *amqp.QueueDeleteOk) { c.long(&m.MessageCount) }),

	of(func(c coder, m *amqp.BasicPublish) {
		c.short(nil)
		c.shortstr(&m.Exchange)
		c.shortstr(&m.RoutingKey)
		c.bits(&m.Mandatory, &m.Immediate)
	}).with(func(m *amqp.BasicPublish) *amqp.Message { return &m.Message }),
	of(func(c coder, m *amqp.BasicReturn) {
		c.short((*uint16)(&m.Code))
		c.shortstr(&m.Text)
		c.shortstr(&m.Exchange)
		c.shortstr(&m.RoutingKey)
	}).with(func(m *amqp.BasicReturn) *amqp.Message { return &m.Message }),
	of(func(c coder, m *amqp.BasicAck) {
		c.longlong(&m.Tag)
		c.bits(&m.Multiple)
	}),
	of(func(c coder, m *amqp.BasicNack) {
		c.longlong(&m.Tag)
		c.bits(&m.Multiple, &m.Requeue)
	}),

	of(func(c coder, m *amqp.ConfirmSelect) { c.bits(&m.NoWait) }),
	of(func(coder, *amqp.ConfirmSelectOk) {}),
)
