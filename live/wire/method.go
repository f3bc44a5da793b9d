package wire

import "github.com/lockstep-prover/lockstep/model/amqp"

// layouts holds the layout of every method of model/amqp (§1.4; amqp0-9-1.extended.xml for RabbitMQ's
// extensions). A nil is a field that the specification reserves.
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
	of(func(c coder, m *amqp.ConnectionBlocked) { c.shortstr(&m.Reason) }),
	of(func(coder, *amqp.ConnectionUnblocked) {}),
	of(func(c coder, m *amqp.ConnectionUpdateSecret) {
		c.longstr(&m.Secret)
		c.shortstr(&m.Reason)
	}),
	of(func(coder, *amqp.ConnectionUpdateSecretOk) {}),

	of(func(c coder, _ *amqp.ChannelOpen) { c.shortstr(nil) }),
	of(func(c coder, _ *amqp.ChannelOpenOk) { c.longstr(nil) }),
	of(func(c coder, m *amqp.ChannelClose) {
		c.short((*uint16)(&m.Code))
		c.shortstr(&m.Text)
		c.short(&m.ClassID)
		c.short(&m.MethodID)
	}),
	of(func(coder, *amqp.ChannelCloseOk) {}),
	of(func(c coder, m *amqp.ChannelFlow) { c.bits(&m.Active) }),
	of(func(c coder, m *amqp.ChannelFlowOk) { c.bits(&m.Active) }),

	of(func(c coder, m *amqp.AccessRequest) {
		c.shortstr(&m.Realm)
		c.bits(&m.Exclusive, &m.Passive, &m.Active, &m.Write, &m.Read)
	}),
	of(func(c coder, m *amqp.AccessRequestOk) { c.short(&m.Ticket) }),

	of(func(c coder, m *amqp.ExchangeDeclare) {
		c.short(nil)
		c.shortstr(&m.Exchange)
		c.shortstr(&m.Type)
		c.bits(&m.Passive, &m.Durable, &m.AutoDelete, &m.Internal, &m.NoWait)
		c.table(&m.Arguments)
	}),
	of(func(coder, *amqp.ExchangeDeclareOk) {}),
	of(func(c coder, m *amqp.ExchangeDelete) {
		c.short(nil)
		c.shortstr(&m.Exchange)
		c.bits(&m.IfUnused, &m.NoWait)
	}),
	of(func(coder, *amqp.ExchangeDeleteOk) {}),
	of(func(c coder, m *amqp.ExchangeBind) {
		c.short(nil)
		c.shortstr(&m.Destination)
		c.shortstr(&m.Source)
		c.shortstr(&m.RoutingKey)
		c.bits(&m.NoWait)
		c.table(&m.Arguments)
	}),
	of(func(coder, *amqp.ExchangeBindOk) {}),
	of(func(c coder, m *amqp.ExchangeUnbind) {
		c.short(nil)
		c.shortstr(&m.Destination)
		c.shortstr(&m.Source)
		c.shortstr(&m.RoutingKey)
		c.bits(&m.NoWait)
		c.table(&m.Arguments)
	}),
	of(func(coder, *amqp.ExchangeUnbindOk) {}),

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
	of(func(c coder, m *amqp.QueueBind) {
		c.short(nil)
		c.shortstr(&m.Queue)
		c.shortstr(&m.Exchange)
		c.shortstr(&m.RoutingKey)
		c.bits(&m.NoWait)
		c.table(&m.Arguments)
	}),
	of(func(coder, *amqp.QueueBindOk) {}),
	of(func(c coder, m *amqp.QueueUnbind) {
		c.short(nil)
		c.shortstr(&m.Queue)
		c.shortstr(&m.Exchange)
		c.shortstr(&m.RoutingKey)
		c.table(&m.Arguments)
	}),
	of(func(coder, *amqp.QueueUnbindOk) {}),
	of(func(c coder, m *amqp.QueuePurge) {
		c.short(nil)
		c.shortstr(&m.Queue)
		c.bits(&m.NoWait)
	}),
	of(func(c coder, m *amqp.QueuePurgeOk) { c.long(&m.MessageCount) }),

	of(func(c coder, m *amqp.BasicQos) {
		c.long(&m.PrefetchSize)
		c.short(&m.PrefetchCount)
		c.bits(&m.Global)
	}),
	of(func(coder, *amqp.BasicQosOk) {}),
	of(func(c coder, m *amqp.BasicConsume) {
		c.short(nil)
		c.shortstr(&m.Queue)
		c.shortstr(&m.ConsumerTag)
		c.bits(&m.NoLocal, &m.NoAck, &m.Exclusive, &m.NoWait)
		c.table(&m.Arguments)
	}),
	of(func(c coder, m *amqp.BasicConsumeOk) { c.shortstr(&m.ConsumerTag) }),
	of(func(c coder, m *amqp.BasicCancel) {
		c.shortstr(&m.ConsumerTag)
		c.bits(&m.NoWait)
	}),
	of(func(c coder, m *amqp.BasicCancelOk) { c.shortstr(&m.ConsumerTag) }),
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
	of(func(c coder, m *amqp.BasicDeliver) {
		c.shortstr(&m.ConsumerTag)
		c.longlong(&m.Tag)
		c.bits(&m.Redelivered)
		c.shortstr(&m.Exchange)
		c.shortstr(&m.RoutingKey)
	}).with(func(m *amqp.BasicDeliver) *amqp.Message { return &m.Message }),
	of(func(c coder, m *amqp.BasicGet) {
		c.short(nil)
		c.shortstr(&m.Queue)
		c.bits(&m.NoAck)
	}),
	of(func(c coder, m *amqp.BasicGetOk) {
		c.longlong(&m.Tag)
		c.bits(&m.Redelivered)
		c.shortstr(&m.Exchange)
		c.shortstr(&m.RoutingKey)
		c.long(&m.MessageCount)
	}).with(func(m *amqp.BasicGetOk) *amqp.Message { return &m.Message }),
	of(func(c coder, _ *amqp.BasicGetEmpty) { c.shortstr(nil) }),
	of(func(c coder, m *amqp.BasicAck) {
		c.longlong(&m.Tag)
		c.bits(&m.Multiple)
	}),
	of(func(c coder, m *amqp.BasicNack) {
		c.longlong(&m.Tag)
		c.bits(&m.Multiple, &m.Requeue)
	}),
	of(func(c coder, m *amqp.BasicReject) {
		c.longlong(&m.Tag)
		c.bits(&m.Requeue)
	}),
	of(func(c coder, m *amqp.BasicRecoverAsync) { c.bits(&m.Requeue) }),
	of(func(c coder, m *amqp.BasicRecover) { c.bits(&m.Requeue) }),
	of(func(coder, *amqp.BasicRecoverOk) {}),

	of(func(c coder, m *amqp.ConfirmSelect) { c.bits(&m.NoWait) }),
	of(func(coder, *amqp.ConfirmSelectOk) {}),

	of(func(coder, *amqp.TxSelect) {}),
	of(func(coder, *amqp.TxSelectOk) {}),
	of(func(coder, *amqp.TxCommit) {}),
	of(func(coder, *amqp.TxCommitOk) {}),
	of(func(coder, *amqp.TxRollback) {}),
	of(func(coder, *amqp.TxRollbackOk) {}),
)
