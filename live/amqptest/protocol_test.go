package amqptest_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// TestProtocolErrors: what is wrong with octets and limits closes the connection, and takes its exclusive queues along before
// the client knows.
func TestProtocolErrors(t *testing.T) {
	const method = "\x01\x00\x01\x00\x00\x00\x04" // a frame's head
	for name, c := range map[string]struct {
		opts amqptest.Options
		says string
		want amqp.Code
	}{
		"frame of unknown type": {amqptest.Options{}, "garbage garbage", amqp.FrameError},
		"frame without an end":  {amqptest.Options{}, method + "\x00\x0a\x00\x0a\x00", amqp.FrameError},
		"frame too large":       {amqptest.Options{Tune: amqptest.Tune{FrameMax: 4096}}, "\x01\x00\x01\x00\x00\x20\x00", amqp.FrameError},
		"unknown method":        {amqptest.Options{}, method + "\x00\x0a\x00\xff\xce", amqp.NotImplemented},
		"method of a server":    {amqptest.Options{}, frames(t, 1, amqp.QueueDeclareOk{}), amqp.CommandInvalid},
		"body without a method": {amqptest.Options{}, "\x03" + method[1:] + "body\xce", amqp.UnexpectedFrame},
		"body far too large": {amqptest.Options{Limits: amqptest.Limits{Body: 10}},
			frames(t, 1, amqp.BasicPublish{Message: amqp.Message{Body: strings.Repeat("x", 100_000)}}), amqp.FrameError},
		"header larger than frames may be": {amqptest.Options{Tune: amqptest.Tune{FrameMax: 4096}}, frames(t, 1, amqp.BasicPublish{
			RoutingKey: "nowhere", Mandatory: true, // and so it comes back
			Message: amqp.Message{Properties: amqp.Properties{Present: amqp.HasHeaders, Headers: amqp.MustTable(
				amqp.Field{Name: "k", Value: strings.Repeat("x", 4096-30)})}},
		}), amqp.InternalError},
		"a channel too many": {amqptest.Options{Tune: amqptest.Tune{ChannelMax: 2}}, frames(t, 7, amqp.ChannelOpen{}) + frames(t, 8, amqp.ChannelOpen{}),
			amqp.NotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.opts)
			broken, witness := dial(t, s.Addr()), dial(t, s.Addr())
			for _, c := range []*client{broken, witness} {
				c.open(login{})
				c.send(1, amqp.ChannelOpen{})
				want[amqp.ChannelOpenOk](c)
			}
			broken.send(1, amqp.QueueDeclare{Queue: "lock", Exclusive: true})
			want[amqp.QueueDeclareOk](broken)

			broken.write(c.says)
			f, err := broken.next()
			for f.Channel == 7 { // channel.open-ok
				f, err = broken.next()
			}
			closed, ok := f.Method.(amqp.ConnectionClose)
			if !ok || closed.Code != c.want {
				t.Fatalf("the server says %v, %v, want connection.close %v", f, err, c.want)
			}
			if !strings.HasPrefix(closed.Text, c.want.Name()+" - ") {
				t.Errorf("reply text %q", closed.Text)
			}
			witness.send(1, amqp.QueueDeclare{Queue: "lock", Exclusive: true})
			want[amqp.QueueDeclareOk](witness)

			broken.send(0, amqp.ConnectionCloseOk{})
			broken.socket.CloseWrite()
			if said := broken.rest(); said != "" {
				t.Errorf("the server goes on with %s", said)
			}
		})
	}
}

// TestBodyMax: a body that is too large closes the channel only.
func TestBodyMax(t *testing.T) {
	s := serve(t, amqptest.Options{Limits: amqptest.Limits{Body: 10}})
	c := dial(t, s.Addr())
	c.open(login{})
	c.send(1, amqp.ChannelOpen{}, amqp.BasicPublish{Message: amqp.Message{Body: "longer than ten"}})
	want[amqp.ChannelOpenOk](c)
	if closed := want[amqp.ChannelClose](c); closed.Code != amqp.PreconditionFailed {
		t.Errorf("the server says %v", closed)
	}
	c.send(1, amqp.ChannelCloseOk{}, amqp.ChannelOpen{})
	want[amqp.ChannelOpenOk](c)
}

// TestChannelMax: a channel that is closed counts no more.
func TestChannelMax(t *testing.T) {
	s := serve(t, amqptest.Options{Tune: amqptest.Tune{ChannelMax: 2}})
	c := dial(t, s.Addr())
	c.open(login{})
	for ch := range amqp.Channel(10) {
		c.send(ch+1, amqp.ChannelOpen{})
		want[amqp.ChannelOpenOk](c)
		if ch%2 == 0 {
			c.send(ch+1, amqp.ChannelClose{Code: amqp.Success})
			want[amqp.ChannelCloseOk](c)
		} else {
			c.send(ch+1, amqp.QueueDeclare{Queue: "missing", Passive: true})
			want[amqp.ChannelClose](c)
			c.send(ch+1, amqp.ChannelCloseOk{})
		}
	}
}

// TestReplyText: a text that quotes a long name still fits.
func TestReplyText(t *testing.T) {
	s := serve(t, amqptest.Options{})
	c := dial(t, s.Addr())
	c.open(login{})
	c.send(1, amqp.ChannelOpen{}, amqp.QueueDeclare{Queue: strings.Repeat("é", 127), Passive: true})
	want[amqp.ChannelOpenOk](c)
	closed := want[amqp.ChannelClose](c)
	if closed.Code != amqp.NotFound || len(closed.Text) > 255 || !strings.HasSuffix(closed.Text, "é...") {
		t.Errorf("%v %q", closed.Code, closed.Text)
	}
}

// TestConnMax: who comes when there are enough is reset, and there is room again when one has gone.
func TestConnMax(t *testing.T) {
	s := serve(t, amqptest.Options{Limits: amqptest.Limits{Conns: 2}})
	var clients []*client
	for range 2 {
		c := dial(t, s.Addr())
		c.open(login{})
		clients = append(clients, c)
	}
	if accepts(t, s) {
		t.Error("the third is served")
	}
	clients[0].send(0, amqp.ConnectionClose{Code: amqp.Success})
	want[amqp.ConnectionCloseOk](clients[0])
	clients[0].reset()
	for !accepts(t, s) { // until the server has noticed
	}
}

// accepts reports whether the server begins the handshake with a new connection.
func accepts(t *testing.T, s *amqptest.Server) bool {
	socket, err := net.Dial("tcp", s.Addr())
	if err != nil {
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Fatal(err)
		}
		return false
	}
	defer socket.Close()
	io.WriteString(socket, wire.Version091)
	socket.SetReadDeadline(time.Now().Add(patience))
	_, err = wire.NewReader(socket).Next()
	if err != nil && !ended(err) {
		t.Fatal(err)
	}
	return err == nil
}

// TestClientThatDoesNotRead is answered when it does, and nothing is lost. Meanwhile the server reads no more of it than it
// keeps answers for, and others are served.
func TestClientThatDoesNotRead(t *testing.T) {
	s := serve(t, amqptest.Options{})
	deaf, other := dial(t, s.Addr()), dial(t, s.Addr())
	for _, c := range []*client{deaf, other} {
		c.open(login{})
		c.send(1, amqp.ChannelOpen{})
		want[amqp.ChannelOpenOk](c)
	}
	// Everything that is published comes back.
	message := amqp.BasicPublish{RoutingKey: "nowhere", Mandatory: true, Message: amqp.Message{Body: strings.Repeat("x", 100_000)}}
	octets := frames(t, 1, message)
	published, written := 0, 0
	const much = 64 << 20 // more than the kernel keeps on the way, there and back
	for ; published*len(octets) < much; published++ {
		deaf.socket.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)) // what nobody reads in this time waits for us
		n, err := deaf.socket.Write([]byte(octets))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			written = n
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if published*len(octets) >= much {
		t.Fatalf("the server has read %d messages of a client that reads no answers", published)
	}
	other.send(1, amqp.QueueDeclare{Queue: "q", Exclusive: true})
	want[amqp.QueueDeclareOk](other)

	rest := make(chan struct{})
	go func() {
		defer close(rest)
		deaf.write(octets[written:] + frames(t, 0, amqp.ConnectionClose{Code: amqp.Success}))
	}()
	for range published + 1 {
		if m := want[amqp.BasicReturn](deaf); m.Message != message.Message {
			t.Fatalf("%v is not what was published", m)
		}
	}
	want[amqp.ConnectionCloseOk](deaf)
	<-rest
}
