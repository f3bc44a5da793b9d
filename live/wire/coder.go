package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// coder walks over the fields of a method or content header in the order in which they are on the wire (§4.2.1): an
// encoder writes what the pointers point at, a decoder fills it in. A nil pointer stands for a reserved field: it is written
// as zero or empty, and what is read is dropped. The first error sticks and makes the rest of the walk idle.
type coder interface {
	octet(*uint8)
	short(*uint16)
	long(*uint32)
	longlong(*uint64)
	// bits is a run of consecutive bits, which are packed into octets from the lowest bit up (§4.2.5.2). A run must not be
	// divided between two calls.
	bits(...*bool)
	shortstr(*string)
	longstr(*string)
	table(*amqp.Table)
	fail(error)
}

// encoder is the coder that appends to buf.
type encoder struct {
	buf        []byte
	payloadMax uint32 // of one frame
	err        error
}

func (e *encoder) octet(p *uint8)     { e.buf = append(e.buf, get(p)) }
func (e *encoder) short(p *uint16)    { e.buf = binary.BigEndian.AppendUint16(e.buf, get(p)) }
func (e *encoder) long(p *uint32)     { e.buf = binary.BigEndian.AppendUint32(e.buf, get(p)) }
func (e *encoder) longlong(p *uint64) { e.buf = binary.BigEndian.AppendUint64(e.buf, get(p)) }

func (e *encoder) bits(run ...*bool) {
	for i, p := range run {
		if i%8 == 0 {
			e.buf = append(e.buf, 0)
		}
		if get(p) {
			e.buf[len(e.buf)-1] |= 1 << (i % 8)
		}
	}
}

func (e *encoder) shortstr(p *string) {
	s := get(p)
	if len(s) > 255 {
		e.fail(fmt.Errorf("short string of %d octets, at most 255 can be encoded", len(s)))
		return
	}
	e.buf = append(append(e.buf, byte(len(s))), s...)
}

func (e *encoder) longstr(p *string) {
	s := get(p)
	if uint64(len(s)) > uint64(e.payloadMax) { // so its length fits in 32 bits
		e.fail(fmt.Errorf("long string of %d octets does not fit into a frame", len(s)))
		return
	}
	e.buf = append(binary.BigEndian.AppendUint32(e.buf, uint32(len(s))), s...)
}

func (e *encoder) table(p *amqp.Table) {
	t := get(p)
	if t != "" && t.Fields() == nil {
		e.fail(errors.New("table not in canonical form"))
		return
	}
	s := string(t)
	e.longstr(&s)
}

func (e *encoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// decoder is the coder that reads a payload.
type decoder struct {
	payload []byte
	at      int // of the next octet in payload
	err     error
}

func (d *decoder) octet(p *uint8)     { set(p, uint8(d.number(1, "an octet"))) }
func (d *decoder) short(p *uint16)    { set(p, uint16(d.number(2, "a short integer"))) }
func (d *decoder) long(p *uint32)     { set(p, uint32(d.number(4, "a long integer"))) }
func (d *decoder) longlong(p *uint64) { set(p, d.number(8, "a long long integer")) }

func (d *decoder) bits(run ...*bool) {
	var packed uint64
	for i, p := range run {
		if i%8 == 0 {
			packed = d.number(1, "an octet of bits")
		}
		set(p, packed>>(i%8)&1 != 0)
	}
}

func (d *decoder) shortstr(p *string) {
	n := d.number(1, "the length of a short string")
	set(p, string(d.take(n, "a short string")))
}

func (d *decoder) longstr(p *string) {
	n := d.number(4, "the length of a long string")
	set(p, string(d.take(n, "a long string")))
}

func (d *decoder) table(p *amqp.Table) {
	n := d.number(4, "the length of a field table")
	start := d.at
	t, err := amqp.ParseTable(d.take(n, "a field table"))
	if err != nil {
		d.fail(fmt.Errorf("field table at offset %d: %w", start, err))
	}
	set(p, t)
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// end ends the walk: nothing may be left. It returns the walk's error.
func (d *decoder) end() error {
	if rest := len(d.payload) - d.at; rest > 0 {
		d.fail(fmt.Errorf("offset %d: %d octets after the last field", d.at, rest))
	}
	return d.err
}

// take reads octets, none after an error.
func (d *decoder) take(octets uint64, what string) []byte {
	if d.err != nil {
		return nil
	}
	if rest := len(d.payload) - d.at; octets > uint64(rest) {
		d.fail(fmt.Errorf("offset %d: %s takes %d octets, %d are left", d.at, what, octets, rest))
		return nil
	}
	start := d.at
	d.at += int(octets)
	return d.payload[start:d.at]
}

// number reads an integer in network order, 0 after an error.
func (d *decoder) number(octets uint64, what string) (v uint64) {
	for _, b := range d.take(octets, what) {
		v = v<<8 | uint64(b)
	}
	return v
}

func get[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func set[T any](p *T, v T) {
	if p != nil {
		*p = v
	}
}
