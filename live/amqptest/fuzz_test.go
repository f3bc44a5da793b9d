package amqptest_test

import (
	"io"
	"os"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// FuzzConnection says anything to a server, from the beginning or on an open connection with an open channel. Whatever it is,
// the connection ends soon after, and closing the server leaves nothing behind.
func FuzzConnection(f *testing.F) {
	recorded, err := os.ReadFile("../wire/testdata/rabbitmq-3.10.8/client")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(false, recorded)
	f.Add(false, []byte("GET / HTTP/1.1\r\n\r\n"))
	for _, session := range [][]amqp.Method{
		{amqp.QueueDeclare{Queue: "q", Exclusive: true, Arguments: amqp.MustTable(amqp.Field{Name: "x-max-length", Value: 0})}},
		{amqp.ConfirmSelect{}, amqp.BasicPublish{RoutingKey: "q", Mandatory: true, Message: amqp.Message{Body: "body"}}},
		{amqp.QueueDeclare{Queue: "q", Passive: true}, amqp.ChannelCloseOk{}, amqp.ChannelOpen{}, amqp.QueueDelete{Queue: "q"}},
		{amqp.ChannelOpen{}, amqp.ConnectionCloseOk{}},
		{amqp.BasicPublish{Immediate: true}, amqp.ConnectionClose{}},
		{amqp.QueueDeclare{Queue: "q"}, amqp.BasicPublish{RoutingKey: "q"}, amqp.BasicConsume{Queue: "q", ConsumerTag: "c"},
			amqp.BasicQos{PrefetchCount: 1}, amqp.BasicAck{Tag: 1, Multiple: true}, amqp.BasicCancel{ConsumerTag: "c"}},
		{amqp.ExchangeDeclare{Exchange: "x", Type: "topic"}, amqp.QueueDeclare{}, amqp.QueueBind{Exchange: "x", RoutingKey: "#"},
			amqp.BasicPublish{Exchange: "x", RoutingKey: "a.b"}, amqp.BasicGet{}, amqp.BasicNack{Tag: 1, Requeue: true}},
		{amqp.TxSelect{}, amqp.QueueDeclare{Queue: "q", Durable: true}, amqp.BasicPublish{RoutingKey: "q"}, amqp.TxCommit{}, amqp.QueuePurge{Queue: "q"}},
	} {
		f.Add(true, []byte(frames(f, 1, session...)+string(wire.AppendHeartbeat(nil))+frames(f, 0, amqp.ConnectionClose{})))
	}
	f.Fuzz(func(t *testing.T, opened bool, octets []byte) {
		s := amqptest.NewServer(amqptest.Options{Limits: amqptest.Limits{Body: 1 << 20}})
		defer s.Close()
		c := dial(t, s.Addr())
		if opened {
			c.open(login{tune: amqp.ConnectionTuneOk{ChannelMax: 10, FrameMax: 4096, Heartbeat: 1}})
			c.mute()
			c.send(1, amqp.ChannelOpen{})
			want[amqp.ChannelOpenOk](c)
		}
		c.write(string(octets))
		c.socket.CloseWrite()
		c.socket.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, c.socket); err != nil && !ended(err) {
			t.Errorf("the connection does not end: %v", err)
		}
		s.Close()
		if stacks := served(); stacks != "" {
			t.Errorf("left after Close:\n%s", stacks)
		}
	})
}
