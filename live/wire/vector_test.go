package wire

import (
	"bytes"
	"encoding/hex"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// vectors pairs values with octets that were written down from the specification by hand: §4.2.3 for the frame, the tables of
// §1.4 for the arguments, §4.2.5 for the types. A text string in a vector is its octets, ; begins a comment.
var vectors = []struct {
	frame amqp.Frame
	wire  string
}{
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

	{amqp.Frame{Channel: 1, Method: amqp.QueueDeclare{Queue: "lock", Durable: true, AutoDelete: true,
		Arguments: amqp.MustTable(amqp.Field{Name: "x-max-length", Value: int32(1)})}}, `
		01 0001 00000022  0032 000a
		0000                         ; reserved-1, a short integer
		04 "lock"                    ; queue
		0a                           ; bits: passive 01, durable 02, exclusive 04, auto-delete 08, no-wait 10
		00000012                     ; arguments, 18 octets
		   0c "x-max-length" 49 00000001
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueDeclare{Passive: true, Exclusive: true, NoWait: true}}, `
		01 0001 0000000c  0032 000a
		0000 00 15 00000000
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueDeclareOk{Queue: "lock", MessageCount: 1, Consumers: 258}}, `
		01 0001 00000011  0032 000b  04 "lock" 00000001 00000102  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueDelete{Queue: "lock", IfUnused: true, NoWait: true}}, `
		01 0001 0000000c  0032 0028
		0000 04 "lock"               ; reserved-1, a short integer; queue
		05                           ; bits: if-unused 01, if-empty 02, no-wait 04
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueDelete{Queue: "lock", IfEmpty: true}}, `
		01 0001 0000000c  0032 0028  0000 04 "lock" 02  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.QueueDeleteOk{MessageCount: 7}}, `
		01 0001 00000008  0032 0029  00000007  ce`},

	{amqp.Frame{Channel: 1, Method: amqp.BasicPublish{RoutingKey: "lock", Mandatory: true}}, `
		01 0001 0000000d  003c 0028
		0000                         ; reserved-1, a short integer
		00                           ; exchange
		04 "lock"                    ; routing-key
		01                           ; bits: mandatory 01, immediate 02
		ce
		02 0001 0000000e             ; content header: no properties, and no body frame for an empty body
		003c 0000                    ; class 60, weight 0
		0000000000000000             ; body size
		0000                         ; property flags
		ce`},
	{amqp.Frame{Channel: 3, Method: amqp.BasicPublish{Exchange: "x", Immediate: true, Message: amqp.Message{
		Properties: amqp.Properties{Present: amqp.HasDeliveryMode | amqp.HasMessageID, DeliveryMode: 2, MessageID: "m1"},
		Body:       "token",
	}}}, `
		01 0003 0000000a  003c 0028  0000 01 "x" 00 02  ce
		02 0003 00000012
		003c 0000 0000000000000005
		1080                         ; delivery-mode is bit 12, message-id bit 7
		02 02 "m1"
		ce
		03 0003 00000005 "token" ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicReturn{Code: amqp.NoRoute, Text: "NO_ROUTE", RoutingKey: "b", Message: amqp.Message{
		Properties: amqp.Properties{
			Present: amqp.HasContentType | amqp.HasContentEncoding | amqp.HasHeaders | amqp.HasDeliveryMode | amqp.HasPriority |
				amqp.HasCorrelationID | amqp.HasReplyTo | amqp.HasExpiration | amqp.HasMessageID | amqp.HasTimestamp |
				amqp.HasType | amqp.HasUserID | amqp.HasAppID | amqp.HasClusterID,
			ContentType: "a", ContentEncoding: "b", Headers: amqp.MustTable(amqp.Field{Name: "n", Value: nil}),
			DeliveryMode: 1, Priority: 9, CorrelationID: "c", ReplyTo: "d", Expiration: "60000", MessageID: "e",
			Timestamp: 1600000000, Type: "f", UserID: "g", AppID: "h", ClusterID: "i",
		},
		Body: "!",
	}}}, `
		01 0001 00000012  003c 0032
		0138 08 "NO_ROUTE"           ; reply-code 312, reply-text
		00 01 "b"                    ; exchange, routing-key
		ce
		02 0001 00000037             ; 55 octets: 14 + 2+2 + 4+3 + 1+1 + 2+2+6+2 + 8 + 2+2+2+2
		003c 0000 0000000000000001
		fffc                         ; all fourteen properties
		01 "a"                       ; content-type
		01 "b"                       ; content-encoding
		00000003 01 "n" 56           ; headers: a table
		01                           ; delivery-mode, an octet
		09                           ; priority, an octet
		01 "c"                       ; correlation-id
		01 "d"                       ; reply-to
		05 "60000"                   ; expiration
		01 "e"                       ; message-id
		000000005f5e1000             ; timestamp, 64 bits
		01 "f"                       ; type
		01 "g"                       ; user-id
		01 "h"                       ; app-id
		01 "i"                       ; reserved (cluster-id)
		ce
		03 0001 00000001 "!" ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicAck{Tag: 1<<40 + 1, Multiple: true}}, `
		01 0001 0000000d  003c 0050  0000010000000001 01  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.BasicNack{Tag: 2, Requeue: true}}, `
		01 0001 0000000d  003c 0078
		0000000000000002 02          ; bits: multiple 01, requeue 02
		ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ConfirmSelect{NoWait: true}}, `
		01 0001 00000005  0055 000a  01  ce`},
	{amqp.Frame{Channel: 1, Method: amqp.ConfirmSelectOk{}}, `
		01 0001 00000004  0055 000b  ce`},
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
