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

// What FuzzConnection does, as bits.
const (
	fuzzOpened       = 1 << iota // it begins on an open connection with an open channel
	fuzzAsynchronous             // the broker is that
	fuzzDurable                  // the broker has a directory
	fuzzProfile                  // and further: which it is
)

// FuzzConnection says anything to a server, from the beginning or on an open connection with an open channel. Whatever it is,
// the connection ends soon after, the server's store is well, and closing the server leaves nothing behind.
func FuzzConnection(f *testing.F) {
	recorded, err := os.ReadFile("../wire/testdata/rabbitmq-3.10.8/client")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(0), recorded)
	f.Add(uint8(0), []byte("GET / HTTP/1.1\r\n\r\n"))
	for i, session := range [][]amqp.Method{
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
		{amqp.QueueDeclare{Queue: "q", Durable: true, Arguments: deadLetters("amq.fanout", "k")}, amqp.QueueDeclare{Queue: "dead", Durable: true},
			amqp.QueueBind{Queue: "dead", Exchange: "amq.fanout"}, amqp.ConfirmSelect{}, amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{
				Properties: amqp.Properties{Present: amqp.HasDeliveryMode | amqp.HasHeaders, DeliveryMode: 2, Headers: deadLetters("", "")}}}},
	} {
		f.Add(uint8(i)<<1|fuzzOpened, []byte(frames(f, 1, session...)+string(wire.AppendHeartbeat(nil))+frames(f, 0, amqp.ConnectionClose{})))
	}
	f.Fuzz(func(t *testing.T, how uint8, octets []byte) {
		profiles := amqptest.Profiles()
		opts := amqptest.Options{Limits: amqptest.Limits{Body: 1 << 20}, Machine: amqptest.Machine{
			Profile: profiles[int(how/fuzzProfile)%len(profiles)], Asynchronous: how&fuzzAsynchronous != 0,
		}}
		if how&fuzzDurable != 0 {
			opts.Dir = t.TempDir()
		}
		s := amqptest.NewServer(opts)
		defer s.Close()
		c := dial(t, s.Addr())
		if how&fuzzOpened != 0 {
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
		if err := s.Err(); err != nil {
			t.Error(err)
		}
		if stacks := served(); stacks != "" {
			t.Errorf("left after Close:\n%s", stacks)
		}
	})
}
