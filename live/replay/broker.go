package replay

import (
	"errors"
	"fmt"
	"time"

	"github.com/lockstep-prover/lockstep/live/gate"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// toBroker is what a link tells the broker.
func (r *replay) toBroker(l *link, e model.Event) error {
	c, where := l.atBroker(), r.way(l.id, r.plan.broker)
	switch e := e.(type) {
	case amqp.Frame:
		r.step.speaker = c
		ctx, cancel := r.wait(0)
		defer cancel()
		sent, _, err := c.release(ctx)
		if sent.Method == nil {
			return r.diverge(where, e.String(), r.absent(err, 0))
		}
		if !same(e, sent) {
			predicted, observed := describe(e, sent)
			return r.diverge(where, predicted, observed)
		}
		r.check(where, e.String(), e.String()) // that it was not answered is for the predictions to notice
	case amqp.Broken:
		c.lost, c.unread = true, len(c.inFlight)
		r.check(where, e.String(), fmt.Sprintf("%d frames unread", c.unread))
	case amqp.Silent:
		c.gate.Silence(gate.ToBroker, true)
		r.check(where, e.String(), e.String())
	case amqp.Heard:
		c.gate.Silence(gate.ToBroker, false)
		r.check(where, e.String(), e.String())
	}
	return nil
}

// fromBroker is a prediction of what the broker sends.
func (r *replay) fromBroker(l *link, e model.Event) error {
	c, where := l.atBroker(), r.way(r.plan.broker, l.id)
	if _, ok := e.(amqp.Hangup); ok {
		return r.hangsUp(l, c, where)
	}
	ctx, cancel := r.wait(0)
	defer cancel()
	got, err := c.next(ctx)
	if f, ok := e.(amqp.Frame); ok && err == nil {
		r.names.learn(f, got)
		got = r.names.fromBroker(got)
	}
	if err == nil && same(e, got) {
		r.check(where, e.String(), got.String())
		r.step.said[l.id] = append(r.step.said[l.id], e)
		return nil
	}
	var observed model.Event
	var closed *gate.ClosedError
	switch {
	case err == nil:
		observed = got
	case errors.As(err, &closed):
		observed = amqp.Hangup{}
	default:
		return r.diverge(where, e.String(), r.absent(err, 0))
	}
	if path := r.earlier(&r.step.action, r.before, l, observed); path != nil {
		return r.raced(path, where, e.String(), observed.String())
	}
	predicted, words := describe(e, observed)
	if closed != nil {
		words = closed.Error()
	}
	return r.diverge(where, predicted, words)
}

// hangsUp is a prediction that the broker closes the connection.
func (r *replay) hangsUp(l *link, c *connection, where string) error {
	if c.finished { // RabbitMQ has answered connection.close and leaves the first move to the client
		if err := c.gate.CloseWrite(gate.Broker); err != nil && c.gate.Cause(gate.Broker) == nil {
			return r.diverge(where, amqp.Hangup{}.String(), err.Error())
		}
	}
	silence := 3 * time.Duration(c.heartbeat) * time.Second
	ctx, cancel := r.wait(silence)
	defer cancel()
	start := time.Now()
	select {
	case <-c.gate.Closed(gate.Broker):
		observed := c.gate.Cause(gate.Broker).Error()
		if c.heartbeat > 0 && !c.finished {
			observed += fmt.Sprintf(" after %.1f s", time.Since(start).Seconds())
		}
		r.check(where, amqp.Hangup{}.String(), observed)
		r.step.said[l.id] = append(r.step.said[l.id], amqp.Hangup{})
		c.lost, c.noticed = true, true
		return nil
	case <-ctx.Done():
		return r.diverge(where, amqp.Hangup{}.String(), r.absent(ctx.Err(), silence))
	}
}

// unpredicted looks for what the broker has sent, or that it has hung up, without a prediction. Nothing is waited for: what
// comes later is found out about at the next prediction, or after the next step.
func (r *replay) unpredicted(l *link, after *model.State) error {
	c := l.atBroker()
	if c == nil {
		return nil
	}
	where := r.way(r.plan.broker, l.id)
	if f, ok := c.surplus(); ok {
		f = r.names.fromBroker(f)
		if r.earlier(nil, after, l, f) != nil {
			return nil // the model will say the same as soon as it has done something that the broker has done already
		}
		if path := r.earlier(&r.step.action, r.before, l, f); path != nil {
			return r.raced(path, where, "nothing", f.String())
		}
		return r.diverge(where, "nothing", f.String())
	}
	if cause := c.gate.Cause(gate.Broker); cause != nil && !c.finished {
		if path := r.earlier(nil, after, l, amqp.Hangup{}); path != nil {
			return r.raced(path, where, "nothing", amqp.Hangup{}.String())
		}
		return r.diverge(where, "nothing", (&gate.ClosedError{Side: gate.Broker, Cause: cause}).Error())
	}
	return nil
}

// internal is an action of the broker's own.
func (r *replay) internal(e model.Event, s model.Step) error {
	where := r.sys.Name(r.plan.broker)
	switch e := e.(type) {
	case broker.Read:
		return r.readOn(e, where, s)
	case broker.Notice:
		c := r.lostConnection(e.Loss, nil)
		if c == nil {
			return r.giveUp("no connection is kept that could be the one whose loss is noticed")
		}
		c.noticed = true
		c.gate.Reset(gate.Broker)
		return r.ended(c, gate.Broker, where, e)
	case broker.Reap, broker.Take, broker.Deliver, broker.Sync, broker.Handle, broker.Inform, broker.Relay:
		return nil // see compareQueue, and the package comment
	}
	return fmt.Errorf("replay: step %d: %v is nothing that could be done to a broker", r.step.Number, e)
}

// compareQueue lets the observer see whether a queue is what the model's broker has let the world see.
func (r *replay) compareQueue(queue string, after *model.State) error {
	e := r.queues[queue]
	want := gone
	if _, ok := e.(broker.Declared); ok {
		want = free
		if b, ok := after.View()[r.plan.broker].(interface {
			Owner(queue string) (link model.ID, connected, ok bool)
		}); ok {
			if _, connected, exclusive := b.Owner(queue); exclusive && !connected {
				return nil // it may go at any moment
			} else if exclusive {
				want = locked
			}
		}
	}
	s, err := r.awaitQueue(queue, func(s sight) bool { return s.presence == want })
	where := r.sys.Name(r.plan.broker)
	switch {
	case err != nil:
		return err
	case s.presence != want:
		return r.diverge(where, fmt.Sprintf("%v: %v", e, want), s.String())
	}
	r.check(where, e.String(), s.String())
	if want == gone {
		r.names.forget(queue)
	}
	return nil
}

// awaitQueue has the observer look at a queue until it is found as wanted, or for as long as anything is waited for.
func (r *replay) awaitQueue(queue string, wanted func(sight) bool) (sight, error) {
	ctx, cancel := r.wait(0)
	defer cancel()
	return r.observer.await(ctx, r.names.of(queue), wanted)
}

// expire waits for the end of a queue that nobody uses, without using it. A queue that does not end is found there when it is looked at.
func (r *replay) expire(queue string) error {
	ctx, cancel := r.wait(r.plan.leases[queue])
	defer cancel()
	return r.observer.awaitExpiry(ctx, r.names.of(queue))
}

// compareTenures lets the observer see whether a queue that somebody has something of now, or no longer has, counts as in the model.
func (r *replay) compareTenures(queue string, after *model.State) error {
	want, ok := r.counts(queue, after)
	if !ok {
		return nil
	}
	where, predicted := r.sys.Name(r.plan.broker), "queue "+queue+": "+want.counts()
	s, err := r.awaitQueue(queue, func(s sight) bool { return s == want || r.aheadBy(queue, s, after) != nil })
	switch {
	case err != nil:
		return err
	case s == want:
		r.check(where, predicted, "queue "+queue+": "+s.counts())
		return nil
	}
	if path := r.aheadBy(queue, s, after); path != nil {
		return r.raced(path, where, predicted, s.counts())
	}
	return r.diverge(where, predicted, s.counts())
}

// counts is how the observer would see a queue of the model's broker, if it is one that everybody may look at.
func (r *replay) counts(queue string, st *model.State) (sight, bool) {
	b, ok := st.View()[r.plan.broker].(interface {
		Census(queue string) (ready, consumers int, ok bool)
	})
	if !ok {
		return sight{}, false
	}
	ready, consumers, ok := b.Census(queue)
	return sight{free, ready, consumers}, ok
}

// aheadBy returns what the model's broker would have to do of its own for a queue to be found so, nil if nothing does it.
func (r *replay) aheadBy(queue string, found sight, after *model.State) []model.Action {
	return r.alternative(nil, after, func(st *model.State, _ []model.Happening, _ model.Step) bool {
		s, ok := r.counts(queue, st)
		return ok && s == found
	})
}
