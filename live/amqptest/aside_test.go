package amqptest_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// aside is a connection of the harness's own, with channel 1 open.
type aside struct {
	end
	t testing.TB
}

func (s *script) aside(t testing.TB) aside {
	a := aside{s.target.connect(t, 0), t}
	a.ask(0, amqp.ConnectionOpen{VirtualHost: s.target.host()})
	a.ask(1, amqp.ChannelOpen{})
	return a
}

// ask returns the answer to a method.
func (a aside) ask(ch amqp.Channel, m amqp.Method) amqp.Method {
	a.t.Helper()
	a.send(ch, m)
	f, err := a.next()
	if err != nil {
		a.t.Fatalf("%v: %v", m, err)
	}
	return f.Method
}

func (a aside) close() {
	a.ask(0, amqp.ConnectionClose{Code: amqp.Success})
	a.reset()
}

// clear deletes something. What RabbitMQ refuses to delete is its own.
func (a aside) clear(m amqp.Method) {
	if closed, ok := a.ask(1, m).(amqp.ChannelClose); ok {
		if closed.Code != amqp.AccessRefused {
			a.t.Errorf("%v: %v", m, closed)
		}
		a.send(1, amqp.ChannelCloseOk{})
		a.ask(1, amqp.ChannelOpen{})
	}
}

// awaitRelease waits until the broker has deleted the exclusive queues of a connection that has ended. RabbitMQ does so some time
// after the connection is lost, and 4.3 also after it is closed.
func (s *script) awaitRelease(t testing.TB, c *conn) {
	for _, q := range slices.Sorted(maps.Keys(s.owner)) {
		if s.owner[q] == c {
			delete(s.owner, q)
			s.awaitDeletion(t, q)
		}
	}
}

func (s *script) awaitDeletion(t testing.TB, queue string) {
	other := s.aside(t)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		m, closed := other.ask(1, amqp.QueueDeclare{Queue: queue, Passive: true}).(amqp.ChannelClose)
		if !closed {
			other.close()
			return // another one by now
		}
		other.send(1, amqp.ChannelCloseOk{})
		other.ask(1, amqp.ChannelOpen{})
		if m.Code == amqp.NotFound {
			other.close()
			return
		}
	}
	t.Fatalf("queue %s of a connection that is gone is still there", queue)
}
