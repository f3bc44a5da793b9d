package replay

import (
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// A broker acts on its own: it reaps queues, takes messages, gives up silent connections. The trace says when; the broker
// does it when it likes. What it does too early is no divergence if the model can do the same.

// earlier asks whether the model could have let the broker do on the link, after what it did there in this step as predicted,
// what was observed, had it taken some of the broker's own actions before. It returns these, or nil. The state is that before
// the action; without an action, only the broker's own are taken.
func (r *replay) earlier(a *model.Action, from *model.State, l *link, observed model.Event) []model.Action {
	var said []model.Event
	if a != nil {
		said = r.step.said[l.id]
	}
	says := func(_ *model.State, all []model.Happening, _ model.Step) bool {
		told := r.told(l.id, all)
		return len(told) > len(said) && slices.EqualFunc(told[:len(said)], said, same) && same(told[len(said)], observed)
	}
	if path := r.alternative(a, from, says); path != nil || a == nil || !r.ofBroker(*a) {
		return path
	}
	return r.alternative(nil, from, says) // the action is one of those that the broker may have gone beyond
}

// told is what the broker sent to a link.
func (r *replay) told(link model.ID, all []model.Happening) []model.Event {
	var events []model.Event
	for _, h := range all {
		if h.From == r.plan.broker && h.Effect.Kind == model.Send && h.Effect.To == link {
			events = append(events, h.Effect.Event)
		}
	}
	return events
}

// maxAlternatives bounds the search of alternative, which is over the orders of a handful of actions.
const maxAlternatives = 1000

// alternative searches, breadth first, for actions of the broker's own after which something is true of the state, of all that has happened,
// and of the account of the given action if that is taken at last.
func (r *replay) alternative(a *model.Action, from *model.State, holds func(st *model.State, all []model.Happening, last model.Step) bool) []model.Action {
	type node struct {
		state *model.State
		path  []model.Action
		all   []model.Happening
	}
	queue := []node{{state: from}}
	visited := map[string]bool{}
	for i := 0; i < len(queue) && i < maxAlternatives; i++ {
		n := queue[i]
		if len(n.path) > 0 && r.shows(n.state, a, n.all, holds) {
			return n.path
		}
		for _, next := range n.state.Actions(nil) {
			if !r.ofBroker(next) {
				continue
			}
			st := n.state.Clone()
			s := st.Step(next)
			if key := string(st.AppendState(nil)); s.Cut == "" && !visited[key] {
				visited[key] = true
				queue = append(queue, node{st, append(slices.Clone(n.path), next), append(slices.Clone(n.all), s.Happenings...)})
			}
		}
	}
	return nil
}

// shows takes the action, if there is one, if it is enabled, and asks.
func (r *replay) shows(from *model.State, a *model.Action, all []model.Happening, holds func(*model.State, []model.Happening, model.Step) bool) bool {
	if a == nil {
		return holds(from, all, model.Step{})
	}
	same, err := from.Find(r.sys.Name(a.Machine), a.Event.String())
	if err != nil {
		return false
	}
	to := from.Clone()
	s := to.Step(same)
	return s.Cut == "" && holds(to, append(slices.Clone(all), s.Happenings...), s)
}

// ofBroker reports whether an action is one that a broker takes in its own time: a heartbeat timer is one if there are
// heartbeats on the connection. That it notices a loss or reads on after one is not: the gate has its hand on that.
func (r *replay) ofBroker(a model.Action) bool {
	switch a.Event.(type) {
	case broker.Reap, broker.Take, broker.Deliver, broker.Sync, broker.Handle, broker.Inform, broker.Relay:
		return a.Machine == r.plan.broker
	}
	for _, l := range r.links {
		if timer, ok := r.sys.Timer(r.plan.broker, broker.HeartbeatTimer(l.id)); ok && timer == a.Machine {
			c := l.atBroker()
			return c != nil && c.heartbeat > 0
		}
	}
	return false
}

// raced ends the run because the broker was ahead of the trace.
func (r *replay) raced(path []model.Action, where, predicted, observed string) error {
	var words []string
	for _, a := range path {
		words = append(words, r.sys.Name(a.Machine)+" "+a.Event.String())
	}
	r.step.Checks = append(r.step.Checks, Check{where, predicted, observed, false})
	return r.giveUp("a race inside the broker, which has done already what the trace has later (%s): %s: %s instead of %s",
		strings.Join(words, "; "), where, observed, predicted)
}
