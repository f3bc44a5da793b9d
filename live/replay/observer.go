package replay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"
)

// observer asks the broker about queues, on a connection of its own that no fault touches, and with a client library that
// shares no code with us. Its methods return an [*EnvironmentError] where the broker does not answer.
type observer struct{ conn *amqp091.Connection }

// presence is whether a queue is there.
type presence uint8

const (
	gone   presence = iota // 404 NOT_FOUND
	locked                 // 405 RESOURCE_LOCKED: it is exclusive to somebody else's connection
	free                   // it is there, and not exclusive
)

// sight is what a third party finds out about a queue.
type sight struct {
	presence
	messages, consumers int // of one that is free: those ready, and those it has
}

func (s sight) counts() string { return fmt.Sprintf("%d ready, %d consumers", s.messages, s.consumers) }

func (p presence) String() string {
	return [...]string{"not there (404)", "locked by its owner (405)", "there and free"}[p]
}

// pollEvery is how often a condition that only the broker can bring about is looked at.
const pollEvery = 2 * time.Millisecond

// answerWithin is how long a broker that has been reached may take for the handshake.
const answerWithin = 10 * time.Second

// patience is how long a queue that is in the way is waited for without a word: what a replay before this one left goes sooner.
const patience = 500 * time.Millisecond

// observe logs in. limit bounds the time until the broker has answered; ctx is for the dialling and the handshake only.
func observe(ctx context.Context, uri amqp091.URI, limit time.Duration) (*observer, error) {
	answer := min(limit, answerWithin)
	var deadline time.Time // of the handshake; zero while nobody has been reached
	stop := func() bool { return true }
	dial := func(network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: limit}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		deadline = time.Now().Add(answer)
		if err := conn.SetDeadline(deadline); err != nil { // amqp091 clears it after the handshake
			return nil, err
		}
		stop = context.AfterFunc(ctx, func() { conn.Close() })
		return conn, nil
	}
	conn, err := amqp091.DialConfig(uri.String(), amqp091.Config{Dial: dial, Heartbeat: limit})
	stop()
	if err != nil {
		var violation *amqp091.Error
		switch {
		case !deadline.IsZero() && !time.Now().Before(deadline):
			err = fmt.Errorf("no AMQP answer in %v", answer)
		case errors.As(err, &violation) && violation.Code == amqp091.FrameError && !violation.Server:
			err = fmt.Errorf("the answer is not AMQP: %s", violation.Reason)
		}
		return nil, &EnvironmentError{fmt.Sprintf("logging in to the broker at %s:%d as %s", uri.Host, uri.Port, uri.Username), err}
	}
	return &observer{conn}, nil
}

// look asks for a queue by a passive declare. A refusal costs the channel, so each look has a channel of its own.
func (o *observer) look(queue string) (sight, error) {
	ch, err := o.conn.Channel()
	var q amqp091.Queue
	if err == nil {
		defer ch.Close()
		q, err = ch.QueueDeclarePassive(queue, false, false, false, false, nil)
	}
	var refusal *amqp091.Error
	switch {
	case err == nil:
		return sight{free, q.Messages, q.Consumers}, nil
	case errors.As(err, &refusal) && refusal.Code == amqp091.NotFound:
		return sight{presence: gone}, nil
	case errors.As(err, &refusal) && refusal.Code == amqp091.ResourceLocked:
		return sight{presence: locked}, nil
	}
	return sight{}, &EnvironmentError{"asking the broker for queue " + queue, err}
}

// await looks until the queue is found as wanted or ctx is done, and returns what it found last.
func (o *observer) await(ctx context.Context, queue string, wanted func(sight) bool) (sight, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		s, err := o.look(queue)
		if err != nil || wanted(s) {
			return s, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return s, nil
		}
	}
}

// awaitExpiry publishes to a queue, which does not prolong its lease, until what it publishes comes back or ctx is done.
func (o *observer) awaitExpiry(ctx context.Context, queue string) error {
	ch, err := o.conn.Channel()
	if err != nil {
		return &EnvironmentError{"waiting for queue " + queue, err}
	}
	defer ch.Close()
	returned := ch.NotifyReturn(make(chan amqp091.Return, 1))
	if err := ch.Confirm(false); err != nil {
		return &EnvironmentError{"waiting for queue " + queue, err}
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		confirm, err := ch.PublishWithDeferredConfirmWithContext(ctx, "", queue, true, false, amqp091.Publishing{})
		if err == nil {
			_, err = confirm.WaitContext(ctx)
		}
		if err != nil && ctx.Err() == nil {
			return &EnvironmentError{"waiting for queue " + queue, err}
		}
		select {
		case <-returned: // it comes before the confirm
			return nil
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// clear makes sure that there is no queue of that name: one that is locked may still go with its owner's connection, which is
// what a replay before this one leaves behind for a moment; one that is not is removed.
// waiting, if not nil, is told of a queue that takes its time.
func (o *observer) clear(ctx context.Context, queue string, remove func(queue string) error, waiting func(queue string)) error {
	s, err := o.look(queue)
	if err == nil && s.presence == free {
		err = remove(queue)
	}
	if err == nil {
		s, err = o.awaitGone(ctx, queue, waiting)
	}
	if err == nil && !s.gone() {
		err = inUse(queue, errors.New(s.String()))
	}
	return err
}

func (s sight) gone() bool { return s.presence == gone }

// awaitGone waits for a queue to go, and says so if that takes time.
func (o *observer) awaitGone(ctx context.Context, queue string, waiting func(queue string)) (sight, error) {
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := o.await(soon, queue, sight.gone)
	if err != nil || s.gone() || ctx.Err() != nil {
		return s, err
	}
	if waiting != nil {
		waiting(queue)
	}
	return o.await(ctx, queue, sight.gone)
}

// remove deletes a queue that is the replay's own.
func (o *observer) remove(queue string) error { return o.delete(queue, false) }

// vacate deletes a queue that may be somebody else's: if it is empty and unused.
func (o *observer) vacate(queue string) error { return o.delete(queue, true) }

func (o *observer) delete(queue string, ifIdle bool) error {
	ch, err := o.conn.Channel()
	if err == nil {
		defer ch.Close()
		_, err = ch.QueueDelete(queue, ifIdle, ifIdle, false)
	}
	var refusal *amqp091.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal) && (refusal.Code == amqp091.PreconditionFailed || refusal.Code == amqp091.ResourceLocked):
		return inUse(queue, err)
	}
	return &EnvironmentError{"removing queue " + queue, err}
}

// inUse says that a queue of the trace's is somebody else's, by what shows it.
func inUse(queue string, sign error) error {
	return &EnvironmentError{"clearing the broker", fmt.Errorf("queue %s is in use on this broker (%w); use an idle one", queue, sign)}
}

// alive tells whether the broker still answers.
func (o *observer) alive() error {
	ch, err := o.conn.Channel()
	if err != nil {
		return &EnvironmentError{"watching the broker", err}
	}
	return ch.Close()
}

func (o *observer) close(limit time.Duration) { _ = o.conn.CloseDeadline(time.Now().Add(limit)) }
