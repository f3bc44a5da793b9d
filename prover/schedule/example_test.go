package schedule_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
	"github.com/lockstep-prover/lockstep/prover/schedule"
)

// In a test this is func TestX(t *testing.T), and the property test is given its t.
func ExampleRun() {
	sys, err := classic.TwoPhaseCommit(20)
	if err != nil {
		fmt.Println(err)
		return
	}
	t := &recorder{name: "ExampleRun"}
	rapid.Check(t, func(t *rapid.T) {
		schedule.Run(t, sys, 50, classic.Consistent())
	})
	fmt.Println("failed:", t.Failed())
	// Output:
	// failed: false
}

// With Draw a test looks at the steps itself; here at how many resource managers abort in one run.
func ExampleDraw() {
	sys, err := classic.TwoPhaseCommit(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	t := &recorder{name: "ExampleDraw"}
	rapid.Check(t, func(t *rapid.T) {
		aborted := 0
		for st, step := range schedule.Draw(t, sys, 20) {
			before := aborted
			if aborted = count(st.View(), classic.Aborted); aborted < before {
				t.Fatalf("%s %v: a resource manager changed its mind", sys.Name(step.Action.Machine), step.Action.Event)
			}
		}
	})
	fmt.Println("failed:", t.Failed())
	// Output:
	// failed: false
}

func count(v model.View, state classic.RMState) int {
	n := 0
	for _, m := range v {
		if rm, ok := m.(*classic.RM); ok && rm.State == state {
			n++
		}
	}
	return n
}
