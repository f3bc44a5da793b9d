package model_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
)

// alarm is the timer of the tests' relays.
var alarm = model.Timer{Name: "alarm", Peer: model.Self}

func arm(earliest, latest int64) model.Effect {
	return model.Effect{Kind: model.Arm, Timer: alarm, Window: model.Window{Earliest: earliest, Latest: latest}}
}

func timed(t *testing.T, c model.Clock, members ...model.Member) *model.System {
	t.Helper()
	sys, err := compose(t, members...).Timed(c)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

// fires says, of a relay whose go arms its alarm with w, after how many ticks the alarm can fire, up to ten, and whether it
// can be put off beyond.
func fires(t *testing.T, c model.Clock, w model.Effect) string {
	sys := timed(t, c, model.Member{Name: "a", Timers: []model.Timer{alarm}, Machine: &relay{sends: []model.Effect{w}}})
	st := sys.Start()
	take := func(machine, event string) bool {
		a, err := st.Find(machine, event)
		if err == nil {
			st.Step(a)
		}
		return err == nil
	}
	take("clock", "tick") // an idle timer lets time pass, and does not count it
	take("a", "go")
	var at []string
	for n := range 10 {
		if _, err := st.Find("a.alarm", "fires"); err == nil {
			at = append(at, fmt.Sprint(n))
		}
		if !take("clock", "tick") {
			return strings.Join(at, " ")
		}
	}
	return strings.Join(at, " ") + " and on"
}

// A timer fires inside its window, counted in whole ticks and widened by its owner's drift, and by its latest moment time waits
// for it. The values are the windows divided by hand.
func TestTimerWindows(t *testing.T) {
	drift := func(n, d int64) []model.Drift {
		return []model.Drift{{Machine: 0, Ratio: model.Ratio{Numerator: n, Denominator: d}}}
	}
	for _, c := range []struct {
		clock model.Clock
		arm   model.Effect
		want  string
	}{
		{model.Clock{Tick: 10}, arm(20, 40), "2 3 4"},
		{model.Clock{Tick: 10}, arm(0, 0), "0"},
		{model.Clock{Tick: 10}, arm(29, 31), "2 3 4"},
		{model.Clock{Tick: 5}, arm(29, 31), "5 6 7"},
		{model.Clock{Tick: 10}, arm(70, model.Forever), "7 8 9 and on"},
		{model.Clock{Tick: 10}, arm(model.Forever, 30), ""}, // a deadline
		{model.Clock{Tick: 10, Drift: drift(1, 1)}, arm(20, 40), "2 3 4"},
		{model.Clock{Tick: 10, Drift: drift(2, 1)}, arm(40, 40), "2 3 4 5 6 7 8"},
		{model.Clock{Tick: 10, Drift: drift(3, 2)}, arm(30, 30), "2 3 4 5"},
		{model.Clock{Tick: 10, Drift: drift(1001, 1000)}, arm(30, 30), "2 3 4"},
		{model.Clock{Tick: 10, Drift: drift(3, 2)}, arm(model.Forever, model.Forever), " and on"},
	} {
		if got := fires(t, c.clock, c.arm); got != c.want {
			t.Errorf("%v under %+v can fire after %q ticks, want %q", c.arm, c.clock, got, c.want)
		}
	}
}

// A deadline holds time up until its owner has met it.
func TestDeadline(t *testing.T) {
	sys := timed(t, model.Clock{Tick: 10},
		model.Member{Name: "a", Timers: []model.Timer{alarm}, Machine: &relay{
			sends: []model.Effect{arm(model.Forever, 10)}, on: map[string][]model.Effect{"stop": {{Kind: model.Cancel, Timer: alarm}}},
		}},
		model.Member{Name: "b", Machine: &relay{sends: []model.Effect{send(0, "stop")}}})
	st := sys.Start()
	for i, s := range []struct{ machine, event, enabled string }{
		{"a", "go", "a go, b go, clock tick"},
		{"clock", "tick", "a go, b go"},
		{"a", "go", "a go, b go, clock tick"}, // armed anew
		{"clock", "tick", "a go, b go"},
		{"b", "go", "a go, b go, clock tick"},
	} {
		a, err := st.Find(s.machine, s.event)
		if err != nil {
			t.Fatal(err)
		}
		st.Step(a)
		if got := enabled(st); got != s.enabled {
			t.Errorf("after step %d, %s %s: %s; want %s", i+1, s.machine, s.event, got, s.enabled)
		}
	}
}

func enabled(st *model.State) string {
	var all []string
	for _, a := range st.Actions(nil) {
		all = append(all, st.System().Name(a.Machine)+" "+a.Event.String())
	}
	return strings.Join(all, ", ")
}

// Time stands still while an urgent machine offers an action of its class, even one that is refused, and does not wait for
// others. The machine is never told.
func TestUrgency(t *testing.T) {
	walker := func() model.Machine {
		return &relay{sends: []model.Effect{send(1, "pass")}, on: map[string][]model.Effect{"tick": {observe("heard")}}}
	}
	for _, c := range []struct {
		urgent []model.Urgency
		want   string // enabled while the door is open; shut
	}{
		{nil, "walker go, door shut, clock tick; door open, clock tick"},
		{[]model.Urgency{{Machine: 0}}, "walker go, door shut; door open"},
		{[]model.Urgency{{Machine: 1, Class: func(e model.Event) bool { return e == text{"open"} }}},
			"walker go, door shut, clock tick; door open"},
	} {
		sys := timed(t, model.Clock{Tick: 1, Urgent: c.urgent},
			model.Member{Name: "walker", Machine: walker()}, model.Member{Name: "door", Machine: &door{}})
		st := sys.Start()
		got := enabled(st)
		if a, err := st.Find("clock", "tick"); err == nil {
			for _, h := range st.Clone().Step(a).Happenings {
				if h.Effect == observe("heard") {
					t.Error("an urgent machine was told of a tick")
				}
			}
		}
		a, err := st.Find("door", "shut")
		if err != nil {
			t.Fatal(err)
		}
		st.Step(a)
		if got += "; " + enabled(st); got != c.want {
			t.Errorf("%+v: %s; want %s", c.urgent, got, c.want)
		}
	}
}

// Monitors hear the ticks, and views hold the members as they were.
func TestMonitorsHearTicks(t *testing.T) {
	sys := timed(t, model.Clock{Tick: 1}, model.Member{Name: "a", Machine: &relay{}})
	clock, _ := sys.Clock()
	sys, err := sys.With(model.Member{Name: "monitor", Machine: &listener{}})
	if err != nil {
		t.Fatal(err)
	}
	if again, ok := sys.Clock(); !ok || again != clock || sys.Name(clock) != "clock" {
		t.Errorf("the clock is machine %d %q", again, sys.Name(again))
	}
	st := sys.Start()
	for range 2 {
		st.Step(st.Actions(nil)[0])
	}
	if diff := cmp.Diff([]string{"1 tick", "1 tick"}, st.View()[2].(*listener).heard); diff != "" {
		t.Errorf("the monitor heard (-want +got):\n%s", diff)
	}
	if _, ok := st.View()[0].(*relay); !ok {
		t.Errorf("the view shows a %T", st.View()[0])
	}
}

func TestArmed(t *testing.T) {
	member := model.Member{Name: "a", Timers: []model.Timer{alarm}, Machine: &relay{sends: []model.Effect{arm(5, 9)}}}
	for _, sys := range []*model.System{compose(t, member), timed(t, model.Clock{Tick: 1}, member)} {
		id, _ := sys.Timer(0, alarm)
		st := sys.Start()
		before := model.Armed(st.View()[id])
		st.Step(st.Actions(nil)[0])
		if owner, ok := sys.TimerOwner(id); before || !model.Armed(st.View()[id]) || model.Armed(st.View()[0]) || !ok || owner != 0 {
			t.Errorf("armed %t, then %t", before, model.Armed(st.View()[id]))
		}
	}
}

// Systems under a clock keep the contract, their symmetry included: two relays that stop each other's alarms.
func TestConformAcceptsAClock(t *testing.T) {
	other := func(peer model.ID) model.Machine { return &stopper{peer: peer} }
	sys := compose(t,
		model.Member{Name: "a", Timers: []model.Timer{alarm}, Machine: other(1)},
		model.Member{Name: "b", Timers: []model.Timer{alarm}, Machine: other(0)})
	sys.Symmetry = model.Symmetry{{{0, 2}, {1, 3}}}
	sys, err := sys.Timed(model.Clock{Tick: 10, Urgent: []model.Urgency{
		{Machine: 0, Class: func(e model.Event) bool { return e == text{"stop"} }}, {Machine: 1, Class: func(e model.Event) bool { return e == text{"stop"} }},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(20) {
		if err := model.Conform(sys, rand.New(rand.NewPCG(seed, 0)).IntN, 100); err != nil {
			t.Fatal(err)
		}
	}
}

// stopper arms its alarm, and when that expires stops the other one's; an alarm that has been stopped is owed a step.
type stopper struct {
	peer model.ID
	owed bool
}

func (s *stopper) Actions(dst []model.Event) []model.Event {
	if s.owed {
		return append(dst, text{"stop"})
	}
	return append(dst, text{"arm"})
}

func (s *stopper) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e {
	case text{"arm"}:
		out.Arm(alarm, model.Window{Earliest: 15, Latest: 35})
	case model.Expired{Timer: alarm}:
		s.owed = true
	case text{"stop"}:
		s.owed = false
		out.Send(s.peer, text{"stopped"})
	case text{"stopped"}:
		out.Cancel(alarm)
	}
}

func (s *stopper) Clone() model.Machine          { c := *s; return &c }
func (s *stopper) AppendState(dst []byte) []byte { return model.AppendBool(dst, s.owed) }
func (s *stopper) Rename(to func(model.ID) model.ID) model.Machine {
	return &stopper{to(s.peer), s.owed}
}

func TestTimedRefuses(t *testing.T) {
	plain := func() *model.System { return compose(t, model.Member{Name: "a", Machine: &relay{}}) }
	clock := model.Clock{Tick: 1}
	drift := func(n, d int64) model.Clock {
		return model.Clock{Tick: 1, Drift: []model.Drift{{Machine: 0, Ratio: model.Ratio{Numerator: n, Denominator: d}}}}
	}
	watched, err := plain().With(model.Member{Name: "monitor", Machine: &listener{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sys   *model.System
		clock model.Clock
		want  string
	}{
		{plain(), model.Clock{}, "timed: a tick of 0 ms"},
		{timed(t, clock, model.Member{Name: "a", Machine: &relay{}}), clock, "timed: the system has a clock already"},
		{watched, clock, "timed: monitors are added after the clock"},
		{compose(t, model.Member{Name: "clock", Machine: &relay{}}), clock, `two members are named "clock"`},
		{plain(), model.Clock{Tick: 1, Urgent: []model.Urgency{{Machine: 1}}}, "timed: urgent machine 1 of 1"},
		{plain(), drift(1, 2), "timed: drift of a by 1/2: the ratio is from 1"},
		{plain(), drift(1, 0), "timed: drift of a by 1/0: the ratio is from 1"},
		{plain(), drift(2_000_000, 1_999_999), "timed: drift of a by 2000000/1999999"},
		{plain(), model.Clock{Tick: 1, Drift: slices.Repeat(drift(1, 1).Drift, 2)}, "timed: drift of a is given twice"},
	} {
		if _, err := c.sys.Timed(c.clock); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v; want one that says %s", c.clock, err, c.want)
		}
	}
}

// A window that is none is a defect of the model, and loud.
func TestBadWindowsPanic(t *testing.T) {
	for _, w := range []model.Effect{arm(2, 1), arm(-1, 1), arm(0, 1<<62)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v did not panic", w)
				}
			}()
			fires(t, model.Clock{Tick: 1}, w)
		}()
	}
}
