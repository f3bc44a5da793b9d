package amqptest_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// quiet waits until what was sent to the broker before has had its effect, and shows all that has come to the connection. Nothing
// in AMQP tells that a queue is done. But its process has had its turn when it has answered, more than likely after three answers, and
// what it has told a channel is ahead of what a client then asks there.
func (s *script) quiet(t testing.TB, c *conn) {
	other := s.aside(t)
	for range 3 {
		for _, q := range slices.Sorted(maps.Keys(s.queues)) {
			if _, closed := other.ask(1, amqp.QueueDeclare{Queue: q, Passive: true}).(amqp.ChannelClose); closed {
				other.send(1, amqp.ChannelCloseOk{})
				other.ask(1, amqp.ChannelOpen{})
			}
		}
		for _, ch := range slices.Sorted(maps.Keys(c.open)) {
			c.send(ch, nothing)
			f, err := c.take(answer[amqp.QueueDeleteOk](ch))
			if _, ok := f.Method.(amqp.QueueDeleteOk); err == nil && !ok {
				c.inbox = append(c.inbox, f)
			}
		}
	}
	other.close()
	s.showRest(c)
}

// await waits until a queue has the number of messages that is told, or until it is gone. What else comes while it waits is shown later.
func (s *script) await(t testing.TB, c *conn, a *arguments) error {
	ch, queue, gone, number := a.channel(), a.value("queue", ""), a.flag("gone"), uint32(a.number("messages"))
	var there func() bool
	if gone { // asking with a passive declare would be using it
		other := s.aside(t)
		defer other.close()
		other.ask(1, amqp.ConfirmSelect{})
		var seq uint64
		there = func() bool {
			seq++
			publish := amqp.BasicPublish{RoutingKey: queue, Mandatory: true, Seq: seq}
			_, returned := other.ask(1, publish).(amqp.BasicReturn)
			if returned {
				other.next() // the confirm
			}
			return returned
		}
	} else {
		there = func() bool {
			c.send(ch, amqp.QueueDeclare{Queue: queue, Passive: true})
			f, err := c.take(answer[amqp.QueueDeclareOk](ch))
			ok, is := f.Method.(amqp.QueueDeclareOk)
			if err == nil && !is {
				err = fmt.Errorf("%v", f)
			}
			if err != nil {
				t.Fatalf("asking for %s: %v", queue, err)
			}
			return ok.MessageCount == number
		}
	}
	for deadline := time.Now().Add(patience); !there(); s.target.wait() {
		if time.Now().After(deadline) {
			return errors.New("it does not come to this")
		}
	}
	return nil
}
