package wire

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzReader: no stream makes the reader panic, and whatever item it finds is what its octets say on their own, and what
// they say again when the value is encoded.
func FuzzReader(f *testing.F) {
	for _, v := range vectors {
		f.Add(octets(f, v.wire))
	}
	for _, side := range []string{"client", "server"} {
		stream, err := os.ReadFile("testdata/rabbitmq-3.10.8/" + side)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stream)
	}
	// Two contents interleaved.
	f.Add(octets(f, `
		01 0001 0000000a  003c 0028  0000 00 01 "q" 00  ce   01 0002 0000000a  003c 0028  0000 00 01 "r" 00  ce
		02 0002 0000000e  003c 0000  0000000000000002  0000  ce   02 0001 0000000e  003c 0000  0000000000000003  0000  ce
		03 0001 00000001 "a" ce   03 0002 00000002 "AB" ce   08 0000 00000000 ce   03 0001 00000002 "bc" ce`))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := NewReader(bytes.NewReader(stream))
		r.FrameMax, r.BodyMax = 2*MinFrameMax, 4*MinFrameMax
		items, err := drain(r)
		if e := (*Error)(nil); errors.As(err, &e) {
			if e.Code.Name() == "" || len(e.Code.Name()+" - "+e.Text) > 255 {
				t.Fatalf("not for a reply: %v", e)
			}
		} else if err != io.EOF && err != io.ErrUnexpectedEOF {
			t.Fatal(err)
		}
		size := 0
		for i, item := range items {
			size += len(item.Raw)
			if alone, err := readAll(item.Raw); err != io.EOF || !cmp.Equal([]Item{item}, alone) {
				t.Fatalf("alone, %x is %v, %v", item.Raw, cmp.Diff([]Item{item}, alone), err)
			}
			if item.Kind == ProtocolHeader && i > 0 {
				t.Fatalf("protocol header as item %d", i)
			}
			if item.Kind != Frame {
				continue
			}
			raw, err := Append(nil, item.Frame, 0)
			if err != nil {
				t.Fatalf("%x is %v, which has no encoding: %v", item.Raw, item.Frame, err)
			}
			again, err := readAll(raw)
			if diff := cmp.Diff([]Item{{Kind: Frame, Frame: item.Frame, Raw: raw}}, again); diff != "" || err != io.EOF {
				t.Fatalf("%x, encoded as %x, is something else: %v\n%s", item.Raw, raw, err, diff)
			}
		}
		if size > len(stream) || err == io.EOF && size != len(stream) {
			t.Fatalf("items of %d octets in a stream of %d, %v", size, len(stream), err)
		}
	})
}
