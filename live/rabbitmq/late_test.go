package rabbitmq_test

import (
	"testing"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

// What a channel has is free when channel.close-ok is there, if it consumes; what it has got, or what its cancelled consumer had, may be free
// later (SPEC.md, P-8), and so may what it gives back. How often is a matter of load: the test tells it, and insists on what is never late.
func TestWhatAChannelHadMayBeFreeLater(t *testing.T) {
	const rounds = 500
	for _, version := range []string{"", "4.0", "4.3"} {
		t.Run(version, func(t *testing.T) {
			node := rabbitmqtest.SharedVersion(t, version)
			holder, observer := must(amqp091.Dial(node.URL())), must(amqp091.Dial(node.URL()))
			defer holder.Close()
			defer observer.Close()
			watch := must(observer.Channel())
			must(watch.QueueDeclare("late", true, false, false, false, nil))
			defer watch.QueueDelete("late", false, false, false)
			if err := watch.Confirm(false); err != nil {
				t.Fatal(err)
			}
			must(watch.PublishWithDeferredConfirm("", "late", false, false, amqp091.Publishing{})).Wait()

			get := func(ch *amqp091.Channel) amqp091.Delivery {
				m, ok, err := ch.Get("late", false)
				if err != nil || !ok {
					t.Fatal("the token is gone:", err)
				}
				return m
			}
			consume := func(ch *amqp091.Channel) { <-must(ch.Consume("late", "c", false, false, false, false, nil)) }
			for _, c := range []struct {
				name   string
				late   bool // it may be
				giveUp func(ch *amqp091.Channel) error
			}{
				{"got, and closed", true, func(ch *amqp091.Channel) error { get(ch); return ch.Close() }},
				{"got, put back, and asked", true, func(ch *amqp091.Channel) error {
					m := get(ch)
					if err := m.Nack(false, true); err != nil {
						return err
					}
					return ch.Qos(1, 0, false)
				}},
				{"consumed, cancelled, and closed", true, func(ch *amqp091.Channel) error {
					consume(ch)
					if err := ch.Cancel("c", false); err != nil {
						return err
					}
					return ch.Close()
				}},
				{"consumed, and closed", false, func(ch *amqp091.Channel) error { consume(ch); return ch.Close() }},
			} {
				late := 0
				for range rounds {
					ch := must(holder.Channel())
					if err := c.giveUp(ch); err != nil {
						t.Fatal(err)
					}
					ready := func() int { return must(watch.QueueDeclarePassive("late", true, false, false, false, nil)).Messages }
					if ready() == 0 {
						for late++; ready() == 0; {
						}
					}
					ch.Close()
				}
				t.Logf("%s: late %d times of %d", c.name, late, rounds)
				if late > 0 && !c.late {
					t.Errorf("%s: late %d times of %d", c.name, late, rounds)
				}
			}
		})
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}
