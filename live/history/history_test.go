package history_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

const example = `lockstep history 1
profile: rabbitmq-3.10
broker: RabbitMQ 3.10.8
seed: 7

a > 0 connection.open virtual-host="/"
a < 0 connection.open-ok
a > 1 channel.open
a < 1 channel.open-ok
a > 1 queue.declare queue="q" durable arguments={"a": [l1, u2, "three"], "x-max-length": I-5}
a < 1 queue.declare-ok queue="q"
a > 1 basic.publish routing-key="q" content-type="" delivery-mode=2 body="a line\n"
quiet
clock 1250
a reset
alarm on
alarm off
b forced "a \"text\""
b < 0 connection.close code=320 text="CONNECTION_FORCED - \"so\""
b closed
restart
`

func TestParse(t *testing.T) {
	h, err := history.Parse([]byte(strings.Replace(example, "quiet\n", "quiet\n\n# a comment\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	var back strings.Builder
	n, err := h.WriteTo(&back)
	if diff := cmp.Diff(example, back.String()); diff != "" || err != nil || int(n) != back.Len() {
		t.Errorf("%d octets, %v (-want +got):\n%s", n, err, diff)
	}
	publish := h.Items[6].Frame.Method.(amqp.BasicPublish)
	if want := amqp.HasContentType | amqp.HasDeliveryMode; publish.Message.Properties.Present != want {
		t.Errorf("present: %b, want %b", publish.Message.Properties.Present, want)
	}
}

func TestParseAll(t *testing.T) {
	all, err := history.ParseAll([]byte(example + "\n" + example))
	if err != nil || len(all) != 2 || !reflect.DeepEqual(all[0], all[1]) || len(all[0].Items) != 16 {
		t.Errorf("%v, %v", all, err)
	}
	lines := strings.Count(example, "\n")
	for text, want := range map[string]string{
		"":                                `line 1: not a recording: it begins with "", want "lockstep history 1"`,
		example + "lockstep history 2\n":  fmt.Sprintf("line %d: a recording of version 2, this program reads version 1", lines+1),
		example + example + "a > x get\n": fmt.Sprintf(`line %d: no item: "a > x get"`, 2*lines+1),
	} {
		if _, err := history.ParseAll([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	head := "lockstep history 1\nprofile: p\n\n"
	for text, want := range map[string]string{
		"":                                            `line 1: not a recording: it begins with "", want "lockstep history 1"`,
		"lockstep history 2\n":                        "line 1: a recording of version 2, this program reads version 1",
		"lockstep history 1\n\n":                      "line 2: the header names no profile",
		"lockstep history 1\nprofile\n":               `line 2: in the header a line is key: value, not "profile"`,
		head + "a > 1 queue.burn\n":                   `line 4: no method "queue.burn"`,
		head + "a > x queue.purge\n":                  `line 4: no item: "a > x queue.purge"`,
		head + "a - 1 queue.purge\n":                  `line 4: no item: "a - 1 queue.purge"`,
		head + "a\n":                                  `line 4: no item: "a"`,
		head + "quiet\na > 1 basic.get x=1":           `line 5: basic.get: no argument "x"`,
		head + `a > 1 basic.get queue=1`:              `line 4: basic.get: a quoted string expected at "1"`,
		head + `a > 1 basic.ack tag=-1`:               `line 4: basic.ack: strconv.ParseUint: parsing "-1": invalid syntax`,
		head + `a > 1 queue.bind arguments={"a" 1}`:   `line 4: queue.bind: ": " expected at " 1}"`,
		head + `a > 1 queue.bind arguments={"a": q1}`: `line 4: queue.bind: no value begins with 'q'`,
		head + `a > 1 queue.bind arguments={"a": }`:   `line 4: queue.bind: a value is missing`,
		head + "clock soon":                           `line 4: strconv.ParseInt: parsing "soon": invalid syntax`,
	} {
		if _, err := history.Parse([]byte(text + "\n")); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

// Every method comes back from its text as it was.
func TestMethodsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(wire.Methods()).Draw(t, "method")
		v := reflect.New(reflect.TypeOf(m)).Elem()
		fill(t, v)
		m = v.Interface().(amqp.Method)
		text := string(history.AppendMethod(nil, m))
		got, err := history.ParseMethod(text)
		if diff := cmp.Diff(m, got); diff != "" || err != nil {
			t.Fatalf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	})
}

var values = []any{
	true, false, "", "q\x00\"", amqp.Bytes("\xff"), nil, int8(-8), uint8(8), int16(-16), uint16(16), int32(-32), uint32(32), int64(-64),
	amqp.Timestamp(1), amqp.Float(5), amqp.Double(6), amqp.Decimal{Scale: 2, Value: 314}, amqp.MustArray(), amqp.MustArray("a", nil, int8(1)),
	amqp.MustTable(), amqp.MustTable(amqp.Field{Name: "x y", Value: amqp.MustArray(true)}),
}

// fill draws the fields of a struct, but what is not on the wire.
func fill(t *rapid.T, v reflect.Value) {
	flag := amqp.HasContentType
	for i := range v.NumField() {
		f := v.Field(i)
		present := rapid.Bool().Draw(t, "present")
		switch {
		case v.Type().Field(i).Name == "Seq", f.Type() == reflect.TypeFor[amqp.PropertyFlags]():
			continue
		case f.Kind() == reflect.Struct:
			fill(t, f)
			continue
		case v.Type() == reflect.TypeFor[amqp.Properties]():
			if present {
				v.Field(0).SetUint(v.Field(0).Uint() | uint64(flag))
			}
			flag >>= 1
		}
		if !present {
			continue
		}
		switch {
		case f.Type() == reflect.TypeFor[amqp.Table]():
			var fields []amqp.Field
			for _, name := range []string{"", "a", "x-max-length", "ü"} {
				if rapid.Bool().Draw(t, name) {
					fields = append(fields, amqp.Field{Name: name, Value: rapid.SampledFrom(values).Draw(t, "value")})
				}
			}
			f.SetString(string(amqp.MustTable(fields...)))
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
		case f.Kind() == reflect.String:
			f.SetString(rapid.StringN(0, 10, -1).Draw(t, "string"))
		default:
			f.SetUint(rapid.Uint64().Draw(t, "number") & (1<<f.Type().Bits() - 1))
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := history.Parse(text)
		if err != nil {
			return
		}
		var out strings.Builder
		if _, err := h.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		again, err := history.Parse([]byte(out.String()))
		if diff := cmp.Diff(h, again); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func ExampleWriter() {
	w := history.NewWriter(os.Stdout)
	w.Header(history.Header{Profile: "rabbitmq-3.10"})
	w.Item(history.Item{Kind: history.Sent, Conn: "a", Frame: amqp.Frame{Channel: 1, Method: amqp.BasicGet{Queue: "q"}}})
	w.Item(history.Item{Kind: history.Seen, Conn: "a", Frame: amqp.Frame{Channel: 1, Method: amqp.BasicGetEmpty{}}})
	// Output:
	// lockstep history 1
	// profile: rabbitmq-3.10
	//
	// a > 1 basic.get queue="q"
	// a < 1 basic.get-empty
}

// A recording that was cut off anywhere has all items that are whole.
func TestParseCutOff(t *testing.T) {
	const header = "lockstep history 1\nprofile: rabbitmq-3.10\n\n"
	const items = "a > 0 connection.open\nclock 1250\na > 1 queue.declare queue=\"q\" durable\n"
	for end := range len(items) + 1 {
		h, err := history.Parse([]byte(header + items[:end]))
		if err != nil {
			t.Fatalf("cut off after %q: %v", items[:end], err)
		}
		var text strings.Builder
		if _, err := h.WriteTo(&text); err != nil {
			t.Fatal(err)
		}
		if want := header + items[:strings.LastIndex(items[:end], "\n")+1]; text.String() != want {
			t.Errorf("cut off after %q, it is\n%s", items[:end], text.String())
		}
	}
}

// A comment has no items, whatever its text.
func TestComment(t *testing.T) {
	var text strings.Builder
	w := history.NewWriter(&text)
	w.Header(history.Header{Profile: "rabbitmq-3.10"})
	w.Comment("two\na reset")
	if h, err := history.Parse([]byte(text.String())); err != nil || len(h.Items) > 0 {
		t.Errorf("%v, %v in\n%s", h, err, text.String())
	}
}
