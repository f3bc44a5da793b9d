package wire

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// id is a method's class and method number.
type id struct{ class, method uint16 }

// layout is the form of one method on the wire; its only implementation is the generic methodLayout, for each method type.
type layout interface {
	id() id
	// name is the method's name, as in "queue.declare".
	name() string
	// zero is the method without its arguments.
	zero() amqp.Method
	// hasContent tells whether a content header and body follow the method.
	hasContent() bool
	// encode walks over the arguments of m and returns the content that follows them.
	encode(c coder, m amqp.Method) amqp.Message
	// decode makes a method of the arguments, without content.
	decode(c coder) amqp.Method
	// fill returns m with its content.
	fill(m amqp.Method, content amqp.Message) amqp.Method
}

// methodLayout is the layout of M.
type methodLayout[M amqp.Method] struct {
	walk    func(c coder, m *M)
	content func(m *M) *amqp.Message // nil where a method has none
}

func of[M amqp.Method](walk func(c coder, m *M)) methodLayout[M] {
	return methodLayout[M]{walk: walk}
}

// with adds content, which it says where to find.
func (l methodLayout[M]) with(content func(m *M) *amqp.Message) methodLayout[M] {
	l.content = content
	return l
}

func (l methodLayout[M]) id() id {
	var zero M
	class, method := zero.ID()
	return id{class, method}
}

func (l methodLayout[M]) name() string {
	var zero M
	name, _, _ := strings.Cut(zero.String(), " ")
	return name
}

func (l methodLayout[M]) zero() amqp.Method {
	var zero M
	return zero
}

func (l methodLayout[M]) hasContent() bool { return l.content != nil }

func (l methodLayout[M]) encode(c coder, m amqp.Method) (content amqp.Message) {
	v, ok := m.(M)
	if !ok {
		c.fail(fmt.Errorf("%T is not %T", m, v))
		return content
	}
	l.walk(c, &v)
	if l.content != nil {
		content = *l.content(&v)
	}
	return content
}

func (l methodLayout[M]) decode(c coder) amqp.Method {
	var v M
	l.walk(c, &v)
	return v
}

func (l methodLayout[M]) fill(m amqp.Method, content amqp.Message) amqp.Method {
	v := m.(M)
	*l.content(&v) = content
	return v
}

func index(all ...layout) map[id]layout {
	m := make(map[id]layout, len(all))
	for _, l := range all {
		if _, ok := m[l.id()]; ok {
			panic("wire: two layouts for " + l.name())
		}
		m[l.id()] = l
	}
	return m
}

// Methods returns every method, without arguments, by class and method number.
func Methods() []amqp.Method {
	all := make([]amqp.Method, 0, len(layouts))
	for _, l := range layouts {
		all = append(all, l.zero())
	}
	slices.SortFunc(all, func(x, y amqp.Method) int {
		xc, xm := x.ID()
		yc, ym := y.ID()
		return cmp.Or(cmp.Compare(xc, yc), cmp.Compare(xm, ym))
	})
	return all
}

// decodeMethod decodes the payload of a method frame.
func decodeMethod(payload []byte) (layout, amqp.Method, error) {
	if len(payload) < 4 {
		return nil, nil, errorf(amqp.FrameError, id{}, "method frame with %d octets of payload", len(payload))
	}
	key := id{binary.BigEndian.Uint16(payload), binary.BigEndian.Uint16(payload[2:])}
	l, ok := layouts[key]
	if !ok {
		return nil, nil, errorf(amqp.NotImplemented, key, "method %d.%d", key.class, key.method)
	}
	d := decoder{payload: payload, at: 4}
	m := l.decode(&d)
	if err := d.end(); err != nil {
		return nil, nil, errorf(amqp.SyntaxError, key, "arguments of %s: %v", l.name(), err)
	}
	return l, m, nil
}
