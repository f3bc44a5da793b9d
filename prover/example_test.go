package prover_test

import (
	"context"
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
	"github.com/lockstep-prover/lockstep/prover"
)

// Two-phase commit with three resource managers never ends half committed; and the claim that no resource manager ever aborts is
// refuted by a shortest run.
func ExampleExplore() {
	sys, err := classic.TwoPhaseCommit(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	nobodyAborts := model.Property{
		Name: "nobody-aborts", Kind: model.Invariant, Symmetric: true,
		Holds: func(v model.View) bool {
			for _, m := range v {
				if rm, ok := m.(*classic.RM); ok && rm.State == classic.Aborted {
					return false
				}
			}
			return true
		},
	}
	results, err := prover.Explore(context.Background(), sys, []model.Property{classic.Consistent(), nobodyAborts}, prover.Options{NoSymmetry: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		fmt.Println(r.Property.Name, r.Verdict, r.States, "states")
		for _, a := range r.Trace {
			fmt.Println("  ", sys.Name(a.Machine), a.Event)
		}
	}
	// Output:
	// consistent proved 288 states
	// nobody-aborts refuted 8 states
	//    rm/1 chooses to abort
}
