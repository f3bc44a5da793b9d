package certificate_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
	"github.com/lockstep-prover/lockstep/prover/certificate"
	"github.com/lockstep-prover/lockstep/spec"
)

var update = flag.Bool("update", false, "rewrite the fixture with what came out")

func twoPhase(t fataler, rms int) *model.System {
	t.Helper()
	sys, err := classic.TwoPhaseCommit(rms)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

func twoPhaseHeader(rms int) []string {
	return []string{"system: classic/two-phase-commit", fmt.Sprintf("parameters: rm=%d", rms)}
}

func certifyTwoPhase(t fataler, rms int, symmetry bool) text {
	t.Helper()
	c, _ := write(t, twoPhaseHeader(rms), twoPhase(t, rms), []model.Property{classic.Consistent()}, symmetry)
	return c
}

// is reports whether err is a T, and not nil.
func is[T error](err error) bool {
	var as T
	return errors.As(err, &as)
}

// An honest certificate holds. The counts of two-phase commit are the published ones: 288 states and 1145 steps.
func TestHonestCertificateHolds(t *testing.T) {
	r, err := check(certifyTwoPhase(t, 3, false).String(), twoPhase(t, 3), classic.Consistent())
	if want := (certificate.Report{States: 288, Steps: 1145}); err != nil || r != want {
		t.Errorf("%+v, %v; want %+v", r, err, want)
	}
}

// The files that the command line's tests verify, and that show what a certificate looks like, are what the writer of the tests
// writes.
func TestFixtures(t *testing.T) {
	header, sys, proved, _ := exclusiveQueue(t, "2", "0")
	queue, _ := write(t, header, sys, proved, true)
	for name, c := range map[string]text{"two-phase-commit_rm=2": certifyTwoPhase(t, 2, false), "exclusive-queue_reset=0": queue} {
		path := filepath.Join("testdata", name+".certificate")
		if *update {
			if err := os.WriteFile(path, []byte(c.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), c.String()); diff != "" {
			t.Errorf("%s: -want +got; go test -update rewrites it:\n%s", name, diff)
		}
	}
}

// exclusiveQueue is the lock with so many clients and resets, and its properties of states and steps by what is claimed of them.
func exclusiveQueue(t *testing.T, clients, reset string) (header []string, sys *model.System, proved, refuted []model.Property) {
	t.Helper()
	e, err := spec.Find("mutex/exclusive-queue")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := e.Settings(spec.Setting{Name: "clients", Value: clients}, spec.Setting{Name: "reset", Value: reset}, spec.Setting{Name: "blackhole", Value: "0"})
	if err != nil {
		t.Fatal(err)
	}
	sys, claims, err := e.Instance(settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range claims {
		switch {
		case p.Kind == model.Reachable || p.Kind.OfRuns():
		case p.Claimed == model.Proved:
			proved = append(proved, p.Property)
		default:
			refuted = append(refuted, p.Property)
		}
	}
	return []string{"system: mutex/exclusive-queue", "parameters: " + settings.String()}, sys, proved, refuted
}

// The writer of the tests comes to the states that model.State comes to.
func TestTheNaiveWriter(t *testing.T) {
	sys := twoPhase(t, 3)
	_, w := write(t, nil, sys, nil, false)
	got := map[string]bool{}
	for _, v := range w.order {
		got[encode(v)] = true
	}
	for key := range reachable(sys) {
		if !got[key] {
			t.Errorf("the writer lacks a state")
		}
	}
	if len(got) != 288 || len(w.order) != 288 {
		t.Errorf("%d states, %d in order", len(got), len(w.order))
	}
}

// The header is handed to the caller, who builds what it names.
func TestOpenReadsTheHeader(t *testing.T) {
	c, err := certificate.Open(strings.NewReader("lockstep certificate 1\nsystem: a/b\nparameters: x=1 y=\nproperty: p\nproperty: q\nsymmetry: yes\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.System, c.Parameters, c.Properties, c.Symmetry)
	if want := "a/b[{x 1} {y }] [p q] true"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Without any one of the reachable states the set is not inductive: something leads to the state, or it is the initial one.
func TestEveryDroppedStateIsMissed(t *testing.T) {
	for _, symmetry := range []bool{false, true} {
		honest := certifyTwoPhase(t, 3, symmetry)
		for i := range honest.states {
			c := honest.clone()
			c.states = slices.Delete(c.states, i, i+1)
			if _, err := check(c.String(), twoPhase(t, 3), classic.Consistent()); !is[*certificate.Failure](err) {
				t.Errorf("symmetry %t, without state %d (%s): %v", symmetry, i, honest.states[i], err)
			}
		}
	}
}

// Whatever number of whatever state is changed, to whatever the tables have: the state that was there is missed.
func TestEveryChangedStateIsMissed(t *testing.T) {
	honest := certifyTwoPhase(t, 2, false)
	sys := twoPhase(t, 2)
	kinds := map[string]int{}
	for i, state := range honest.states {
		for m, was := range strings.Fields(state) {
			for n := range 10 {
				if fmt.Sprint(n) == was {
					continue
				}
				c := honest.clone()
				numbers := strings.Fields(state)
				numbers[m] = fmt.Sprint(n)
				c.states[i] = strings.Join(numbers, " ")
				_, err := check(c.String(), sys, classic.Consistent())
				switch {
				case is[*certificate.Failure](err):
					kinds["not inductive"]++
				case !is[*certificate.Malformed](err):
					t.Errorf("state %d is %s instead of %s: %v", i, c.states[i], state, err)
				case slices.Contains(honest.states, c.states[i]):
					kinds["twice"]++
				default:
					kinds["no such local state"]++
				}
			}
		}
	}
	if len(kinds) != 3 {
		t.Errorf("not all ways of being wrong were met: %v", kinds)
	}
}

// A set that is larger than the reachable states is a proof, as long as it is inductive and the properties hold in it; a state
// from which a step leads out is none, and neither is one where the property does not hold.
func TestUnreachableStates(t *testing.T) {
	sys := twoPhase(t, 2)
	known := reachable(sys)
	larger, open, inconsistent := 0, 0, 0
	for _, one := range known {
		for _, other := range known {
			added := slices.Clone(other)
			if added[0] = one[0]; known[encode(added)] != nil {
				continue
			}
			c, w := write(t, twoPhaseHeader(2), sys, []model.Property{classic.Consistent()}, false, added)
			consistent := !slices.ContainsFunc(w.order, func(v model.View) bool { return !classic.Consistent().Holds(v) })
			switch r, err := check(c.String(), sys, classic.Consistent()); {
			case consistent && (err != nil || r.States != int64(len(c.states))):
				t.Fatalf("a larger inductive set: %+v, %v", r, err)
			case !consistent && (!is[*certificate.Failure](err) || !strings.HasSuffix(err.Error(), "consistent does not hold")):
				t.Fatalf("an inductive set with an inconsistent state: %v", err)
			case !consistent:
				inconsistent++
				continue
			}
			larger++
			if len(c.states) == len(known)+1 {
				continue
			}
			alone := c.clone() // the added state without those that it leads to
			alone.states = nil
			for i, v := range w.order {
				if encode(v) == encode(added) || known[encode(v)] != nil {
					alone.states = append(alone.states, c.states[i])
				}
			}
			var f *certificate.Failure
			_, err := check(alone.String(), sys, classic.Consistent())
			if !errors.As(err, &f) || f.Line != alone.stateLine(len(known)) || !strings.HasSuffix(f.Reason, "which is not in the set") {
				t.Fatalf("a state that leads out of the set: %v; want a failure in line %d", err, alone.stateLine(len(known)))
			}
			open++
		}
	}
	if larger == open || open == 0 || inconsistent == 0 {
		t.Errorf("%d larger sets, %d of them open without what was added later, %d inconsistent ones: want some of each", larger, open, inconsistent)
	}
}

// Nobody can certify what is false, or what no set of states proves.
func TestNoCertificateOfWhatIsFalse(t *testing.T) {
	sys := twoPhase(t, 2)
	for _, p := range []struct {
		property model.Property
		want     string
	}{
		{model.Property{Name: "p", Holds: func(v model.View) bool { return v[0].(*classic.RM).State != classic.Committed }}, "p does not hold"},
		{model.Property{Name: "p", Holds: func(v model.View) bool { return v[1] != nil }, Reads: []model.ID{0}}, "p does not hold"},
		{model.Property{Name: "p", Holds: func(v model.View) bool { return v[0] == nil && v[2].(*classic.TM) != nil }, Reads: []model.ID{2}}, ""},
		{model.Property{Name: "p", Holds: func(v model.View) bool { panic("never here") }}, "p panics: never here"},
		{model.Property{Name: "p", Kind: model.Monitored, Monitor: &counter{}}, ""},
		{model.Property{Name: "p", Kind: model.Reachable, Holds: func(model.View) bool { return true }}, `property "p" is not about every state or step: no set of states proves it`},
		{model.Property{Name: "p", Kind: model.InfinitelyOften, Holds: func(model.View) bool { return true }}, `property "p" is not about every state or step: no set of states proves it`},
		{model.Property{Name: "p", Kind: model.Monitored}, `property "p" does not say what holds`},
		{model.Property{Name: "p"}, `property "p" does not say what holds`},
	} {
		header := []string{"lockstep certificate 1", "system: s", "property: p", "symmetry: no"}
		var c text
		if p.property.Kind != model.Monitored || p.property.Monitor != nil {
			c, _ = write(t, twoPhaseHeader(2), sys, []model.Property{p.property}, false)
		} else {
			c = text{header: header}
		}
		_, err := check(c.String(), sys, p.property)
		if p.want == "" {
			if err != nil {
				t.Errorf("%+v: %v", p.property, err)
			}
		} else if err == nil || !strings.HasSuffix(err.Error(), p.want) {
			t.Errorf("%+v: %v; want %q", p.property, err, p.want)
		}
	}
}

// With the right sum a wrong line of the log gives other numbers, or none; with the old sum any change is found.
func TestEveryChangedLineOfTheLog(t *testing.T) {
	for _, symmetry := range []bool{false, true} {
		honest := certifyTwoPhase(t, 2, symmetry)
		sys := twoPhase(t, 2)
		for i, line := range honest.log {
			for _, wrong := range []string{"", "step 1 0 own 0", "step 3 0 input 0", "step 9 0 own 0", "step 0 99 own 0", "step 0 0 own 7", "step 0 0 input 99", "image 0 0 99", line + " ", line + "0"} {
				if wrong == line {
					continue
				}
				c := honest.clone()
				c.log[i] = wrong
				if wrong == "" {
					c.log = slices.Delete(c.log, i, i+1)
				}
				if _, err := check(c.String(), sys, classic.Consistent()); err == nil {
					t.Errorf("line %d of the log is %q instead of %q: accepted", i, wrong, line)
				}
			}
		}
	}
}

// Any flipped bit is found by the sum, if by nothing before it.
func TestEveryFlippedBitIsFound(t *testing.T) {
	honest := certifyTwoPhase(t, 1, false).String()
	sys := twoPhase(t, 1)
	for i := range len(honest) {
		for bit := range 8 {
			c := []byte(honest)
			c[i] ^= 1 << bit
			if _, err := check(string(c), sys, classic.Consistent()); err == nil || is[*certificate.Failure](err) { // the sum comes first
				t.Errorf("bit %d of byte %d of %d: %v", bit, i, len(honest), err)
			}
		}
		if _, err := check(honest[:i], sys, classic.Consistent()); !is[*certificate.Malformed](err) {
			t.Errorf("the first %d bytes of %d: %v", i, len(honest), err)
		}
	}
}

// The lock itself, with timers, refusals, monitors and a symmetry: all its safety properties that hold.
func TestExclusiveQueue(t *testing.T) {
	for _, c := range []struct {
		clients, reset string
		symmetry       bool
	}{{"1", "1", false}, {"2", "0", false}, {"2", "0", true}, {"2", "1", true}} {
		header, sys, proved, refuted := exclusiveQueue(t, c.clients, c.reset)
		honest, w := write(t, header, sys, proved, c.symmetry)
		r, err := check(honest.String(), sys, proved...)
		if err != nil || r.Steps != w.steps {
			t.Errorf("%v: %+v, %v; the test's writer took %d steps", c, r, err, w.steps)
		}
		for i := 0; i < len(honest.states); i += 1 + len(honest.states)/20 {
			tampered := honest.clone()
			tampered.states = slices.Delete(tampered.states, i, i+1)
			if _, err := check(tampered.String(), sys, proved...); !is[*certificate.Failure](err) {
				t.Errorf("%v: without state %d: %v", c, i, err)
			}
		}
		for _, p := range refuted {
			dishonest, _ := write(t, header, sys, []model.Property{p}, c.symmetry)
			if _, err := check(dishonest.String(), sys, p); !is[*certificate.Failure](err) {
				t.Errorf("%v: %s is refuted and certified: %v", c, p.Name, err)
			}
		}
		t.Logf("%v: %d states, %d properties hold, %d do not", c, r.States, len(proved), len(refuted))
	}
}
