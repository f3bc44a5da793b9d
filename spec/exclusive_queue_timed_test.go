package spec_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/model/network"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

func timedEntry(t rapid.TB) *spec.Entry {
	t.Helper()
	e, err := spec.Find("mutex/exclusive-queue-timed")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The claims under the clock are functions of the parameters too. Ticks that divide nothing are among those drawn: the claims say what
// widened windows do.
func TestTimedClaimsHoldForAnyParameters(t *testing.T) {
	e := timedEntry(t)
	rapid.Check(t, func(t *rapid.T) {
		var chosen []spec.Setting
		budget := 1 // faults for each client, lest a draw takes minutes
		for _, p := range e.Parameters {
			number := func(values ...int) string { return strconv.Itoa(rapid.SampledFrom(values).Draw(t, p.Name)) }
			value := ""
			switch {
			case p.Values != nil:
				value = rapid.SampledFrom(p.Values).Draw(t, p.Name)
			case p.Name == "clients":
				value = number(1, 2)
			case p.Name == "tick":
				value = number(5000, 7000, 10_000)
			case p.Name == "patience":
				value = number(5000, 10_000, 14_000, 15_000, 20_000)
			case p.Name == "drift":
				value = number(0, 50, 500)
			case p.Name == "bound":
				value = number(0, 20_000, 29_999, 30_000, 35_000)
			default:
				n := rapid.IntRange(0, budget).Draw(t, p.Name)
				budget -= n
				value = strconv.Itoa(n)
			}
			chosen = append(chosen, spec.Setting{Name: p.Name, Value: value})
		}
		s, err := e.Settings(chosen...)
		if err != nil {
			t.Fatal(err)
		}
		claims, results := check(t, e, s, prover.Options{})
		for i, r := range results {
			if r.Verdict != claims[i].Claimed {
				t.Errorf("%v: %s is %v (%s), claimed %v", s, r.Property.Name, r.Verdict, r.Reason, claims[i].Claimed)
			}
		}
	})
}

// With several faults for each client the bound is the same: every connection has a deadline of its own.
func TestTheBoundDoesNotAddUp(t *testing.T) {
	e := timedEntry(t)
	for _, bound := range []string{"25000", "30000"} {
		s, err := e.Settings(spec.Setting{Name: "clients", Value: "1"}, spec.Setting{Name: "reset", Value: "1"}, spec.Setting{Name: "blackhole", Value: "2"},
			spec.Setting{Name: "pause", Value: "1"}, spec.Setting{Name: "reconnect", Value: "true"}, spec.Setting{Name: "bound", Value: bound})
		if err != nil {
			t.Fatal(err)
		}
		claims, results := check(t, e, s, prover.Options{})
		for i, r := range results {
			if r.Verdict != claims[i].Claimed {
				t.Errorf("%v: %s is %v (%s), claimed %v", s, r.Property.Name, r.Verdict, r.Reason, claims[i].Claimed)
			}
		}
	}
}

// A clock takes nothing away from what is possible at all: what a system does under it, it does without. What an untimed proof says
// of all timings holds under the clock.
func TestUntimedProofsHoldUnderTheClock(t *testing.T) {
	e := timedEntry(t)
	s, err := e.Settings()
	if err != nil {
		t.Fatal(err)
	}
	timed, _, err := e.Instance(s)
	if err != nil {
		t.Fatal(err)
	}
	untimedEntry, err := spec.Find("mutex/exclusive-queue")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := untimedEntry.Settings(spec.Setting{Name: "reset", Value: "0"})
	if err != nil {
		t.Fatal(err)
	}
	_, claims, err := untimedEntry.Instance(settings)
	if err != nil {
		t.Fatal(err)
	}
	var proved []model.Property
	for _, c := range claims {
		if c.Claimed == model.Proved && c.Kind == model.Monitored {
			proved = append(proved, c.Property)
		}
	}
	results, err := prover.Explore(t.Context(), timed, proved, prover.Options{})
	if err != nil || len(proved) < 2 {
		t.Fatal(err, len(proved))
	}
	for _, r := range results {
		if r.Verdict != model.Proved {
			t.Errorf("%s is %v under the clock", r.Property.Name, r.Verdict)
		}
	}
}

// The least bound of every case that has one is three heartbeat intervals (SPEC.md B-8), and without heartbeats there is none.
func TestTightestBound(t *testing.T) {
	e := timedEntry(t)
	for _, heartbeat := range []string{"true", "false"} {
		s, err := e.Settings(spec.Setting{Name: "heartbeat", Value: heartbeat})
		if err != nil {
			t.Fatal(err)
		}
		build := func(bound int64) (*model.System, model.Property, error) {
			s[len(s)-1].Value = strconv.FormatInt(bound, 10)
			sys, claims, err := e.Instance(s)
			if err != nil {
				return nil, model.Property{}, err
			}
			return sys, claims[0].Property, nil
		}
		tight, err := prover.Tightest(t.Context(), build, prover.Bounds{Most: 60_000, Step: 5000}, prover.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if heartbeat == "false" && tight.Verdict != model.Refuted ||
			heartbeat == "true" && (tight.Verdict != model.Proved || tight.Holds.Bound != 30_000 || tight.Fails.Bound != 25_000) {
			t.Errorf("heartbeat=%s: %+v", heartbeat, tight)
		}
	}
}

// Symmetry changes nothing under the clock: no verdict, no length, and a state stands for at most two.
func TestSymmetryUnderTheClock(t *testing.T) {
	e := timedEntry(t)
	choices, err := e.Choices(spec.Setting{Name: "tick", Value: "5000"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range choices {
		claims, with := check(t, e, s, prover.Options{})
		_, without := check(t, e, s, prover.Options{NoSymmetry: true, NoPartialOrder: true})
		for i, r := range with {
			if o := without[i]; r.Verdict != o.Verdict || len(r.Trace) != len(o.Trace) || r.States > o.States || o.States > 2*r.States || len(r.Reductions) != 1 {
				t.Errorf("%v: %s: %v in %d steps, %d states under symmetry; %v in %d, %d without",
					s, claims[i].Name, r.Verdict, len(r.Trace), r.States, o.Verdict, len(o.Trace), o.States)
			}
		}
	}
}

// Time does not depend on faults, on their end, or on an application that goes on calling: from every state a tick comes, by what
// the model says must not wait. (That is more than time-passes says, and takes a search of its own, for small systems.)
func TestTimeGoesOnWithoutHelp(t *testing.T) {
	e := timedEntry(t)
	for _, chosen := range []string{
		"clients=1 reconnect=true blackhole=1 reset=1", "clients=1 blackhole=1 pause=1", "clients=1 blackhole=0 pause=1 crash=1 verify=publish",
		"clients=2 blackhole=0 crash=1", "clients=2 heartbeat=false", "clients=1 blackhole=2 drift=100 tick=2500 release=connection",
	} {
		var settings []spec.Setting
		for _, word := range strings.Fields(chosen) {
			name, value, _ := strings.Cut(word, "=")
			settings = append(settings, spec.Setting{Name: name, Value: value})
		}
		s, err := e.Settings(settings...)
		if err != nil {
			t.Fatal(err)
		}
		sys, _, err := e.Instance(s)
		if err != nil {
			t.Fatal(err)
		}
		if stuck := timeStops(sys); stuck != "" {
			t.Errorf("%s: %s", chosen, stuck)
		}
	}
}

// timeStops explores the system and returns what is enabled in a state from which no tick can come without help; "" if there is none.
func timeStops(sys *model.System) string {
	clock, _ := sys.Clock()
	ids := map[string]int{}
	var states []*model.State
	var before [][]int // by state: those that a step without help leads from
	intern := func(st *model.State) int {
		key := string(st.AppendState(nil))
		id, met := ids[key]
		if !met {
			id = len(states)
			ids[key] = id
			states, before = append(states, st), append(before, nil)
		}
		return id
	}
	intern(sys.Start())
	flows := map[int]bool{}
	var todo []int
	for i := 0; i < len(states); i++ {
		for _, a := range states[i].Actions(nil) {
			next := states[i].Clone()
			next.Step(a)
			id := intern(next)
			_, called := a.Event.(lock.Call)
			_, resumed := a.Event.(network.Resume)
			switch {
			case a.Machine == clock:
				flows[i] = true
				todo = append(todo, i)
			case !called && !resumed && !network.IsFault(a.Event):
				before[id] = append(before[id], i)
			}
		}
	}
	for len(todo) > 0 {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, i := range before[last] {
			if !flows[i] {
				flows[i] = true
				todo = append(todo, i)
			}
		}
	}
	for i, st := range states {
		if !flows[i] {
			return fmt.Sprintf("state %d of %d: %v", i, len(states), st.Actions(nil))
		}
	}
	return ""
}
