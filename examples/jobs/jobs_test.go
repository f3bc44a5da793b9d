package jobs_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/examples/jobs"
	"github.com/lockstep-prover/lockstep/live/amqptest"
)

// serve starts a broker. This is the line that replaces RabbitMQ: url := "amqp://guest:guest@localhost:5672/" it was before.
func serve(t *testing.T, o amqptest.Options) (server *amqptest.Server, url string) {
	server = amqptest.NewServer(o)
	t.Cleanup(server.Close)
	return server, server.URL()
}

// work runs a worker whose attempts can be followed; each waits for its result.
func work(t *testing.T, url string) (attempts <-chan string, results chan<- error) {
	tried, told := make(chan string), make(chan error)
	w := jobs.Worker{URL: url, Do: func(job string) error {
		select {
		case tried <- job:
			return <-told
		case <-t.Context().Done():
			return t.Context().Err()
		}
	}}
	go w.Run(t.Context())
	return tried, told
}

// send publishes jobs, and returns when they are confirmed.
func send(t *testing.T, url string, names ...string) {
	t.Helper()
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err == nil {
		err = errors.Join(jobs.Declare(ch), ch.Confirm(false))
	}
	for _, job := range names {
		if err != nil {
			break
		}
		var confirm *amqp.DeferredConfirmation
		if confirm, err = ch.PublishWithDeferredConfirm("", jobs.Queue, false, false, amqp.Publishing{Body: []byte(job)}); err == nil {
			confirm.Wait()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// On every RabbitMQ, jobs are done in order.
func TestWorker(t *testing.T) {
	for _, profile := range amqptest.Profiles() {
		t.Run(profile.String(), func(t *testing.T) {
			_, url := serve(t, amqptest.Options{Machine: amqptest.Machine{Profile: profile}})
			send(t, url, "one", "two")
			attempts, results := work(t, url)
			got := []string{<-attempts}
			results <- nil
			got = append(got, <-attempts)
			results <- nil
			if diff := cmp.Diff([]string{"one", "two"}, got); diff != "" {
				t.Errorf("jobs (-want +got):\n%s", diff)
			}
		})
	}
}

// A job whose worker loses its connection before it says that it is done comes again: at least once, not exactly once.
func TestWorkerLosesItsConnection(t *testing.T) {
	server, url := serve(t, amqptest.Options{})
	send(t, url, "job")
	attempts, results := work(t, url)
	<-attempts
	server.Faults().Reset(amqptest.All)
	results <- nil
	if again := <-attempts; again != "job" {
		t.Errorf("after the reset comes %q", again)
	}
	results <- nil
}

// A job that fails comes again after a minute, for which nobody has to wait.
func TestWorkerRetries(t *testing.T) {
	clock := amqptest.NewClock()
	server, url := serve(t, amqptest.Options{Clock: clock})
	send(t, url, "job")
	attempts, results := work(t, url)
	<-attempts
	results <- errors.New("no time")
	send(t, url, "another") // served when the first is in the retry queue
	<-attempts
	results <- nil
	if n := server.Stats().Ready; n != 1 {
		t.Errorf("%d jobs wait to be retried", n)
	}
	clock.Advance(time.Minute)
	if again := <-attempts; again != "job" {
		t.Errorf("after a minute comes %q", again)
	}
	results <- nil
}
