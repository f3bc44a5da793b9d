package session

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// serve connects a session to a server that says those octets, one piece for each item that it has read, and reads on until the
// session is closed; where the next piece is nil it hangs up. What it has read is sent at its end.
func serve(t *testing.T, says ...[]byte) (*Session, <-chan []wire.Item) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan []wire.Item, 1)
	go func() {
		defer l.Close()
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var items []wire.Item
		defer func() { heard <- items }()
		for r := wire.NewReader(conn); ; {
			item, err := r.Next()
			if err != nil {
				return
			}
			items = append(items, wire.Item{Kind: item.Kind, Frame: item.Frame})
			if len(says) > 0 {
				conn.Write(says[0])
				if says = says[1:]; len(says) > 0 && says[0] == nil {
					return
				}
			}
		}
	}()
	s, err := Connect(t.Context(), l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(false) })
	return s, heard
}

func octets(t *testing.T, m amqp.Method) []byte {
	t.Helper()
	b, err := wire.Append(nil, amqp.Frame{Method: m}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHandshake(t *testing.T) {
	s, heard := serve(t, octets(t, amqp.ConnectionStart{VersionMinor: 9, Mechanisms: "PLAIN"}),
		wire.AppendHeartbeat(octets(t, amqp.ConnectionTune{ChannelMax: 7, FrameMax: wire.MinFrameMax, Heartbeat: 60})))
	if err := s.Handshake(t.Context(), Login{User: "me", Password: "secret", Product: "test"}, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(amqp.Frame{Method: amqp.ConnectionOpen{VirtualHost: strings.Repeat("/", 256)}}); err == nil {
		t.Error("a virtual host of 256 octets was sent")
	}
	s.Close(false)
	want := []wire.Item{
		{Kind: wire.ProtocolHeader},
		{Kind: wire.Frame, Frame: amqp.Frame{Method: amqp.ConnectionStartOk{
			ClientProperties: properties(Login{Product: "test"}), Mechanism: "PLAIN", Response: "\x00me\x00secret", Locale: "en_US"}}},
		{Kind: wire.Frame, Frame: amqp.Frame{Method: amqp.ConnectionTuneOk{ChannelMax: 7, FrameMax: wire.MinFrameMax}}},
	}
	if diff := cmp.Diff(want, <-heard); diff != "" {
		t.Errorf("(-want +heard):\n%s", diff)
	}
}

func TestHeartbeats(t *testing.T) {
	answer := amqp.ConnectionClose{Code: amqp.Success}
	s, heard := serve(t, octets(t, amqp.ConnectionStart{}), octets(t, amqp.ConnectionTune{}), []byte{}, octets(t, answer))
	if err := s.Handshake(t.Context(), Login{}, 1); err != nil {
		t.Fatal(err)
	}
	f, err := s.Read(t.Context()) // which the server says when it has read one item more than tune-ok
	if diff := cmp.Diff(amqp.Frame{Method: answer}, f); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	s.Close(false)
	if items := <-heard; items[3].Kind != wire.Heartbeat {
		t.Error(items[3:])
	}
}

func TestHandshakeRefused(t *testing.T) {
	start := octets(t, amqp.ConnectionStart{})
	for _, c := range []struct {
		name string
		says [][]byte
		want string
	}{
		{"another protocol", [][]byte{[]byte("AMQP\x00\x01\x00\x00")}, `the broker does not speak AMQP 0-9-1, but "AMQP\x00\x01\x00\x00"`},
		{"no AMQP", [][]byte{[]byte("HTTP/1.1 400 Bad Request\r\n")}, "501 FRAME_ERROR: frame of unknown type 72 on channel 21588"},
		{"another method", [][]byte{start, start}, `the broker said connection.start 0-0 mechanisms="" where ` +
			"connection.tune channel-max=0 frame-max=0 heartbeat=0 is expected"},
		{"a refusal", [][]byte{start, octets(t, amqp.ConnectionClose{Code: amqp.AccessRefused, Text: "ACCESS_REFUSED - no"})},
			"refused: connection.close 403 ACCESS_REFUSED, ACCESS_REFUSED - no"},
		{"the end", [][]byte{start, nil}, "the connection was closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := serve(t, c.says...)
			if err := s.Handshake(t.Context(), Login{}, 0); err == nil || err.Error() != c.want {
				t.Errorf("%v\nwant %s", err, c.want)
			}
		})
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	why := errors.New("enough")
	s, _ := serve(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.Read(ctx)
		done <- err
	}()
	cancel(why)
	if err := <-done; err != why {
		t.Error(err)
	}
}
