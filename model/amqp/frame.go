package amqp

import (
	"encoding/binary"
	"fmt"
	"reflect"
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
func AppendMessage(dst []byte, m Message) []byte { return appendArgument(dst, reflect.ValueOf(m)) }

// AppendFrame appends an encoding of f under which different frames differ, for [model.Machine] states that hold frames.
// It is not the wire format.
func AppendFrame(dst []byte, f Frame) []byte {
	class, method := f.Method.ID()
	for _, n := range []uint16{uint16(f.Channel), class, method} {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	return appendArgument(dst, reflect.ValueOf(f.Method))
}

// appendArgument encodes what methods are made of. It is several times as fast as fmt.
func appendArgument(dst []byte, v reflect.Value) []byte {
	switch {
	case v.CanUint():
		return binary.AppendUvarint(dst, v.Uint())
	case v.CanInt():
		return binary.AppendVarint(dst, v.Int())
	case v.Kind() == reflect.String:
		return append(binary.AppendUvarint(dst, uint64(v.Len())), v.String()...)
	case v.Kind() == reflect.Bool:
		if v.Bool() {
			return append(dst, 1)
		}
		return append(dst, 0)
	}
	if v.IsZero() { // a struct, as properties often are
		return append(dst, 0)
	}
	dst = append(dst, 1)
	for i := range v.NumField() {
		dst = appendArgument(dst, v.Field(i))
	}
	return dst
}
