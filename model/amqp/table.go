package amqp

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Table is a field table (§4.2.5.5) as a comparable value: its encoding without the length in front, the fields in ascending
// order of their names (compared as bytes), each name once. "" is the empty table. [MakeTable], [MustTable] and [ParseTable]
// make tables, and equal fields make equal ones. A string converted by hand is a Table only if it is encoded so.
type Table string

// Array is a field array as a comparable value: the encodings of its values one after the other, without the length in
// front; tables within are encoded as [Table] says. "" is the empty array. [MakeArray] makes arrays.
type Array string

// Field is a name of at most 255 octets and a value, whose Go type is one of RabbitMQ's dialect of field values
// (rabbitmq.com/amqp-0-9-1-errata, §3), here with the octet that stands for each on the wire:
//
//	t  bool        B  uint8     u  uint16     i  uint32     l  int64     f  Float      S  string     F  Table
//	b  int8        s  int16     I  int32      T  Timestamp  D  Decimal   d  Double     x  Bytes      A  Array    V  nil
//
// An int, which is what an untyped constant in a literal becomes, is taken as an int64.
type Field struct {
	Name  string
	Value any
}

// The field values that are not plain Go types.
type (
	// Float is the bits of an IEEE 754 binary32, as math.Float32bits returns them.
	Float uint32
	// Double is the bits of an IEEE 754 binary64, as math.Float64bits returns them.
	Double uint64
	// Decimal is Value · 10^-Scale.
	Decimal struct {
		Scale uint8
		Value uint32
	}
	// Timestamp is in seconds since 1970.
	Timestamp uint64
	// Bytes is an octet string that is not text.
	Bytes string
)

// maxDepth is how many levels tables and arrays may be nested, the outermost one counted. The specification sets no limit.
const maxDepth = 32

// MakeTable returns the table of the fields, given in any order. It refuses a duplicate name, a name or string that is too
// long for its length to be encoded, a type that [Field] does not list, tables and arrays within that are malformed, and more
// than 32 levels of them.
func MakeTable(fields ...Field) (Table, error) {
	s, err := seal(slices.Clone(fields), true)
	if err != nil {
		return "", fmt.Errorf("making a field table: %w", err)
	}
	return Table(s), nil
}

// MustTable is [MakeTable] for literals: it panics where MakeTable returns an error.
func MustTable(fields ...Field) Table {
	t, err := MakeTable(fields...)
	if err != nil {
		panic(err)
	}
	return t
}

// ParseTable returns the table that a peer has sent: wire is what follows the table's length, all of it. The fields may have
// any order, a bool may be any octet (true unless 0), and 'L' is a signed 64-bit integer as 'l' is: so RabbitMQ reads them.
// Malformed input, a duplicate name (illegal by §4.2.5.5) and more than 32 levels of nesting are errors, which say at which
// offset of wire.
func ParseTable(wire []byte) (Table, error) {
	s, err := (&parser{rest: string(wire)}).nested(true, 1)
	if err != nil {
		return "", fmt.Errorf("parsing a field table: %w", err)
	}
	return Table(s), nil
}

// Fields returns the fields in ascending order of their names, nil for the empty table and for a string that is no table.
func (t Table) Fields() []Field {
	fields, _ := unseal(string(t), true)
	return fields
}

// Map returns the table with each value in it, and in all tables and arrays in it, replaced.
func (t Table) Map(to func(value any) any) Table {
	if t == "" {
		return t
	}
	fields := t.Fields()
	for i := range fields {
		fields[i].Value = mapped(fields[i].Value, to)
	}
	return MustTable(fields...)
}

func mapped(value any, to func(any) any) any {
	switch v := value.(type) {
	case Table:
		return v.Map(to)
	case Array:
		values := v.Values()
		for i := range values {
			values[i] = mapped(values[i], to)
		}
		return MustArray(values...)
	}
	return to(value)
}

// Lookup returns the value of the field with the name, and whether there is one.
func (t Table) Lookup(name string) (any, bool) {
	for _, f := range t.Fields() {
		if f.Name == name {
			return f.Value, true
		}
	}
	return nil, false
}

// Int returns the value of the field with the name, and whether there is one that is an integer of any width.
func (t Table) Int(name string) (int64, bool) {
	value, _ := t.Lookup(name)
	return Integer(value)
}

// Integer returns a field's value that is an integer of any width, and whether it is one. (A uint64 is none: no field holds one.)
func Integer(value any) (int64, bool) {
	switch v := value.(type) {
	case int8:
		return int64(v), true
	case uint8:
		return int64(v), true
	case int16:
		return int64(v), true
	case uint16:
		return int64(v), true
	case int32:
		return int64(v), true
	case uint32:
		return int64(v), true
	case int64:
		return v, true
	}
	return 0, false
}

// MakeArray returns the array of the values, in their order, on the conditions of [MakeTable].
func MakeArray(values ...any) (Array, error) {
	fields := make([]Field, len(values))
	for i, v := range values {
		fields[i].Value = v
	}
	s, err := seal(fields, false)
	if err != nil {
		return "", fmt.Errorf("making a field array: %w", err)
	}
	return Array(s), nil
}

// MustArray is [MakeArray] for literals: it panics where MakeArray returns an error.
func MustArray(values ...any) Array {
	a, err := MakeArray(values...)
	if err != nil {
		panic(err)
	}
	return a
}

// Values returns the values in order, nil for the empty array and for a string that is no array.
func (a Array) Values() []any {
	fields, _ := unseal(string(a), false)
	var values []any
	for _, f := range fields {
		values = append(values, f.Value)
	}
	return values
}

// From here on an array is fields without names: "named" tells the two apart.

// seal is encode for fields of anybody's making: it checks the tables and arrays within as well.
func seal(fields []Field, named bool) (string, error) {
	s, err := encode(fields, named)
	if err == nil {
		_, err = unseal(s, named)
	}
	return s, err
}

// unseal returns the fields of a canonical encoding, and an error for any other.
func unseal(s string, named bool) ([]Field, error) {
	fields, err := (&parser{rest: s}).fields(named, 1)
	if err != nil {
		return nil, err
	}
	if again, err := encode(fields, named); err != nil || again != s {
		return nil, errors.New("not in canonical form")
	}
	return fields, nil
}

// encode encodes the fields, sorting them in place if they are named. It trusts the tables and arrays within.
func encode(fields []Field, named bool) (string, error) {
	if named {
		slices.SortFunc(fields, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	}
	var dst []byte
	for i, f := range fields {
		if named {
			if i > 0 && f.Name == fields[i-1].Name {
				return "", fmt.Errorf("field %q occurs twice", f.Name)
			}
			if len(f.Name) > 255 {
				return "", fmt.Errorf("field name of %d octets, at most 255 can be encoded", len(f.Name))
			}
			dst = append(append(dst, byte(len(f.Name))), f.Name...)
		}
		var err error
		if dst, err = appendValue(dst, f.Value); err != nil {
			return "", fmt.Errorf("field %d %q: %w", i, f.Name, err)
		}
	}
	return string(dst), nil
}

func appendValue(dst []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(dst, 'V'), nil
	case bool:
		if v {
			return append(dst, 't', 1), nil
		}
		return append(dst, 't', 0), nil
	case int8:
		return appendNumber(append(dst, 'b'), 1, uint64(v)), nil
	case uint8:
		return append(dst, 'B', v), nil
	case int16:
		return appendNumber(append(dst, 's'), 2, uint64(v)), nil
	case uint16:
		return appendNumber(append(dst, 'u'), 2, uint64(v)), nil
	case int32:
		return appendNumber(append(dst, 'I'), 4, uint64(v)), nil
	case uint32:
		return appendNumber(append(dst, 'i'), 4, uint64(v)), nil
	case int:
		return appendNumber(append(dst, 'l'), 8, uint64(v)), nil
	case int64:
		return appendNumber(append(dst, 'l'), 8, uint64(v)), nil
	case Float:
		return appendNumber(append(dst, 'f'), 4, uint64(v)), nil
	case Double:
		return appendNumber(append(dst, 'd'), 8, uint64(v)), nil
	case Decimal:
		return appendNumber(append(dst, 'D', v.Scale), 4, uint64(v.Value)), nil
	case Timestamp:
		return appendNumber(append(dst, 'T'), 8, uint64(v)), nil
	case string:
		return appendLong(append(dst, 'S'), v)
	case Bytes:
		return appendLong(append(dst, 'x'), string(v))
	case Table:
		return appendLong(append(dst, 'F'), string(v))
	case Array:
		return appendLong(append(dst, 'A'), string(v))
	}
	return nil, fmt.Errorf("type %T is no field value", value)
}

// appendNumber appends the low octets of v in network order.
func appendNumber(dst []byte, octets int, v uint64) []byte {
	for octets--; octets >= 0; octets-- {
		dst = append(dst, byte(v>>(8*octets)))
	}
	return dst
}

// appendLong appends a long string (§4.2.5.3).
func appendLong(dst []byte, s string) ([]byte, error) {
	if uint64(len(s)) > 1<<32-1 {
		return nil, fmt.Errorf("value of %d octets, at most 4 GiB - 1 can be encoded", len(s))
	}
	return append(appendNumber(dst, 4, uint64(len(s))), s...), nil
}

// parser reads field values. What it returns is canonical whatever the order on the wire.
type parser struct {
	rest   string
	offset int // of rest in the whole
}

// fields reads fields until nothing is left.
func (p *parser) fields(named bool, depth int) (fields []Field, err error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("offset %d: more than %d levels of nesting", p.offset, maxDepth)
	}
	for p.rest != "" {
		var f Field
		if named {
			n, err := p.take(1, "the length of a field name")
			if err != nil {
				return nil, err
			}
			if f.Name, err = p.take(number(n), "a field name"); err != nil {
				return nil, err
			}
		}
		if f.Value, err = p.value(depth); err != nil {
			return nil, err
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// value reads the octet that says the type, and a value of it, within a table or array at the depth.
func (p *parser) value(depth int) (any, error) {
	kind, err := p.take(1, "the type of a value")
	if err != nil {
		return nil, err
	}
	var size uint64
	switch kind {
	case "V":
	case "t", "b", "B":
		size = 1
	case "s", "u":
		size = 2
	case "I", "i", "f":
		size = 4
	case "D":
		size = 5
	case "l", "L", "d", "T":
		size = 8
	case "S", "x", "F", "A":
		length, err := p.take(4, "the length of a value")
		if err != nil {
			return nil, err
		}
		size = number(length)
	default:
		return nil, fmt.Errorf("offset %d: unknown type %q of a value", p.offset-1, kind)
	}
	within := parser{offset: p.offset}
	if within.rest, err = p.take(size, "a value"); err != nil {
		return nil, err
	}
	n := number(within.rest[:min(size, 8)])
	switch kind {
	case "t":
		return n != 0, nil
	case "b":
		return int8(n), nil
	case "B":
		return uint8(n), nil
	case "s":
		return int16(n), nil
	case "u":
		return uint16(n), nil
	case "I":
		return int32(n), nil
	case "i":
		return uint32(n), nil
	case "l", "L":
		return int64(n), nil
	case "f":
		return Float(n), nil
	case "d":
		return Double(n), nil
	case "D":
		return Decimal{Scale: uint8(n >> 32), Value: uint32(n)}, nil
	case "T":
		return Timestamp(n), nil
	case "S":
		return within.rest, nil
	case "x":
		return Bytes(within.rest), nil
	case "F":
		s, err := within.nested(true, depth+1)
		return Table(s), err
	case "A":
		s, err := within.nested(false, depth+1)
		return Array(s), err
	}
	return nil, nil // "V"
}

// nested reads a whole table or array and returns its canonical encoding.
func (p *parser) nested(named bool, depth int) (string, error) {
	start := p.offset
	fields, err := p.fields(named, depth)
	if err != nil {
		return "", err
	}
	s, err := encode(fields, named)
	if err != nil {
		return "", fmt.Errorf("offset %d: %w", start, err)
	}
	return s, nil
}

func (p *parser) take(octets uint64, what string) (string, error) {
	if octets > uint64(len(p.rest)) {
		return "", fmt.Errorf("offset %d: %s takes %d octets, %d are left", p.offset, what, octets, len(p.rest))
	}
	s := p.rest[:octets]
	p.rest, p.offset = p.rest[octets:], p.offset+int(octets)
	return s, nil
}

// number returns the value of octets in network order.
func number(s string) (v uint64) {
	for i := range len(s) {
		v = v<<8 | uint64(s[i])
	}
	return v
}

// String renders the table for people, as {x-max-length: 0, x-overflow: "reject-publish"}; integers of different widths look
// alike.
func (t Table) String() string { return "{" + render(string(t), true) + "}" }

// String renders the array for people, as [1, "a", void].
func (a Array) String() string { return "[" + render(string(a), false) + "]" }

// String renders the number as 1.5, NaN, +Inf.
func (f Float) String() string { return renderBinary(uint64(f), 8, 23) }

// String renders the number as 1.5, NaN, +Inf.
func (d Double) String() string { return renderBinary(uint64(d), 11, 52) }

// String renders the number with all its digits: Decimal{2, 314} is 3.14.
func (d Decimal) String() string {
	digits := fmt.Sprintf("%0*d", int(d.Scale)+1, d.Value)
	if d.Scale == 0 {
		return digits
	}
	point := len(digits) - int(d.Scale)
	return digits[:point] + "." + digits[point:]
}

// String renders the time as @1700000000.
func (t Timestamp) String() string { return "@" + strconv.FormatUint(uint64(t), 10) }

// String renders the octets as x"\x00\x01".
func (b Bytes) String() string { return fmt.Sprintf("x%q", string(b)) }

// suffix is what the String of a method appends for its table: nothing for an empty one.
func (t Table) suffix() string {
	if t == "" {
		return ""
	}
	return " " + t.String()
}

func render(s string, named bool) string {
	fields, err := unseal(s, named)
	if err != nil {
		return fmt.Sprintf("invalid %q", s)
	}
	var items []string
	for _, f := range fields {
		item := fmt.Sprint(f.Value)
		switch v := f.Value.(type) {
		case nil:
			item = "void"
		case string:
			item = strconv.Quote(v)
		}
		if named {
			item = renderName(f.Name) + ": " + item
		}
		items = append(items, item)
	}
	return strings.Join(items, ", ")
}

// renderName quotes a name in which anything but letters, digits and -_.$# occurs.
func renderName(name string) string {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.$#", r))
	}
	if name == "" || strings.ContainsFunc(name, odd) {
		return strconv.Quote(name)
	}
	return name
}

// renderBinary renders an IEEE 754 number of 1 + exponent + fraction bits. It takes the detour through a hexadecimal literal,
// which is exact, because math is not for packages that describe values.
func renderBinary(bits uint64, exponent, fraction int) string {
	size := 1 + exponent + fraction
	sign := ""
	if bits>>(size-1) != 0 {
		sign = "-"
	}
	mantissa := bits & (1<<fraction - 1)
	power := int(bits>>fraction) & (1<<exponent - 1)
	switch power {
	case 1<<exponent - 1:
		if mantissa != 0 {
			return "NaN"
		}
		return cmp.Or(sign, "+") + "Inf"
	case 0: // subnormal
		power = 1
	default:
		mantissa |= 1 << fraction
	}
	bias := 1<<(exponent-1) - 1
	v, _ := strconv.ParseFloat(fmt.Sprintf("%s0x%xp%d", sign, mantissa, power-bias-fraction), size) // finite, so in range
	return strconv.FormatFloat(v, 'g', -1, size)
}
