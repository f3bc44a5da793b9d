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
	a.ask(0, amqp.ConnectionOpen{VirtualHost: "/"})
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

// awaitRelease waits until the broker has deleted the exclusive queues of a connection, which it does some time after a connection has
// ended, unless that was by the protocol; RabbitMQ 4.3 does then, too.
func (s *script) awaitRelease(t testing.TB, queues []string) {
	queues = slices.DeleteFunc(slices.Clone(queues), func(q string) bool { // by now it may be another one's
		return slices.ContainsFunc(slices.Collect(maps.Values(s.conns)), func(c *conn) bool { return slices.Contains(c.owns, q) })
	})
	if len(queues) == 0 {
		return
	}
	other := s.aside(t)
	deadline := time.Now().Add(patience)
	for _, q := range queues {
		for {
			if time.Now().After(deadline) {
				t.Fatalf("queue %s of a connection that is gone stays locked", q)
			}
			m, locked := other.ask(1, amqp.QueueDeclare{Queue: q, Passive: true}).(amqp.ChannelClose)
			if !locked {
				break // somebody else's by now
			}
			other.send(1, amqp.ChannelCloseOk{})
			other.ask(1, amqp.ChannelOpen{})
			if m.Code == amqp.NotFound {
				break
			}
		}
	}
	other.close()
}
