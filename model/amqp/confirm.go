package amqp

// The methods of class confirm (RabbitMQ): from confirm.select on the broker answers each publish on the channel with basic.ack or
// basic.nack.
type (
	ConfirmSelect   struct{ NoWait bool }
	ConfirmSelectOk struct{}
)

func (ConfirmSelect) ID() (class, method uint16)   { return 85, 10 }
func (ConfirmSelectOk) ID() (class, method uint16) { return 85, 11 }

func (m ConfirmSelect) String() string { return "confirm.select" + flags(m.NoWait, "no-wait") }
func (ConfirmSelectOk) String() string { return "confirm.select-ok" }
