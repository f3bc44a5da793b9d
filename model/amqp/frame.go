package amqp

import (
	"fmt"
	"strconv"
)

// Channel is a channel number; 0 is the connection itself (§2.2.4).
type Channel uint16

// Method is one AMQP method with its arguments and, for those that carry one, its content. Methods are comparable.
type Method interface {
	fmt.Stringer
	// ID returns the class and method number of the specification.
	ID() (class, method uint16)
}

// Frame is a method on a channel of a connection, content included: what a link carries and what a schedule holds back.
// (On the wire it may be several frames; a link never separates them.)
type Frame struct {
	Channel Channel
	Method  Method
}

// String is the method, after its channel unless that is 0.
func (f Frame) String() string {
	if f.Channel == 0 {
		return f.Method.String()
	}
	return fmt.Sprintf("ch%d %v", f.Channel, f.Method)
}

// What happens to a connection below AMQP, as events between a link and its two ends. A link has one connection at a time;
// what is left of an earlier one when it has been lost is at the broker.
type (
	// Dial is a client's request to its link for a new TCP connection.
	Dial struct{}
	// Hangup closes the sender's socket.
	Hangup struct{}
	// Lost tells a client that its connection is gone: end of file, or a reset.
	Lost struct{}
	// Broken puts a broken connection before a broker, which notices in its own time.
	Broken struct{}
	// Late hands a broker a frame that was in flight to it when the connection broke. It comes before Broken. The broker may
	// still read it, or notice the loss first.
	Late struct{ Frame Frame }
	// Silent tells an end with heartbeats that nothing arrives any more, not even heartbeats. Interval is the negotiated
	// heartbeat interval in milliseconds.
	Silent struct{ Interval int64 }
	// Heard tells an end that bytes arrive again.
	Heard struct{}
	// Full tells a broker that as much waits to be written to the connection as should; it delivers nothing on it until Room. What it
	// was asked for it sends all the same.
	Full struct{}
	// Room tells a broker that the connection takes deliveries again.
	Room struct{}
)

func (Dial) String() string   { return "dial" }
func (Hangup) String() string { return "hang up" }
func (Lost) String() string   { return "connection lost" }
func (Broken) String() string { return "connection broken, not noticed yet" }
func (l Late) String() string { return "unread: " + l.Frame.String() }
func (Silent) String() string { return "silence" }
func (Heard) String() string  { return "sound again" }
func (Full) String() string   { return "full" }
func (Room) String() string   { return "room again" }

// AppendMessage does for content what AppendFrame does for frames.
func AppendMessage(dst []byte, m Message) []byte {
	p := m.Properties
	if p == (Properties{}) { // as most are
		return appendTexts(appendNumbers(dst, 0), m.Body)
	}
	dst = appendNumbers(dst, 1, uint64(p.Present), uint64(p.DeliveryMode), uint64(p.Priority), p.Timestamp)
	return appendTexts(dst, p.ContentType, p.ContentEncoding, string(p.Headers), p.CorrelationID, p.ReplyTo, p.Expiration, p.MessageID, p.Type, p.UserID,
		p.AppID, p.ClusterID, m.Body)
}

// AppendFrame appends an encoding of f under which different frames differ, for [model.Machine] states that hold frames.
// It is not the wire format.
func AppendFrame(dst []byte, f Frame) []byte {
	class, method := f.Method.ID()
	dst = appendNumbers(dst, uint64(f.Channel), uint64(class), uint64(method))
	switch m := f.Method.(type) { // those with content: fmt takes its time over all the properties
	case BasicPublish:
		dst = appendTexts(appendNumbers(dst, m.Seq, bit(m.Mandatory), bit(m.Immediate)), m.Exchange, m.RoutingKey)
		return AppendMessage(dst, m.Message)
	case BasicReturn:
		return AppendMessage(appendTexts(appendNumbers(dst, uint64(m.Code)), m.Text, m.Exchange, m.RoutingKey), m.Message)
	case BasicDeliver:
		dst = appendTexts(appendNumbers(dst, m.Tag, bit(m.Redelivered)), m.ConsumerTag, m.Exchange, m.RoutingKey)
		return AppendMessage(dst, m.Message)
	case BasicGetOk:
		dst = appendTexts(appendNumbers(dst, m.Tag, bit(m.Redelivered), uint64(m.MessageCount)), m.Exchange, m.RoutingKey)
		return AppendMessage(dst, m.Message)
	}
	return fmt.Appendf(dst, "%#v\n", f.Method)
}

func appendNumbers(dst []byte, all ...uint64) []byte {
	for _, n := range all {
		dst = append(strconv.AppendUint(dst, n, 10), ' ')
	}
	return dst
}

func appendTexts(dst []byte, all ...string) []byte {
	for _, text := range all {
		dst = append(appendNumbers(dst, uint64(len(text))), text...)
	}
	return dst
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
