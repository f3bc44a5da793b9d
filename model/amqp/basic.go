package amqp

import (
	"fmt"
	"strconv"
)

// The methods of class basic that carry content or acknowledge it (§1.4.5), and those of class confirm (RabbitMQ).
type (
	BasicPublish struct {
		Exchange, RoutingKey string
		Mandatory, Immediate bool
		// Seq is the publish's number in the channel's confirm sequence, 0 outside confirm mode. It is not on the wire.
		Seq     uint64
		Message Message
	}
	BasicReturn struct {
		Code                 Code
		Text                 string
		Exchange, RoutingKey string
		Message              Message
	}
	BasicAck struct {
		Tag      uint64
		Multiple bool
	}
	BasicNack struct {
		Tag               uint64
		Multiple, Requeue bool
	}
	ConfirmSelect   struct{ NoWait bool }
	ConfirmSelectOk struct{}
)

// Message is content: a header's properties and a body.
type Message struct {
	Properties Properties
	Body       string
}

// Properties are the content header's properties of class basic (§1.8.1), and which of them are present.
type Properties struct {
	Present         PropertyFlags
	ContentType     string
	ContentEncoding string
	Headers         Table
	DeliveryMode    uint8 // 1 transient, 2 persistent
	Priority        uint8
	CorrelationID   string
	ReplyTo         string
	Expiration      string
	MessageID       string
	Timestamp       uint64 // seconds since 1970
	Type            string
	UserID          string
	AppID           string
	ClusterID       string
}

// PropertyFlags is the flag word of a content header (§4.2.6.1).
type PropertyFlags uint16

// The flags, in the order in which the properties follow on the wire.
const (
	HasContentType PropertyFlags = 1 << (15 - iota)
	HasContentEncoding
	HasHeaders
	HasDeliveryMode
	HasPriority
	HasCorrelationID
	HasReplyTo
	HasExpiration
	HasMessageID
	HasTimestamp
	HasType
	HasUserID
	HasAppID
	HasClusterID
)

func (BasicPublish) ID() (class, method uint16)    { return 60, 40 }
func (BasicReturn) ID() (class, method uint16)     { return 60, 50 }
func (BasicAck) ID() (class, method uint16)        { return 60, 80 }
func (BasicNack) ID() (class, method uint16)       { return 60, 120 }
func (ConfirmSelect) ID() (class, method uint16)   { return 85, 10 }
func (ConfirmSelectOk) ID() (class, method uint16) { return 85, 11 }

func (m BasicPublish) String() string {
	s := "basic.publish " + m.RoutingKey
	if m.Exchange != "" {
		s = "basic.publish " + m.Exchange + "/" + m.RoutingKey
	}
	s += flags(m.Mandatory, "mandatory", m.Immediate, "immediate")
	if m.Seq != 0 {
		s += " seq=" + strconv.FormatUint(m.Seq, 10)
	}
	return s
}
func (m BasicReturn) String() string { return "basic.return " + m.Code.String() + " " + m.RoutingKey }
func (m BasicAck) String() string {
	return fmt.Sprintf("basic.ack %d", m.Tag) + flags(m.Multiple, "multiple")
}
func (m BasicNack) String() string {
	return fmt.Sprintf("basic.nack %d", m.Tag) + flags(m.Multiple, "multiple", m.Requeue, "requeue")
}
func (m ConfirmSelect) String() string { return "confirm.select" + flags(m.NoWait, "no-wait") }
func (ConfirmSelectOk) String() string { return "confirm.select-ok" }
