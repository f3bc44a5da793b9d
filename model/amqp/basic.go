package amqp

import (
	"fmt"
	"strconv"
)

// The methods of class basic that publish messages and settle them (§1.4.5; BasicNack is RabbitMQ's).
//
// BasicAck and BasicNack go both ways. From a client, and in BasicReject, Tag is a delivery's: it names one of those that are not
// settled on the channel, and Multiple means all that were delivered up to it; 0 with Multiple is all. On the wire a channel numbers
// its deliveries from 1 on for ever. In a model the broker gives a delivery the smallest number that is free on its channel, so that
// rounds without end have finitely many states; a number that is none of the channel's, [StaleTag], stands for all that are settled
// or never were. From a broker the tag is a publish's, [BasicPublish].Seq.
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
	BasicReject struct {
		Tag     uint64
		Requeue bool
	}
)

// StaleTag is, in a model, the tag n of a client that means no delivery which the broker waits for.
func StaleTag(n uint64) uint64 { return n | stale }

// WireTag is a tag as the client gave it: n of StaleTag(n), and any other as it is.
func WireTag(tag uint64) uint64 { return tag &^ stale }

const stale = 1 << 63

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

func (BasicPublish) ID() (class, method uint16) { return 60, 40 }
func (BasicReturn) ID() (class, method uint16)  { return 60, 50 }
func (BasicAck) ID() (class, method uint16)     { return 60, 80 }
func (BasicReject) ID() (class, method uint16)  { return 60, 90 }
func (BasicNack) ID() (class, method uint16)    { return 60, 120 }

func (m BasicPublish) String() string {
	s := "basic.publish " + route(m.Exchange, m.RoutingKey) + flags(m.Mandatory, "mandatory", m.Immediate, "immediate")
	if m.Seq != 0 {
		s += " seq=" + strconv.FormatUint(m.Seq, 10)
	}
	return s
}
func (m BasicReturn) String() string { return "basic.return " + m.Code.String() + " " + m.RoutingKey }
func (m BasicAck) String() string {
	return fmt.Sprintf("basic.ack %d", WireTag(m.Tag)) + flags(m.Multiple, "multiple")
}
func (m BasicNack) String() string {
	return fmt.Sprintf("basic.nack %d", WireTag(m.Tag)) + flags(m.Multiple, "multiple", m.Requeue, "requeue")
}
func (m BasicReject) String() string {
	return fmt.Sprintf("basic.reject %d", WireTag(m.Tag)) + flags(m.Requeue, "requeue")
}
