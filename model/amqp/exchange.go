package amqp

// The methods of class exchange (§1.4.3; ExchangeBind and ExchangeUnbind are RabbitMQ's).
type (
	ExchangeDeclare struct {
		Exchange, Type                                 string
		Passive, Durable, AutoDelete, Internal, NoWait bool
		Arguments                                      Table
	}
	ExchangeDeclareOk struct{}
	ExchangeDelete    struct {
		Exchange         string
		IfUnused, NoWait bool
	}
	ExchangeDeleteOk struct{}
	// ExchangeBind routes messages from Source to Destination, both exchanges.
	ExchangeBind struct {
		Destination, Source, RoutingKey string
		NoWait                          bool
		Arguments                       Table
	}
	ExchangeBindOk struct{}
	ExchangeUnbind struct {
		Destination, Source, RoutingKey string
		NoWait                          bool
		Arguments                       Table
	}
	ExchangeUnbindOk struct{}
)

func (ExchangeDeclare) ID() (class, method uint16)   { return 40, 10 }
func (ExchangeDeclareOk) ID() (class, method uint16) { return 40, 11 }
func (ExchangeDelete) ID() (class, method uint16)    { return 40, 20 }
func (ExchangeDeleteOk) ID() (class, method uint16)  { return 40, 21 }
func (ExchangeBind) ID() (class, method uint16)      { return 40, 30 }
func (ExchangeBindOk) ID() (class, method uint16)    { return 40, 31 }
func (ExchangeUnbind) ID() (class, method uint16)    { return 40, 40 }
func (ExchangeUnbindOk) ID() (class, method uint16)  { return 40, 51 }

func (m ExchangeDeclare) String() string {
	return "exchange.declare " + m.Exchange + " " + m.Type + flags(m.Passive, "passive", m.Durable, "durable", m.AutoDelete,
		"auto-delete", m.Internal, "internal", m.NoWait, "no-wait") + m.Arguments.suffix()
}
func (ExchangeDeclareOk) String() string { return "exchange.declare-ok" }
func (m ExchangeDelete) String() string {
	return "exchange.delete " + m.Exchange + flags(m.IfUnused, "if-unused", m.NoWait, "no-wait")
}
func (ExchangeDeleteOk) String() string { return "exchange.delete-ok" }
func (m ExchangeBind) String() string {
	return "exchange.bind " + m.Destination + " to " + route(m.Source, m.RoutingKey) + flags(m.NoWait, "no-wait") + m.Arguments.suffix()
}
func (ExchangeBindOk) String() string { return "exchange.bind-ok" }
func (m ExchangeUnbind) String() string {
	return "exchange.unbind " + m.Destination + " from " + route(m.Source, m.RoutingKey) + flags(m.NoWait, "no-wait") + m.Arguments.suffix()
}
func (ExchangeUnbindOk) String() string { return "exchange.unbind-ok" }

// route renders where a message is published or bound: "exchange/key", or the key alone for the default exchange.
func route(exchange, key string) string {
	if exchange == "" {
		return key
	}
	return exchange + "/" + key
}
