package wire

import (
	"bytes"
	"encoding/hex"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// A vector pairs a value with octets that were written down from the specification by hand: §4.2.3 for the frame, the tables of
// §1.4 for the arguments (amqp0-9-1.extended.xml for RabbitMQ's extensions, AMQP 0-8's for class access), §4.2.5 for the types. A
// text string in a vector is its octets, ; begins a comment.
type vector struct {
	frame amqp.Frame
	wire  string
}

var vectors = slices.Concat(connectionVectors, topologyVectors, basicVectors)

// connectionVectors are of classes connection, channel, and access.
var connectionVectors = []vector{
	{amqp.Frame{Method: amqp.ConnectionStart{
		VersionMajor: 0, VersionMinor: 9, Mechanisms: "PLAIN AMQPLAIN", Locales: "en_US",
		ServerProperties: amqp.MustTable(amqp.Field{Name: "product", Value: "x"}, amqp.Field{Name: "big", Value: true}),
	}}, `
		01 0000 00000039             ; method, channel 0, 57 octets: 4 + 2 + 4+20 + 4+14 + 4+5
		000a 000a                    ; connection.start
		00 09                        ; version-major, version-minor
		00000014                     ; server-properties, 20 octets
		   03 "big" 74 01            ;   a bool
		   07 "product" 53 00000001 "x"
		0000000e "PLAIN AMQPLAIN"    ; mechanisms
		00000005 "en_US"             ; locales
		ce`},
	{amqp.Frame{Method: amqp.ConnectionStartOk{Mechanism: "PLAIN", Response: "\x00me\x00pw", Locale: "en_US"}}, `
		01 0000 0000001e
		000a 000b
		00000000                     ; client-properties
		05 "PLAIN"                   ; mechanism, a short string
		00000006 00 "me" 00 "pw"     ; response, a long string
		05 "en_US"                   ; locale, a short string
		ce`},
	{amqp.Frame{Method: amqp.ConnectionSecure{Challenge: "who"}}, `
		01 0000 0000000b  000a 0014  00000003 "who"  ce`},
	{amqp.Frame{Method: amqp.ConnectionSecureOk{Response: "me"}}, `
		01 0000 0000000a  000a 0015  00000002 "me"  ce`},
	{amqp.Frame{Method: amqp.ConnectionTune{ChannelMax: 2047, FrameMax: 131072, Heartbeat: 60}}, `
		01 0000 0000000c  000a 001e
		07ff 00020000 003c           ; channel-max short, frame-max long, heartbeat short
		ce`},
	{amqp.Frame{Method: amqp.ConnectionTuneOk{ChannelMax: 1, FrameMax: 4096, Heartbeat: 0}}, `
		01 0000 0000000c  000a 001f  0001 00001000 0000  ce`},
	{amqp.Frame{Method: amqp.ConnectionOpen{VirtualHost: "/"}}, `
		01 0000 00000008  000a 0028
		01 "/"                       ; virtual-host
		00                           ; reserved-1, a short string
		00                           ; reserved-2, a bit
		ce`},
	{amqp.Frame{Method: amqp.ConnectionOpenOk{}}, `
		01 0000 00000005  000a 0029
		00                           ; reserved-1, a short string
		ce`},
	{amqp.Frame{Method: amqp.ConnectionClose{Code: amqp.ChannelError, Text: "no", ClassID: 50, MethodID: 10}}, `
		01 0000 0000000d  000a 0032
		01f8 02 "no"                 ; reply-code 504, reply-text
		0032 000a                    ; class-id, method-id
		ce`},
	{amqp.Frame{Method: amqp.ConnectionCloseOk{}}, `
		01 0000 00000004  000a 0033  ce`},
	{amqp.Frame{Method: amqp.ConnectionBlocked{Reason: "low on memory"}}, `
		01 0000 00000012  000a 003c
		0d "low on memory"           ; reason, a short string
		ce`},
	{amqp.Frame{Method: amqp.ConnectionUnblocked{}}, `
		01 0000 00000004  000a 003d  ce`},
	{amqp.Frame{Method: amqp.ConnectionUpdateSecret{Secret: "s2", Reason: "expired"}}, `
		01 0000 00000012  000a 0046
		00000002 "s2"                ; new-secret, a long string
		07 "expired"                 ; reason, a short string
		ce`},
	{amqp.Frame{Method: amqp.ConnectionUpdateSecretOk{}}, `
		01 0000 00000004  000a 0047  ce`},

	{amqp.Frame{Channel: 1, Method: amqp.ChannelOpen{}}, `
		01 0001 00000005  0014 000a
		00                           ; reserved-1, a short string
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ChannelOpenOk{}}, `
		01 0001 00000008  0014 000b
		00000000                     ; reserved-1, a long string
		ce`},
	{amqp.Frame{Channel: 2047, Method: amqp.ChannelClose{Code: amqp.ResourceLocked, ClassID: 50, MethodID: 40}}, `
		01 07ff 0000000b  0014 0028  0195 00 0032 0028  ce`},
	{amqp.Frame{Channel: 65535, Method: amqp.ChannelCloseOk{}}, `
		01 ffff 00000004  0014 0029  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ChannelFlow{Active: true}}, `
		01 0001 00000005  0014 0014  01  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ChannelFlowOk{}}, `
		01 0001 00000005  0014 0015  00  ce`},

	{amqp.Frame{Channel: 1, Method: amqp.AccessRequest{Realm: "/data", Passive: true, Read: true}}, `
		01 0001 0000000b  001e 000a
		05 "/data"                   ; realm
		12                           ; bits: exclusive 01, passive 02, active 04, write 08, read 10
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.AccessRequest{Exclusive: true, Active: true, Write: true}}, `
		01 0001 00000006  001e 000a  00 0d  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.AccessRequestOk{Ticket: 258}}, `
		01 0001 00000006  001e 000b  0102  ce`},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.frame.String(), func(t *testing.T) {
			want := octets(t, v.wire)
			got, err := Append([]byte("before"), v.frame, MinFrameMax)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(hex.Dump(append([]byte("before"), want...)), hex.Dump(got)); diff != "" {
				t.Errorf("encoded (-specification +ours):\n%s", diff)
			}
			items, err := readAll(want)
			if err != io.EOF {
				t.Errorf("reading: %v", err)
			}
			if diff := cmp.Diff([]Item{{Kind: Frame, Frame: v.frame, Raw: want}}, items); diff != "" {
				t.Errorf("decoded (-specification +ours):\n%s", diff)
			}
		})
	}
}

// TestVectorsComplete: every method has a vector.
func TestVectorsComplete(t *testing.T) {
	missing := maps.Clone(layouts)
	for _, v := range vectors {
		class, method := v.frame.Method.ID()
		delete(missing, id{class, method})
	}
	for _, l := range missing {
		t.Errorf("no vector for %s", l.name())
	}
}

func TestVectorsWithoutMethod(t *testing.T) {
	stream := AppendHeartbeat(AppendProtocolHeader(nil))
	want := octets(t, `"AMQP" 00 00 09 01   08 0000 00000000 ce`)
	if !bytes.Equal(want, stream) {
		t.Errorf("encoded as\n%s, want\n%s", hex.Dump(stream), hex.Dump(want))
	}
	items, err := readAll(want)
	if err != io.EOF {
		t.Errorf("reading: %v", err)
	}
	if diff := cmp.Diff([]Item{{Kind: ProtocolHeader, Raw: want[:8]}, {Kind: Heartbeat, Raw: want[8:]}}, items); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// octets returns what a vector stands for.
func octets(t testing.TB, vector string) (b []byte) {
	t.Helper()
	for line := range strings.Lines(vector) {
		line, _, _ = strings.Cut(line, ";")
		for i, part := range strings.Split(line, `"`) {
			if i%2 == 1 {
				b = append(b, part...)
				continue
			}
			digits, err := hex.DecodeString(strings.Join(strings.Fields(part), ""))
			if err != nil {
				t.Fatalf("vector line %s: %v", strconv.Quote(line), err)
			}
			b = append(b, digits...)
		}
	}
	return b
}

// readAll reads the items of a stream up to the error that ends it, each with a Raw of its own.
func readAll(stream []byte) ([]Item, error) { return drain(NewReader(bytes.NewReader(stream))) }

func drain(r *Reader) (items []Item, err error) {
	for {
		item, err := r.Next()
		if err != nil {
			return items, err
		}
		item.Raw = bytes.Clone(item.Raw)
		items = append(items, item)
	}
}
