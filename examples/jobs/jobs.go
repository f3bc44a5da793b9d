// Package jobs does jobs from a queue, as many programs do, and survives what happens to its connection. Its test shows how to test such a
// program with the embedded broker in the place of RabbitMQ; nothing in here knows of it.
package jobs

import (
	"context"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Queue is where jobs come from. A job that fails waits in Retry for RetryAfter milliseconds, and comes again.
const (
	Queue      = "jobs"
	Retry      = "jobs.retry"
	RetryAfter = 60_000
)

// Worker does the jobs of a broker.
type Worker struct {
	URL string
	Do  func(job string) error
}

// Run does jobs, one at a time, until the context is done. It dials again when the connection breaks; an error is one of dialling.
func (w Worker) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		conn, err := amqp.Dial(w.URL)
		if err != nil {
			return err
		}
		w.serve(ctx, conn) // its error is the connection's, or a channel's: begin again
		conn.Close()
	}
	return nil
}

func (w Worker) serve(ctx context.Context, conn *amqp.Connection) error {
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	if err := Declare(ch); err != nil {
		return err
	}
	if err := ch.Qos(1, 0, false); err != nil {
		return err
	}
	deliveries, err := ch.ConsumeWithContext(ctx, Queue, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for d := range deliveries {
		if w.Do(string(d.Body)) == nil {
			err = d.Ack(false)
		} else {
			err = d.Nack(false, false) // which dead-letters it to Retry
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Declare makes the queues.
func Declare(ch *amqp.Channel) error {
	_, err := ch.QueueDeclare(Queue, true, false, false, false, amqp.Table{
		"x-dead-letter-exchange": "", "x-dead-letter-routing-key": Retry,
	})
	if err != nil {
		return err
	}
	_, err = ch.QueueDeclare(Retry, true, false, false, false, amqp.Table{
		"x-message-ttl": RetryAfter, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": Queue,
	})
	return err
}
