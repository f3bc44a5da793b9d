package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// TestBodySplit: a body goes in as few frames as frame-max allows, and none when it is empty.
func TestBodySplit(t *testing.T) {
	const payload = MinFrameMax - frameOverhead
	for _, c := range []struct {
		size int
		want []uint32 // sizes of the body frames' payloads
	}{
		{0, nil},
		{1, []uint32{1}},
		{payload - 1, []uint32{payload - 1}},
		{payload, []uint32{payload}},
		{payload + 1, []uint32{payload, 1}},
		{2 * payload, []uint32{payload, payload}},
		{2*payload + 1, []uint32{payload, payload, 1}},
	} {
		t.Run(fmt.Sprint(c.size), func(t *testing.T) {
			f := amqp.Frame{Channel: 1, Method: amqp.BasicPublish{Message: amqp.Message{Body: body(c.size)}}}
			stream := encode(t, f, MinFrameMax)
			var sizes []uint32
			for i, q := range split(f, stream) {
				if kind, _, size := head(q.octets); i >= 2 && kind == bodyFrame {
					sizes = append(sizes, size)
				}
			}
			if diff := cmp.Diff(c.want, sizes); diff != "" {
				t.Errorf("sizes (-want +got):\n%s", diff)
			}
			items, err := readAll(stream)
			if err != io.EOF {
				t.Errorf("reading: %v", err)
			}
			if diff := cmp.Diff([]Item{{Kind: Frame, Frame: f, Raw: stream}}, items); diff != "" {
				t.Errorf("(-sent +received):\n%s", diff)
			}
		})
	}
}

// TestInterleaved: contents of two channels, a method of a third and a heartbeat, with their frames mixed.
func TestInterleaved(t *testing.T) {
	publish := func(ch amqp.Channel) (amqp.Frame, []queued) {
		m := amqp.BasicPublish{RoutingKey: fmt.Sprint("queue", ch), Message: amqp.Message{Body: body(5000 + int(ch))}}
		f := amqp.Frame{Channel: ch, Method: m}
		return f, split(f, encode(t, f, MinFrameMax)) // method, header, two body frames
	}
	one, first := publish(1)
	two, second := publish(2)
	ack := amqp.Frame{Channel: 3, Method: amqp.BasicAck{Tag: 1}}
	stream := bytes.Join([][]byte{
		first[0].octets, second[0].octets, second[1].octets, encode(t, ack, 0), first[1].octets, second[2].octets,
		first[2].octets, AppendHeartbeat(nil), second[3].octets, first[3].octets,
	}, nil)
	items, err := readAll(stream)
	if err != io.EOF {
		t.Errorf("reading: %v", err)
	}
	want := []Item{
		{Kind: Frame, Frame: ack, Raw: encode(t, ack, 0)},
		{Kind: Heartbeat, Raw: AppendHeartbeat(nil)},
		{Kind: Frame, Frame: two, Raw: encode(t, two, MinFrameMax)},
		{Kind: Frame, Frame: one, Raw: encode(t, one, MinFrameMax)},
	}
	if diff := cmp.Diff(want, items); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTruncated cuts a stream at every octet: the end is clean exactly between items.
func TestTruncated(t *testing.T) {
	publish := amqp.Frame{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{Body: body(MinFrameMax)}}}
	stream := AppendProtocolHeader(nil)
	ends := map[int]int{0: 0, len(stream): 1} // after so many octets, so many items
	stream = append(stream, encode(t, publish, MinFrameMax)...)
	ends[len(stream)] = 2
	stream = AppendHeartbeat(stream)
	ends[len(stream)] = 3
	for n := range len(stream) + 1 {
		items, err := readAll(stream[:n])
		count, clean := ends[n]
		if clean && (err != io.EOF || len(items) != count) {
			t.Errorf("after %d octets: %d items, %v; want %d, EOF", n, len(items), err, count)
		}
		if !clean && err != io.ErrUnexpectedEOF {
			t.Errorf("after %d octets: %v, want unexpected EOF", n, err)
		}
	}
}

// TestReaders: what is read does not depend on how the octets arrive.
func TestReaders(t *testing.T) {
	var stream []byte
	for _, v := range vectors {
		stream = AppendHeartbeat(append(stream, octets(t, v.wire)...))
	}
	want, _ := readAll(stream)
	for name, reader := range map[string]func(io.Reader) io.Reader{
		"one byte": iotest.OneByteReader, "half": iotest.HalfReader, "error with data": iotest.DataErrReader,
	} {
		items, err := drain(NewReader(reader(bytes.NewReader(stream))))
		if err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, items); diff != "" {
			t.Errorf("%s (-at once +so):\n%s", name, diff)
		}
	}
	broken := errors.New("broken")
	for n := range len(stream) {
		r := NewReader(io.MultiReader(bytes.NewReader(stream[:n]), iotest.ErrReader(broken)))
		if _, err := drain(r); err != broken {
			t.Errorf("broken after %d octets: %v", n, err)
		}
		if _, err := r.Next(); err != broken {
			t.Errorf("broken after %d octets, once more: %v", n, err)
		}
	}
}

func TestErrors(t *testing.T) {
	// A publish on channel 1, its header for a body of 3 octets, its body; and variations.
	const (
		publish = `01 0001 0000000a  003c 0028  0000 00 01 "q" 00  ce `
		header  = `02 0001 0000000e  003c 0000  0000000000000003  0000  ce `
		content = `03 0001 00000003 "abc" ce `
		ack     = `01 0001 0000000d  003c 0050  0000000000000001 00  ce `
	)
	publishing := func(code amqp.Code, text string) *Error { return &Error{code, text, 60, 40} }
	for _, c := range []struct {
		name, stream string
		want         *Error
	}{
		{"end octet", `01 0001 00000004 0055 000b cf`,
			&Error{amqp.FrameError, "frame of type 1 on channel 1 ends in 0xcf, not 0xce", 0, 0}},
		{"frame type", `04 0001 00000000 ce`, &Error{amqp.FrameError, "frame of unknown type 4 on channel 1", 0, 0}},
		{"http", `"GET / HTTP/1.1"`, &Error{amqp.FrameError, "frame of unknown type 71 on channel 17748", 0, 0}},
		{"protocol header again", `"AMQP" 00 00 09 01 "AMQP" 00 00 09 01`,
			&Error{amqp.FrameError, "frame of unknown type 65 on channel 19793", 0, 0}},
		{"oversize", `03 0001 00001001`, &Error{amqp.FrameError, "frame with 4097 octets of payload, frame-max is 4096", 0, 0}},
		{"oversize heartbeat", `08 0000 ffffffff`,
			&Error{amqp.FrameError, "frame with 4294967295 octets of payload, frame-max is 4096", 0, 0}},
		{"heartbeat with payload", `08 0000 00000001 00 ce`, &Error{amqp.FrameError, "heartbeat with 1 octets of payload", 0, 0}},
		{"heartbeat on a channel", `08 0001 00000000 ce`, &Error{amqp.UnexpectedFrame, "heartbeat on channel 1", 0, 0}},
		{"method without number", `01 0001 00000003 003c 00 ce`,
			&Error{amqp.FrameError, "method frame with 3 octets of payload", 0, 0}},

		{"argument cut", `01 0001 00000005 003c 0050 01 ce`, &Error{amqp.SyntaxError,
			"arguments of basic.ack: offset 4: a long long integer takes 8 octets, 1 are left", 60, 80}},
		{"bits cut", `01 0001 00000004 0055 000a ce`, &Error{amqp.SyntaxError,
			"arguments of confirm.select: offset 4: an octet of bits takes 1 octets, 0 are left", 85, 10}},
		{"short string cut", `01 0001 00000009 0032 0028 0000 05 "ab" ce`, &Error{amqp.SyntaxError,
			"arguments of queue.delete: offset 7: a short string takes 5 octets, 2 are left", 50, 40}},
		{"long string cut", `01 0000 0000000a 000a 0014 ffffffff "ab" ce`, &Error{amqp.SyntaxError,
			"arguments of connection.secure: offset 8: a long string takes 4294967295 octets, 2 are left", 10, 20}},
		{"argument too many", `01 0001 00000006 0055 000a 00 00 ce`, &Error{amqp.SyntaxError,
			"arguments of confirm.select: offset 5: 1 octets after the last field", 85, 10}},
		{"table", `01 0001 0000000f 0032 000a 0000 00 00 00000003 01 "a" "q" ce`, &Error{amqp.SyntaxError,
			`arguments of queue.declare: field table at offset 12: parsing a field table: offset 2: unknown type "q" of a value`,
			50, 10}},
		{"table cut", `01 0001 0000000f 0032 000a 0000 00 00 00000004 01 "a" "t" ce`, &Error{amqp.SyntaxError,
			"arguments of queue.declare: offset 12: a field table takes 4 octets, 3 are left", 50, 10}},

		{"unknown method", `01 0001 00000004 003c 0016 ce`, &Error{amqp.NotImplemented, "method 60.22", 60, 22}},
		{"unknown class", `01 0001 00000004 0078 000a ce`, &Error{amqp.NotImplemented, "method 120.10", 120, 10}},

		{"header first", header, &Error{amqp.UnexpectedFrame, "frame of type 2 on channel 1 where a method is expected", 0, 0}},
		{"body first", content, &Error{amqp.UnexpectedFrame, "frame of type 3 on channel 1 where a method is expected", 0, 0}},
		{"body for header", publish + content,
			publishing(amqp.UnexpectedFrame, "frame of type 3 where a content header is expected")},
		{"method for header", publish + ack,
			publishing(amqp.UnexpectedFrame, "frame of type 1 where a content header is expected")},
		{"header for body", publish + header + header,
			publishing(amqp.UnexpectedFrame, "frame of type 2 where a content body is expected")},
		{"method for body", publish + header + ack,
			publishing(amqp.UnexpectedFrame, "frame of type 1 where a content body is expected")},
		{"body again", publish + header + content + content,
			&Error{amqp.UnexpectedFrame, "frame of type 3 on channel 1 where a method is expected", 0, 0}},
		{"header of another class", publish + `02 0001 0000000e  0032 0000  0000000000000003  0000  ce`,
			publishing(amqp.UnexpectedFrame, "content header of class 50 where class 60 is expected")},
		{"header with weight", publish + `02 0001 0000000e  003c 0001  0000000000000003  0000  ce`,
			publishing(amqp.UnexpectedFrame, "content header of weight 1")},
		{"header cut", publish + `02 0001 00000004  003c 0000  ce`,
			publishing(amqp.FrameError, "content header of 4 octets")},
		{"body too long", publish + header + `03 0001 00000004 "abcd" ce`,
			publishing(amqp.FrameError, "body frame of 4 octets, 3 of the body are to come")},
		{"body empty", publish + header + `03 0001 00000000 ce`,
			publishing(amqp.FrameError, "empty body frame, 3 octets of the body are to come")},
		{"body too large", publish + `02 0001 0000000e  003c 0000  0000000000100001  0000  ce`,
			publishing(amqp.FrameError, "body of 1048577 octets, at most 1048576 are accepted")},
		{"properties cut", publish + `02 0001 0000000e  003c 0000  0000000000000000  1000  ce`,
			publishing(amqp.SyntaxError, "content header: offset 14: an octet takes 1 octets, 0 are left")},
		{"properties too many", publish + `02 0001 0000000f  003c 0000  0000000000000000  0000  00  ce`,
			publishing(amqp.SyntaxError, "content header: offset 14: 1 octets after the last field")},
		{"property flags go on", publish + `02 0001 00000010  003c 0000  0000000000000000  0001 0000  ce`,
			publishing(amqp.SyntaxError,
				"content header: property flags 0x0001 announce more flags, of which class basic has none")},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(bytes.NewReader(octets(t, c.stream)))
			r.FrameMax, r.BodyMax = MinFrameMax, 1<<20
			_, err := drain(r)
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, again := r.Next(); again != err {
				t.Errorf("then %v", again)
			}
		})
	}
}

// TestErrorText: whatever a peer makes the text quote, it fits into a reply text.
func TestErrorText(t *testing.T) {
	name := strings.Repeat("é", 127)
	field := append(append([]byte{byte(len(name))}, name...), 'V')
	table := append(append([]byte{0, 0, 2, 0}, field...), field...)
	payload := append([]byte{0, 50, 0, 10, 0, 0, 0, 0}, table...)
	_, _, err := decodeMethod(payload)
	got := err.(*Error)
	if reply := got.Code.Name() + " - " + got.Text; len(reply) > 255 || !strings.HasSuffix(reply, "é...") {
		t.Errorf("%d octets: %s", len(reply), reply)
	}
	if got, want := got.Error(), "502 SYNTAX_ERROR: "+got.Text+" (in method 50.10)"; got != want {
		t.Errorf("rendered as %s, want %s", got, want)
	}
}

// TestNoMemoryForPromises: sizes that are announced and not followed by as many octets cost next to nothing.
func TestNoMemoryForPromises(t *testing.T) {
	stream := octets(t, `
		01 0001 0000000a  003c 0028  0000 00 01 "q" 00  ce
		02 0001 0000000e  003c 0000  00000000ffffffff  0000  ce
		03 0001 fffffff0 "abc"`)
	r := NewReader(bytes.NewReader(stream))
	r.FrameMax, r.BodyMax = 0, 0
	if _, err := r.Next(); err != io.ErrUnexpectedEOF {
		t.Errorf("got %v, want unexpected EOF", err)
	}
	if c := cap(r.raw) + cap(r.open[1].raw); c > 1<<20 {
		t.Errorf("%d octets of memory for a stream of %d", c, len(stream))
	}
}

// TestFrameMaxLenience: as RabbitMQ does, the reader takes a payload of frame-max octets but not one more.
func TestFrameMaxLenience(t *testing.T) {
	for _, c := range []struct {
		size uint32
		want error
	}{
		{MinFrameMax - frameOverhead, io.EOF},
		{MinFrameMax, io.EOF},
		{MinFrameMax + 1, &Error{amqp.FrameError, "frame with 4097 octets of payload, frame-max is 4096", 0, 0}},
	} {
		f := amqp.Frame{Channel: 1, Method: amqp.BasicPublish{Message: amqp.Message{Body: body(int(c.size))}}}
		r := NewReader(bytes.NewReader(encode(t, f, 0)))
		r.FrameMax = MinFrameMax
		if _, err := drain(r); fmt.Sprint(err) != fmt.Sprint(c.want) {
			t.Errorf("body frame of %d octets: %v, want %v", c.size, err, c.want)
		}
	}
}

func TestOtherProtocolHeaders(t *testing.T) {
	for _, header := range []string{"AMQP\x01\x01\x00\x09", "AMQP\x03\x01\x00\x00"} {
		items, err := readAll([]byte(header))
		if diff := cmp.Diff([]Item{{Kind: ProtocolHeader, Raw: []byte(header)}}, items); diff != "" || err != io.EOF {
			t.Errorf("%q: %v\n%s", header, err, diff)
		}
	}
}

func TestSeqIsNotSent(t *testing.T) {
	without := encode(t, amqp.Frame{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "q"}}, 0)
	with := encode(t, amqp.Frame{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "q", Seq: 7}}, 0)
	if diff := cmp.Diff(without, with); diff != "" {
		t.Errorf("(-without Seq +with):\n%s", diff)
	}
}

func TestAppendErrors(t *testing.T) {
	long := strings.Repeat("s", 256)
	property := func(p amqp.Properties) amqp.Method { return amqp.BasicPublish{Message: amqp.Message{Properties: p}} }
	for _, c := range []struct {
		method   amqp.Method
		frameMax uint32
		want     string
	}{
		{amqp.QueueDelete{Queue: long}, 0, "encoding queue.delete: short string of 256 octets, at most 255 can be encoded"},
		{amqp.QueueDeclare{Arguments: "\x01bV\x01aV"}, 0, "encoding queue.declare: table not in canonical form"},
		{amqp.ConnectionSecure{Challenge: body(MinFrameMax)}, MinFrameMax,
			"encoding connection.secure: long string of 4096 octets does not fit into a frame"},
		{amqp.ConnectionSecure{Challenge: body(MinFrameMax - 8)}, MinFrameMax,
			"encoding connection.secure: method or content header larger than frame-max"},
		{amqp.ConnectionCloseOk{}, 8, "encoding connection.close-ok: frame-max 8 leaves no room for a payload"},
		{property(amqp.Properties{ReplyTo: "q"}), 0,
			"encoding basic.publish: property with flag 0x0200 is set to q but not marked present"},
		{property(amqp.Properties{Present: 1}), 0,
			"encoding basic.publish: property flags 0x0001 announce more flags, of which class basic has none"},
		{property(amqp.Properties{Present: amqp.HasType, Type: long}), 0,
			"encoding basic.publish: short string of 256 octets, at most 255 can be encoded"},
		{foreign{}, 0, "encoding foreign: no layout for method 60.22"},
		{impostor{}, 0, "encoding connection.close-ok: wire.impostor is not amqp.ConnectionCloseOk"},
	} {
		t.Run(c.want, func(t *testing.T) {
			dst, err := Append([]byte("before"), amqp.Frame{Method: c.method}, c.frameMax)
			if err == nil {
				t.Fatalf("encoded as %q", dst)
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if string(dst) != "before" {
				t.Errorf("and dst is %q", dst)
			}
		})
	}
}

// foreign is a method that model/amqp does not have, impostor one that it has as another type.
type (
	foreign  struct{}
	impostor struct{ amqp.ConnectionCloseOk }
)

func (foreign) String() string       { return "foreign" }
func (foreign) ID() (uint16, uint16) { return 60, 22 }

func encode(t testing.TB, f amqp.Frame, frameMax uint32) []byte {
	t.Helper()
	b, err := Append(nil, f, frameMax)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLargeBodyIsGivenBack: a reader that has read one large message keeps no memory for another.
func TestLargeBodyIsGivenBack(t *testing.T) {
	octets, err := Append(nil, amqp.Frame{Channel: 1, Method: amqp.BasicPublish{Message: amqp.Message{Body: strings.Repeat("x", 16<<20)}}}, DefaultFrameMax)
	if err != nil {
		t.Fatal(err)
	}
	stream := bytes.NewReader(octets)
	r := NewReader(stream)
	before := heap()
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if more := heap() - before; more > 1<<20 {
		t.Errorf("the reader keeps %d octets", more)
	}
	runtime.KeepAlive(r)
	runtime.KeepAlive(octets)
}

// heap is how many octets are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what a sync.Pool has
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
