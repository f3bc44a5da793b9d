package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Version091 is the protocol header with which a client of AMQP 0-9-1 begins (§4.2.2), and with which a server refuses
// another.
const Version091 = "AMQP\x00\x00\x09\x01"

// The limit on a frame's size, overhead included: what holds until connection.tune-ok has set another, and what RabbitMQ
// proposes in connection.tune.
const (
	MinFrameMax     = 4096
	DefaultFrameMax = 128 << 10
)

// Frame types (§4.2.3).
const (
	methodFrame    = 1
	headerFrame    = 2
	bodyFrame      = 3
	heartbeatFrame = 8
)

// A frame on the wire, sizes in octets:
//
//	0      1         3             7                  7+size
//	+------+---------+-------------+-------- - - -----+------+
//	| type | channel |    size     |     payload      | 0xCE |
//	+------+---------+-------------+-------- - - -----+------+
const (
	headSize      = 7
	endOctet      = 0xCE
	frameOverhead = headSize + 1
)

// head returns what precedes the payload in a frame.
func head(frame []byte) (kind byte, channel amqp.Channel, size uint32) {
	return frame[0], amqp.Channel(binary.BigEndian.Uint16(frame[1:])), binary.BigEndian.Uint32(frame[3:])
}

// AppendProtocolHeader appends [Version091] to dst.
func AppendProtocolHeader(dst []byte) []byte { return append(dst, Version091...) }

// AppendHeartbeat appends a heartbeat frame (§4.2.7) to dst.
func AppendHeartbeat(dst []byte) []byte {
	return append(dst, heartbeatFrame, 0, 0, 0, 0, 0, 0, endOctet)
}

// Append appends the frames of f to dst: the method, and for one with content a content header and as many body frames as
// frameMax asks for. frameMax is the connection's negotiated limit on a frame, overhead included; 0 is none. The Seq of a
// publish is not encoded.
//
// An error is a value that has no encoding: a string too long for its field, a table not in canonical form, a property that
// is set but not marked present, a method or header larger than frameMax, a method unknown to this package. dst is then
// returned as it was.
func Append(dst []byte, f amqp.Frame, frameMax uint32) ([]byte, error) {
	e := encoder{buf: dst, payloadMax: frameMax - frameOverhead}
	if frameMax == 0 {
		e.payloadMax = 1<<32 - 1
	} else if frameMax <= frameOverhead {
		return dst, fmt.Errorf("encoding %v: frame-max %d leaves no room for a payload", f, frameMax)
	}
	class, method := f.Method.ID()
	l, ok := layouts[id{class, method}]
	if !ok {
		return dst, fmt.Errorf("encoding %v: no layout for method %d.%d", f, class, method)
	}
	start := e.open(methodFrame, f.Channel)
	e.short(&class)
	e.short(&method)
	message := l.encode(&e, f.Method)
	e.close(start)
	if l.hasContent() {
		start = e.open(headerFrame, f.Channel)
		header := contentHeader{class: class, size: uint64(len(message.Body)), properties: message.Properties}
		header.walk(&e)
		e.close(start)
		e.body(f.Channel, message.Body)
	}
	if e.err != nil {
		return dst, fmt.Errorf("encoding %s: %w", l.name(), e.err)
	}
	return e.buf, nil
}

// open begins a frame, whose size close fills in.
func (e *encoder) open(kind byte, channel amqp.Channel) (start int) {
	start = len(e.buf)
	e.buf = append(e.buf, kind, byte(channel>>8), byte(channel), 0, 0, 0, 0)
	return start
}

func (e *encoder) close(start int) {
	size := uint64(len(e.buf) - start - headSize)
	if size > uint64(e.payloadMax) {
		e.fail(errors.New("method or content header larger than frame-max"))
		return
	}
	binary.BigEndian.PutUint32(e.buf[start+3:], uint32(size))
	e.buf = append(e.buf, endOctet)
}

// body appends a body in frames as large as may be (§2.3.5.2); an empty body takes none.
func (e *encoder) body(channel amqp.Channel, body string) {
	for body != "" {
		n := min(uint64(len(body)), uint64(e.payloadMax))
		start := e.open(bodyFrame, channel)
		e.buf = append(e.buf, body[:n]...)
		e.close(start)
		body = body[n:]
	}
}
