package history

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// argument is a field of a method, of its content or of its properties.
type argument struct {
	name string
	path []int
	flag amqp.PropertyFlags // of a property
}

// form is what there is to know of a method's type.
type form struct {
	name      string
	zero      amqp.Method
	arguments []argument
	present   []int // the path of the properties' flags; nil: no content
}

// forms are the forms of all methods, by type and by name.
var forms = sync.OnceValue(func() (f struct {
	byType map[reflect.Type]*form
	byName map[string]*form
}) {
	f.byType, f.byName = map[reflect.Type]*form{}, map[string]*form{}
	for _, m := range wire.Methods() {
		name, _, _ := strings.Cut(m.String(), " ")
		x := &form{name: name, zero: m}
		x.add(reflect.TypeOf(m), nil)
		f.byType[reflect.TypeOf(m)], f.byName[name] = x, x
	}
	return f
})

// add enters the fields of a struct, those of structs in it in their places.
func (x *form) add(t reflect.Type, path []int) {
	flag := amqp.HasContentType
	for i := range t.NumField() {
		f, at := t.Field(i), append(path[:len(path):len(path)], i)
		switch {
		case f.Type.Kind() == reflect.Struct:
			x.add(f.Type, at)
		case f.Type == reflect.TypeFor[amqp.PropertyFlags]():
			x.present = at
		case t == reflect.TypeFor[amqp.Properties]():
			x.arguments = append(x.arguments, argument{kebab(f.Name), at, flag})
			flag >>= 1
		case f.Name == "Seq": // not on the wire, and counted by whoever wants to know
		default:
			x.arguments = append(x.arguments, argument{kebab(f.Name), at, 0})
		}
	}
}

// kebab turns RoutingKey into routing-key, and MessageID into message-id.
func kebab(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		if unicode.IsUpper(r) && lower {
			b.WriteByte('-')
		}
		lower = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// AppendMethod appends a method's text.
func AppendMethod(dst []byte, m amqp.Method) []byte {
	x := forms().byType[reflect.TypeOf(m)]
	if x == nil {
		panic(fmt.Sprintf("history: %T has no form on the wire", m))
	}
	dst = append(dst, x.name...)
	v := reflect.ValueOf(m)
	var present amqp.PropertyFlags
	if x.present != nil {
		present = amqp.PropertyFlags(v.FieldByIndex(x.present).Uint())
	}
	for _, a := range x.arguments {
		f := v.FieldByIndex(a.path)
		if a.flag == 0 && f.IsZero() || a.flag != 0 && present&a.flag == 0 {
			continue
		}
		dst = append(append(dst, ' '), a.name...)
		switch f.Kind() {
		case reflect.Bool:
		case reflect.String:
			dst = append(dst, '=')
			if t, ok := f.Interface().(amqp.Table); ok {
				dst = appendTable(dst, t)
			} else {
				dst = strconv.AppendQuote(dst, f.String())
			}
		default:
			dst = strconv.AppendUint(append(dst, '='), f.Uint(), 10)
		}
	}
	return dst
}

// ParseMethod reads a method's text.
func ParseMethod(text string) (amqp.Method, error) {
	p := parser{rest: text}
	name := p.word(" ")
	x := forms().byName[name]
	if x == nil {
		return nil, fmt.Errorf("no method %q", name)
	}
	v := reflect.New(reflect.TypeOf(x.zero)).Elem()
	for p.err == nil && p.rest != "" {
		p.want(" ")
		p.argument(x, v)
	}
	if p.err != nil {
		return nil, fmt.Errorf("%s: %w", name, p.err)
	}
	return v.Interface().(amqp.Method), nil
}

// argument reads one argument into the method v.
func (p *parser) argument(x *form, v reflect.Value) {
	name := p.word(" =")
	for _, a := range x.arguments {
		if a.name != name {
			continue
		}
		f := v.FieldByIndex(a.path)
		switch {
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
		case f.Type() == reflect.TypeFor[amqp.Table]():
			p.want("=")
			f.SetString(string(p.table()))
		case f.Kind() == reflect.String:
			p.want("=")
			f.SetString(p.quoted())
		default:
			p.want("=")
			n, err := strconv.ParseUint(p.word(" "), 10, f.Type().Bits())
			p.fail(err)
			f.SetUint(n)
		}
		if a.flag != 0 {
			flags := v.FieldByIndex(x.present)
			flags.SetUint(flags.Uint() | uint64(a.flag))
		}
		return
	}
	p.fail(fmt.Errorf("no argument %q", name))
}
