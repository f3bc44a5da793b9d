package amqptest_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
)

// The benchmarks measure the embedded broker, or the one whose URL is in the environment: LOCKSTEP_BENCH_URL=amqp://… . Client and
// embedded broker share a process and its processors, client and RabbitMQ only the machine.

// benched is the URL of the broker that is measured.
func benched(b *testing.B) string {
	if url := os.Getenv("LOCKSTEP_BENCH_URL"); url != "" {
		return url
	}
	return serve(b, amqptest.Options{}).URL()
}

// bench is a connection with a channel and a queue of its own, which keeps the last thousand messages.
type bench struct {
	conn  *amqp091.Connection
	ch    *amqp091.Channel
	queue string
}

func newBench(b *testing.B, url string) *bench {
	conn := connect(b, url, amqp091.Config{})
	ch := openChannel(b, conn)
	name := fmt.Sprintf("bench-%p", conn)
	if _, err := ch.QueueDeclare(name, false, false, true, false, amqp091.Table{"x-max-length": 1000}); err != nil {
		b.Fatal(err)
	}
	return &bench{conn, ch, name}
}

var small = amqp091.Publishing{Body: []byte("sixteen octets..")}

// BenchmarkConfirm is a publish and its confirm, one after the other.
func BenchmarkConfirm(b *testing.B) {
	c := newBench(b, benched(b))
	if err := c.ch.Confirm(false); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		confirm, err := c.ch.PublishWithDeferredConfirm("", c.queue, false, false, small)
		if err != nil || !confirm.Wait() {
			b.Fatalf("not confirmed: %v", err)
		}
	}
}

// BenchmarkPublish is small transient messages without confirms, until the broker has answered what was sent after the last.
func BenchmarkPublish(b *testing.B) {
	each(b, func(c *bench, n int) error {
		for range n {
			if err := c.ch.PublishWithContext(context.Background(), "", c.queue, false, false, small); err != nil {
				return err
			}
		}
		_, err := c.ch.QueueDeclarePassive(c.queue, false, false, true, false, nil)
		return err
	})
}

// BenchmarkPublishConfirmed is the same with confirms, of which up to a thousand are waited for.
func BenchmarkPublishConfirmed(b *testing.B) {
	each(b, func(c *bench, n int) error {
		if err := c.ch.Confirm(false); err != nil {
			return err
		}
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
	})
}

// each divides the benchmark's messages among 1 and 8 clients and reports how many there were in a second.
func each(b *testing.B, work func(c *bench, n int) error) {
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			url := benched(b)
			all := make([]*bench, clients)
			for i := range all {
				all[i] = newBench(b, url)
			}
			b.ResetTimer()
			var working sync.WaitGroup
			for i, c := range all {
				working.Go(func() {
					if err := work(c, b.N/clients+min(1, max(0, b.N%clients-i))); err != nil {
						b.Error(err)
					}
				})
			}
			working.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
