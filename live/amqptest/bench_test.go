package amqptest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
)

// benchURL names the variable with the URL of the broker that is measured, in place of the embedded one in this process.
const benchURL = "LOCKSTEP_BENCH_URL"

func benched(b *testing.B) string {
	if url := os.Getenv(benchURL); url != "" {
		return url
	}
	return serve(b, amqptest.Options{}).URL()
}

// bench is a connection with a channel and a queue of its own.
type bench struct {
	conn  *amqp091.Connection
	ch    *amqp091.Channel
	queue string
}

func newBench(t testing.TB, url string) *bench {
	conn := connect(t, url, amqp091.Config{})
	c := &bench{conn: conn, ch: openChannel(t, conn)}
	q, err := c.ch.QueueDeclare("", false, false, true, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.queue = q.Name
	return c
}

var small = amqp091.Publishing{Body: []byte("sixteen octets..")}

// load is what clients do n times, each.
type load struct {
	name    string
	clients int
	prepare func(c *bench, n int) error // is not measured; may be nil
	work    func(c *bench, n int) error
}

// Messages are small and transient, and clients are RabbitMQ's own for Go.
var loads = []load{
	{"publish and confirm, one after the other", 1, selectConfirms, roundTrips},
	{"publish", 1, nil, publish},
	{"publish", 8, nil, publish},
	{"publish, 1000 confirms outstanding", 1, selectConfirms, publishConfirmed},
	{"publish, 1000 confirms outstanding", 8, selectConfirms, publishConfirmed},
	{"consume what is there, acknowledging each 50", 1, publish, consume},
	{"consume what is there, acknowledging each 50", 8, publish, consume},
}

// run has clients prepare, and measures how long it takes them to do the load n times in all.
func (l load) run(t testing.TB, url string, n int) time.Duration {
	t.Helper()
	all := make([]*bench, l.clients)
	for i := range all {
		all[i] = newBench(t, url)
		defer all[i].conn.Close()
	}
	each := func(do func(c *bench, n int) error) time.Duration {
		var working sync.WaitGroup
		errs := make([]error, len(all))
		begun := time.Now()
		for i, c := range all {
			working.Go(func() { errs[i] = do(c, n/l.clients+min(1, max(0, n%l.clients-i))) })
		}
		working.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		return time.Since(begun)
	}
	if l.prepare != nil {
		each(l.prepare)
	}
	return each(l.work)
}

func selectConfirms(c *bench, _ int) error { return c.ch.Confirm(false) }

func roundTrips(c *bench, n int) error {
	for range n {
		confirm, err := c.ch.PublishWithDeferredConfirm("", c.queue, false, false, small)
		if err != nil || !confirm.Wait() {
			return cmp.Or(err, errors.New("not confirmed"))
		}
	}
	return nil
}

// publish ends when the broker has answered what was sent after the last message.
func publish(c *bench, n int) error {
	for range n {
		if err := c.ch.PublishWithContext(context.Background(), "", c.queue, false, false, small); err != nil {
			return err
		}
	}
	_, err := c.ch.QueueDeclarePassive(c.queue, false, false, true, false, nil)
	return err
}

func publishConfirmed(c *bench, n int) error {
	waiting := make([]*amqp091.DeferredConfirmation, 0, n)
	for i := range n {
		confirm, err := c.ch.PublishWithDeferredConfirm("", c.queue, false, false, small)
		if err != nil {
			return err
		}
		if waiting = append(waiting, confirm); i >= 1000 {
			waiting[i-1000].Wait()
			waiting[i-1000] = nil
		}
	}
	for _, confirm := range waiting[max(0, n-1000):] {
		confirm.Wait()
	}
	return nil
}

func consume(c *bench, n int) error {
	if n == 0 {
		return nil
	}
	if err := c.ch.Qos(250, 0, false); err != nil {
		return err
	}
	deliveries, err := c.ch.Consume(c.queue, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for i := 1; i <= n; i++ {
		d, ok := <-deliveries
		if !ok {
			return errors.New("the consumer has come to its end")
		}
		if i%50 == 0 || i == n {
			if err := d.Ack(true); err != nil {
				return err
			}
		}
	}
	return nil
}

// Benchmark measures the embedded broker, which shares the process and its processors with the clients, or the one whose URL is in
// the environment.
func Benchmark(b *testing.B) {
	url := benched(b)
	for _, l := range loads {
		b.Run(fmt.Sprintf("%s/clients=%d", l.name, l.clients), func(b *testing.B) {
			took := l.run(b, url, b.N)
			b.ReportMetric(float64(b.N)/took.Seconds(), "messages/s")
			b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/op")
		})
	}
}
