package replay

import (
	"context"
	"fmt"
	"strconv"

	"github.com/lockstep-prover/lockstep/live/gate"
	"github.com/lockstep-prover/lockstep/live/session"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// double is the live counterpart of one of the model's clients: the same machine, on real sockets.
type double struct {
	id      model.ID
	link    *link
	machine model.Machine
	done    []model.Effect // what it has done that the model's client has not been seen to do yet
}

// feed steps the double, and does what it asks for.
func (r *replay) feed(d *double, from model.ID, e model.Event) error {
	var out model.Out
	d.machine.Step(from, e, &out)
	for _, effect := range out.Effects() {
		d.done = append(d.done, effect)
		if effect.Kind != model.Send {
			continue
		}
		var err error
		switch e := effect.Event.(type) {
		case amqp.Dial:
			err = r.dial(d)
		case amqp.Frame:
			err = d.link.latest().write(e)
		case amqp.Hangup:
			d.link.latest().session.Close(false)
		}
		if err == context.DeadlineExceeded {
			err = fmt.Errorf("nothing within %v: %w", r.opts.Limit, err)
		}
		if err != nil {
			return &EnvironmentError{fmt.Sprintf("%s: %v", r.sys.Name(d.id), effect.Event), err}
		}
	}
	return nil
}

// dial connects the double to the broker through the gate.
func (r *replay) dial(d *double) error {
	ctx, cancel := r.wait(0)
	defer cancel()
	s, err := session.Connect(ctx, r.gate.Addr(), nil)
	if err != nil {
		return err
	}
	conn, err := r.gate.Accept(ctx)
	if err != nil {
		s.Close(true)
		return err
	}
	l := d.link
	c := &connection{gate: conn, session: s, heartbeat: r.plan.heartbeat(dialled{l.id, len(l.all) + 1}, r.opts.Heartbeat), names: r.names}
	l.all = append(l.all, c)
	return s.Handshake(ctx, r.login, c.heartbeat)
}

// did compares an effect of the model's client with the double's next one, and follows what it sent to the gate.
func (r *replay) did(d *double, predicted model.Effect) error {
	where := r.sys.Name(d.id)
	if predicted.Kind == model.Send {
		where = r.way(d.id, predicted.To)
	}
	if len(d.done) == 0 {
		return r.diverge(where, predicted.String(), "nothing")
	}
	if d.done[0] != predicted {
		return r.diverge(where, predicted.String(), d.done[0].String())
	}
	d.done = d.done[1:]
	switch {
	case predicted.Kind == model.Observe:
		r.check(where, predicted.Event.String(), predicted.Event.String())
		return nil
	case predicted.Kind != model.Send:
		return nil
	}

	c := d.link.atClient()
	ctx, cancel := r.wait(0)
	defer cancel()
	switch e := predicted.Event.(type) {
	case amqp.Dial:
		observed := "without heartbeats"
		if c.heartbeat > 0 {
			observed = "heartbeat " + strconv.Itoa(int(c.heartbeat)) + " s"
		}
		r.check(where, e.String(), observed)
	case amqp.Frame:
		if err := c.gate.Await(ctx, gate.ToBroker, len(c.inFlight)+1); err != nil {
			return r.diverge(where, e.String(), r.absent(err, 0))
		}
		if sent := c.gate.Held(gate.ToBroker)[len(c.inFlight)].Frame; !same(c.onWire(e), sent) {
			predicted, observed := describe(e, sent)
			return r.diverge(where, predicted, observed)
		}
		c.inFlight = append(c.inFlight, e)
		r.check(where, e.String(), e.String())
	case amqp.Hangup:
		c.left = true
		return r.ended(c, gate.Client, where, e)
	}
	return nil
}

// ended waits until a side of a connection has come to its end.
func (r *replay) ended(c *connection, side gate.Side, where string, predicted model.Event) error {
	ctx, cancel := r.wait(0)
	defer cancel()
	select {
	case <-c.gate.Closed(side):
		r.check(where, predicted.String(), c.gate.Cause(side).Error())
		return nil
	case <-ctx.Done():
		return r.diverge(where, predicted.String(), r.absent(ctx.Err(), 0))
	}
}

// toClient is what a link tells its client.
func (r *replay) toClient(l *link, e model.Event) error {
	d := r.doubles[r.plan.links[l.id]]
	c, where := l.atClient(), r.way(l.id, d.id)
	ctx, cancel := r.wait(0)
	defer cancel()
	switch e := e.(type) {
	case amqp.Frame:
		got, err := c.deliver(ctx)
		if err != nil {
			return r.diverge(where, e.String(), r.absent(err, 0))
		}
		if !same(e, got) {
			predicted, observed := describe(e, got)
			return r.diverge(where, predicted, observed)
		}
		r.check(where, e.String(), got.String())
		return r.feed(d, l.id, got)
	case amqp.Lost:
		c.left = true
		c.gate.Reset(gate.Client)
		if f, err := c.session.Read(ctx); err == nil {
			return r.diverge(where, e.String(), f.String())
		} else {
			r.check(where, e.String(), err.Error())
		}
		c.session.Close(false)
	case amqp.Silent, amqp.Heard:
		_, silent := e.(amqp.Silent)
		if c != nil {
			c.gate.Silence(gate.ToClient, silent)
		}
		r.check(where, e.String(), e.String())
	case model.Pause, model.Resume:
		_, paused := e.(model.Pause)
		if c != nil {
			c.session.Pause(paused)
		}
		r.check(where, e.String(), e.String())
	case model.Crash:
		c.left = true
		c.session.Close(true)
		if err := r.ended(c, gate.Client, where, e); err != nil {
			return err
		}
	}
	return r.feed(d, l.id, e)
}
