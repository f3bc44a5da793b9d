package replay

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// readOn lets the broker read a frame of a lost connection. Its answer goes nowhere, and tells that it has.
func (r *replay) readOn(e broker.Read, where string, s model.Step) error {
	c := r.lostConnection(e.Loss, &e.Next)
	if c == nil {
		return r.giveUp("no connection is kept that has %v for the broker to read next", e.Next)
	}
	r.step.speaker = c
	c.unread--
	ctx, cancel := r.wait(0)
	defer cancel()
	_, answer, err := c.release(ctx)
	if err != nil {
		return r.diverge(where, "an answer to "+e.Next.String(), r.absent(err, 0))
	}
	observed := "no answer"
	if answer != nil {
		observed = "answered " + answer.String() + ", which reaches nobody"
	}
	if d, ok := e.Next.Method.(amqp.QueueDeclare); ok && !d.Passive && answer != nil {
		if ok, is := answer.Method.(amqp.QueueDeclareOk); is {
			r.declared(ok.Queue, s)
		}
		if err := r.compareDeclare(*answer, where, observed, s); err != nil {
			return err
		}
	}
	r.check(where, e.String(), observed)
	return nil
}

// compareDeclare compares the answer to an active declare on a lost connection, which the model does not give, with what the
// model's broker lets the world see instead.
func (r *replay) compareDeclare(answer amqp.Frame, where, observed string, s model.Step) error {
	_, accepted := answer.Method.(amqp.QueueDeclareOk)
	if declares(s) == accepted {
		return nil
	}
	predicted := "an acceptance"
	if accepted {
		predicted = "a refusal"
	}
	path := r.alternative(&r.step.action, r.before, func(_ *model.State, _ []model.Happening, last model.Step) bool {
		return declares(last) == accepted
	})
	if path != nil {
		return r.raced(path, where, predicted, observed)
	}
	return r.diverge(where, predicted, observed)
}

// declared learns the name that the broker has made up for a queue that the step declares.
func (r *replay) declared(name string, s model.Step) {
	for _, h := range s.Happenings {
		if d, ok := h.Effect.Event.(broker.Declared); ok {
			r.names.add(d.Queue, name)
		}
	}
}

// declares reports whether an active declare was accepted in the step.
func declares(s model.Step) bool {
	return slices.ContainsFunc(s.Happenings, func(h model.Happening) bool {
		_, ok := h.Effect.Event.(broker.Declared)
		return ok && h.Effect.Kind == model.Observe
	})
}

// lostConnection returns the connection that the model's broker calls by that number, nil if there is none; see "Lost
// connections" in the package comment. Where the frame is given its oldest unread one must be that.
func (r *replay) lostConnection(loss broker.Loss, must *amqp.Frame) *connection {
	next, owns := r.known(loss)
	var best *connection
	agrees := -1
	for _, c := range r.links[loss.Link].all {
		if !c.lost || c.noticed {
			continue
		}
		oldest, ok := c.oldest()
		if ok = ok && c.unread > 0; must != nil && !(ok && same(*must, oldest)) {
			continue
		}
		score := 0
		if r.owns(c) == owns {
			score += 2
		}
		if ok == (next != nil) && (!ok || same(*next, oldest)) {
			score++
		}
		if score > agrees {
			best, agrees = c, score
		}
	}
	return best
}

// known is what the model knows of a lost connection: its next unread frame, nil if there is none, and whether it owns a
// queue, which shows when the broker notices the loss: that queue is then there to be reaped.
func (r *replay) known(loss broker.Loss) (next *amqp.Frame, owns bool) {
	for _, e := range r.before.View()[r.plan.broker].Actions(nil) {
		if read, ok := e.(broker.Read); ok && read.Loss == loss {
			next = &read.Next
		}
	}
	reaps := func(st *model.State) int {
		n := 0
		for _, e := range st.View()[r.plan.broker].Actions(nil) {
			if _, ok := e.(broker.Reap); ok {
				n++
			}
		}
		return n
	}
	noticed := r.before.Clone()
	noticed.Step(model.Action{Machine: r.plan.broker, Event: broker.Notice{Loss: loss}})
	return next, reaps(noticed) > reaps(r.before)
}

func (r *replay) owns(c *connection) bool {
	for _, owner := range r.owners {
		if owner == c {
			return true
		}
	}
	return false
}
