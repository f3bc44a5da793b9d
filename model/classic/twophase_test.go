package classic_test

import (
	"context"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
	"github.com/lockstep-prover/lockstep/prover"
)

// deaf is a resource manager that takes any outcome for an abort when its number is even.
type deaf struct{ *classic.RM }

func (d deaf) Step(from model.ID, e model.Event, out *model.Out) {
	d.RM.Step(from, e, out)
	if d.State == classic.Committed {
		d.State = classic.Aborted
	}
}

func (d deaf) Clone() model.Machine { return deaf{d.RM.Clone().(*classic.RM)} }

// Consistency can fail: one deaf resource manager breaks it.
func TestConsistencyCanFail(t *testing.T) {
	sys, err := classic.TwoPhaseCommit(2)
	if err != nil {
		t.Fatal(err)
	}
	var members []model.Member
	for id := range model.ID(sys.Len()) {
		members = append(members, model.Member{Name: sys.Name(id), Machine: sys.Initial(id)})
	}
	members[1].Machine = deaf{members[1].Machine.(*classic.RM)}
	if sys, err = model.Compose(members...); err != nil {
		t.Fatal(err)
	}
	p := classic.Consistent()
	holds := p.Holds
	p.Holds = func(v model.View) bool { // the property looks for *RM
		u := append(model.View(nil), v...)
		u[1] = v[1].(deaf).RM
		return holds(u)
	}
	r, err := prover.Explore(context.Background(), sys, []model.Property{p}, prover.Options{})
	if err != nil || r[0].Verdict != model.Refuted {
		t.Errorf("%v, %v; want refuted", r[0].Verdict, err)
	}
}
