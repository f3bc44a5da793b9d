package broker_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// Some chooses among the same actions as Actions lists, whatever clients do.
func TestSome(t *testing.T) {
	all := moves()
	seen := map[string]int{} // actions by their kind, and how often there were several at once
	for _, name := range broker.ProfileNames() {
		for _, grain := range []broker.Grain{broker.Process, broker.Atomic} {
			profile, _ := broker.ParseProfile(name)
			b := broker.New(broker.Options{Profile: profile, Grain: grain, Burst: 2})
			choose := rand.New(rand.NewPCG(1, uint64(profile)))
			var out model.Out
			for step := range 20_000 {
				var listed, chosen []string
				for _, a := range b.Actions(nil) {
					listed = append(listed, a.String())
				}
				for n, i := 1, 0; i < n; i++ {
					if a := b.Some(func(of int) int { n = of; return i }); a != nil {
						chosen = append(chosen, a.String())
					}
				}
				slices.Sort(listed)
				slices.Sort(chosen)
				if diff := cmp.Diff(listed, chosen); diff != "" {
					t.Fatalf("%s %v, step %d (-Actions +Some):\n%s", name, grain, step, diff)
				}
				for _, a := range b.Actions(nil) {
					seen[fmt.Sprintf("%T", a)]++
				}
				if len(listed) > 1 {
					seen["several"]++
				}
				out.Reset()
				if a := b.Some(choose.IntN); a != nil && choose.IntN(4) == 0 {
					b.Step(model.Self, a, &out)
					continue
				}
				link := model.ID(1 + choose.IntN(2))
				for _, input := range all[choose.IntN(len(all))].(move).inputs {
					if input != nil {
						b.Step(link, input, &out)
					}
				}
			}
		}
	}
	if len(seen) < 9 || seen["several"] < 100 {
		t.Errorf("that says little: %v", seen)
	}
}
