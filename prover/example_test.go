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

// crossing is a traffic light and a car before it. The light changes as it likes; at red the car's wish to go is refused.
type (
	light  struct{ green bool }
	car    struct{ gone bool }
	change struct{}
	drive  struct{}
)

func (change) String() string { return "changes" }
func (drive) String() string  { return "goes" }

func (l *light) Actions(dst []model.Event) []model.Event { return append(dst, change{}) }
func (l *light) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e.(type) {
	case change:
		l.green = !l.green
	case drive:
		if !l.green {
			out.Refuse()
		}
	}
}
func (l *light) Clone() model.Machine          { c := *l; return &c }
func (l *light) AppendState(dst []byte) []byte { return model.AppendBool(dst, l.green) }

func (c *car) Actions(dst []model.Event) []model.Event {
	if !c.gone {
		dst = append(dst, drive{})
	}
	return dst
}
func (c *car) Step(_ model.ID, _ model.Event, out *model.Out) {
	c.gone = true
	out.Send(0, drive{})
}
func (c *car) Clone() model.Machine          { d := *c; return &d }
func (c *car) AppendState(dst []byte) []byte { return model.AppendBool(dst, c.gone) }

// A car waits at a light. That the light goes on changing does not bring it over: it may always look when it is red. It takes
// strong fairness: who can go again and again goes.
func ExampleExplore_liveness() {
	sys, err := model.Compose(model.Member{Name: "light", Machine: &light{}}, model.Member{Name: "car", Machine: &car{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	passes := model.Property{
		Name: "passes", Kind: model.Eventually,
		Holds: func(v model.View) bool { return v[1].(*car).gone },
	}
	for _, strong := range []bool{false, true} {
		sys.Fairness = []model.Fairness{{Machine: 0}, {Machine: 1, Strong: strong}}
		results, err := prover.Explore(context.Background(), sys, []model.Property{passes}, prover.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		r := results[0]
		fmt.Printf("strong: %v: %v\n", strong, r.Verdict)
		for i, a := range r.Trace {
			if i == len(r.Trace)-r.Cycle {
				fmt.Println("   for ever:")
			}
			fmt.Println("  ", sys.Name(a.Machine), a.Event)
		}
	}
	// Output:
	// strong: false: refuted
	//    for ever:
	//    light changes
	//    light changes
	// strong: true: proved
}
