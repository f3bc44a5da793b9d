package amqptest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
)

// ready is how many messages a queue has, -1 if there is no such queue.
func ready(t *testing.T, conn *amqp091.Connection, queue string) int {
	t.Helper()
	ch := openChannel(t, conn)
	q, err := ch.QueueDeclarePassive(queue, false, false, false, false, nil)
	if code(err) == amqp091.NotFound {
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	ch.Close()
	return q.Messages
}

// A day of times to live passes as soon as the test says so, each thing at its time, on all servers that go by the clock; and none of it
// passes by itself.
func TestClock(t *testing.T) {
	clock := amqptest.NewClock()
	conns := make([]*amqp091.Connection, 2)
	for i := range conns {
		conns[i] = connect(t, serve(t, amqptest.Options{Clock: clock}).URL(), amqp091.Config{})
		ch := openChannel(t, conns[i])
		for name, arguments := range map[string]amqp091.Table{
			"hour": {"x-message-ttl": 3_600_000, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "second"},
			"day":  {"x-expires": 86_400_000}, "second": {"x-message-ttl": 1000},
		} {
			if _, err := ch.QueueDeclare(name, false, false, false, false, arguments); err != nil {
				t.Fatal(err)
			}
		}
		if err := ch.PublishWithContext(t.Context(), "", "hour", false, false, amqp091.Publishing{}); err != nil {
			t.Fatal(err)
		}
		ready(t, conns[i], "hour") // it is there
	}
	var got [][3]int
	look := func() {
		for _, conn := range conns {
			// To look at "day" would be to use it; that comes in the end.
			got = append(got, [3]int{ready(t, conn, "hour"), ready(t, conn, "second")})
		}
	}
	look()
	clock.Advance(time.Hour - time.Millisecond)
	look()
	clock.Advance(time.Millisecond)
	look()
	clock.Advance(time.Second)
	look()
	clock.Advance(24*time.Hour - time.Hour - time.Second)
	for _, conn := range conns {
		got = append(got, [3]int{2: ready(t, conn, "day")})
	}
	want := [][3]int{{1, 0}, {1, 0}, {1, 0}, {1, 0}, {0, 1}, {0, 1}, {0, 0}, {0, 0}, {2: -1}, {2: -1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hour, second, day (-want +got):\n%s", diff)
	}
	if now, want := clock.Now(), time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC); !now.Equal(want) {
		t.Errorf("it is %v, want %v", now, want)
	}
}

// By a clock only a client that is cut off falls silent, and the broker gives it up after two intervals of heartbeats, not before.
func TestClockAndHeartbeats(t *testing.T) {
	clock := amqptest.NewClock()
	s := serve(t, amqptest.Options{Clock: clock})
	connect(t, s.URL(), amqp091.Config{Heartbeat: 30 * time.Second})
	cut := connect(t, s.URL(), amqp091.Config{Heartbeat: 30 * time.Second, Properties: amqp091.Table{"connection_name": "cut"}})
	if _, err := openChannel(t, cut).QueueDeclare("lock", false, false, true, false, nil); err != nil {
		t.Fatal(err)
	}
	s.Faults().BlackHole(amqptest.Named("cut"), amqptest.Both)
	var got []int
	for _, d := range []time.Duration{59 * time.Second, 2 * time.Minute, 100 * time.Hour} {
		clock.Advance(d)
		got = append(got, s.Stats().Connections, s.Stats().Queues)
	}
	s.Faults().Heal(amqptest.All) // or the client would wait for its own heartbeats
	if diff := cmp.Diff([]int{2, 1, 1, 0, 1, 0}, got); diff != "" {
		t.Errorf("connections and queues (-want +got):\n%s", diff)
	}
}
