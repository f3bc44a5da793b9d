package amqp

import "fmt"

// The methods of class basic that bring messages to clients (§1.4.5).
type (
	BasicQos struct {
		PrefetchSize  uint32
		PrefetchCount uint16
		Global        bool
	}
	BasicQosOk   struct{}
	BasicConsume struct {
		Queue, ConsumerTag                string
		NoLocal, NoAck, Exclusive, NoWait bool
		Arguments                         Table
	}
	BasicConsumeOk struct{ ConsumerTag string }
	// BasicCancel ends a consumer; the broker sends it, with NoWait, when the queue is gone.
	BasicCancel struct {
		ConsumerTag string
		NoWait      bool
	}
	BasicCancelOk struct{ ConsumerTag string }
	// BasicDeliver brings a message to a consumer. See [BasicAck] about Tag; 0 is an answer by direct reply-to that takes none: on the wire it
	// bears the next delivery's.
	BasicDeliver struct {
		ConsumerTag          string
		Tag                  uint64
		Redelivered          bool
		Exchange, RoutingKey string
		Message              Message
	}
	BasicGet struct {
		Queue string
		NoAck bool
	}
	BasicGetOk struct {
		Tag                  uint64
		Redelivered          bool
		Exchange, RoutingKey string
		MessageCount         uint32 // left in the queue
		Message              Message
	}
	BasicGetEmpty struct{}
	// BasicRecover has all that is unacknowledged on the channel put back, or, without Requeue, delivered again to the same
	// consumer (which RabbitMQ does not implement).
	BasicRecover      struct{ Requeue bool }
	BasicRecoverOk    struct{}
	BasicRecoverAsync struct{ Requeue bool }
)

func (BasicQos) ID() (class, method uint16)          { return 60, 10 }
func (BasicQosOk) ID() (class, method uint16)        { return 60, 11 }
func (BasicConsume) ID() (class, method uint16)      { return 60, 20 }
func (BasicConsumeOk) ID() (class, method uint16)    { return 60, 21 }
func (BasicCancel) ID() (class, method uint16)       { return 60, 30 }
func (BasicCancelOk) ID() (class, method uint16)     { return 60, 31 }
func (BasicDeliver) ID() (class, method uint16)      { return 60, 60 }
func (BasicGet) ID() (class, method uint16)          { return 60, 70 }
func (BasicGetOk) ID() (class, method uint16)        { return 60, 71 }
func (BasicGetEmpty) ID() (class, method uint16)     { return 60, 72 }
func (BasicRecoverAsync) ID() (class, method uint16) { return 60, 100 }
func (BasicRecover) ID() (class, method uint16)      { return 60, 110 }
func (BasicRecoverOk) ID() (class, method uint16)    { return 60, 111 }

func (m BasicQos) String() string {
	s := fmt.Sprintf("basic.qos prefetch=%d", m.PrefetchCount)
	if m.PrefetchSize != 0 {
		s += fmt.Sprintf(" size=%d", m.PrefetchSize)
	}
	return s + flags(m.Global, "global")
}
func (BasicQosOk) String() string { return "basic.qos-ok" }
func (m BasicConsume) String() string {
	return "basic.consume " + m.Queue + tagged(m.ConsumerTag) + flags(m.NoLocal, "no-local", m.NoAck, "no-ack", m.Exclusive, "exclusive",
		m.NoWait, "no-wait") + m.Arguments.suffix()
}
func (m BasicConsumeOk) String() string { return "basic.consume-ok" + tagged(m.ConsumerTag) }
func (m BasicCancel) String() string {
	return "basic.cancel" + tagged(m.ConsumerTag) + flags(m.NoWait, "no-wait")
}
func (m BasicCancelOk) String() string { return "basic.cancel-ok" + tagged(m.ConsumerTag) }
func (m BasicDeliver) String() string {
	return fmt.Sprintf("basic.deliver %d", m.Tag) + tagged(m.ConsumerTag) + flags(m.Redelivered, "redelivered") + " " +
		route(m.Exchange, m.RoutingKey) + m.Message.suffix()
}
func (m BasicGet) String() string { return "basic.get " + m.Queue + flags(m.NoAck, "no-ack") }
func (m BasicGetOk) String() string {
	return fmt.Sprintf("basic.get-ok %d", m.Tag) + flags(m.Redelivered, "redelivered") + " " + route(m.Exchange, m.RoutingKey) +
		fmt.Sprintf(" messages=%d", m.MessageCount) + m.Message.suffix()
}
func (BasicGetEmpty) String() string  { return "basic.get-empty" }
func (m BasicRecover) String() string { return "basic.recover" + flags(m.Requeue, "requeue") }
func (BasicRecoverOk) String() string { return "basic.recover-ok" }
func (m BasicRecoverAsync) String() string {
	return "basic.recover-async" + flags(m.Requeue, "requeue")
}

// tagged renders a consumer tag.
func tagged(consumer string) string {
	if consumer == "" {
		return ""
	}
	return " consumer=" + consumer
}

// suffix renders what a message carries, as far as a line of a trace has room: a short body, and the priority and the
// expiration if it has them.
func (m Message) suffix() string {
	var s string
	switch {
	case len(m.Body) > 32:
		s = fmt.Sprintf(" body of %d octets", len(m.Body))
	case m.Body != "":
		s = fmt.Sprintf(" body=%q", m.Body)
	}
	if m.Properties.Present&HasPriority != 0 {
		s += fmt.Sprintf(" priority=%d", m.Properties.Priority)
	}
	if m.Properties.Present&HasExpiration != 0 {
		s += fmt.Sprintf(" expiration=%s", m.Properties.Expiration)
	}
	return s
}
