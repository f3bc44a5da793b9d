package certificate_test

import (
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model/classic"
)

// FuzzRead reads anything and checks it as a certificate of two-phase commit with two resource managers, once as it is and once
// with the right sum. Nothing panics, and what is accepted has as many states as are reachable, at least.
func FuzzRead(f *testing.F) {
	full, orbits := certifyTwoPhase(f, 2, false), certifyTwoPhase(f, 2, true)
	for _, c := range []text{full, orbits} {
		f.Add(c.String())
		c.log = c.log[1:]
		f.Add(c.String())
		c.states = c.states[1:]
		f.Add(c.String())
	}
	sys := twoPhase(f, 2)
	f.Fuzz(func(t *testing.T, c string) {
		body, _, _ := strings.Cut(c, "end ")
		for _, c := range []string{c, seal(body)} {
			r, err := check(c, sys, classic.Consistent())
			if least := int64(len(orbits.states)); err == nil && (r.States < least || strings.Contains(c, "symmetry: no") && r.States < int64(len(full.states))) {
				t.Errorf("accepted, with %d states:\n%s", r.States, c)
			}
		}
	})
}
