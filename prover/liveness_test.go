package prover_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// compose makes a system of automata named m0, m1 and so on.
func compose(t testing.TB, fairness []model.Fairness, tables ...[]row) *model.System {
	t.Helper()
	var members []model.Member
	for i, table := range tables {
		members = append(members, model.Member{Name: fmt.Sprintf("m%d", i), Machine: &automaton{table: table}})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	sys.Fairness = fairness
	return sys
}

// to is a state with these choices: the states that they lead to.
func to(states ...int) (r row) {
	for _, s := range states {
		r.actions = append(r.actions, move{next: s})
	}
	return r
}

// in is the predicate that a machine is in a state.
func in(m, state int) func(model.View) bool {
	return func(v model.View) bool { return v[m].(*automaton).state == state }
}

func never(model.View) bool { return false }

// steps writes a trace as the machines and choices, with a bar before what is repeated.
func steps(r prover.Result) string {
	var words []string
	for i, a := range r.Trace {
		if r.Lasso && i == len(r.Trace)-r.Cycle {
			words = append(words, "|")
		}
		words = append(words, fmt.Sprintf("%d.%d", a.Machine, a.Event.(choice)))
	}
	if r.Lasso && r.Cycle == 0 {
		words = append(words, "|")
	}
	return strings.Join(words, " ")
}

// A door opens and closes; somebody wants to go in, which a closed door refuses. Then the plain traps, each with what
// is right by the definitions: model/property.go and model/fairness.go.
func TestLivenessTraps(t *testing.T) {
	door := []row{
		{actions: []move{{next: 1}}, inputs: []move{{refuse: true}}},
		{actions: []move{{next: 0}}, inputs: []move{{next: 1}}},
	}
	guest := []row{{actions: []move{{next: 1, sends: []model.Delivery{{To: 0, Event: word(0)}}}}}, {}}
	weak := func(m model.ID, choices ...choice) model.Fairness {
		if choices == nil {
			return model.Fairness{Machine: m}
		}
		return model.Fairness{Machine: m, Class: func(e model.Event) bool { return slices.Contains(choices, e.(choice)) }}
	}
	strong := func(m model.ID, choices ...choice) model.Fairness {
		f := weak(m, choices...)
		f.Strong = true
		return f
	}
	enters := model.Property{Name: "enters", Kind: model.Eventually, Holds: in(1, 1)}
	last := model.Property{Name: "last", Kind: model.Eventually, Holds: in(0, 1)}
	for name, c := range map[string]struct {
		sys     *model.System
		p       model.Property
		verdict model.Verdict
		steps   string
	}{
		"weak fairness does not help who is turned away again and again": {
			compose(t, []model.Fairness{weak(0), weak(1)}, door, guest), enters, model.Refuted, "| 0.0 0.0"},
		"strong fairness does": {
			compose(t, []model.Fairness{weak(0), strong(1)}, door, guest), enters, model.Proved, ""},
		"the door may stay closed for ever": {
			compose(t, []model.Fairness{strong(1)}, door, guest), enters, model.Refuted, "|"},
		"the door may not stay open for ever": {
			compose(t, []model.Fairness{weak(0), weak(1)}, door, guest),
			model.Property{Name: "closes", Kind: model.LeadsTo, When: in(0, 1), Holds: in(0, 0)}, model.Proved, ""},
		"without fairness nothing has to happen": {
			compose(t, nil, []row{to(1), {}}), last, model.Refuted, "|"},
		"with weak fairness what goes on being possible happens": {
			compose(t, []model.Fairness{weak(0)}, []row{to(1), {}}), last, model.Proved, ""},
		"a deadlock is a way to stop": {
			compose(t, []model.Fairness{strong(0)}, []row{to(1, 2), {}, {}}), last, model.Refuted, "0.1 |"},
		"a step that changes nothing takes its class": {
			compose(t, []model.Fairness{strong(0)}, []row{to(0, 1), {}}), last, model.Refuted, "| 0.0"},
		"and only its class": {
			compose(t, []model.Fairness{weak(0, 0), weak(0, 1)}, []row{to(0, 1), {}}), last, model.Proved, ""},
		"what held before it was asked for does not answer": {
			compose(t, []model.Fairness{weak(0)}, []row{to(1), to(2), {}}),
			model.Property{Name: "answered", Kind: model.LeadsTo, When: in(0, 2), Holds: in(0, 1)}, model.Refuted, "0.0 0.0 |"},
		"what holds when it is asked for does": {
			compose(t, []model.Fairness{weak(0)}, []row{to(1), {}}),
			model.Property{Name: "answered", Kind: model.LeadsTo, When: in(0, 1), Holds: in(0, 1)}, model.Proved, ""},
		"what is never asked for is answered": {
			compose(t, nil, []row{to(1), {}}),
			model.Property{Name: "answered", Kind: model.LeadsTo, When: in(0, 7), Holds: never}, model.Proved, ""},
		"once is not again and again": {
			compose(t, []model.Fairness{weak(0)}, []row{to(1), to(2), to(3), to(2)}),
			model.Property{Name: "often", Kind: model.InfinitelyOften, Holds: in(0, 1)}, model.Refuted, "0.0 0.0 | 0.0 0.0"},
		"a cycle through a state in which it holds breaks nothing": {
			compose(t, []model.Fairness{weak(0)}, []row{to(1), to(0)}),
			model.Property{Name: "often", Kind: model.InfinitelyOften, Holds: in(0, 1)}, model.Proved, ""},
		"where nothing fair is enabled a run may stop": {
			compose(t, []model.Fairness{strong(0, 2)}, []row{to(1, 0), {actions: []move{{next: 0}, {next: 1}, {next: 2}}}, {}}),
			model.Property{Name: "leaves", Kind: model.Eventually, Holds: in(0, 2)}, model.Refuted, "|"},
		"without the state that strong fairness forbids to pass for ever, a cycle is left": {
			compose(t, []model.Fairness{weak(0), strong(0, 2)}, []row{to(1, 1, 3), to(2), to(1, 0), {}}),
			model.Property{Name: "leaves", Kind: model.Eventually, Holds: in(0, 3)}, model.Refuted, "0.0 | 0.0 0.0"},
		"without it none is left": {
			compose(t, []model.Fairness{weak(0), strong(0, 2)}, []row{to(1, 1, 3), to(2), to(0), {}}),
			model.Property{Name: "leaves", Kind: model.Eventually, Holds: in(0, 3)}, model.Proved, ""},
		"an answer on the way leaves nothing owed, until it is asked for again": {
			compose(t, []model.Fairness{weak(0)}, []row{to(1, 2), to(3, 4), to(3), {}, {}}),
			model.Property{
				Name: "answered", Kind: model.LeadsTo, Holds: in(0, 1),
				When: func(v model.View) bool { return in(0, 0)(v) || in(0, 4)(v) },
			}, model.Refuted, "0.0 0.1 |"},
		"more assumptions than fit a word": {
			compose(t, append(slices.Repeat([]model.Fairness{strong(0)}, 70), strong(1)), door, guest), enters, model.Proved, ""},
		"and more of them broken": {
			compose(t, append(slices.Repeat([]model.Fairness{strong(0)}, 70), weak(1)), door, guest), enters, model.Refuted, "| 0.0 0.0"},
	} {
		for _, workers := range []int{1, 2, 4} {
			r := one(t, c.sys, c.p, prover.Fine(prover.Options{Workers: workers}))
			if r.Verdict != c.verdict || steps(r) != c.steps || r.Lasso != (c.verdict == model.Refuted) || r.Reductions != nil {
				t.Errorf("%s: %d workers: %v (%s) by %q; want %v by %q", name, workers, r.Verdict, r.Reason, steps(r), c.verdict, c.steps)
			}
		}
	}
}

// ring counts round and round.
type ring struct{ n, size int }

func (r *ring) Actions(dst []model.Event) []model.Event      { return append(dst, choice(0)) }
func (r *ring) Step(_ model.ID, _ model.Event, _ *model.Out) { r.n = (r.n + 1) % r.size }
func (r *ring) Clone() model.Machine                         { c := *r; return &c }
func (r *ring) AppendState(dst []byte) []byte                { return model.AppendInt(dst, r.n) }

func rings(t testing.TB, size int) *model.System {
	t.Helper()
	sys, err := model.Compose(model.Member{Name: "a", Machine: &ring{size: size}}, model.Member{Name: "b", Machine: &ring{size: size}})
	if err != nil {
		t.Fatal(err)
	}
	sys.Symmetry = model.Symmetry{{{0}, {1}}} // which liveness does not use
	return sys
}

// One component of ninety thousand states overflows nothing. Two rings of n turn: a cycle that is fair to both turns each
// of them once round, which takes 2n steps; and under weak fairness each comes round again and again.
func TestALargeComponent(t *testing.T) {
	const n = 300
	sys := rings(t, n)
	sys.Fairness = model.WeaklyFair(0, 1)
	properties := []model.Property{
		{Name: "halts", Kind: model.Eventually, Holds: never, Symmetric: true},
		{Name: "turns", Kind: model.InfinitelyOften, Holds: func(v model.View) bool { return v[1].(*ring).n == n/2 }},
	}
	for _, workers := range []int{1, 2} {
		results, err := prover.Explore(t.Context(), sys, properties, prover.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		halts, turns := results[0], results[1]
		if halts.States != n*n || halts.Verdict != model.Refuted || halts.Cycle != 2*n || len(halts.Trace) != 2*n {
			t.Errorf("halts: %d states, %v, a cycle of %d in a run of %d", halts.States, halts.Verdict, halts.Cycle, len(halts.Trace))
		}
		if turns.Verdict != model.Proved {
			t.Errorf("turns: %v (%s)", turns.Verdict, turns.Reason)
		}
	}
}

// What is proved because nothing ever asks for it says so.
func TestAVacuousProofIsTold(t *testing.T) {
	sys := compose(t, nil, []row{to(1), {}})
	p := model.Property{Name: "answered", Kind: model.LeadsTo, When: in(0, 7), Holds: never}
	if r := one(t, sys, p, prover.Options{}); r.Verdict != model.Proved || r.Reason != "no reachable state asks for it" {
		t.Errorf("%v (%s)", r.Verdict, r.Reason)
	}
	p.When, p.Holds = in(0, 0), func(model.View) bool { return true }
	if r := one(t, sys, p, prover.Options{}); r.Verdict != model.Proved || r.Reason != "" {
		t.Errorf("%v (%s)", r.Verdict, r.Reason)
	}
}

// A property sees what it reads, and nothing else, in the explored states as in the lasso that is run again.
func TestPropertiesOfRunsSeeWhatTheyRead(t *testing.T) {
	sys := rings(t, 3)
	p := model.Property{Name: "reads", Kind: model.LeadsTo, Reads: []model.ID{1}}
	p.When = func(v model.View) bool { return v[0] == nil && v[1].(*ring).n == 1 }
	p.Holds = func(v model.View) bool { return v[0] != nil || v[1].(*ring).n == 2 }
	if r := one(t, sys, p, prover.Options{}); r.Verdict != model.Refuted || steps(r) != "1.0 |" {
		t.Errorf("%v (%s) by %q", r.Verdict, r.Reason, steps(r))
	}
	sys.Fairness = model.WeaklyFair(1)
	if r := one(t, sys, p, prover.Options{}); r.Verdict != model.Proved {
		t.Errorf("with fairness: %v (%s)", r.Verdict, r.Reason)
	}
}

// Results come in the order of the properties, each decided by the exploration of its kind.
func TestMixedPropertiesKeepTheirOrder(t *testing.T) {
	sys := compose(t, model.WeaklyFair(0), []row{to(1), to(2), {}})
	results, err := prover.Explore(t.Context(), sys, []model.Property{
		{Name: "ends", Kind: model.Eventually, Holds: in(0, 2)},
		{Name: "never-1", Holds: func(v model.View) bool { return !in(0, 1)(v) }},
		{Name: "returns", Kind: model.InfinitelyOften, Holds: in(0, 0)},
		{Name: "reach-2", Kind: model.Reachable, Holds: in(0, 2)},
	}, prover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range results {
		got = append(got, fmt.Sprintf("%s %v %s", r.Property.Name, r.Verdict, steps(r)))
	}
	want := []string{"ends proved ", "never-1 refuted 0.0", "returns refuted 0.0 0.0 |", "reach-2 proved 0.0 0.0"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Whatever ends the exploration leaves a property of runs unknown, a cut only where no lasso avoids it.
func TestWhatEndsALivenessExplorationIsInTheVerdict(t *testing.T) {
	canceled, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("interrupted"))
	p := model.Property{Name: "turns", Kind: model.InfinitelyOften, Holds: func(v model.View) bool { return v[1].(*ring).n == 1 }}
	sys := rings(t, 100)
	for want, c := range map[string]struct {
		ctx  context.Context
		opts prover.Options
	}{
		"memory bound of 262144 bytes reached": {opts: prover.Options{Memory: 256 << 10}},
		"memory bound of 524288 bytes reached": {opts: prover.Options{Memory: 512 << 10}},
		"state bound 1000 reached":             {opts: prover.Options{States: 1000}},
		"depth bound 5 reached":                {opts: prover.Options{Depth: 5}},
		"interrupted":                          {ctx: canceled},
	} {
		if c.ctx == nil {
			c.ctx = context.Background()
		}
		r, err := prover.Explore(c.ctx, sys, []model.Property{p}, c.opts)
		if err != nil || r[0].Verdict != model.Unknown || r[0].Reason != want || r[0].Lasso {
			t.Errorf("%v (%s), %v; want unknown (%s)", r[0].Verdict, r[0].Reason, err, want)
		}
	}
	cut := []row{{actions: []move{{next: 1}, {cut: true}}}, {}}
	ends := model.Property{Name: "ends", Kind: model.Eventually, Holds: in(0, 1)}
	r := one(t, compose(t, model.WeaklyFair(0), cut), ends, prover.Options{})
	if r.Verdict != model.Unknown || r.Reason != "cut: not modelled" {
		t.Errorf("behind the cut: %v (%s)", r.Verdict, r.Reason)
	}
	if r = one(t, compose(t, nil, cut), ends, prover.Options{}); r.Verdict != model.Refuted || r.Reason != "" {
		t.Errorf("beside the cut: %v (%s)", r.Verdict, r.Reason)
	}
}

func TestExploreRefusesBadPropertiesOfRuns(t *testing.T) {
	sys := compose(t, nil, []row{{}})
	holds := func(model.View) bool { return true }
	for want, c := range map[string]struct {
		p        model.Property
		fairness []model.Fairness
	}{
		`property "p" does not say what holds, or when`: {model.Property{Name: "p", Kind: model.LeadsTo, Holds: holds}, nil},
		`property "q" does not say what holds, or when`: {model.Property{Name: "q", Kind: model.Eventually}, nil},
		"fairness of machine 1, of 1":                   {model.Property{Name: "p", Kind: model.Eventually, Holds: holds}, model.WeaklyFair(1)},
	} {
		sys.Fairness = c.fairness
		_, err := prover.Explore(t.Context(), sys, []model.Property{c.p}, prover.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want one that says %q", err, want)
		}
	}
}

func BenchmarkLiveness(b *testing.B) {
	sys := rings(b, 1000)
	sys.Fairness = append(model.WeaklyFair(0), model.Fairness{Machine: 1, Strong: true})
	p := model.Property{Name: "turns", Kind: model.InfinitelyOften, Holds: func(v model.View) bool { return v[1].(*ring).n == 1 }}
	for b.Loop() {
		r := one(b, sys, p, prover.Options{Workers: 1})
		b.ReportMetric(float64(r.States)/r.Elapsed.Seconds(), "states/s")
	}
}
