package amqptest_test

import (
	"strings"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// TestHeartbeatsKeepAlive: an idle connection with heartbeats stays, to both ends' satisfaction. (The client would give up after
// one and a half intervals without a frame.)
func TestHeartbeatsKeepAlive(t *testing.T) {
	t.Parallel()
	s := serve(t, amqptest.Options{Tune: amqptest.Tune{Heartbeat: 1}})
	conn := connect(t, s.URL(), amqp091.Config{Heartbeat: 10 * time.Second})
	if got := conn.Config.Heartbeat; got != time.Second {
		t.Fatalf("heartbeat interval %v, want 1 s", got)
	}
	select {
	case err := <-conn.NotifyClose(make(chan *amqp091.Error, 1)):
		t.Errorf("an idle connection is closed: %v", err)
	case <-time.After(3500 * time.Millisecond):
		openChannel(t, conn)
	}
}

// TestSilence: a connection with heartbeats is reset when nothing has come for between two and three intervals, and its queues
// go with it. Half a frame is something, once; without heartbeats there is no end to silence.
func TestSilence(t *testing.T) {
	t.Parallel()
	const late = time.Second // that a busy machine may be
	s := serve(t, amqptest.Options{Tune: amqptest.Tune{Heartbeat: -1}})
	calm := dial(t, s.Addr())
	calm.greet(login{})
	calm.send(0, amqp.ConnectionOpen{VirtualHost: "/"})
	calm.send(1, amqp.ChannelOpen{})
	want[amqp.ConnectionOpenOk](calm)
	want[amqp.ChannelOpenOk](calm)

	c := dial(t, s.Addr())
	c.greet(login{tune: amqp.ConnectionTuneOk{ChannelMax: 1, FrameMax: 4096, Heartbeat: 1}})
	c.mute()
	c.send(0, amqp.ConnectionOpen{VirtualHost: "/"})
	c.send(1, amqp.ChannelOpen{}, amqp.QueueDeclare{Queue: "lock", Exclusive: true})
	want[amqp.ConnectionOpenOk](c)
	want[amqp.ChannelOpenOk](c)
	want[amqp.QueueDeclareOk](c)

	const heartbeat = "\x08\x00\x00"
	pause := time.NewTimer(time.Second)
	<-pause.C
	last := time.Now()
	c.write(heartbeat)
	heard := 0
	for {
		c.socket.SetReadDeadline(time.Now().Add(patience))
		item, err := c.reader.Next()
		if ended(err) {
			break
		}
		if err != nil || item.Kind != wire.Heartbeat {
			t.Fatalf("the server says %v, %v", item.Frame, err)
		}
		heard++
	}
	if silence := time.Since(last); silence < 2*time.Second || silence > 3*time.Second+late {
		t.Errorf("reset after %v of silence, want between 2 and 3 s", silence)
	}
	if heard < 5 || heard > 8 {
		t.Errorf("%d heartbeats in three to four seconds, want one every half second", heard)
	}
	calm.send(1, amqp.QueueDeclare{Queue: "lock", Exclusive: true})
	want[amqp.QueueDeclareOk](calm)
}

// TestStandstill: a client that stands still in the middle of a message is given up like any other that is silent, as RabbitMQ does it. That it cannot be
// sent more does not matter.
func TestStandstill(t *testing.T) {
	t.Parallel()
	s := serve(t, amqptest.Options{})
	heir := opened(t, s)
	c := dial(t, s.Addr())
	c.open(login{tune: amqp.ConnectionTuneOk{ChannelMax: 1, FrameMax: 131072, Heartbeat: 1}})
	c.send(1, amqp.ChannelOpen{}, amqp.QueueDeclare{Queue: "work"}, amqp.BasicConsume{Queue: "work"})
	want[amqp.ChannelOpenOk](c)
	want[amqp.QueueDeclareOk](c)
	want[amqp.BasicConsumeOk](c)
	heir.send(1, amqp.BasicConsume{Queue: "work"})
	want[amqp.BasicConsumeOk](heir)
	c.mute()
	heir.send(1, amqp.BasicPublish{RoutingKey: "work", Message: amqp.Message{Body: strings.Repeat("x", 32<<20)}}) // more than the kernel keeps on the way
	if m := want[amqp.BasicDeliver](heir); !m.Redelivered {
		t.Error("what the other client has not read has not been delivered to it")
	}
}
