package gate_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/live/gate"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// TestMain fails where a goroutine of the gate has outlived the tests, all of which close what they open.
func TestMain(m *testing.M) {
	status := m.Run()
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if i := bytes.Index(stacks, []byte("gate.(*")); status == 0 && i >= 0 {
		os.Stderr.WriteString("a goroutine of the gate is left:\n" + string(stacks))
		status = 1
	}
	os.Exit(status)
}

// peer is an end of a connection, outside the gate.
type peer struct {
	*testing.T
	*net.TCPConn
	reader *wire.Reader
}

func newPeer(t *testing.T, conn net.Conn) *peer {
	t.Cleanup(func() { conn.Close() })
	return &peer{t, conn.(*net.TCPConn), wire.NewReader(conn)}
}

// raw sends octets.
func (p *peer) raw(octets []byte) {
	p.Helper()
	if _, err := p.Write(octets); err != nil {
		p.Fatal(err)
	}
}

// say sends methods, on channel 0 those of a connection, on channel 1 all others.
func (p *peer) say(methods ...amqp.Method) {
	p.Helper()
	for _, m := range methods {
		p.raw(encode(p.T, on(m)))
	}
}

// hear reads items and compares them with what is expected: methods, nil for a heartbeat.
func (p *peer) hear(methods ...amqp.Method) {
	p.Helper()
	for _, want := range methods {
		item, err := p.reader.Next()
		if err != nil {
			p.Fatalf("reading %v: %v", want, err)
		}
		if want == nil {
			if item.Kind != wire.Heartbeat {
				p.Fatalf("heard %v instead of a heartbeat", item.Frame)
			}
			continue
		}
		if diff := cmp.Diff(on(want), item.Frame); diff != "" {
			p.Fatalf("(-want +heard):\n%s", diff)
		}
	}
}

// ends reads on, and compares how the stream ends.
func (p *peer) ends(want error) {
	p.Helper()
	if item, err := p.reader.Next(); !errors.Is(err, want) {
		p.Errorf("heard %v %v, want %v", item, err, want)
	}
}

func on(m amqp.Method) amqp.Frame {
	if class, _ := m.ID(); class == 10 {
		return amqp.Frame{Method: m}
	}
	return amqp.Frame{Channel: 1, Method: m}
}

func encode(t *testing.T, f amqp.Frame) []byte {
	t.Helper()
	octets, err := wire.Append(nil, f, wire.MinFrameMax)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// open returns a connection through a gate, from end to end, before a word is said.
func open(t *testing.T) (client, broker *peer, conn *gate.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g, err := gate.New(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := net.Dial("tcp", g.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if conn, err = g.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return newPeer(t, c), newPeer(t, b), conn
}

// tuned returns a connection whose handshake is over.
func tuned(t *testing.T) (client, broker *peer, conn *gate.Conn) {
	t.Helper()
	client, broker, conn = open(t)
	client.raw(wire.AppendProtocolHeader(nil))
	if item, err := broker.reader.Next(); err != nil || item.Kind != wire.ProtocolHeader {
		t.Fatal(item, err)
	}
	for _, m := range []amqp.Method{
		amqp.ConnectionStart{VersionMinor: 9, Mechanisms: "PLAIN"}, amqp.ConnectionStartOk{Mechanism: "PLAIN"},
		amqp.ConnectionSecure{Challenge: "who?"}, amqp.ConnectionSecureOk{Response: "me"},
		amqp.ConnectionTune{FrameMax: wire.MinFrameMax}, amqp.ConnectionTuneOk{FrameMax: wire.MinFrameMax},
	} {
		from, to := broker, client
		if _, method := m.ID(); method%10 == 1 {
			from, to = client, broker
		}
		from.say(m)
		to.hear(m)
	}
	return client, broker, conn
}

func TestHandshakePassesAndNothingElse(t *testing.T) {
	client, broker, conn := open(t)
	client.raw(wire.AppendProtocolHeader(nil))
	broker.say(amqp.ConnectionStart{})
	client.hear(amqp.ConnectionStart{})
	// A client that does not wait: open is said together with tune-ok, and must not get through on its coat tails.
	client.say(amqp.ConnectionStartOk{}, amqp.ConnectionTuneOk{}, amqp.ConnectionOpen{VirtualHost: "/"})
	if err := conn.Await(t.Context(), gate.ToBroker, 1); err != nil {
		t.Fatal(err)
	}
	broker.reader.Next() // the protocol header
	broker.hear(amqp.ConnectionStartOk{}, amqp.ConnectionTuneOk{})
	broker.say(amqp.ConnectionOpenOk{})
	if err := conn.Await(t.Context(), gate.ToClient, 1); err != nil {
		t.Fatal(err)
	}
	conn.CloseWrite(gate.Broker)
	broker.ends(io.EOF)
}

func TestHeldAndReleasedInOrder(t *testing.T) {
	client, broker, conn := tuned(t)
	long := amqp.BasicPublish{RoutingKey: "q", Mandatory: true, Message: amqp.Message{
		Properties: amqp.Properties{Present: amqp.HasType, Type: "long"}, Body: strings.Repeat("body ", wire.MinFrameMax)}}
	up := []amqp.Method{amqp.ChannelOpen{}, amqp.QueueDeclare{Queue: "q"}, long, amqp.BasicPublish{RoutingKey: "q"}, amqp.QueueDelete{Queue: "q"}}
	down := []amqp.Method{amqp.ChannelOpenOk{}, amqp.QueueDeclareOk{Queue: "q"}, amqp.BasicReturn{Code: amqp.NoRoute, Message: long.Message}}
	client.say(up...)
	broker.say(down...)

	for _, way := range []struct {
		direction gate.Direction
		said      []amqp.Method
		to        *peer
	}{{gate.ToBroker, up, broker}, {gate.ToClient, down, client}} {
		if err := conn.Await(t.Context(), way.direction, len(way.said)); err != nil {
			t.Fatal(err)
		}
		held := conn.Held(way.direction)
		for i, m := range way.said {
			if diff := cmp.Diff(wire.Item{Kind: wire.Frame, Frame: on(m), Raw: encode(t, on(m))}, held[i]); diff != "" {
				t.Errorf("%v, item %d (-said +held):\n%s", way.direction, i, diff)
			}
		}
		for _, m := range way.said {
			item, err := conn.Release(way.direction)
			if diff := cmp.Diff(on(m), item.Frame); err != nil || diff != "" {
				t.Errorf("%v: %v (-said +released):\n%s", way.direction, err, diff)
			}
			way.to.hear(m)
		}
		if item, err := conn.Release(way.direction); err == nil {
			t.Errorf("%v: released %v, and all had been released before", way.direction, item.Frame)
		}
	}
}

// TestChannelsInterleave: frames of two contents come in turn, and each is one item.
func TestChannelsInterleave(t *testing.T) {
	client, broker, conn := tuned(t)
	publish := func(ch amqp.Channel, body string) (amqp.Frame, [][]byte) {
		f := amqp.Frame{Channel: ch, Method: amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{Body: body}}}
		octets := encode(t, f)
		var frames [][]byte
		for len(octets) > 0 {
			n := 8 + int(octets[5])<<8 + int(octets[6])
			frames, octets = append(frames, octets[:n]), octets[n:]
		}
		return f, frames
	}
	first, a := publish(1, strings.Repeat("a", wire.MinFrameMax))
	second, b := publish(2, "b")
	client.raw(bytes.Join([][]byte{a[0], b[0], a[1], wire.AppendHeartbeat(nil), b[1], a[2], b[2], a[3]}, nil))
	broker.hear(nil) // the heartbeat does not wait
	if err := conn.Await(t.Context(), gate.ToBroker, 2); err != nil {
		t.Fatal(err)
	}
	held := conn.Held(gate.ToBroker)
	want := []wire.Item{
		{Kind: wire.Frame, Frame: second, Raw: bytes.Join(b, nil)},
		{Kind: wire.Frame, Frame: first, Raw: bytes.Join(a, nil)},
	}
	if diff := cmp.Diff(want, held); diff != "" {
		t.Errorf("(-want +held):\n%s", diff)
	}
}

func TestDrop(t *testing.T) {
	client, broker, conn := tuned(t)
	client.say(amqp.QueueDelete{Queue: "a"}, amqp.QueueDelete{Queue: "b"})
	if err := conn.Await(t.Context(), gate.ToBroker, 2); err != nil {
		t.Fatal(err)
	}
	if item, ok := conn.Drop(gate.ToBroker); !ok || item.Frame != on(amqp.QueueDelete{Queue: "a"}) {
		t.Error(item.Frame, ok)
	}
	if _, err := conn.Release(gate.ToBroker); err != nil {
		t.Fatal(err)
	}
	broker.hear(amqp.QueueDelete{Queue: "b"})
	if item, ok := conn.Drop(gate.ToBroker); ok {
		t.Error("dropped", item.Frame)
	}
}

func TestSilence(t *testing.T) {
	client, broker, conn := tuned(t)
	beat := wire.AppendHeartbeat(nil)
	both := func(want ...amqp.Method) {
		client.raw(beat)
		broker.raw(beat)
		client.say(amqp.QueueDelete{Queue: "mark"}) // the gate has read the heartbeat when it holds this
		broker.say(amqp.QueueDeleteOk{})
		for _, d := range []gate.Direction{gate.ToBroker, gate.ToClient} {
			if err := conn.Await(t.Context(), d, 1); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Release(d); err != nil {
				t.Fatal(err)
			}
		}
		broker.hear(append(want, amqp.QueueDelete{Queue: "mark"})...)
	}
	both(nil)
	client.hear(nil, amqp.QueueDeleteOk{})
	conn.Silence(gate.ToBroker, true)
	both()
	client.hear(nil, amqp.QueueDeleteOk{})
	conn.Silence(gate.ToClient, true)
	conn.Silence(gate.ToBroker, false)
	both(nil)
	client.hear(amqp.QueueDeleteOk{})
}

// TestSidesEndApart: however a side ends, what it sent stays held, the other side lives on, and both can tell.
func TestSidesEndApart(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(client *peer, conn *gate.Conn)
		want error
	}{
		{"end of file", func(p *peer, _ *gate.Conn) { p.Close() }, io.EOF},
		{"reset by the peer", func(p *peer, _ *gate.Conn) { p.SetLinger(0); p.Close() }, gate.ErrReset},
		{"reset by the gate", func(p *peer, conn *gate.Conn) { conn.Reset(gate.Client); p.ends(syscall.ECONNRESET) }, gate.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, broker, conn := tuned(t)
			client.say(amqp.QueueDelete{Queue: "q"})
			if err := conn.Await(t.Context(), gate.ToBroker, 1); err != nil {
				t.Fatal(err)
			}
			if err := conn.Cause(gate.Client); err != nil {
				t.Fatal(err)
			}
			c.end(client, conn)
			<-conn.Closed(gate.Client)
			if err := conn.Cause(gate.Client); err != c.want {
				t.Errorf("cause %v, want %v", err, c.want)
			}
			var closed *gate.ClosedError
			if err := conn.Await(t.Context(), gate.ToBroker, 2); !errors.As(err, &closed) || !errors.Is(err, c.want) || closed.Side != gate.Client {
				t.Errorf("Await: %v", err)
			}
			if _, err := conn.Release(gate.ToBroker); err != nil {
				t.Error(err)
			}
			broker.hear(amqp.QueueDelete{Queue: "q"})
			broker.say(amqp.QueueDeleteOk{})
			if err := conn.Await(t.Context(), gate.ToClient, 1); err != nil {
				t.Error(err)
			}
			conn.Reset(gate.Broker)
			broker.ends(syscall.ECONNRESET)
			<-conn.Closed(gate.Broker)
		})
	}
}

func TestReleaseToAnEndedSide(t *testing.T) {
	client, _, conn := tuned(t)
	client.say(amqp.QueueDelete{Queue: "q"})
	if err := conn.Await(t.Context(), gate.ToBroker, 1); err != nil {
		t.Fatal(err)
	}
	conn.Reset(gate.Broker)
	<-conn.Closed(gate.Broker)
	var closed *gate.ClosedError
	if _, err := conn.Release(gate.ToBroker); !errors.As(err, &closed) || closed.Side != gate.Broker || !errors.Is(err, gate.ErrClosed) {
		t.Errorf("Release: %v", err)
	}
	if err := conn.CloseWrite(gate.Broker); !errors.Is(err, gate.ErrClosed) {
		t.Errorf("CloseWrite: %v", err)
	}
}

func TestCorruptFrames(t *testing.T) {
	for _, d := range []gate.Direction{gate.ToBroker, gate.ToClient} {
		for _, c := range []struct {
			name   string
			octets string
			end    bool
			want   string
		}{
			{"type", "\x09\x00\x01\x00\x00\x00\x00\xce", false, "501 FRAME_ERROR: frame of unknown type 9 on channel 1"},
			{"size", "\x01\x00\x01\x00\x01\x00\x00", false, "501 FRAME_ERROR: frame with 65536 octets of payload, frame-max is 4096"},
			{"half a frame", "\x01\x00\x01", true, "unexpected EOF"},
		} {
			t.Run(d.String()+" "+c.name, func(t *testing.T) {
				client, broker, conn := tuned(t)
				from := map[gate.Direction]*peer{gate.ToBroker: client, gate.ToClient: broker}[d]
				good := amqp.QueueDelete{Queue: "q"}
				from.say(good)
				from.raw([]byte(c.octets))
				if c.end {
					from.CloseWrite()
				}
				err := conn.Await(t.Context(), d, 2)
				var corrupt *gate.CorruptError
				if !errors.As(err, &corrupt) {
					t.Fatal(err)
				}
				if corrupt.Direction != d || corrupt.Err.Error() != c.want || corrupt.Offset <= int64(len(encode(t, on(good)))) {
					t.Errorf("direction %v, offset %d, %v", corrupt.Direction, corrupt.Offset, corrupt.Err)
				}
				if held := conn.Held(d); len(held) != 1 || held[0].Frame != on(good) {
					t.Errorf("held %v", held)
				}
			})
		}
	}
}

func TestOffsetOfACorruptFrame(t *testing.T) {
	client, broker, conn := open(t)
	client.raw(append(wire.AppendHeartbeat(wire.AppendProtocolHeader(nil)), "GET / HTTP/1.1\r\n"...))
	<-conn.Closed(gate.Client)
	const want = "what goes to broker is no AMQP from octet 16 on: 501 FRAME_ERROR: frame of unknown type 71 on channel 17748"
	if err := conn.Cause(gate.Client); err == nil || err.Error() != want {
		t.Errorf("cause %v\n want %v", err, want)
	}
	broker.reader.Next()
	broker.hear(nil)
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	_, _, conn := tuned(t)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() { done <- conn.Await(ctx, gate.ToBroker, 1) }()
	cancel(why)
	if err := <-done; err != why {
		t.Error(err)
	}
}

func TestAccept(t *testing.T) {
	t.Run("no broker", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close() // nobody listens at its address now
		g, err := gate.New(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		c, err := net.Dial("tcp", g.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if conn, err := g.Accept(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(conn, err)
		}
		newPeer(t, c).ends(syscall.ECONNRESET)
	})
	t.Run("no client", func(t *testing.T) {
		g, err := gate.New("127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if conn, err := g.Accept(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(conn, err)
		}
		for range 2 {
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		}
		if conn, err := g.Accept(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Error(conn, err)
		}
	})
}

// TestCloseUnderWay closes a connection whose client sends what a broker does not read.
func TestCloseUnderWay(t *testing.T) {
	client, _, conn := open(t)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		beats := bytes.Repeat(wire.AppendHeartbeat(nil), 1<<16)
		for {
			if _, err := client.Write(beats); err != nil {
				return
			}
		}
	}()
	if err := conn.Await(t.Context(), gate.ToBroker, 0); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	conn.Close()
	<-sent
}
