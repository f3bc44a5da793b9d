package admit

import (
	"cmp"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// candidate is a machine in a state in which it may be, with what is on its way.
type candidate struct {
	machine model.Machine
	inputs  []event // sent and not taken, oldest first
	outputs []event // sent by the machine and not seen, oldest first
	unmet   []event // seen and not yet sent by the machine, oldest first
	timers  []armed // in a fixed order
	time    int64   // it has come here no earlier than that
}

// event is an event on its way from or to a peer.
type event struct {
	peer  model.ID
	lane  int
	event model.Event
	at    int64 // of an input: it was sent no earlier than that
	last  bool  // of an output: it may overtake the others, which are lost then
}

// keepsOrder reports whether two events of one direction stay in the order in which they were sent.
func (e event) keepsOrder(o event) bool {
	return e.peer == o.peer && (e.lane == o.lane || e.lane == Whole || o.lane == Whole)
}

// armed is a timer that runs, with what is known of the moment when it was armed.
type armed struct {
	timer              model.Timer
	window             model.Window
	notBefore, notLate int64
}

// clone returns an independent copy.
func (c *candidate) clone() *candidate {
	return &candidate{c.machine.Clone(), slices.Clone(c.inputs), slices.Clone(c.outputs), slices.Clone(c.unmet), slices.Clone(c.timers), c.time}
}

// available appends the places of the inputs that the machine may take next.
func (c *candidate) available(dst []int) []int {
	for i, e := range c.inputs {
		if !slices.ContainsFunc(c.inputs[:i], e.keepsOrder) {
			dst = append(dst, i)
		}
	}
	return dst
}

// send is what the machine has sent to a peer. It is false if the peer has seen something else in its place.
func (c *candidate) send(e event, same func(predicted, observed model.Event) bool) bool {
	i := slices.IndexFunc(c.unmet, e.keepsOrder)
	if i < 0 {
		c.outputs = append(c.outputs, e)
		return true
	}
	if !same(e.event, c.unmet[i].event) {
		return !e.last && slices.ContainsFunc(c.unmet, func(o event) bool { return o.last && o.peer == e.peer })
	}
	c.unmet = slices.Delete(c.unmet, i, i+1)
	return true
}

// see is what a peer has seen. It is false if the machine has sent something else in its place.
func (c *candidate) see(e event, same func(predicted, observed model.Event) bool) bool {
	if e.last {
		c.outputs = slices.DeleteFunc(c.outputs, func(o event) bool { return o.peer == e.peer && !o.last })
	}
	i := slices.IndexFunc(c.outputs, e.keepsOrder)
	if i < 0 {
		c.unmet = append(c.unmet, e)
		return true
	}
	if !same(c.outputs[i].event, e.event) {
		return false
	}
	c.outputs = slices.Delete(c.outputs, i, i+1)
	return true
}

// arm starts a timer, or starts it again.
func (c *candidate) arm(a armed) {
	c.cancel(a.timer)
	i, _ := slices.BinarySearchFunc(c.timers, a, func(x, y armed) int {
		return cmp.Or(cmp.Compare(x.timer.Name, y.timer.Name), cmp.Compare(x.timer.Peer, y.timer.Peer))
	})
	c.timers = slices.Insert(c.timers, i, a)
}

func (c *candidate) cancel(t model.Timer) {
	c.timers = slices.DeleteFunc(c.timers, func(a armed) bool { return a.timer == t })
}

// appendKey encodes the candidate. number gives equal events equal numbers.
func (c *candidate) appendKey(dst []byte, number func(model.Event) int) []byte {
	for _, list := range [][]event{c.inputs, c.outputs, c.unmet} {
		dst = model.AppendInt(dst, len(list))
		for _, e := range list {
			dst = model.AppendInt(model.AppendInt(dst, e.peer), number(e.event))
		}
	}
	dst = model.AppendInt(model.AppendInt(dst, c.time), len(c.timers))
	for _, t := range c.timers {
		dst = model.AppendInt(model.AppendString(dst, t.timer.Name), t.timer.Peer)
		for _, n := range []int64{t.window.Earliest, t.window.Latest, t.notBefore, t.notLate} {
			dst = model.AppendInt(dst, n)
		}
	}
	return c.machine.AppendState(dst)
}
