package prover_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// A guest rings at a door and enters, by way of a porter, until she is inside; if she has waited for too long she knocks. What is
// wrong with the house is one word.
type guest struct {
	wrong  string
	inside bool
}

type (
	calls   struct{}
	enters  struct{}
	climbs  struct{}
	leaves  struct{ at int }
	entered struct{}
)

func (calls) String() string   { return "calls" }
func (enters) String() string  { return "enters" }
func (climbs) String() string  { return "climbs" }
func (leaves) String() string  { return "leaves" }
func (entered) String() string { return "entered" }

const (
	aGuest model.ID = iota
	aPorter
	aDoor
	aStatue
)

var patience = model.Timer{Name: "patience", Peer: model.Self}

func (g *guest) Actions(dst []model.Event) []model.Event {
	if g.inside {
		return append(dst, leaves{at: 1})
	}
	return append(dst, calls{}, enters{})
}

func (g *guest) Vocabulary() []model.Event {
	words := []model.Event{calls{}, enters{}, leaves{}, model.Expired{}, model.Crash{}}
	if g.wrong == "window" {
		words = append(words, climbs{})
	}
	return words
}

func (g *guest) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e.(type) {
	case calls:
		out.Send(aDoor, e)
		if g.wrong != "patience" {
			out.Arm(patience, model.Window{})
		}
	case enters:
		out.Send(aPorter, e)
		out.Cancel(patience)
		if g.wrong != "silence" {
			out.Observe(entered{})
		}
		g.inside = true
	case leaves:
		out.Send(aDoor, e)
		g.inside = false
	case model.Expired:
		if g.wrong == "stoicism" {
			out.Refuse()
		}
		out.Send(aDoor, calls{})
	}
}

func (g *guest) Clone() model.Machine          { c := *g; return &c }
func (g *guest) AppendState(dst []byte) []byte { return model.AppendBool(dst, g.inside) }

// porter passes on what it is told, once more than it will remember.
type porter struct{ passed bool }

func (p *porter) Actions(dst []model.Event) []model.Event { return dst }
func (p *porter) Step(_ model.ID, e model.Event, out *model.Out) {
	p.passed = true
	out.Send(aDoor, e)
}
func (p *porter) Clone() model.Machine          { c := *p; return &c }
func (p *porter) AppendState(dst []byte) []byte { return model.AppendBool(dst, p.passed) }

// door is open for who has rung.
type door struct {
	wrong string
	open  bool
}

func (d *door) Actions(dst []model.Event) []model.Event { return dst }
func (d *door) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e.(type) {
	case calls:
		d.open = d.wrong != "bell"
	case enters:
		if !d.open && d.wrong != "bell" || d.wrong == "lock" {
			out.Refuse()
		}
	case leaves:
		d.open = d.wrong == "hinge" && d.open
	}
}
func (d *door) Clone() model.Machine          { c := *d; return &c }
func (d *door) AppendState(dst []byte) []byte { return model.AppendBool(dst, d.open) }

// statue does nothing; if it is told to, it may tell the porter so.
type statue struct{ moves, moved bool }

func (s *statue) Actions(dst []model.Event) []model.Event {
	if s.moves && !s.moved {
		dst = append(dst, climbs{})
	}
	return dst
}
func (s *statue) Step(_ model.ID, _ model.Event, out *model.Out) { s.moved = true }
func (s *statue) Clone() model.Machine                           { c := *s; return &c }
func (s *statue) AppendState(dst []byte) []byte                  { return model.AppendBool(dst, s.moved) }

// bouncer is a monitor that waits for a class of observations, and stands up when it comes.
type bouncer struct {
	waitsFor string
	up       bool
}

func (b *bouncer) Actions(dst []model.Event) []model.Event { return dst }
func (b *bouncer) Step(_ model.ID, e model.Event, out *model.Out) {
	b.up = b.up || e.String() == b.waitsFor
}
func (b *bouncer) Clone() model.Machine          { c := *b; return &c }
func (b *bouncer) AppendState(dst []byte) []byte { return model.AppendBool(dst, b.up) }

func house(t *testing.T, wrong string) *model.System {
	t.Helper()
	sys, err := model.Compose(
		model.Member{Name: "guest", Machine: &guest{wrong: wrong}, Timers: []model.Timer{patience}},
		model.Member{Name: "porter", Machine: &porter{}},
		model.Member{Name: "door", Machine: &door{wrong: wrong}},
		model.Member{Name: "statue", Machine: &statue{moves: wrong != "stone"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

func holdsAlways(model.View) bool { return true }

// Every defect of the house is told, and nothing else: by what each comes to, thought through by hand.
func TestVacuityTellsWhatIsWrong(t *testing.T) {
	const deaf = "monitor/order hears things, stays as it was and objects to nothing, so its verdict may say nothing"
	for wrong, want := range map[string][]string{
		"":      nil,
		"stone": {"statue does nothing: no action, and no input that changes it or that it answers"},
		"lock": { // nobody enters, so nobody leaves, nothing is observed, and the porter's part is in no step
			"guest is refused whenever it offers enters (prover_test.enters)",
			"guest never meets prover_test.leaves",
			"monitor/order hears nothing, so its verdict says nothing",
		},
		// The door stays closed and keeps nobody out.
		"bell":     {"door does nothing: no action, and no input that changes it or that it answers"},
		"hinge":    {"door ignores prover_test.leaves from guest"},
		"patience": {"guest never meets model.Expired", "guest.patience is never armed"},
		"stoicism": {"guest.patience is armed and never fires"},
		"window":   {"guest never meets climbs (prover_test.climbs)"},
		"silence":  {"monitor/order hears nothing, so its verdict says nothing"},
		"deafness": {deaf},
	} {
		t.Run(wrong, func(t *testing.T) {
			order := &bouncer{waitsFor: "entered"}
			if wrong == "deafness" {
				order.waitsFor = "departed"
			}
			for _, options := range []prover.Options{{}, {NoPartialOrder: true}, prover.Fine(prover.Options{Workers: 2})} {
				results, err := prover.Explore(t.Context(), house(t, wrong), []model.Property{
					{Name: "order", Kind: model.Monitored, Monitor: order}, {Name: "live", Kind: model.Eventually, Holds: holdsAlways},
				}, options)
				if err != nil {
					t.Fatal(err)
				}
				got := prover.Vacuous(results...)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%+v (-want +got):\n%s", options, diff)
				}
			}
		})
	}
}

// things notes by hand, in a step from the machines of one state, what Vacuity speaks of; it returns the state after it, nil where
// the step is refused. It shares nothing with the prover but the machines and where their effects go.
func things(sys *model.System, from []model.Machine, a model.Action, met map[string]bool) []model.Machine {
	to := make([]model.Machine, len(from))
	for i, m := range from {
		to[i] = m.Clone()
	}
	var notes []string
	queue := []model.Delivery{{From: model.Self, To: a.Machine, Event: a.Event}}
	for ; len(queue) > 0; queue = queue[1:] {
		d := queue[0]
		name, class := sys.Name(d.To), model.ClassOf(d.Event)
		before := string(to[d.To].AppendState(nil))
		var out model.Out
		to[d.To].Step(d.From, d.Event, &out)
		if out.Refused() {
			return nil
		}
		sends := 0
		for _, e := range out.Effects() {
			more := sys.Route(nil, d.To, e)
			queue, sends = append(queue, more...), sends+len(more)
		}
		effect := sends > 0 || out.Violation() != "" || before != string(to[d.To].AppendState(nil))
		switch {
		case d.From == model.Self:
			notes = append(notes, name+" takes "+class, name+" does")
		case effect:
			notes = append(notes, name+" heeds "+class+" from "+sys.Name(d.From), name+" does", name+" moves", name+" hears")
		default:
			notes = append(notes, name+" hears")
		}
	}
	for _, n := range notes {
		met[n] = true
	}
	return to
}

// What is said never to have happened did not, on random systems, with the partial order reduced and without: a walk through
// all states by hand does not meet it. And much of what did not happen is told.
func TestVacuityIsTrueOfRandomSystems(t *testing.T) {
	told, reduced := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		sys := anySystem(t, 4, 5)
		echo := model.Property{Name: "no-echo", Kind: model.Monitored, Monitor: &counter{}}
		properties := []model.Property{{Name: "exhaust", Reads: []model.ID{}, Holds: holdsAlways}}
		watched := sys
		if rapid.Bool().Draw(t, "monitor") {
			properties = append(properties, echo)
			var err error
			if watched, err = sys.With(model.Member{Name: echo.MonitorName(), Machine: echo.Monitor}); err != nil {
				t.Fatal(err)
			}
		}
		met := map[string]bool{}
		todo := [][]model.Machine{watched.Start().View()}
		seen := map[string]bool{string(encode(todo[0])): true}
		for len(todo) > 0 {
			from := todo[0]
			todo = todo[1:]
			for id, m := range from {
				for _, e := range m.Actions(nil) {
					if to := things(watched, from, model.Action{Machine: model.ID(id), Event: e}, met); to != nil && !seen[string(encode(to))] {
						seen[string(encode(to))] = true
						todo = append(todo, to)
					}
				}
			}
		}
		for _, options := range []prover.Options{{NoPartialOrder: true}, prover.Fine(prover.Options{Workers: 2})} {
			results, err := prover.Explore(t.Context(), sys, properties, options)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range results[0].Vacuity.Never {
				if told++; met[n.Thing] {
					t.Fatalf("%+v: %v, and it did", options, n)
				}
			}
			for thing := range met {
				if strings.Contains(thing, " takes ") && !slices.Contains(results[0].Vacuity.Met, thing) {
					t.Fatalf("%q is not among what was met: %q", thing, results[0].Vacuity.Met)
				}
			}
			reduced += len(results[0].Reductions)
		}
	})
	if told == 0 || reduced == 0 {
		t.Errorf("%d things told, in %d explorations with a reduction: this test can not fail", told, reduced)
	}
}

// Nothing is said where something may be to come: after a bound, a cut, or an early end because everything was decided.
func TestVacuityNeedsTheEnd(t *testing.T) {
	stone, never := house(t, "stone"), model.Property{Name: "closed", Holds: func(v model.View) bool { return !v[aDoor].(*door).open }}
	cut := counting(t, &tally{cuts: true})
	deaf := model.Property{Name: "order", Kind: model.Monitored, Monitor: &bouncer{waitsFor: "departed"}}
	always := model.Property{Name: "always", Holds: holdsAlways}
	for name, c := range map[string]struct {
		system     *model.System
		properties []model.Property
		options    prover.Options
		want       int
	}{
		"to the end":  {stone, []model.Property{always}, prover.Options{}, 1},
		"on the way":  {stone, []model.Property{always, never}, prover.Options{}, 1}, // refuted early, but explored on
		"refuted":     {stone, []model.Property{never}, prover.Options{}, 0},
		"bounded":     {stone, []model.Property{always}, prover.Options{Depth: 1}, 0},
		"not cut":     {counting(t, &tally{}), []model.Property{deaf}, prover.Options{}, 1},
		"cut":         {cut, []model.Property{deaf}, prover.Options{}, 0},
		"no property": {stone, nil, prover.Options{}, 1},
	} {
		results, err := prover.Explore(t.Context(), c.system, c.properties, c.options)
		if err != nil {
			t.Fatal(err)
		}
		if got := prover.Vacuous(results...); len(got) != c.want {
			t.Errorf("%s: %q; want %d", name, got, c.want)
		}
	}
}

// Machines that a symmetry interchanges are told of once, with one name; and what one system of a family met, no other one is
// told to lack.
func TestVacuityOfFamilies(t *testing.T) {
	explore := func(statues int, moves bool) []prover.Result {
		var members []model.Member
		var group model.Group
		for i := range statues {
			members = append(members, model.Member{Name: []string{"garden/1", "garden/11", "garden/21"}[i], Machine: &statue{moves: moves}})
			group = append(group, []model.ID{model.ID(i)})
		}
		sys, err := model.Compose(members...)
		if err != nil {
			t.Fatal(err)
		}
		sys.Symmetry = model.Symmetry{group}
		results, err := prover.Explore(t.Context(), sys, []model.Property{{Name: "always", Holds: holdsAlways, Symmetric: true}}, prover.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return results
	}
	const idle = " does nothing: no action, and no input that changes it or that it answers"
	two, three := explore(2, false), explore(3, false)
	for _, c := range []struct {
		results []prover.Result
		want    []string
	}{
		{two, []string{"garden/1*" + idle}},
		{append(three, three...), []string{"garden/*1" + idle}},
		{append(three, explore(3, true)...), nil},
	} {
		if diff := cmp.Diff(c.want, prover.Vacuous(c.results...)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

func TestCheckLogsWhatIsVacuous(t *testing.T) {
	r := recording(t, "TestStone")
	prover.Check(r, house(t, "stone"), model.Property{Name: "always", Holds: holdsAlways})
	if want := "vacuous: statue does nothing: no action, and no input that changes it or that it answers"; len(r.errors) > 0 || len(r.logs) != 2 || r.logs[1] != want {
		t.Errorf("errors %q, logs %q", r.errors, r.logs)
	}
}
