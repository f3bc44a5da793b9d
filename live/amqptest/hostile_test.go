package amqptest_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// opened is a client with an open channel, number 1.
func opened(t testing.TB, s *amqptest.Server) *client {
	t.Helper()
	c := dial(t, s.Addr())
	c.open(login{})
	c.send(1, amqp.ChannelOpen{})
	want[amqp.ChannelOpenOk](c)
	return c
}

// deadLetters are a queue's arguments that send its dead letters somewhere, and let no message live.
func deadLetters(exchange, key string) amqp.Table {
	return amqp.MustTable(
		amqp.Field{Name: "x-max-length", Value: 0},
		amqp.Field{Name: "x-dead-letter-exchange", Value: exchange}, amqp.Field{Name: "x-dead-letter-routing-key", Value: key},
	)
}

// TestLongKeys: what is longer than what the store's keys, or a method's short strings can be is kept all the same. To be handed a message
// whose routing key no method can bear costs the connection, as with RabbitMQ, which says 541 too.
func TestLongKeys(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, amqptest.Options{Dir: dir})
	c := opened(t, s)
	persistent := amqp.Properties{Present: amqp.HasDeliveryMode, DeliveryMode: 2}
	long := amqp.QueueBind{Queue: "kept", Exchange: "amq.headers", Arguments: amqp.MustTable(amqp.Field{Name: "k", Value: strings.Repeat("x", 40_000)})}
	c.send(1, amqp.ConfirmSelect{}, amqp.QueueDeclare{Queue: "kept", Durable: true}, long,
		amqp.QueueDeclare{Queue: "dead", Durable: true}, amqp.QueueBind{Queue: "dead", Exchange: "amq.fanout"},
		amqp.QueueDeclare{Queue: "q", Durable: true, Arguments: deadLetters("amq.fanout", strings.Repeat("k", 300))},
		amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{Properties: persistent, Body: "body"}},
	)
	want[amqp.ConfirmSelectOk](c)
	want[amqp.QueueDeclareOk](c)
	want[amqp.QueueBindOk](c)
	want[amqp.QueueDeclareOk](c)
	want[amqp.QueueBindOk](c)
	want[amqp.QueueDeclareOk](c)
	want[amqp.BasicAck](c)
	s.Close()
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}

	s = serve(t, amqptest.Options{Dir: dir})
	c = opened(t, s)
	headers := amqp.Properties{Present: amqp.HasHeaders, Headers: long.Arguments}
	c.send(1, amqp.BasicPublish{Exchange: "amq.headers", Message: amqp.Message{Properties: headers, Body: "matched"}}, amqp.BasicGet{Queue: "kept"})
	if m := want[amqp.BasicGetOk](c); m.Message.Body != "matched" {
		t.Errorf("%v has come by a binding with long arguments", m)
	}
	c.send(1, amqp.QueueUnbind{Queue: long.Queue, Exchange: long.Exchange, Arguments: long.Arguments})
	want[amqp.QueueUnbindOk](c)
	c.send(1, amqp.BasicGet{Queue: "dead"})
	if closed := want[amqp.ConnectionClose](c); closed.Code != amqp.InternalError {
		t.Errorf("the client is told %v", closed)
	}
	s.Close()

	c = opened(t, serve(t, amqptest.Options{Dir: dir}))
	c.send(1, amqp.BasicPublish{Exchange: "amq.headers", Mandatory: true, Message: amqp.Message{Properties: headers}})
	want[amqp.BasicReturn](c)
	c.send(1, amqp.QueueDeclare{Queue: "dead", Passive: true})
	if dead := want[amqp.QueueDeclareOk](c); dead.MessageCount != 1 {
		t.Errorf("%d messages are in the queue for dead letters", dead.MessageCount)
	}
}

// TestLargeMessageIsForgotten: what a large message took is given back when it is dropped, though its connection goes on to live.
func TestLargeMessageIsForgotten(t *testing.T) {
	for _, asynchronous := range []bool{false, true} {
		c := opened(t, serve(t, amqptest.Options{Machine: amqptest.Machine{Asynchronous: asynchronous}}))
		c.send(1, amqp.QueueDeclare{Queue: "q", Exclusive: true}, amqp.BasicConsume{Queue: "q"})
		want[amqp.QueueDeclareOk](c)
		want[amqp.BasicConsumeOk](c)
		const size = 16 << 20
		body := strings.Repeat("x", size)
		before := heap()
		c.send(1, amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{Body: body}})
		got := want[amqp.BasicDeliver](c)
		c.send(1, amqp.BasicAck{Tag: got.Tag})
		got, c.reader = amqp.BasicDeliver{}, wire.NewReader(c.socket)
		c.send(1, amqp.BasicGet{Queue: "q"})
		want[amqp.BasicGetEmpty](c)
		if more := heap() - before; more > size/2 {
			t.Errorf("asynchronous=%t: %d octets are still there", asynchronous, more)
		}
		runtime.KeepAlive(body)
	}
}

// heap is how many octets are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what a sync.Pool has
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMessageThatGoesRound: two queues that let no message live hand one to each other for ever, for its publisher says that it was rejected
// once, and so it is no cycle to RabbitMQ up to 3.10. The broker serves others nevertheless, and closes.
func TestMessageThatGoesRound(t *testing.T) {
	rejected := amqp.MustTable(amqp.Field{Name: "reason", Value: "rejected"}, amqp.Field{Name: "queue", Value: "other"})
	headers := amqp.Properties{Present: amqp.HasHeaders, Headers: amqp.MustTable(amqp.Field{Name: "x-death", Value: amqp.MustArray(rejected)})}
	for _, asynchronous := range []bool{false, true} {
		s := serve(t, amqptest.Options{Machine: amqptest.Machine{Profile: broker.RabbitMQ310, Asynchronous: asynchronous}})
		c, other := opened(t, s), opened(t, s)
		for q, next := range map[string]string{"a": "b", "b": "a"} {
			c.send(1, amqp.QueueDeclare{Queue: q, Arguments: deadLetters("", next)})
			want[amqp.QueueDeclareOk](c)
		}
		c.send(1, amqp.BasicPublish{RoutingKey: "a", Message: amqp.Message{Properties: headers}})
		for range 3 {
			other.send(1, amqp.QueueDeclare{Queue: "lock", Exclusive: true})
			want[amqp.QueueDeclareOk](other)
		}
		s.Close()
	}
}

// TestMessageThatMultiplies is the same with a message that becomes several each time.
func TestMessageThatMultiplies(t *testing.T) {
	rejected := amqp.MustTable(amqp.Field{Name: "reason", Value: "rejected"}, amqp.Field{Name: "queue", Value: "other"})
	headers := amqp.Properties{Present: amqp.HasHeaders, Headers: amqp.MustTable(amqp.Field{Name: "x-death", Value: amqp.MustArray(rejected)})}
	s := serve(t, amqptest.Options{Machine: amqptest.Machine{Profile: broker.RabbitMQ310}})
	c := opened(t, s)
	for _, q := range []string{"a", "b", "c"} {
		c.send(1, amqp.QueueDeclare{Queue: q, Arguments: deadLetters("amq.fanout", "")}, amqp.QueueBind{Queue: q, Exchange: "amq.fanout"})
		want[amqp.QueueDeclareOk](c)
		want[amqp.QueueBindOk](c)
	}
	c.send(1, amqp.BasicPublish{RoutingKey: "a", Message: amqp.Message{Properties: headers}}, amqp.QueueDeclare{Queue: "lock", Exclusive: true})
	want[amqp.QueueDeclareOk](c)
}

// TestManyConsumers: what a channel with many consumers is sent does not take the broker longer than it must.
func TestManyConsumers(t *testing.T) {
	c := opened(t, serve(t, amqptest.Options{Machine: amqptest.Machine{Asynchronous: true}}))
	const consumers = 2000
	var methods []amqp.Method
	for i := range consumers {
		q := fmt.Sprint("q", i)
		methods = append(methods, amqp.QueueDeclare{Queue: q, Exclusive: true, NoWait: true}, amqp.QueueBind{Queue: q, Exchange: "amq.fanout", NoWait: true},
			amqp.BasicConsume{Queue: q, NoWait: true})
	}
	c.send(1, append(methods, amqp.BasicPublish{Exchange: "amq.fanout"})...)
	for range consumers {
		want[amqp.BasicDeliver](c)
	}
}
