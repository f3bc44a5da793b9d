package traces_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

// lasso makes a trace of a script whose last steps are repeated for ever.
func lasso(t testing.TB, sys *model.System, script string, cycle int) *traces.Trace {
	t.Helper()
	header := traces.Trace{System: "mutex/toy", Property: "b-holds", Expect: model.Refuted, Lasso: true, Cycle: cycle}
	tr, err := traces.Record(sys, header, act(t, sys, script))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// aRound is client a's acquiring and releasing, after which everything is as before.
const aRound = `
	client/a acquire
	link/a to broker: queue.declare lock exclusive
	link/a to client: queue.declare-ok lock messages=0 consumers=0
	client/a release
	link/a to broker: queue.delete lock
`

func bHolds() model.Property {
	return model.Property{Name: "b-holds", Kind: model.Eventually, Holds: func(v model.View) bool { return v[1].(*client).believes() }}
}

// What a lasso shows is judged by the model and by what is fair in it: client a may go round for ever until it is assumed
// that client b acquires; then b still has to be answered.
func TestJudgeLasso(t *testing.T) {
	b := model.ID(1)
	for _, c := range []struct {
		name     string
		script   string
		cycle    int
		fairness []model.Fairness
		why, err string
	}{
		{"round and round", aRound, 5, nil, "b-holds does not hold: the run repeats steps 1 to 5 for ever", ""},
		{"a stop", "client/b acquire\n", 0, nil, "b-holds does not hold: the run stops for ever after step 1", ""},
		{"a later cycle", "client/b acquire\n" + aRound, 5, model.WeaklyFair(b), "b-holds does not hold: the run repeats steps 2 to 6 for ever", ""},
		{"unfair", aRound, 5, model.WeaklyFair(b),
			`unfair: all the time client/b can do something weakly fair, such as "acquire", and never does`, "expected refuted, but unfair: "},
		{"an unfair stop", "client/a acquire\n", 0, model.WeaklyFair(b),
			`unfair: all the time client/b can do something weakly fair, such as "acquire", and never does`, "expected refuted, but unfair: "},
		{"not round", aRound, 4, nil, "the cycle does not end in the state in which it began", "expected refuted, but the cycle"},
		{"kept", strings.ReplaceAll(aRound, "/a", "/b"), 5, nil, "step 3: b-holds is kept inside the cycle", "expected refuted, but step 3: "},
	} {
		sys := toy(t, 2)
		sys.Fairness = c.fairness
		verdict, why, err := traces.Judge(lasso(t, sys, c.script, c.cycle), sys, bHolds())
		want := model.Unknown
		if c.err == "" {
			want = model.Refuted
		}
		if verdict != want || why != c.why || (err == nil) != (c.err == "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%s: %v, %q, %v", c.name, verdict, why, err)
		}
	}
}

// A property of states is not shown by a lasso.
func TestJudgeLassoOfAnInvariant(t *testing.T) {
	sys := toy(t, 2)
	tr := lasso(t, sys, aRound, 5)
	tr.Property = "belief-exclusion"
	if v, _, err := traces.Judge(tr, sys, beliefExclusion()); v != model.Unknown || err == nil || !strings.Contains(err.Error(), "no property of infinite runs") {
		t.Errorf("%v, %v", v, err)
	}
}

func TestLassoText(t *testing.T) {
	var sections [][2]string
	for _, c := range []struct {
		name, script string
		cycle        int
		opts         traces.Options
	}{
		{"a cycle", "client/b acquire\n" + aRound, 5, traces.Options{Width: 120}},
		{"all of it a cycle, ASCII", aRound, 5, traces.Options{Width: 80, ASCII: true}},
		{"a stop", "client/a acquire\n", 0, traces.Options{}},
		{"a stop at once", "", 0, traces.Options{}},
	} {
		sys := toy(t, 2)
		tr := lasso(t, sys, c.script, c.cycle)
		var out strings.Builder
		if err := traces.Diagram(&out, sys, tr, c.opts); err != nil {
			t.Fatal(err)
		}
		sections = append(sections, [2]string{c.name, tr.String()}, [2]string{c.name + ", drawn", out.String()})
		back, err := traces.Parse(strings.NewReader(tr.String()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tr, back, equateEmpty); diff != "" {
			t.Errorf("%s: read back (-written +read):\n%s", c.name, diff)
		}
	}
	golden(t, "lasso.golden", sections)
}
