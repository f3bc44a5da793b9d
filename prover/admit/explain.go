package admit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// Result is what there is to say of a history.
type Result struct {
	Verdict Verdict
	Item    int      // the first inadmissible item, or where it became unknown, counted from 0; the number of items if admitted
	Instead []string // inadmissible: what the machine could have done in place of that item, each once
	Reason  string   // unknown: why
}

// Check holds a history against a machine.
func Check(m model.Machine, history []Item, o Options) Result {
	j := New(m, o)
	for n, i := range history {
		before := j.copies()
		if j.Add(i); i.Kind == Seen && j.verdict == Admitted {
			j.close(met, false)
		}
		if j.verdict != Admitted {
			r := Result{Verdict: j.verdict, Item: n, Reason: j.reason}
			if j.verdict == Inadmissible {
				r.Instead = j.instead(before, i)
			}
			return r
		}
	}
	return Result{Verdict: Admitted, Item: len(history)}
}

// Explain holds the history against the machine once more, with a closer look at each item.
func (j *Judge) Explain() Result { return Check(j.initial, j.history, j.opts) }

func (j *Judge) copies() []*candidate {
	set := make([]*candidate, len(j.set))
	for i, c := range j.set {
		set[i] = c.clone()
	}
	return set
}

// instead says what candidates can do in place of an item.
func (j *Judge) instead(set []*candidate, i Item) []string {
	words := map[string]bool{}
	switch i.Kind {
	case Seen:
		want := j.event(i.Peer, i.Event)
		sent := func(c *candidate) bool { return slices.ContainsFunc(c.outputs, want.keepsOrder) }
		found, complete := j.search(set, sent, false, 0)
		for _, c := range found {
			words[c.outputs[slices.IndexFunc(c.outputs, want.keepsOrder)].event.String()] = true
		}
		switch {
		case !complete:
			words["too much to list"] = true
		case len(found) == 0:
			words["nothing"] = true
		}
	default:
		rest := func(c *candidate) bool {
			d := candidate{machine: c.machine, inputs: c.inputs, unmet: c.unmet, timers: c.timers}
			return j.resting(&d)
		}
		found, complete := j.search(set, rest, false, 0)
		for _, c := range found {
			var all []string
			for _, e := range c.outputs {
				all = append(all, fmt.Sprintf("%d sees %v", e.peer, e.event))
			}
			words[strings.Join(all, ", ")] = true
		}
		switch {
		case !complete:
			words["too much to list"] = true
		case len(found) == 0:
			words["no rest"] = true
		}
	}
	return slices.Sorted(maps.Keys(words))
}
