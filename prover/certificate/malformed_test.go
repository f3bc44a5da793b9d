package certificate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
	"github.com/lockstep-prover/lockstep/prover/certificate"
)

// small is the header of a certificate for two-phase commit; with one resource manager its machines are rm/1, tm and medium.
const small = "lockstep certificate 1\nsystem: s\nproperty: consistent\nsymmetry: no\n"

// What is wrong with a text is told in one line, with the number of the line that is wrong.
func TestMalformed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `line 1: the file ends after this line and has no line "end": it is truncated`},
		{"lockstep trace v1\n", `line 1: not a certificate: the first line is not "lockstep certificate 1"`},
		{"lockstep certificate 2\n", `line 1: certificate version "2" is not known here, only 1`},
		{"lockstep certificate 1\r\n", `line 1: certificate version "1\r" is not known here, only 1`},
		{"lockstep certificate 1", `line 1: the last line has no end: the file is truncated`},
		{"lockstep certificate 1\nproperty: p\n", `line 2: here comes "system: ", not "property"`},
		{"lockstep certificate 1\nsystem:\n", `line 2: a header line is "key: value", not "system:"`},
		{"lockstep certificate 1\nsystem: s\nparameters: =1\n", `line 3: a parameter is "name=value", not "=1"`},
		{"lockstep certificate 1\nsystem: s\nparameters: a=1 a=2\n", `line 3: a second parameter "a"`},
		{"lockstep certificate 1\nsystem: s\nsymmetry: no\n", `line 3: here comes "property: ", not "symmetry"`},
		{"lockstep certificate 1\nsystem: s\nproperty: p\nproperty: p\n", `line 4: a second property "p"`},
		{"lockstep certificate 1\nsystem: s\nproperty: p\nsymmetry: maybe\n", `line 4: here comes "symmetry: yes" or "symmetry: no", not "symmetry: maybe"`},
		{"lockstep certificate 1\nsystem: s\nproperty: p\nsystem: s\n", `line 4: here comes "symmetry: yes" or "symmetry: no", not "system: s"`},
		{small, `line 4: the file ends after this line and has no line "end": it is truncated`},
		{small + "states 1\n", `line 5: here comes "log N", not "states 1"`},
		{small + "log -1\n", `line 5: here comes "log N", not "log -1"`},
		{small + "log 01\n", `line 5: here comes "log N", not "log 01"`},
		{small + "log 4294967295\n", `line 5: here comes "log N", not "log 4294967295"`},
		{small + "log 1 \n", `line 5: here comes "log N", not "log 1 "`},
		{small + "log " + strings.Repeat("1", 1<<16) + "\n", `line 5: a line of more than 65536 bytes`},
		{small + "log 4000000000\n", `line 5: the file ends after this line and has no line "end": it is truncated`},
		{small + "log 1\nstop 0 0 own 0\n", `line 6: line 1 of 1 of the log is a step or an image, not "stop 0 0 own 0"`},
		{small + "log 1\nimage 0 0 0\n", `line 6: an image in a certificate without symmetry`},
		{small + "log 1\nstep x 0 own 0\n", `line 6: the line names no machine: "x 0 own 0"`},
		{small + "log 1\nstep 3 0 own 0\n", `line 6: machine 3, of 3`},
		{small + "log 1\nstep 0 0\n", `line 6: the line names no local state: "0 0"`},
		{small + "log 1\nstep 0 1 own 0\n", `line 6: local state 1 of rm/1, which has 1 so far`},
		{small + "log 1\nstep 0 0 own 2\n", `line 6: action 2 of rm/1 in its local state 0, which has 2`},
		{small + "log 1\nstep 0 0 own 0 0\n", `line 6: a step ends in "own K" or "input X", not "own 0 0"`},
		{small + "log 1\nstep 0 0 input\n", `line 6: a step ends in "own K" or "input X", not "input"`},
		{small + "log 1\nstep 0 0 input 0\n", `line 6: message 0, of 0 so far`},
		{small + "log 0\nlog 0\n", `line 6: here comes "states N", not "log 0"`},
		{small + "log 0\nstates 1\n0 0\n", `line 7: state 1 of the set is 3 numbers, not "0 0"`},
		{small + "log 0\nstates 1\n0 0 0 0\n", `line 7: state 1 of the set is 3 numbers, not "0 0 0 0"`},
		{small + "log 0\nstates 1\n0 0 0 \n", `line 7: state 1 of the set is 3 numbers, not "0 0 0 "`},
		{small + "log 0\nstates 1\n0 1 0\n", `line 7: local state 1 of tm, which has 1`},
		{small + "log 0\nstates 2\n0 0 0\n0 0 0\n", `line 8: the same state as in line 7`},
		{seal(small + "log 0\nstates 2\n0 0 0\n"), `line 8: state 2 of the set is 3 numbers, not "end `},
		{small + "log 0\nstates 1\n0 0 0\n0 0 0\n", `line 8: after the last state comes "end" with a sum of 64 digits, not "0 0 0"`},
		{seal(small+"log 0\nstates 1\n0 0 0\n") + "\n", `line 9: something follows the line "end"`},
		{strings.Replace(seal(small+"log 0\nstates 1\n0 0 0\n"), "m: s", "m: t", 1), `line 8: the sum is wrong: the file was altered after it was written`},
	} {
		_, err := check(c.text, twoPhase(t, 1), classic.Consistent())
		if !is[*certificate.Malformed](err) || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q:\n got %v\nwant %s", c.text[:min(len(c.text), 200)], err, c.want)
		}
	}
}

// An error of the reader is told as such.
func TestReadError(t *testing.T) {
	broken := errors.New("the disk is gone")
	if _, err := certificate.Open(iotest.ErrReader(broken)); !errors.Is(err, broken) || is[*certificate.Malformed](err) {
		t.Errorf("Open: %v", err)
	}
}

// The check ends with its context, and can be made once.
func TestInterrupted(t *testing.T) {
	c, err := certificate.Open(strings.NewReader(certifyTwoPhase(t, 2, false).String()))
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := c.Check(ctx, twoPhase(t, 2), []model.Property{classic.Consistent()}); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	if _, err := c.Check(t.Context(), twoPhase(t, 2), []model.Property{classic.Consistent()}); err == nil {
		t.Error("a second check")
	}
}

// The properties are those of the header; under symmetry they are symmetric, and the symmetry is one.
func TestArguments(t *testing.T) {
	p := classic.Consistent()
	partial, other := p, p
	partial.Symmetric, other.Name = false, "other"
	odd := twoPhase(t, 2)
	odd.Symmetry = model.Symmetry{{{0}, {0}}}
	many := twoPhase(t, 12)
	symmetric := strings.Replace(small, "symmetry: no", "symmetry: yes", 1)
	for _, c := range []struct {
		text     string
		sys      *model.System
		property model.Property
		want     string
	}{
		{small, twoPhase(t, 2), other, `property 1 of the certificate is "consistent", not "other"`},
		{symmetric, twoPhase(t, 2), partial, `property "consistent" is not symmetric, and the certificate uses the symmetry`},
		{symmetric, odd, p, "symmetry group 0: machine 0 is not there, or named twice"},
		{symmetric, many, p, "the system's symmetry has more than 65536 permutations"},
	} {
		if _, err := check(c.text, c.sys, c.property); err == nil || err.Error() != c.want {
			t.Errorf("%v; want %s", err, c.want)
		}
	}
	if _, err := check(small, twoPhase(t, 2)); err == nil || err.Error() != "0 properties for a certificate of 1" {
		t.Errorf("no properties: %v", err)
	}
}

// odd is a machine that does in each state what a checker has to be ready for: see odd.Step.
type odd struct{ state int }

func (o *odd) Actions(dst []model.Event) []model.Event { return append(dst, choice(0)) }
func (o *odd) Step(_ model.ID, e model.Event, out *model.Out) {
	switch {
	case e == choice(0) && o.state == 0: // to 9 and back in one step: 9 is in no state
		o.state = 9
		out.Send(0, word(0))
	case o.state == 9:
		o.state = 0
	case o.state == 1:
		out.Cut("not covered")
	case o.state == 2:
		panic("not here")
	case o.state == 3:
		out.Send(0, word(3))
	case o.state == 4:
		out.Send(7, word(0))
	case o.state == 5:
		out.Violate("but it is no monitor")
	case o.state == 6:
		o.state = 9
		out.Send(0, word(0))
		out.Refuse()
	}
}
func (o *odd) Clone() model.Machine          { c := *o; return &c }
func (o *odd) AppendState(dst []byte) []byte { return model.AppendInt(dst, o.state) }

// A step may pass through local states that the log does not name, and what is no monitor may object as it likes. What the model does not cover, and code that panics or does
// not come to an end, are failures of the certificate.
func TestStepsThatProveNothing(t *testing.T) {
	for state, want := range []string{
		0: "<nil>",
		1: `line 7: "odd choice 0" is cut (not covered): where it leads is not in the model`,
		2: `line 7: "odd choice 0" leads to where odd panics: not here`,
		3: `line 7: "odd choice 0" never comes to an end`,
		4: `line 7: "odd choice 0" leads to where odd panics: model: odd sends word 0 to machine 7 of 1`,
		5: "<nil>",
		6: "<nil>",
	} {
		sys, err := model.Compose(model.Member{Name: "odd", Machine: &odd{state}})
		if err != nil {
			t.Fatal(err)
		}
		p := model.Property{Name: "consistent", Holds: func(model.View) bool { return true }}
		_, err = check(seal(small+"log 0\nstates 1\n0\n"), sys, p)
		if diff := cmp.Diff(want, errorText(err)); diff != "" {
			t.Errorf("state %d: -want +got:\n%s", state, diff)
		}
		if state == 2 { // the same, met while the log is replayed
			_, err = check(seal(small+"log 1\nstep 0 0 own 0\nstates 1\n0\n"), sys, p)
			if want := "line 6: odd panics: not here"; errorText(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		if state == 6 { // what is refused gives no numbers
			_, err = check(seal(small+"log 1\nstep 0 0 own 0\nstates 2\n0\n1\n"), sys, p)
			if want := "line 9: local state 1 of odd, which has 1"; errorText(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
			_, err = check(seal(small+"log 2\nstep 0 0 own 0\nstep 0 0 input 0\nstates 1\n0\n"), sys, p)
			if want := "line 7: message 0, of 0 so far"; errorText(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return "<nil>"
	}
	return err.Error()
}

// A failure says where it is, what was done, and which state is missing.
func TestFailure(t *testing.T) {
	honest := certifyTwoPhase(t, 1, false) // 5 lines of header, "log 13" and its lines, "states"
	for _, c := range []struct {
		drop int
		want string
	}{
		{0, "the initial state is not in the set"},
		{1, `line 21: "rm/1 prepares" leads to 1 0 1, which is not in the set`},
	} {
		tampered := honest.clone()
		tampered.states = append(tampered.states[:c.drop:c.drop], tampered.states[c.drop+1:]...)
		_, err := check(tampered.String(), twoPhase(t, 1), classic.Consistent())
		var f *certificate.Failure
		if !errors.As(err, &f) || f.Error() != c.want {
			t.Fatalf("without state %d: %v; want %s", c.drop, err, c.want)
		}
		if missing := f.Successor[0].(*classic.RM).State; c.drop == 1 && missing != classic.Prepared {
			t.Errorf("the missing state has the resource manager in %v", missing)
		}
	}
}
