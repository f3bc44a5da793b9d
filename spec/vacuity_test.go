package spec_test

import (
	"testing"

	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

func TestVacuity(t *testing.T) {
	for _, e := range spec.Catalogue() {
		choices, err := e.Choices()
		if err != nil {
			t.Fatal(err)
		}
		var all []prover.Result
		for i, s := range choices {
			_, results := check(t, e, s, prover.Options{Workers: 1 + i%3})
			all = append(all, results...)
			for _, x := range prover.Vacuous(results...) {
				t.Logf("    row %v: %s", s, x)
			}
		}
		for _, x := range prover.Vacuous(all...) {
			t.Logf("%s: %s", e.Name, x)
		}
	}
}
