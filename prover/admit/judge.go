package admit

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// Whole is the lane of events that keep their order with all other events of their peer.
const Whole = -1

// Options say what a history is compared by. The zero value compares all and keeps all order.
type Options struct {
	// Same reports whether what the machine sends is what a peer saw; nil: the two are equal.
	Same func(predicted, observed model.Event) bool
	// Lane says which events keep their order: those between the machine and one peer, in one direction, that are in one
	// lane, a number from 0 on, or of which one is in the lane Whole. nil: all are.
	Lane func(model.Event) int
	// Overtakes says what may reach its peer before what the machine has sent it earlier, which then is lost: the end of a connection,
	// where several processes write to it. nil: nothing does.
	Overtakes func(model.Event) bool
	// Prompt reports whether an internal action has happened when everything is quiet; nil: all have.
	Prompt func(action model.Event) bool
	// Slack is by how many milliseconds a timer may be late.
	Slack int64
	// Bound is how many steps may be tried for one item; 0: 100,000. Where it is hit, the verdict is Unknown.
	Bound int
}

// Verdict is what is known of a history.
type Verdict uint8

// The verdicts.
const (
	Admitted     Verdict = iota
	Inadmissible         // the machine has no such run
	Unknown              // the bound was hit, or the machine cut what it does not cover
)

// String is the verdict's word.
func (v Verdict) String() string { return [...]string{"admitted", "inadmissible", "unknown"}[v] }

// Judge holds a history against a machine, item by item. What was seen is looked into when the next thing is sent, so the verdict
// on it may come a few items late; [Judge.Explain] says which item it was. Not safe for concurrent use.
type Judge struct {
	opts    Options
	initial model.Machine
	history []Item

	set     []*candidate
	gone    map[model.ID]bool
	timed   bool
	now     int64
	verdict Verdict
	reason  string
	numbers map[model.Event]int
	strict  bool // while a search goes on: what is sent must have been seen
	cut     string
}

// New returns a judge of histories that begin in the machine's present state, of which it keeps a copy.
func New(m model.Machine, o Options) *Judge {
	if o.Same == nil {
		o.Same = func(predicted, observed model.Event) bool { return predicted == observed }
	}
	if o.Lane == nil {
		o.Lane = func(model.Event) int { return 0 }
	}
	if o.Overtakes == nil {
		o.Overtakes = func(model.Event) bool { return false }
	}
	if o.Prompt == nil {
		o.Prompt = func(model.Event) bool { return true }
	}
	if o.Bound == 0 {
		o.Bound = 100_000
	}
	return &Judge{
		opts: o, initial: m.Clone(), set: []*candidate{{machine: m.Clone()}}, gone: map[model.ID]bool{},
		numbers: map[model.Event]int{},
	}
}

// Add appends items to the history. After the verdict has become other than Admitted they are only kept.
func (j *Judge) Add(items ...Item) Verdict {
	for _, i := range items {
		j.history = append(j.history, i)
		if j.verdict == Admitted {
			j.add(i)
		}
	}
	return j.verdict
}

func (j *Judge) add(i Item) {
	switch i.Kind {
	case Sent:
		j.close(met, false)
		for _, c := range j.set {
			c.inputs = append(c.inputs, j.event(i.Peer, i.Event))
		}
	case Seen:
		e := j.event(i.Peer, i.Event)
		j.set = slices.DeleteFunc(j.set, func(c *candidate) bool { return !c.see(e, j.opts.Same) })
		j.judge(true)
	case Quiet:
		j.close(j.resting, true)
	case Gone:
		j.close(met, false)
		j.gone[i.Peer] = true
		for _, c := range j.set {
			c.outputs = slices.DeleteFunc(c.outputs, func(e event) bool { return e.peer == i.Peer })
		}
	case Clock:
		if !j.timed {
			j.start(i.At)
		}
		j.now = i.At
	}
}

func (j *Judge) event(peer model.ID, e model.Event) event {
	return event{peer, j.opts.Lane(e), e, j.now, j.opts.Overtakes(e)}
}

// start is the first that is known of time: all there is has come some time before.
func (j *Judge) start(at int64) {
	j.timed = true
	const ages = 1 << 40
	for _, c := range j.set {
		c.time = at - ages
		for k := range c.timers {
			c.timers[k].notBefore, c.timers[k].notLate = at-ages, at
		}
		for k := range c.inputs {
			c.inputs[k].at = at - ages
		}
	}
}

// met is the goal of a candidate that has sent all that was seen.
func met(c *candidate) bool { return len(c.unmet) == 0 }

// resting is the goal of a candidate for which everything is quiet.
func (j *Judge) resting(c *candidate) bool {
	if len(c.inputs)+len(c.outputs)+len(c.unmet) > 0 || slices.ContainsFunc(c.timers, j.overdue) {
		return false
	}
	for _, a := range c.machine.Actions(nil) {
		var out model.Out
		if !j.opts.Prompt(a) {
			continue
		}
		if c.machine.Clone().Step(model.Self, a, &out); !out.Refused() {
			return false
		}
	}
	return true
}

// close moves the candidates until all have reached a goal.
func (j *Judge) close(goal func(*candidate) bool, strict bool) {
	found, complete := j.search(j.set, goal, strict, 0)
	j.set = found
	j.judge(complete)
}

// judge is the verdict when a search has ended.
func (j *Judge) judge(complete bool) {
	switch {
	case !complete:
		j.verdict, j.reason = Unknown, "too much is left open: the bound on steps for one item was hit"
	case len(j.set) > 0:
	case j.cut != "":
		j.verdict, j.reason = Unknown, "cut: "+j.cut
	default:
		j.verdict = Inadmissible
	}
}

// Rests reports whether everything can be quiet now, as far as the history goes. It changes nothing. It is what a driver
// asks that waits for all that is still to come.
func (j *Judge) Rests() bool {
	if j.verdict != Admitted {
		return false
	}
	set := make([]*candidate, len(j.set))
	for i, c := range j.set {
		set[i] = c.clone()
	}
	cut := j.cut
	found, _ := j.search(set, j.resting, true, 1)
	j.cut = cut
	return len(found) > 0
}

// Look looks into all that was seen by now, and returns the verdict on it.
func (j *Judge) Look() Verdict {
	if j.verdict == Admitted {
		j.close(met, false)
	}
	return j.verdict
}

// Verdict is what is known of the history by now.
func (j *Judge) Verdict() Verdict { return j.verdict }

// Reason says why the verdict is Unknown.
func (j *Judge) Reason() string { return j.reason }

// History returns all items. The slice belongs to the judge.
func (j *Judge) History() []Item { return j.history }

// Candidates is how many states the machine may be in, those apart that follow by actions which nobody has seen.
func (j *Judge) Candidates() int { return len(j.set) }
