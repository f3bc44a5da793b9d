package prover_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/prover/certificate"
)

// certified explores and returns the certificate that was written, "" if none was.
func certified(t rapid.TB, sys *model.System, properties []model.Property, o prover.Options) (string, []prover.Result) {
	t.Helper()
	var b bytes.Buffer
	o.Certificate = prover.Certificate{To: &b, System: "any", Parameters: "size=1"}
	r, err := prover.Explore(context.Background(), sys, properties, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), r
}

// verify has the independent checker look at a certificate.
func verify(text string, sys *model.System, properties []model.Property) (certificate.Report, error) {
	c, err := certificate.Open(strings.NewReader(text))
	if err != nil {
		return certificate.Report{}, err
	}
	return c.Check(context.Background(), sys, properties)
}

// certifiable is the properties for which a set of states is a proof, of those that are proved.
func certifiable(t *testing.T, sys *model.System, properties []model.Property) (proved []model.Property) {
	t.Helper()
	results, err := prover.Explore(context.Background(), sys, properties, prover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Verdict == model.Proved && r.Property.Kind != model.Reachable {
			proved = append(proved, r.Property)
		}
	}
	return proved
}

// What the prover has explored, on any number of workers, in memory, on disk and in two parts, the checker accepts, and it comes
// to the same counts; and one state less, or another one instead, is no proof.
func TestCertificatesOfTheCatalogue(t *testing.T) {
	for _, c := range [][]string{
		{"classic/two-phase-commit", "rm=3"}, {"classic/two-phase-commit", "rm=5"},
		{"mutex/exclusive-queue", "blackhole=0"}, {"mutex/exclusive-queue-timed", "crash=1", "blackhole=0"},
		{"classic/fischer"}, {"classic/dining-philosophers", "order=last-right-first", "hungry=true"},
	} {
		sys, all := instance(t, c[0], c[1:]...)
		properties := certifiable(t, sys, all)
		if len(properties) == 0 {
			t.Fatalf("%v: nothing is proved", c)
		}
		dir := t.TempDir()
		for name, o := range map[string]prover.Options{
			"one worker":       {Workers: 1},
			"two workers":      {Workers: 2},
			"whole":            {Workers: 2, NoSymmetry: true},
			"on disk":          {Workers: 1, Memory: 1 << 16, Spill: dir},
			"on disk, whole":   {Workers: 2, NoSymmetry: true, Memory: 1 << 16, Spill: dir},
			"in two parts":     {Workers: 2, Checkpoint: prover.Checkpoint{File: filepath.Join(dir, "a")}},
			"on disk, resumed": {Workers: 1, Memory: 1 << 16, Spill: dir, Checkpoint: prover.Checkpoint{File: filepath.Join(dir, "b")}},
		} {
			t.Run(strings.Join(c, " ")+", "+name, func(t *testing.T) {
				if o.Checkpoint.File != "" {
					part := o
					part.Depth = 4
					if text, r := certified(t, sys, properties, part); text != "" || r[0].Verdict != model.Unknown {
						t.Fatalf("a part: %v, and a certificate of %d bytes", r[0].Verdict, len(text))
					}
					o.Checkpoint.Resume = true
				}
				text, r := certified(t, sys, properties, o)
				report, err := verify(text, sys, properties)
				if err != nil || report.States != r[0].States || report.Steps != r[0].Transitions {
					t.Fatalf("%+v, %v; explored were %d states, %d transitions", report, err, r[0].States, r[0].Transitions)
				}
				for i := range tamperings {
					if i == 1 && strings.Contains(text, "\nsymmetry: yes\n") {
						continue // the other state may be an image of the one that is gone
					}
					if _, err := verify(tamper(t, text, i, i*1009), sys, properties); !isFailure(err) {
						t.Errorf("tampering %d: %v; want a failure", i, err)
					}
				}
			})
		}
	}
}

func isFailure(err error) bool {
	var f *certificate.Failure
	return errors.As(err, &f)
}

// tamperings is how many ways there are to tamper: a state dropped, and a state made another's copy but for one machine.
const tamperings = 2

// tamper does one thing to the states of a certificate, and makes its sum good again. The state is the n-th but for the first,
// as often as there are: every state is the successor of another one, so that without it the set is not closed.
func tamper(t rapid.TB, text string, which, n int) string {
	t.Helper()
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-2] // without the sum
	first := 1 + slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "states ") })
	count := len(lines) - first
	if count < 2 {
		t.Fatalf("%d states are too few to tamper with", count)
	}
	at := first + 1 + n%(count-1)
	switch which {
	case 0:
		lines = slices.Delete(lines, at, at+1)
		lines[first-1] = fmt.Sprintf("states %d\n", count-1)
	case 1:
		lines[at] = changed(t, lines[first:], lines[at])
	}
	body := strings.Join(lines, "")
	return body + fmt.Sprintf("end %x\n", sha256.Sum256([]byte(body)))
}

// changed is a state that is none of the states, one machine of it being where it is in another state.
func changed(t rapid.TB, states []string, state string) string {
	t.Helper()
	known := map[string]bool{}
	for _, s := range states {
		known[s] = true
	}
	for _, other := range states {
		for m, number := range strings.Fields(other) {
			words := strings.Fields(state)
			words[m] = number
			if s := strings.Join(words, " ") + "\n"; !known[s] {
				return s
			}
		}
	}
	t.Fatalf("every state is there")
	return ""
}

// Of random systems there is a certificate just if everything is proved, and it is accepted.
func TestRandomCertificates(t *testing.T) {
	dir := t.TempDir()
	accepted, none := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		sys := anySystem(t, 4, 5)
		limit := rapid.IntRange(0, 16).Draw(t, "limit")
		all := []model.Property{
			{Name: "below", Kind: model.Invariant, Holds: func(v model.View) bool { return sum(v) <= limit }},
			{Name: "no-echo", Kind: model.Monitored, Monitor: &counter{}},
			{Name: "ends", Kind: model.DeadlockFree, Holds: func(v model.View) bool { return sum(v) <= limit }},
		}
		var properties []model.Property
		for _, p := range all {
			if rapid.Bool().Draw(t, p.Name) {
				properties = append(properties, p)
			}
		}
		if properties == nil {
			properties = all[:1]
		}
		want, err := explore(sys, properties)
		if err != nil {
			t.Fatal(err)
		}
		if properties[len(properties)-1].Name == "ends" { // the naive explorer takes every deadlock for a violation
			delete(want.shortest, "ends")
			if r, err := prover.Explore(context.Background(), sys, properties[len(properties)-1:], prover.Options{}); err != nil {
				t.Fatal(err)
			} else if r[0].Verdict == model.Refuted {
				want.found("ends", len(r[0].Trace))
			}
		}
		o := prover.Options{Workers: rapid.IntRange(1, 2).Draw(t, "workers")}
		if rapid.Bool().Draw(t, "spill") {
			o.Memory, o.Spill = 1, dir
		}
		text, _ := certified(t, sys, properties, prover.Fine(o))
		if len(want.shortest) > 0 {
			if none++; text != "" {
				t.Fatalf("a certificate of what is false: %v\n%s", want.shortest, text)
			}
			return
		}
		report, err := verify(text, sys, properties)
		if accepted++; err != nil || report.States != want.states || report.Steps != want.transitions {
			t.Fatalf("%+v, %v; there are %d states, %d transitions", report, err, want.states, want.transitions)
		}
		if report.States > 1 {
			n := rapid.IntRange(0, int(report.States)).Draw(t, "drop")
			if _, err := verify(tamper(t, text, 0, n), sys, properties); !isFailure(err) {
				t.Fatalf("without a state: %v; want a failure", err)
			}
		}
	})
	if accepted < 5 || none < 5 {
		t.Errorf("%d certificates, %d times none", accepted, none)
	}
}

// What a set of states cannot show is refused before anything is explored, and what is not proved leaves nothing behind.
func TestNoCertificate(t *testing.T) {
	sys, all := instance(t, "classic/amqp-mutex")
	find := func(name string) []model.Property {
		i := slices.IndexFunc(all, func(p model.Property) bool { return p.Name == name })
		return all[i : i+1 : i+1]
	}
	holds := func(model.View) bool { return true }
	for name, properties := range map[string][]model.Property{
		"a witness":            find("can-hold"),
		"eventually":           {{Name: "p", Kind: model.Eventually, Holds: holds}},
		"infinitely often":     {{Name: "p", Kind: model.InfinitelyOften, Holds: holds}},
		"leads to":             {{Name: "p", Kind: model.LeadsTo, When: holds, Holds: holds}},
		"nothing":              nil,
		"a witness among them": all,
	} {
		var b bytes.Buffer
		r, err := prover.Explore(context.Background(), sys, properties, prover.Options{Certificate: prover.Certificate{To: &b, System: "any"}})
		if err == nil || r != nil || b.Len() > 0 || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: %v, %d results, %d bytes; want an error about the certificate", name, err, len(r), b.Len())
		}
	}
	for name, c := range map[string]struct {
		properties []model.Property
		options    prover.Options
		want       model.Verdict
	}{
		"refuted":         {find("mutual-exclusion"), prover.Options{}, model.Refuted},
		"proved, refuted": {append(find("holder-owns"), find("mutual-exclusion")...), prover.Options{}, model.Refuted},
		"bounded":         {find("holder-owns"), prover.Options{States: 9}, model.Unknown},
		"cut short":       {find("holder-owns"), prover.Options{Depth: 3}, model.Unknown},
		"out of memory":   {find("holder-owns"), prover.Options{Memory: 1}, model.Unknown},
	} {
		text, r := certified(t, sys, c.properties, c.options)
		if got := r[len(r)-1].Verdict; got != c.want || text != "" {
			t.Errorf("%s: %v, %d bytes; want %v and none", name, got, len(text), c.want)
		}
	}
	beyond, err := model.Compose(model.Member{Name: "m", Machine: &automaton{table: []row{{actions: []move{{cut: true}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if text, r := certified(t, beyond, []model.Property{{Name: "p", Holds: holds}}, prover.Options{}); text != "" || r[0].Verdict != model.Unknown {
		t.Errorf("cut: %v, %d bytes; want unknown and none", r[0].Verdict, len(text))
	}
}
