package history

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

func appendTable(dst []byte, t amqp.Table) []byte {
	dst = append(dst, '{')
	for i, f := range t.Fields() {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(strconv.AppendQuote(dst, f.Name), ": "...)
		dst = appendValue(dst, f.Value)
	}
	return append(dst, '}')
}

func appendValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(dst, "void"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case string:
		return strconv.AppendQuote(dst, v)
	case amqp.Bytes:
		return strconv.AppendQuote(append(dst, 'x'), string(v))
	case amqp.Table:
		return appendTable(dst, v)
	case amqp.Array:
		dst = append(dst, '[')
		for i, e := range v.Values() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendValue(dst, e)
		}
		return append(dst, ']')
	case amqp.Timestamp:
		return strconv.AppendUint(append(dst, 'T'), uint64(v), 10)
	case amqp.Float:
		return strconv.AppendUint(append(dst, 'f'), uint64(v), 10)
	case amqp.Double:
		return strconv.AppendUint(append(dst, 'd'), uint64(v), 10)
	case amqp.Decimal:
		return fmt.Appendf(dst, "D%d:%d", v.Scale, v.Value)
	}
	letters := map[string]byte{"int8": 'b', "uint8": 'B', "int16": 's', "uint16": 'u', "int32": 'I', "uint32": 'i', "int64": 'l'}
	return fmt.Appendf(dst, "%c%d", letters[fmt.Sprintf("%T", value)], value)
}

// parser reads a text from its head. The first error sticks.
type parser struct {
	rest string
	err  error
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// want removes what must come next.
func (p *parser) want(s string) {
	rest, ok := strings.CutPrefix(p.rest, s)
	if !ok {
		p.fail(fmt.Errorf("%q expected at %.20q", s, p.rest))
	}
	p.rest = rest
}

// took removes what may come next, and says whether it did.
func (p *parser) took(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

// word removes all up to one of the octets in stop, or to the end.
func (p *parser) word(stop string) string {
	i := strings.IndexAny(p.rest, stop)
	if i < 0 {
		i = len(p.rest)
	}
	w := p.rest[:i]
	p.rest = p.rest[i:]
	return w
}

func (p *parser) quoted() string {
	q, err := strconv.QuotedPrefix(p.rest)
	if err != nil {
		p.fail(fmt.Errorf("a quoted string expected at %.20q", p.rest))
		return ""
	}
	p.rest = p.rest[len(q):]
	s, err := strconv.Unquote(q)
	p.fail(err)
	return s
}

// list removes what is between two brackets, of which the first has been removed.
func (p *parser) list(end string, element func()) {
	for first := true; p.err == nil && !p.took(end); first = false {
		if !first {
			p.want(", ")
		}
		element()
	}
}

func (p *parser) table() amqp.Table {
	var fields []amqp.Field
	p.want("{")
	p.list("}", func() {
		f := amqp.Field{Name: p.quoted()}
		p.want(": ")
		f.Value = p.value()
		fields = append(fields, f)
	})
	if p.err != nil {
		return ""
	}
	t, err := amqp.MakeTable(fields...)
	p.fail(err)
	return t
}

func (p *parser) array() amqp.Array {
	var values []any
	p.want("[")
	p.list("]", func() { values = append(values, p.value()) })
	if p.err != nil {
		return ""
	}
	a, err := amqp.MakeArray(values...)
	p.fail(err)
	return a
}

func (p *parser) value() any {
	switch {
	case strings.HasPrefix(p.rest, "{"):
		return p.table()
	case strings.HasPrefix(p.rest, "["):
		return p.array()
	case strings.HasPrefix(p.rest, `"`):
		return p.quoted()
	case strings.HasPrefix(p.rest, `x"`):
		p.want("x")
		return amqp.Bytes(p.quoted())
	}
	word := p.word(", }]")
	switch word {
	case "void":
		return nil
	case "true", "false":
		return word == "true"
	case "":
		p.fail(errors.New("a value is missing"))
		return nil
	}
	v, err := number(word[0], word[1:])
	p.fail(err)
	return v
}

// number reads a number of the type that a letter stands for.
func number(letter byte, digits string) (any, error) {
	var err error
	unsigned := func(bits int) uint64 {
		var n uint64
		n, err = strconv.ParseUint(digits, 10, bits)
		return n
	}
	signed := func(bits int) int64 {
		var n int64
		n, err = strconv.ParseInt(digits, 10, bits)
		return n
	}
	var v any
	switch letter {
	case 'b':
		v = int8(signed(8))
	case 'B':
		v = uint8(unsigned(8))
	case 's':
		v = int16(signed(16))
	case 'u':
		v = uint16(unsigned(16))
	case 'I':
		v = int32(signed(32))
	case 'i':
		v = uint32(unsigned(32))
	case 'l':
		v = signed(64)
	case 'T':
		v = amqp.Timestamp(unsigned(64))
	case 'f':
		v = amqp.Float(unsigned(32))
	case 'd':
		v = amqp.Double(unsigned(64))
	case 'D':
		scale, rest, _ := strings.Cut(digits, ":")
		s, wrong := strconv.ParseUint(scale, 10, 8)
		digits = rest
		v = amqp.Decimal{Scale: uint8(s), Value: uint32(unsigned(32))}
		if wrong != nil {
			err = wrong
		}
	default:
		return nil, fmt.Errorf("no value begins with %q", letter)
	}
	return v, err
}
