package admit

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// move is something that a candidate can do next.
type move struct {
	from  model.ID
	event model.Event
	input int // the place of an input, or -1
	timer int // the place of a timer, or -1
}

// moves appends what the candidate can do: internal actions, inputs, timers.
func (j *Judge) moves(dst []move, c *candidate) []move {
	for _, a := range c.machine.Actions(nil) {
		dst = append(dst, move{model.Self, a, -1, -1})
	}
	for _, i := range c.available(nil) {
		dst = append(dst, move{c.inputs[i].peer, c.inputs[i].event, i, -1})
	}
	for i, t := range c.timers {
		if t.window.Earliest != model.Forever && (!j.timed || j.now-t.notBefore >= t.window.Earliest) {
			dst = append(dst, move{model.Self, model.Expired{Timer: t.timer}, -1, i})
		}
	}
	return dst
}

// overdue reports whether a timer must have expired by now.
func (j *Judge) overdue(t armed) bool {
	return j.timed && t.window.Latest != model.Forever && t.window.Earliest != model.Forever &&
		j.now-t.notLate > t.window.Latest+j.opts.Slack
}

// take makes a candidate do something. It is false if that is not possible, or contradicts what was seen.
func (j *Judge) take(c *candidate, m move) bool {
	switch {
	case m.input >= 0:
		c.time = max(c.time, c.inputs[m.input].at)
		c.inputs = slices.Delete(c.inputs, m.input, m.input+1)
	case m.timer >= 0:
		if t := c.timers[m.timer]; j.timed {
			c.time = max(c.time, t.notBefore+t.window.Earliest)
		}
		c.timers = slices.Delete(c.timers, m.timer, m.timer+1)
	}
	var out model.Out
	c.machine.Step(m.from, m.event, &out)
	if out.Refused() {
		return false
	}
	if reason := out.CutReason(); reason != "" {
		j.cut = reason
		return false
	}
	for _, e := range out.Effects() {
		switch e.Kind {
		case model.Send:
			if j.gone[e.To] {
				continue
			}
			before := len(c.outputs)
			if !c.send(j.event(e.To, e.Event), j.opts.Same) || j.strict && len(c.outputs) > before {
				return false
			}
		case model.Arm:
			c.arm(armed{e.Timer, e.Window, c.time, j.now})
		case model.Cancel:
			c.cancel(e.Timer)
		}
	}
	return true
}

// search returns the candidates that come first, each on its way, to a goal, from those given, which it uses up: all of them, or
// only so many if most is not 0. In a strict search nothing is sent that has not been seen. complete is false if the bound
// was hit.
func (j *Judge) search(stack []*candidate, goal func(*candidate) bool, strict bool, most int) (found []*candidate, complete bool) {
	j.strict = strict
	defer func() { j.strict = false }()
	if strict {
		stack = slices.DeleteFunc(stack, func(c *candidate) bool { return len(c.outputs) > 0 })
	}
	visited, reached := map[string]bool{}, map[string]bool{}
	first := func(set map[string]bool, c *candidate) bool {
		key := string(c.appendKey(nil, j.number))
		known := set[key]
		set[key] = true
		return !known
	}
	steps := 0
	var moves []move
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for chain := 1; ; chain++ {
			if goal(c) {
				if len(stack)+len(found) == 0 || first(reached, c) {
					found = append(found, c)
				}
				break
			}
			if moves = j.moves(moves[:0], c); len(moves) == 0 {
				break
			}
			// A state with one way on is looked up only now and then, lest it go round in circles.
			if (len(moves) > 1 || chain%32 == 0) && !first(visited, c) {
				break
			}
			if steps += len(moves); steps > j.opts.Bound {
				return nil, false
			}
			for _, m := range moves[1:] {
				if d := c.clone(); j.take(d, m) {
					stack = append(stack, d)
				}
			}
			if !j.take(c, moves[0]) {
				break
			}
		}
		if most > 0 && len(found) == most {
			break
		}
	}
	return found, true
}

// number gives events numbers, equal ones to equal events.
func (j *Judge) number(e model.Event) int {
	n, ok := j.numbers[e]
	if !ok {
		n = len(j.numbers)
		j.numbers[e] = n
	}
	return n
}
