package shrink_test

import (
	"context"
	"slices"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/prover/shrink"
	"github.com/lockstep-prover/lockstep/spec"
)

// A lasso with its cycle gone round twice before, and twice in it, comes back to no more than it was; what is left is a lasso, and none
// without any one of its steps; and its steps are said to be needed.
func TestLasso(t *testing.T) {
	entry, err := spec.Find("classic/alternating-bit")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := entry.Settings(spec.Setting{Name: "duplicate", Value: "true"})
	if err != nil {
		t.Fatal(err)
	}
	sys, claims, err := entry.Instance(settings)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(claims, func(c spec.Claim) bool { return c.Name == "delivers-1" })
	p := claims[i].Property
	r, err := prover.Explore(context.Background(), sys, []model.Property{p}, prover.Options{})
	if err != nil || !r[0].Lasso || r[0].Cycle == 0 {
		t.Fatalf("%v, %v", r, err)
	}
	round := r[0].Trace[len(r[0].Trace)-r[0].Cycle:]
	long := slices.Concat(r[0].Trace, round, round, round)
	small, cycle, err := shrink.Lasso(context.Background(), sys, p, long, 2*len(round))
	if err != nil {
		t.Fatal(err)
	}
	if len(small) > len(r[0].Trace) || cycle > len(round) {
		t.Errorf("%d steps with a cycle of %d; the prover's has %d and %d", len(small), cycle, len(r[0].Trace), len(round))
	}
	if err := sys.CheckLasso(p, small, cycle); err != nil {
		t.Error(err)
	}
	for drop := range small {
		if rest, round := follow(sys, small, cycle, drop); sys.CheckLasso(p, rest, round) == nil {
			t.Errorf("step %d of %d can be spared", drop+1, len(small))
		}
	}
	reasons, err := shrink.WhyLasso(sys, p, small, cycle)
	if err != nil || len(reasons) != len(small) || slices.ContainsFunc(reasons, func(r shrink.Reason) bool { return !r.Needed }) {
		t.Errorf("%v, %v", reasons, err)
	}
	if reasons, err = shrink.WhyLasso(sys, p, long, 2*len(round)); err != nil || len(reasons) != len(long) {
		t.Errorf("%v, %v", reasons, err)
	}
	if _, _, err := shrink.Lasso(context.Background(), sys, p, long[1:], len(round)); err == nil {
		t.Error("what is no run was shrunk")
	}
}

// follow takes the enabled ones of the steps but one.
func follow(sys *model.System, trace []model.Action, cycle, drop int) (rest []model.Action, round int) {
	st := sys.Start()
	for i, a := range trace {
		if i == drop {
			continue
		}
		if b, err := st.Find(sys.Name(a.Machine), a.Event.String()); err == nil {
			st.Step(b)
			rest = append(rest, b)
			if i >= len(trace)-cycle {
				round++
			}
		}
	}
	return rest, round
}
