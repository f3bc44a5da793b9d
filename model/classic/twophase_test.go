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

// Two-phase commit comes to an end while the transaction manager and the medium do their part; each assumption is needed. The
// transaction manager may never decide; and a medium that is only fair as a whole may bring the first resource manager its
// message again and again. A resource manager has to do nothing.
func TestDecidesNeedsItsFairness(t *testing.T) {
	sys, err := classic.TwoPhaseCommit(2)
	if err != nil {
		t.Fatal(err)
	}
	tm, medium := model.ID(2), model.ID(3)
	declared := sys.Fairness
	for _, c := range []struct {
		fairness []model.Fairness
		verdict  model.Verdict
		length   int // of the prefix and the cycle
	}{
		{declared, model.Proved, 0},
		{nil, model.Refuted, 0},
		{declared[1:], model.Refuted, 0},                       // nobody decides
		{declared[:2], model.Refuted, 3},                       // decides, 1 is told | and told again, for nobody tells 2
		{model.WeaklyFair(tm, medium), model.Refuted, 3},       // decides, 1 is told | and told again
		{model.WeaklyFair(tm, medium, 0, 1), model.Refuted, 4}, // the same, and 2 is prepared
		{append(declared[:3:3], model.WeaklyFair(0, 1)...), model.Proved, 0},
	} {
		sys.Fairness = c.fairness
		r, err := prover.Explore(context.Background(), sys, []model.Property{classic.Decides()}, prover.Options{})
		if err != nil || r[0].Verdict != c.verdict || len(r[0].Trace) != c.length {
			t.Errorf("%d assumptions: %v in %v, %v; want %v in %d steps", len(c.fairness), r[0].Verdict, r[0].Trace, err, c.verdict, c.length)
		}
	}
}
