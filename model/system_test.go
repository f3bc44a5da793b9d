package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
)

// relay is a scripted machine: go makes it send what it was given; every input is logged by way of an observation.
type relay struct {
	sends []model.Effect
	on    map[string][]model.Effect // by the text of an input
	cutOn string
}

func (r *relay) Actions(dst []model.Event) []model.Event {
	if len(r.sends) > 0 {
		dst = append(dst, text{"go"})
	}
	return dst
}

func (r *relay) Step(from model.ID, e model.Event, out *model.Out) {
	effects := r.on[e.String()]
	if from == model.Self {
		effects = r.sends
	} else if e.String() == r.cutOn {
		out.Cut("no more")
		out.Cut("a second reason")
		return
	}
	for _, f := range effects {
		switch f.Kind {
		case model.Send:
			out.Send(f.To, f.Event)
		case model.Observe:
			out.Observe(f.Event)
		case model.Arm:
			out.Arm(f.Timer, f.Window)
		case model.Cancel:
			out.Cancel(f.Timer)
		}
	}
}

func (r *relay) Clone() model.Machine          { c := *r; return &c }
func (r *relay) AppendState(dst []byte) []byte { return dst }

// listener is a monitor that keeps what it heard and objects to one word.
type listener struct {
	heard  []string
	object string
}

func (l *listener) Actions(dst []model.Event) []model.Event { return dst }
func (l *listener) Step(from model.ID, e model.Event, out *model.Out) {
	l.heard = append(l.heard, fmt.Sprintf("%d %v", from, e))
	if e.String() == l.object {
		out.Violate("heard " + l.object)
	}
}
func (l *listener) Clone() model.Machine { return &listener{slices.Clone(l.heard), l.object} }
func (l *listener) AppendState(dst []byte) []byte {
	return model.AppendString(dst, strings.Join(l.heard, "|"))
}

func send(to model.ID, s string) model.Effect {
	return model.Effect{Kind: model.Send, To: to, Event: text{s}}
}

func observe(s string) model.Effect { return model.Effect{Kind: model.Observe, Event: text{s}} }

func compose(t *testing.T, members ...model.Member) *model.System {
	t.Helper()
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

// What is sent is delivered first in, first out, and answers queue up behind what was sent before them.
func TestDeliveryIsFirstInFirstOut(t *testing.T) {
	sys := compose(t,
		model.Member{Name: "a", Machine: &relay{sends: []model.Effect{send(1, "x"), send(2, "y")}}},
		model.Member{Name: "b", Machine: &relay{on: map[string][]model.Effect{"x": {observe("b has x"), send(2, "z")}}}},
		model.Member{Name: "c", Machine: &relay{on: map[string][]model.Effect{"y": {observe("c has y")}, "z": {observe("c has z")}}}},
	)
	sys, err := sys.With(model.Member{Name: "monitor", Machine: &listener{object: "c has z"}})
	if err != nil {
		t.Fatal(err)
	}
	st := sys.Start()
	step := st.Step(st.Actions(nil)[0])
	var got []string
	for _, h := range step.Happenings {
		got = append(got, sys.Name(h.From)+" "+h.Effect.String())
	}
	want := []string{"a send 1: x", "a send 2: y", "b observe: b has x", "b send 2: z", "c observe: c has y", "c observe: c has z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("happenings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1 b has x", "2 c has y", "2 c has z"}, st.View()[3].(*listener).heard); diff != "" {
		t.Errorf("the monitor heard (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]model.Violation{{Monitor: 3, Reason: "heard c has z"}}, step.Violations); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func TestCutEndsTheStepWithItsFirstReason(t *testing.T) {
	sys := compose(t,
		model.Member{Name: "a", Machine: &relay{sends: []model.Effect{send(1, "x")}}},
		model.Member{Name: "b", Machine: &relay{cutOn: "x"}},
	)
	st := sys.Start()
	if step := st.Step(st.Actions(nil)[0]); step.Cut != "no more" {
		t.Errorf("cut %q, want %q", step.Cut, "no more")
	}
}

// A timer fires only while it is armed, and then tells its owner, not its peer.
func TestTimer(t *testing.T) {
	alarm := model.Timer{Name: "alarm", Peer: 1}
	sys := compose(t,
		model.Member{Name: "a", Timers: []model.Timer{alarm}, Machine: &relay{
			sends: []model.Effect{{Kind: model.Arm, Timer: alarm, Window: model.Window{Earliest: 10, Latest: 20}}, send(1, "x")},
			on: map[string][]model.Effect{
				"alarm expired": {observe("expired")},
				"stop":          {{Kind: model.Cancel, Timer: alarm}},
			},
		}},
		model.Member{Name: "b", Machine: &relay{sends: []model.Effect{send(0, "stop")}}},
	)
	id, ok := sys.Timer(0, alarm)
	owner, isTimer := sys.TimerOwner(id)
	if !ok || !isTimer || owner != 0 || sys.Name(id) != "a.alarm[b]" {
		t.Fatalf("timer machine %d %q, owner %d", id, sys.Name(id), owner)
	}
	texts := func(st *model.State) (all []string) {
		for _, a := range st.Actions(nil) {
			all = append(all, sys.Name(a.Machine)+" "+a.Event.String())
		}
		return all
	}
	st := sys.Start()
	steps := []struct{ machine, event, after string }{
		{"a", "go", "a go, b go, a.alarm[b] fires"},
		{"b", "go", "a go, b go"},
		{"a", "go", "a go, b go, a.alarm[b] fires"},
		{"a.alarm[b]", "fires", "a go, b go"},
	}
	for _, s := range steps {
		a, err := st.Find(s.machine, s.event)
		if err != nil {
			t.Fatal(err)
		}
		step := st.Step(a)
		if got := strings.Join(texts(st), ", "); got != s.after {
			t.Errorf("after %s %s: %s; want %s", s.machine, s.event, got, s.after)
		}
		if s.event == "fires" && !slices.ContainsFunc(step.Happenings, func(h model.Happening) bool { return h.Effect == observe("expired") }) {
			t.Errorf("the owner was not told: %v", step.Happenings)
		}
	}
}

func TestFindSaysWhatIsEnabled(t *testing.T) {
	st := toolSystem().Start()
	for _, c := range []struct{ machine, event, want string }{
		{"worker/1", "put back", `worker/1 cannot "put back" here; enabled for it: ["reach"]`},
		{"worker/9", "reach", `the system has no machine "worker/9"`},
	} {
		if _, err := st.Find(c.machine, c.event); err == nil || err.Error() != c.want {
			t.Errorf("Find(%q, %q): %v; want %s", c.machine, c.event, err, c.want)
		}
	}
}

func TestComposeRefuses(t *testing.T) {
	m := func(name string) model.Member { return model.Member{Name: name, Machine: &relay{}} }
	timed := m("a")
	timed.Timers = []model.Timer{{Name: "t", Peer: 3}}
	for want, members := range map[string][]model.Member{
		`two members are named "a"`:               {m("a"), m("a")},
		`member name "a b" is empty or has white`: {m("a b")},
		`member name "" is empty`:                 {m("")},
		`member name "#" is empty or has`:         {m("#")},
		`member "x" has no machine`:               {{Name: "x"}},
		`timer "t" of a is about machine 3, of 1`: {timed},
	} {
		if _, err := model.Compose(members...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want one that says %s", err, want)
		}
	}
}

// A machine that names a receiver or a timer which is not there is a defect of the model, and loud.
func TestRoutePanics(t *testing.T) {
	sys := toolSystem()
	for _, e := range []model.Effect{send(17, "x"), {Kind: model.Arm, Timer: model.Timer{Name: "none", Peer: model.Self}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("routing %v did not panic", e)
				}
			}()
			sys.Route(nil, 0, e)
		}()
	}
}

// The encodings of numbers are distinct and self-delimiting.
func TestAppendIsInjective(t *testing.T) {
	seen := map[string]string{}
	add := func(key []byte, what string) {
		if other, ok := seen[string(key)]; ok {
			t.Errorf("%s and %s share the encoding %x", what, other, key)
		}
		seen[string(key)] = what
	}
	numbers := []int{0, 1, -1, 63, 64, -64, -65, 8191, 8192, 1 << 40, -1 << 40}
	for _, a := range numbers {
		for _, b := range numbers {
			add(model.AppendInt(model.AppendInt(nil, a), b), fmt.Sprint("int ", a, " ", b))
		}
	}
	clear(seen)
	for _, a := range []string{"", "a", "ab", "\x00", "a\x00"} {
		for _, b := range []string{"", "a", "b", "\x00a"} {
			add(model.AppendString(model.AppendString(nil, a), b), fmt.Sprintf("string %q %q", a, b))
		}
	}
}

func TestPermutations(t *testing.T) {
	var got [][]model.ID
	for p := range (model.Symmetry{{{0}, {1}, {2}}, {{3, 4}, {5, 6}}}).Permutations(8) {
		got = append(got, slices.Clone(p))
	}
	if len(got) != 12 {
		t.Fatalf("%d permutations, want 3! · 2!", len(got))
	}
	if !slices.Equal(got[0], []model.ID{0, 1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("the first permutation is %v, not the identity", got[0])
	}
	for i, p := range got {
		if sorted := slices.Sorted(slices.Values(p)); !slices.Equal(sorted, got[0]) {
			t.Errorf("%v is no permutation", p)
		}
		if p[4]-p[3] != 1 || p[6]-p[5] != 1 || p[7] != 7 {
			t.Errorf("%v tears a column apart", p)
		}
		for _, q := range got[:i] {
			if slices.Equal(p, q) {
				t.Errorf("%v occurs twice", p)
			}
		}
	}
}

// door is a machine that refuses to be passed while it is shut.
type door struct{ shut bool }

func (d *door) Actions(dst []model.Event) []model.Event {
	if d.shut {
		return append(dst, text{"open"})
	}
	return append(dst, text{"shut"})
}

func (d *door) Step(from model.ID, e model.Event, out *model.Out) {
	switch e {
	case text{"open"}:
		d.shut = false
	case text{"shut"}:
		d.shut = true
	default:
		if d.shut {
			out.Refuse()
			out.Cut("nobody hears of this")
		}
	}
}

func (d *door) Clone() model.Machine          { c := *d; return &c }
func (d *door) AppendState(dst []byte) []byte { return model.AppendBool(dst, d.shut) }

// A refused action is not enabled, and trying it leaves no mark.
func TestRefuse(t *testing.T) {
	sys := compose(t,
		model.Member{Name: "walker", Machine: &relay{sends: []model.Effect{send(1, "pass"), send(2, "knock")}}},
		model.Member{Name: "usher", Machine: &relay{on: map[string][]model.Effect{"pass": {send(2, "pass")}}}},
		model.Member{Name: "door", Machine: &door{}})
	st := sys.Start()
	texts := func() (all []string) {
		for _, a := range st.Actions(nil) {
			all = append(all, sys.Name(a.Machine)+" "+a.Event.String())
		}
		return all
	}
	if diff := cmp.Diff([]string{"walker go", "door shut"}, texts()); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
	shut, err := st.Find("door", "shut")
	if err != nil {
		t.Fatal(err)
	}
	st.Step(shut)
	before := string(st.AppendState(nil))
	if diff := cmp.Diff([]string{"door open"}, texts()); diff != "" {
		t.Errorf("shut (-want +got):\n%s", diff)
	}
	if _, err := st.Find("walker", "go"); err == nil {
		t.Error("a refused action was found")
	}
	if step := st.Clone().Step(model.Action{Machine: 0, Event: text{"go"}}); !step.Refused || step.Cut != "" {
		t.Errorf("refused %t, cut %q; want a refusal alone", step.Refused, step.Cut)
	}
	if string(st.AppendState(nil)) != before {
		t.Error("looking for enabled actions changed the state")
	}
}
