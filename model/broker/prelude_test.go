package broker_test

import (
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// A prelude is done before anything else, and nothing of who did it is left.
func TestPrelude(t *testing.T) {
	for _, grain := range []broker.Grain{broker.Process, broker.Atomic} {
		b := broker.New(broker.Options{Grain: grain, Lean: true, Prelude: []amqp.Method{
			amqp.QueueDeclare{Queue: "tokens", Durable: true},
			amqp.BasicPublish{RoutingKey: "tokens"},
			amqp.BasicPublish{RoutingKey: "tokens"},
		}})
		if got := b.Counts(); got.Consumers != 0 || got.Queues != 1 || got.Ready != 2 || len(b.Actions(nil)) != 0 {
			t.Errorf("%v: %+v, and then %v; want one queue with two messages, and nothing else", grain, got, b.Actions(nil))
		}
	}
	defer func() {
		if p, _ := recover().(string); !strings.Contains(p, "PRECONDITION_FAILED") {
			t.Errorf("panic %q; want the refusal of an argument", p)
		}
	}()
	broker.New(broker.Options{Prelude: []amqp.Method{
		amqp.QueueDeclare{Queue: "q", Arguments: amqp.MustTable(amqp.Field{Name: "x-max-length", Value: "none"})},
	}})
}

// With tenures the broker tells who consumes and who has something to settle, what is over first.
func TestTenures(t *testing.T) {
	b := broker.New(broker.Options{Grain: broker.Atomic, Tenures: true, Prelude: []amqp.Method{
		amqp.QueueDeclare{Queue: "q", Durable: true}, amqp.BasicPublish{RoutingKey: "q"},
	}})
	var told []string
	do := func(link model.ID, ch amqp.Channel, methods ...amqp.Method) {
		for _, m := range methods {
			var out model.Out
			b.Step(link, amqp.Frame{Channel: ch, Method: m}, &out)
			for _, x := range out.Effects() {
				if x.Kind == model.Observe {
					told = append(told, x.Event.String())
				}
			}
		}
	}
	for link := range model.ID(2) {
		do(link, 0, amqp.ConnectionOpen{VirtualHost: "/"})
		do(link, 1, amqp.ChannelOpen{}, amqp.BasicQos{PrefetchCount: 1}, amqp.BasicConsume{Queue: "q", ConsumerTag: "t"})
	}
	do(0, 1, amqp.ChannelClose{Code: amqp.Success})
	do(1, 1, amqp.BasicAck{Tag: 1})
	const want = `queue q has 1 of link 0's consumers
queue q waits for link 0 to settle 1
queue q has 1 of link 1's consumers
queue q has 0 of link 0's consumers
queue q waits for link 0 to settle 0
queue q waits for link 1 to settle 1
queue q waits for link 1 to settle 0`
	if got := strings.Join(told, "\n"); got != want {
		t.Errorf("told\n%s\nwant\n%s", got, want)
	}
}
