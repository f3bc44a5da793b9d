package replay

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/traces"
)

// step is what belongs to one step.
type step struct {
	Step
	action   model.Action
	speaker  *connection                // whose frame the broker was given last
	said     map[model.ID][]model.Event // by link: what the broker sent as predicted
	observed map[string]bool            // the queues of which the model's broker let the world see that they are there or not
	tenures  map[string]bool            // those of which somebody has something now, or no longer has
}

// take makes one step happen. It is called by [traces.Trace.Run], which has taken it in the model already.
func (r *replay) take(number int, a model.Action, after *model.State, s model.Step) error {
	start := time.Now()
	r.step = &step{
		Step: Step{Number: number, Action: action(r.trace, number)}, action: a,
		said: map[model.ID][]model.Event{}, observed: map[string]bool{}, tenures: map[string]bool{},
	}
	err := r.ctx.Err()
	if err == nil {
		err = r.perform(s)
	}
	if err == nil {
		err = r.settle(after)
	}
	if err == nil && number == len(r.trace.Lines) {
		err = r.conclude(after)
	}
	r.step.Elapsed = time.Since(start)
	if r.opts.Each != nil {
		r.opts.Each(r.step.Step)
	}
	r.before = after.Clone()
	return err
}

// perform turns the action, and then everything that follows from it in the model, into acts and checks.
func (r *replay) perform(s model.Step) error {
	a := r.step.action
	var err error
	if d := r.doubles[a.Machine]; d != nil {
		err = r.feed(d, model.Self, a.Event)
	} else if a.Machine == r.plan.broker {
		err = r.internal(a.Event, s)
	}
	for _, h := range s.Happenings {
		if err != nil {
			break
		}
		err = r.happen(h)
	}
	return err
}

// happen is the table of the package comment.
func (r *replay) happen(h model.Happening) error {
	e := h.Effect
	if _, tick := e.Event.(model.Tick); tick {
		return nil // which concerns the model alone
	}
	if x, ok := e.Event.(model.Expired); ok && e.To == r.plan.broker {
		if queue, ok := broker.ExpiryOf(x.Timer); ok {
			return r.expire(queue)
		}
	}
	switch {
	case r.doubles[h.From] != nil:
		return r.did(r.doubles[h.From], e)
	case h.From == r.plan.broker && e.Kind == model.Send:
		return r.fromBroker(r.links[e.To], e.Event)
	case h.From == r.plan.broker && e.Kind == model.Observe:
		r.observe(e.Event)
		return nil
	case e.Kind != model.Send:
		return nil // the broker's timers, which are its own affair
	case r.links[h.From] != nil && e.To == r.plan.broker:
		return r.toBroker(r.links[h.From], e.Event)
	case r.links[h.From] != nil:
		return r.toClient(r.links[h.From], e.Event)
	case r.doubles[e.To] != nil:
		return r.feed(r.doubles[e.To], h.From, e.Event) // a timer has expired
	}
	return nil
}

// settle is the end of a step: the doubles are where their models are, the broker has said nothing that was not predicted, and
// the queues that the step touched, in the last step all, are what the model says.
func (r *replay) settle(after *model.State) error {
	for _, id := range slices.Sorted(maps.Keys(r.doubles)) {
		d, name := r.doubles[id], r.sys.Name(id)
		if len(d.done) > 0 {
			return r.diverge(name, "nothing", d.done[0].String())
		}
		if m := after.View()[id]; !bytes.Equal(d.machine.AppendState(nil), m.AppendState(nil)) {
			return r.diverge(name, status(m), status(d.machine))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.links)) {
		if err := r.unpredicted(r.links[id], after); err != nil {
			return err
		}
	}
	last := r.step.Number == len(r.trace.Lines)
	for _, queue := range slices.Sorted(maps.Keys(r.queues)) {
		if last || r.step.observed[queue] {
			if err := r.compareQueue(queue, after); err != nil {
				return err
			}
		}
	}
	for _, queue := range slices.Sorted(maps.Keys(r.tenures)) {
		if last || r.step.tenures[queue] {
			if err := r.compareTenures(queue, after); err != nil {
				return err
			}
		}
	}
	return nil
}

// status tells the state of a machine, in its own words if it has any.
func status(m model.Machine) string {
	if s, ok := m.(traces.Status); ok {
		return fmt.Sprintf("a client that %s (state %x)", s.Status(), m.AppendState(nil))
	}
	return fmt.Sprintf("state %x", m.AppendState(nil))
}

// conclude evaluates the property where a state decides it, with the doubles in the places of the model's clients. (That it shows
// what the trace says in the model was made sure of before anything began; monitors heard what has been compared since.)
func (r *replay) conclude(after *model.State) error {
	if r.property.Kind != model.Invariant && r.property.Kind != model.Reachable || r.trace.Expect == model.Unknown {
		return nil
	}
	view := slices.Clone(after.View())
	for id, d := range r.doubles {
		view[id] = d.machine
	}
	words := map[bool]string{false: "not true of the final state", true: "true of the final state"}
	predicted, observed := words[r.property.Holds(after.View())], words[r.property.Holds(view)]
	if predicted != observed {
		return r.diverge(r.property.Name, predicted, observed)
	}
	r.check(r.property.Name, predicted, observed)
	return nil
}

// wait bounds how long something predicted is waited for.
func (r *replay) wait(more time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.ctx, r.opts.Limit+more)
}

// check notes a prediction that came true.
func (r *replay) check(where, predicted, observed string) {
	r.step.Checks = append(r.step.Checks, Check{where, predicted, observed, true})
}

// diverge notes a prediction that did not come true, and ends the run. A broker that no longer answers anybody is the
// environment's fault.
func (r *replay) diverge(where, predicted, observed string) error {
	r.step.Checks = append(r.step.Checks, Check{where, predicted, observed, false})
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	if err := r.observer.alive(); err != nil {
		return err
	}
	return &stopped{Outcome{
		Verdict: Diverged, Step: r.step.Number, Action: r.step.Action, Where: where, Predicted: predicted, Observed: observed,
	}}
}

// giveUp ends the run because the trace could not be made to happen.
func (r *replay) giveUp(format string, args ...any) error {
	return &stopped{Outcome{
		Verdict: NotReproduced, Step: r.step.Number, Action: r.step.Action, Reason: fmt.Sprintf(format, args...),
	}}
}

// way is "link/a to broker".
func (r *replay) way(from, to model.ID) string { return r.sys.Name(from) + " to " + r.sys.Name(to) }

// observe takes note of what the model's broker lets the world see, and whose queues are.
func (r *replay) observe(e model.Event) {
	switch e := e.(type) {
	case broker.Declared:
		r.step.observed[e.Queue], r.queues[e.Queue] = true, e
		r.owners[e.Queue] = r.step.speaker
	case broker.Deleted:
		r.step.observed[e.Queue], r.queues[e.Queue] = true, e
		delete(r.owners, e.Queue)
	case broker.Consumes:
		r.step.tenures[e.Queue], r.tenures[e.Queue] = true, true
	case broker.Unsettled:
		r.step.tenures[e.Queue], r.tenures[e.Queue] = true, true
	}
}

// absent puts into words that nothing came, from a wait that had so much more than the limit.
func (r *replay) absent(err error, more time.Duration) string {
	if err == context.DeadlineExceeded {
		return fmt.Sprintf("nothing within %v", r.opts.Limit+more)
	}
	return err.Error()
}
