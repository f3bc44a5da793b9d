package prover_test

import (
	"context"
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
	"github.com/lockstep-prover/lockstep/prover"
)

// printer prints what a test would be told. In a test it is the test's own t.
type printer struct{}

func (printer) Helper()                           {}
func (printer) Name() string                      { return "TestTwoPhaseCommit" }
func (printer) Context() context.Context          { return context.Background() }
func (printer) Logf(format string, args ...any)   { fmt.Printf(format+"\n", args...) }
func (printer) Errorf(format string, args ...any) { fmt.Printf("FAIL "+format+"\n", args...) }
func (printer) Fatalf(format string, args ...any) { fmt.Printf("FAIL "+format+"\n", args...) }

// In a test:
//
//	func TestTwoPhaseCommit(t *testing.T) {
//		sys, err := classic.TwoPhaseCommit(3)
//		if err != nil {
//			t.Fatal(err)
//		}
//		prover.Check(t, sys, classic.Consistent())
//	}
func ExampleCheck() {
	t := printer{}
	sys, err := classic.TwoPhaseCommit(3)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	sys.Symmetry = nil // so that the count is the published one
	prover.Check(t, sys, classic.Consistent())
	// Output:
	// consistent is proved: 288 states, 1145 transitions, 10 levels
}

// A test with a bound: what is not proved within it is unknown, and fails. (The first
// step: one of seven resource managers prepares or aborts, or the transaction manager aborts.)
func ExampleOptions_Check() {
	t := printer{}
	sys, err := classic.TwoPhaseCommit(7)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	canCommit := model.Property{Name: "can-commit", Kind: model.Reachable, Symmetric: true, Holds: func(v model.View) bool {
		for _, m := range v {
			if rm, ok := m.(*classic.RM); ok && rm.State == classic.Committed {
				return true
			}
		}
		return false
	}}
	prover.Options{Depth: 1, NoSymmetry: true}.Check(t, sys, canCommit)
	// Output:
	// FAIL can-commit is unknown after 16 states: depth bound 1 reached
}
