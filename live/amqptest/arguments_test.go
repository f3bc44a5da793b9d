package amqptest_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/datadriven"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// arguments is what follows the command on its line. Its methods remove what they return; the first error sticks.
type arguments struct {
	list  []datadriven.CmdArg
	names *names
	err   error
}

// word removes the first argument, which must have no value.
func (a *arguments) word() string {
	if len(a.list) == 0 || a.list[0].Vals != nil {
		a.fail(errors.New("a word is missing"))
		return ""
	}
	w := a.list[0].Key
	a.list = a.list[1:]
	return w
}

// channel removes a channel's number, if it comes next, and is 0 if not.
func (a *arguments) channel() amqp.Channel {
	if len(a.list) == 0 {
		return 0
	}
	n, err := strconv.ParseUint(a.list[0].Key, 10, 16)
	if err != nil {
		return 0
	}
	a.list = a.list[1:]
	return amqp.Channel(n)
}

// flag removes the word, if it is there.
func (a *arguments) flag(name string) bool {
	i := slices.IndexFunc(a.list, func(arg datadriven.CmdArg) bool { return arg.Key == name && arg.Vals == nil })
	if i < 0 {
		return false
	}
	a.list = slices.Delete(a.list, i, i+1)
	return true
}

// has reports whether name=value is there.
func (a *arguments) has(name string) bool {
	return slices.ContainsFunc(a.list, func(arg datadriven.CmdArg) bool { return arg.Key == name && arg.Vals != nil })
}

// values removes name=value or name=(value, value…), if it is there, and returns the values.
func (a *arguments) values(name string) []string {
	i := slices.IndexFunc(a.list, func(arg datadriven.CmdArg) bool { return arg.Key == name && arg.Vals != nil })
	if i < 0 {
		return nil
	}
	v := a.list[i].Vals
	a.list = slices.Delete(a.list, i, i+1)
	return v
}

// value removes name=value, if it is there, and returns the value, which may be a Go string in quotes, without spaces, or what the
// script calls a name of the broker's.
func (a *arguments) value(name, otherwise string) string {
	v := a.values(name)
	if len(v) != 1 {
		if v != nil {
			a.fail(fmt.Errorf("several values of %s", name))
		}
		return otherwise
	}
	return a.plain(v[0])
}

func (a *arguments) plain(v string) string {
	if strings.HasPrefix(v, `"`) {
		text, err := strconv.Unquote(v)
		a.fail(err)
		return text
	}
	return a.names.real(v)
}

// number is value for a number, 0 if it is not there.
func (a *arguments) number(name string) uint64 {
	n, err := strconv.ParseUint(a.value(name, "0"), 10, 64)
	a.fail(err)
	return n
}

// tag removes the next argument, a delivery tag.
func (a *arguments) tag() uint64 {
	n, err := strconv.ParseUint(a.word(), 10, 64)
	a.fail(err)
	return n
}

// table removes every x-name=value, and arguments=(name=value, …), and returns them as a table.
func (a *arguments) table() amqp.Table {
	var pairs []string
	a.list = slices.DeleteFunc(a.list, func(arg datadriven.CmdArg) bool {
		is := strings.HasPrefix(arg.Key, "x-") && len(arg.Vals) == 1
		if is {
			pairs = append(pairs, arg.Key+"="+arg.Vals[0])
		}
		return is
	})
	return a.makeTable(append(pairs, a.values("arguments")...))
}

// makeTable makes a table of name=value, …
func (a *arguments) makeTable(pairs []string) amqp.Table {
	var fields []amqp.Field
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			a.fail(fmt.Errorf("%q is not name=value", pair))
		}
		fields = append(fields, amqp.Field{Name: name, Value: a.field(value)})
	}
	t, err := amqp.MakeTable(fields...)
	a.fail(err)
	return t
}

// field is a table's value: 5 is an int32, TYPE:5 one of another type, TYPE: of such as have no text; all else is a string.
func (a *arguments) field(text string) any {
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		return int32(n)
	}
	kind, rest, typed := strings.Cut(text, ":")
	if !typed {
		return a.plain(text)
	}
	number := func() int64 {
		n, err := strconv.ParseInt(rest, 10, 64)
		a.fail(err)
		return n
	}
	switch kind {
	case "long":
		return number()
	case "short":
		return int16(number())
	case "byte":
		return int8(number())
	case "ubyte":
		return uint8(number())
	case "time":
		return amqp.Timestamp(number())
	case "bool":
		return rest == "true"
	case "float":
		f, err := strconv.ParseFloat(rest, 32)
		a.fail(err)
		return amqp.Float(math.Float32bits(float32(f)))
	case "double":
		f, err := strconv.ParseFloat(rest, 64)
		a.fail(err)
		return amqp.Double(math.Float64bits(f))
	case "bytes":
		return amqp.Bytes(rest)
	case "void":
		return nil
	case "text":
		return a.plain(rest)
	case "table":
		return amqp.Table("")
	case "array":
		var values []any
		for v := range strings.SplitSeq(rest, "+") {
			values = append(values, a.field(v))
		}
		array, err := amqp.MakeArray(values...)
		a.fail(err)
		return array
	}
	return a.plain(text)
}

// text removes all arguments and returns them as they were.
func (a *arguments) text() string {
	var words []string
	for _, arg := range a.list {
		words = append(words, arg.String())
	}
	a.list = nil
	return strings.Join(words, " ")
}

// rest is the error, if there was one or an argument is left.
func (a *arguments) rest() error {
	if a.err == nil && len(a.list) > 0 {
		return fmt.Errorf("what is %q?", a.text())
	}
	return a.err
}

func (a *arguments) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}
