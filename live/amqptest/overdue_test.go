package amqptest_test

import (
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// A client that holds a message for half an hour loses it, and its channel, up to a minute later: who holds a lock that way loses the lock. RabbitMQ
// 4.3 lets it have a classic queue's.
func TestOverdueAcknowledgement(t *testing.T) {
	for _, c := range []struct {
		profile broker.Profile
		timeout time.Duration
		held    time.Duration
		loses   bool
	}{
		{broker.RabbitMQ310, 0, 30 * time.Minute, false},
		{broker.RabbitMQ310, 0, 31 * time.Minute, true},
		{broker.RabbitMQ40, 2 * time.Minute, 3 * time.Minute, true},
		{broker.RabbitMQ40, -1, 24 * time.Hour, false},
		{broker.RabbitMQ43, 0, 24 * time.Hour, false},
	} {
		clock := amqptest.NewClock()
		server := amqptest.NewServer(amqptest.Options{Clock: clock, Machine: amqptest.Machine{Profile: c.profile, AckTimeout: c.timeout}, Tune: amqptest.Tune{Heartbeat: -1}})
		conn := connect(t, server.URL(), amqp091.Config{})
		ch, err := conn.Channel()
		if err != nil {
			t.Fatal(err)
		}
		closed := ch.NotifyClose(make(chan *amqp091.Error, 1))
		if _, err := ch.QueueDeclare("lock", false, false, false, false, nil); err != nil {
			t.Fatal(err)
		}
		if err := ch.Publish("", "lock", false, false, amqp091.Publishing{}); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := ch.Get("lock", false); !ok || err != nil {
			t.Fatal(ok, err)
		}
		clock.Advance(c.held)
		other, err := conn.Channel()
		if err != nil {
			t.Fatal(err)
		}
		if c.loses {
			if e := <-closed; e.Code != amqp091.PreconditionFailed {
				t.Errorf("%v: the channel is closed by %v; want 406", c.profile, e)
			}
		}
		_, free, err := other.Get("lock", false) // in its turn behind channel.close-ok
		if err != nil || free != c.loses {
			t.Errorf("%v with %v, held for %v: the message is back: %v, %v", c.profile, c.timeout, c.held, free, err)
		}
		conn.Close()
		server.Close()
	}
}
