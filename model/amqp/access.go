package amqp

// The methods of class access, which AMQP 0-9-1 has dropped and RabbitMQ still answers, for clients of AMQP 0-8.
type (
	AccessRequest struct {
		Realm                                   string
		Exclusive, Passive, Active, Write, Read bool
	}
	AccessRequestOk struct{ Ticket uint16 }
)

func (AccessRequest) ID() (class, method uint16)   { return 30, 10 }
func (AccessRequestOk) ID() (class, method uint16) { return 30, 11 }

func (m AccessRequest) String() string { return "access.request " + m.Realm }
func (AccessRequestOk) String() string { return "access.request-ok" }
