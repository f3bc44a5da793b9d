package wire

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// TestRoundTrip: what is encoded, at whatever frame-max, decodes to the same value.
func TestRoundTrip(t *testing.T) {
	for _, l := range layouts {
		t.Run(l.name(), rapid.MakeCheck(func(t *rapid.T) {
			want := draw(t, l)
			frameMax := rapid.SampledFrom([]uint32{0, MinFrameMax, 8 << 10, DefaultFrameMax}).Draw(t, "frame-max")
			stream, err := Append(nil, want, frameMax)
			if err != nil {
				t.Fatal(err)
			}
			r := NewReader(bytes.NewReader(stream))
			if r.FrameMax = frameMax; frameMax != 0 {
				r.FrameMax -= frameOverhead // exactly the limit, without the reader's lenience
			}
			items, err := drain(r)
			if err != io.EOF {
				t.Fatalf("reading: %v", err)
			}
			if diff := cmp.Diff([]Item{{Kind: Frame, Frame: want, Raw: stream}}, items); diff != "" {
				t.Fatalf("(-sent +received):\n%s", diff)
			}
		}))
	}
}

// TestStream: a stream of many frames, contents of different channels interleaved frame by frame, is the sequence of
// its items in the order of their last frames, and the items' octets are the stream's.
func TestStream(t *testing.T) {
	all := slices.SortedFunc(maps.Values(layouts), func(a, b layout) int { return strings.Compare(a.name(), b.name()) })
	rapid.Check(t, func(t *rapid.T) {
		const channels = 4
		var queues [channels][]queued
		for range rapid.IntRange(0, 12).Draw(t, "frames") {
			f := draw(t, rapid.SampledFrom(all).Draw(t, "method"))
			f.Channel %= channels
			raw, err := Append(nil, f, MinFrameMax)
			if err != nil {
				t.Fatal(err)
			}
			queues[f.Channel] = append(queues[f.Channel], split(f, raw)...)
		}
		var stream []byte
		var want []Item
		for {
			var ready []int
			for ch, q := range queues {
				if len(q) > 0 {
					ready = append(ready, ch)
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "heartbeat") == 0 {
				stream = AppendHeartbeat(stream)
				want = append(want, Item{Kind: Heartbeat, Raw: AppendHeartbeat(nil)})
			}
			if len(ready) == 0 {
				break
			}
			ch := rapid.SampledFrom(ready).Draw(t, "channel")
			next := queues[ch][0]
			queues[ch] = queues[ch][1:]
			stream = append(stream, next.octets...)
			if next.completes != nil {
				want = append(want, *next.completes)
			}
		}
		items, err := readAll(stream)
		if err != io.EOF {
			t.Fatalf("reading: %v", err)
		}
		if diff := cmp.Diff(want, items); diff != "" {
			t.Fatalf("(-sent +received):\n%s", diff)
		}
	})
}

// queued is one frame on the wire, and the item that is complete with it.
type queued struct {
	octets    []byte
	completes *Item
}

// split divides what Append returned for f into its frames.
func split(f amqp.Frame, raw []byte) (q []queued) {
	for rest := raw; len(rest) > 0; {
		_, _, size := head(rest)
		n := int(size) + frameOverhead
		q = append(q, queued{octets: rest[:n]})
		rest = rest[n:]
	}
	q[len(q)-1].completes = &Item{Kind: Frame, Frame: f, Raw: raw}
	return q
}

// draw draws a channel and a method of the layout with its content.
func draw(t *rapid.T, l layout) amqp.Frame {
	m := reflect.New(reflect.TypeOf(l.decode(&decoder{}))).Elem()
	fill(t, "", m)
	return amqp.Frame{Channel: amqp.Channel(rapid.Uint16().Draw(t, "channel")), Method: m.Interface().(amqp.Method)}
}

// fill draws a value into v. Of properties it fills those that it has drawn as present.
func fill(t *rapid.T, name string, v reflect.Value) {
	if v.Type() == reflect.TypeFor[amqp.Table]() {
		var fields []amqp.Field
		for _, name := range rapid.SliceOfNDistinct(rapid.StringN(0, -1, 255), 0, 4, rapid.ID).Draw(t, "field names") {
			fields = append(fields, amqp.Field{Name: name, Value: rapid.Int32().Draw(t, name)})
		}
		v.Set(reflect.ValueOf(amqp.MustTable(fields...)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			absent := v.Type() == reflect.TypeFor[amqp.Properties]() && i > 0 && v.Field(0).Uint()>>(16-i)&1 == 0
			offWire := f.Name == "Seq" || f.Name == "User" || f.Name == "CancelNotify" || f.Name == "BlockedNotify"
			if !absent && !offWire {
				fill(t, f.Name, v.Field(i))
			}
		}
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.String:
		if name == "Body" {
			v.SetString(body(rapid.IntRange(0, 3*MinFrameMax).Draw(t, "size of body")))
			return
		}
		v.SetString(rapid.StringN(0, -1, 255).Draw(t, name))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n := rapid.Uint64Range(0, 1<<v.Type().Bits()-1).Draw(t, name)
		if name == "Present" {
			n &^= 3 // no properties
		}
		v.SetUint(n)
	default:
		t.Fatalf("field %s of type %v", name, v.Type())
	}
}

// TestLayoutsComplete reads model/amqp's source: every type with the methods of amqp.Method has a layout.
func TestLayoutsComplete(t *testing.T) {
	files, err := filepath.Glob("../../model/amqp/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "ID" {
				want = append(want, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	for key, l := range layouts {
		m := l.decode(&decoder{})
		got = append(got, reflect.TypeOf(m).Name())
		if class, method := m.ID(); key != (id{class, method}) {
			t.Errorf("%T is indexed by %v", m, key)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("methods (-in model/amqp +with a layout):\n%s", diff)
	}
}

// body returns n octets in which every place differs from those near it.
func body(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return string(b)
}
