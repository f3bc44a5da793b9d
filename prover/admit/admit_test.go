package admit_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/admit"
)

// word is an event of the toys.
type word string

func (w word) String() string { return string(w) }

// table is a machine by its table, for random ones.
type table struct {
	rules *[]rule
	state int
}

// rule is what an event does in a state.
type rule struct {
	state   int
	event   word // of an input, or an action's
	action  bool
	next    int
	outputs []output
}

type output struct {
	peer model.ID
	word word
}

func (m *table) Actions(dst []model.Event) []model.Event {
	for _, r := range *m.rules {
		if r.action && r.state == m.state {
			dst = append(dst, r.event)
		}
	}
	return dst
}

func (m *table) Step(from model.ID, e model.Event, out *model.Out) {
	for _, r := range *m.rules {
		if r.state == m.state && r.action == (from == model.Self) && r.event == e {
			m.state = r.next
			for _, o := range r.outputs {
				out.Send(o.peer, o.word)
			}
			return
		}
	}
}

func (m *table) Clone() model.Machine { c := *m; return &c }

func (m *table) AppendState(dst []byte) []byte { return model.AppendInt(dst, m.state) }

func sent(p model.ID, w word) admit.Item { return admit.Item{Kind: admit.Sent, Peer: p, Event: w} }
func seen(p model.ID, w word) admit.Item { return admit.Item{Kind: admit.Seen, Peer: p, Event: w} }

var quiet = admit.Item{Kind: admit.Quiet}

// echo says "x" to peer 0 twice for an input, the second time by an action of its own, in which it may say "y" instead.
var echo = []rule{
	{state: 0, event: "go", next: 1, outputs: []output{{0, "x"}}},
	{state: 1, event: "again", action: true, next: 0, outputs: []output{{0, "x"}}},
	{state: 1, event: "otherwise", action: true, next: 0, outputs: []output{{0, "y"}}},
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		history []admit.Item
		want    admit.Result
	}{
		"empty":       {nil, admit.Result{}},
		"all":         {[]admit.Item{sent(0, "go"), seen(0, "x"), seen(0, "y"), quiet}, admit.Result{Item: 4}},
		"not yet":     {[]admit.Item{sent(0, "go"), sent(0, "go")}, admit.Result{Item: 2}},
		"unasked":     {[]admit.Item{seen(0, "x")}, admit.Result{Verdict: admit.Inadmissible, Instead: []string{"nothing"}}},
		"wrong word":  {[]admit.Item{sent(0, "go"), seen(0, "y")}, admit.Result{Verdict: admit.Inadmissible, Item: 1, Instead: []string{"x"}}},
		"wrong words": {[]admit.Item{sent(0, "go"), seen(0, "x"), seen(0, "z")}, admit.Result{Verdict: admit.Inadmissible, Item: 2, Instead: []string{"x", "y"}}},
		"one is missing": {[]admit.Item{sent(0, "go"), seen(0, "x"), quiet}, admit.Result{Verdict: admit.Inadmissible, Item: 2,
			Instead: []string{"0 sees x", "0 sees y"}}},
		"nobody looks": {[]admit.Item{{Kind: admit.Gone}, sent(0, "go"), quiet, seen(0, "x")},
			admit.Result{Verdict: admit.Inadmissible, Item: 3, Instead: []string{"nothing"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := admit.Check(&table{rules: &echo}, c.history, admit.Options{})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// clockwork arms a timer when told to, and says "ring" when it expires.
type clockwork struct{ window model.Window }

func (clockwork) Actions(dst []model.Event) []model.Event { return dst }
func (m clockwork) Step(_ model.ID, e model.Event, out *model.Out) {
	if _, expired := e.(model.Expired); expired {
		out.Send(0, word("ring"))
		return
	}
	out.Arm(model.Timer{Name: "bell", Peer: model.Self}, m.window)
}
func (m clockwork) Clone() model.Machine        { return m }
func (clockwork) AppendState(dst []byte) []byte { return dst }

func TestTimers(t *testing.T) {
	at := func(ms int64) admit.Item { return admit.Item{Kind: admit.Clock, At: ms} }
	start, ring := sent(0, "start"), seen(0, "ring")
	for name, c := range map[string]struct {
		history []admit.Item
		want    admit.Verdict
	}{
		"no clock, rings":    {[]admit.Item{start, ring, quiet}, admit.Admitted},
		"no clock, silent":   {[]admit.Item{start, quiet, quiet}, admit.Admitted},
		"too early":          {[]admit.Item{at(0), start, at(99), ring, quiet}, admit.Inadmissible},
		"in time":            {[]admit.Item{at(0), start, at(100), ring, quiet}, admit.Admitted},
		"may ring":           {[]admit.Item{at(0), start, at(210), quiet}, admit.Admitted},
		"must ring":          {[]admit.Item{at(0), start, at(1), quiet, at(212), quiet}, admit.Inadmissible},
		"armed anew":         {[]admit.Item{at(0), start, at(50), quiet, sent(0, "start"), at(120), ring, quiet}, admit.Admitted},
		"rings twice":        {[]admit.Item{at(0), start, at(120), ring, quiet, sent(0, "start"), at(190), ring}, admit.Inadmissible},
		"armed before clock": {[]admit.Item{start, at(1000), ring, quiet}, admit.Admitted},
	} {
		t.Run(name, func(t *testing.T) {
			o := admit.Options{Slack: 10}
			if got := admit.Check(clockwork{model.Window{Earliest: 100, Latest: 200}}, c.history, o); got.Verdict != c.want {
				t.Errorf("%+v, want %v", got, c.want)
			}
		})
	}
}

// A machine that goes round in circles by itself does not keep a judge for ever.
func TestCircle(t *testing.T) {
	rules := []rule{{state: 0, event: "round", action: true, next: 1}, {state: 1, event: "back", action: true, next: 0}}
	got := admit.Check(&table{rules: &rules}, []admit.Item{seen(0, "x")}, admit.Options{})
	if got.Verdict != admit.Inadmissible {
		t.Errorf("%+v", got)
	}
}

func TestBound(t *testing.T) {
	rules := []rule{{state: 0, event: "a", next: 0}, {state: 0, event: "b", next: 1}, {state: 1, event: "b", next: 2}}
	var history []admit.Item
	for p := range model.ID(8) {
		history = append(history, sent(p, "a"), sent(p, "b"), sent(p, "a"))
	}
	history = append(history, seen(0, "x"))
	o := admit.Options{Bound: 100}
	if got := admit.Check(&table{rules: &rules}, history, o); got.Verdict != admit.Unknown || got.Reason == "" {
		t.Errorf("%+v", got)
	}
}

// Lanes overtake each other, and Whole overtakes nothing.
func TestLanes(t *testing.T) {
	rules := []rule{
		{state: 0, event: "1a", next: 0, outputs: []output{{0, "1A"}}},
		{state: 0, event: "2a", next: 0, outputs: []output{{0, "2A"}}},
		{state: 0, event: "w", next: 0, outputs: []output{{0, "W"}}},
	}
	o := admit.Options{Lane: func(e model.Event) int {
		switch e.String()[0] {
		case '1':
			return 1
		case '2':
			return 2
		}
		return admit.Whole
	}}
	for want, histories := range map[admit.Verdict][][]admit.Item{
		admit.Admitted: {
			{sent(0, "1a"), sent(0, "2a"), seen(0, "2A"), seen(0, "1A"), quiet},
			{sent(0, "1a"), sent(0, "w"), seen(0, "1A"), seen(0, "W"), quiet},
		},
		admit.Inadmissible: {
			{sent(0, "1a"), sent(0, "w"), seen(0, "W")},
			{sent(0, "w"), sent(0, "2a"), seen(0, "2A")},
		},
	} {
		for _, h := range histories {
			if got := admit.Check(&table{rules: &rules}, h, o); got.Verdict != want {
				t.Errorf("%v: %+v, want %v", h, got, want)
			}
		}
	}
}

// all is the definition, as dumb as can be: every state in which the machine may be after each item.
type all struct {
	machine         *table
	inputs, outputs []admit.Item
}

func (a all) key() string { return fmt.Sprint(a.machine.state, a.inputs, a.outputs) }

func (a all) successors() []all {
	var next []all
	do := func(from model.ID, e model.Event, inputs []admit.Item) {
		m := a.machine.Clone().(*table)
		var out model.Out
		m.Step(from, e, &out)
		b := all{m, inputs, slices.Clone(a.outputs)}
		for _, o := range out.Effects() {
			b.outputs = append(b.outputs, seen(o.To, o.Event.(word)))
		}
		next = append(next, b)
	}
	for _, e := range a.machine.Actions(nil) {
		do(model.Self, e, a.inputs)
	}
	for i, in := range a.inputs {
		if !slices.ContainsFunc(a.inputs[:i], func(o admit.Item) bool { return o.Peer == in.Peer }) {
			do(in.Peer, in.Event, slices.Delete(slices.Clone(a.inputs), i, i+1))
		}
	}
	return next
}

// reference returns the first inadmissible item, -1 if there is none; false if there is no end to the states.
func reference(m *table, history []admit.Item) (int, bool) {
	set := map[string]all{"": {machine: m}}
	for n, item := range history {
		queue := []all{}
		reached := map[string]all{}
		for _, a := range set {
			if item.Kind == admit.Sent {
				a.inputs = append(slices.Clone(a.inputs), item)
			}
			queue = append(queue, a)
		}
		for len(queue) > 0 {
			a := queue[0]
			queue = queue[1:]
			if _, known := reached[a.key()]; known {
				continue
			}
			if reached[a.key()] = a; len(reached) > 3000 || len(a.outputs) > 50 {
				return 0, false
			}
			queue = append(queue, a.successors()...)
		}
		set = map[string]all{}
		for _, a := range reached {
			switch item.Kind {
			case admit.Seen:
				i := slices.IndexFunc(a.outputs, func(o admit.Item) bool { return o.Peer == item.Peer })
				if i < 0 || a.outputs[i] != item {
					continue
				}
				a.outputs = slices.Delete(slices.Clone(a.outputs), i, i+1)
			case admit.Quiet:
				if len(a.inputs)+len(a.outputs) > 0 || slices.ContainsFunc(a.machine.Actions(nil), prompt) {
					continue
				}
			}
			set[a.key()] = a
		}
		if len(set) == 0 {
			return n, true
		}
	}
	return -1, true
}

func prompt(a model.Event) bool { return a.String() != "late" }

func drawTable(t *rapid.T) *table {
	peer := func(label string) model.ID { return model.ID(rapid.IntRange(0, 1).Draw(t, label)) }
	rules := []rule{}
	for state := range rapid.IntRange(1, 4).Draw(t, "states") {
		for _, e := range []word{"a", "b", "now", "late"} {
			if !rapid.Bool().Draw(t, "rule") {
				continue
			}
			r := rule{state: state, event: e, action: e == "now" || e == "late", next: rapid.IntRange(0, 3).Draw(t, "next")}
			for range rapid.IntRange(0, 2).Draw(t, "outputs") {
				r.outputs = append(r.outputs, output{peer("to"), rapid.SampledFrom([]word{"x", "y"}).Draw(t, "word")})
			}
			rules = append(rules, r)
		}
	}
	return &table{rules: &rules}
}

// drawHistory draws a history of a run of the machine, in which now and then something is not right.
func drawHistory(t *rapid.T, m *table) []admit.Item {
	a := all{machine: m}
	var history []admit.Item
	for range rapid.IntRange(0, 8).Draw(t, "items") {
		for range rapid.IntRange(0, 3).Draw(t, "steps") {
			if next := a.successors(); len(next) > 0 {
				a = next[rapid.IntRange(0, len(next)-1).Draw(t, "step")]
			}
		}
		item := quiet
		switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
		case kind < 4:
			item = sent(model.ID(rapid.IntRange(0, 1).Draw(t, "peer")), rapid.SampledFrom([]word{"a", "b"}).Draw(t, "word"))
			a.inputs = append(slices.Clone(a.inputs), item)
		case kind < 8 && len(a.outputs) > 0:
			item = a.outputs[0]
			a.outputs = a.outputs[1:]
		case kind < 9:
			continue
		}
		history = append(history, item)
	}
	return history
}

// TestReference compares with the definition on random machines and histories.
func TestReference(t *testing.T) {
	verdicts := map[admit.Verdict]int{}
	rapid.Check(t, func(t *rapid.T) {
		m := drawTable(t)
		history := drawHistory(t, m)
		want, finite := reference(m, history)
		if !finite {
			return
		}
		o := admit.Options{Prompt: prompt}
		got := admit.Check(m, history, o)
		at := got.Item
		if got.Verdict == admit.Admitted {
			at = -1
		}
		if at != want || got.Verdict == admit.Unknown {
			t.Fatalf("%v: %+v, want item %d", history, got, want)
		}
		// A judge looks later, and at several items at once.
		j := admit.New(m, o)
		for _, i := range history {
			j.Add(i)
			j.Rests()
		}
		if i := slices.IndexFunc(history, func(i admit.Item) bool { return i.Kind == admit.Seen }); want < 0 || i >= 0 {
			j.Add(sent(7, "the end"))
		}
		if j.Verdict() != got.Verdict {
			t.Fatalf("%v: a judge says %v, want %v", history, j.Verdict(), got.Verdict)
		}
		verdicts[got.Verdict]++
	})
	if len(verdicts) < 2 {
		t.Errorf("the histories drawn are all %v", verdicts)
	}
}
