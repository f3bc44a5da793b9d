package shrink_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/prover/shrink"
)

// renamed puts one client's name in the place of another one's in every line, as only somebody who knows the texts of these machines can.
func renamed(all []line, names map[string]string) []line {
	var pairs []string
	for from, to := range names {
		for _, pattern := range []string{"client/%", "link/%", " %'s "} {
			pairs = append(pairs, strings.ReplaceAll(pattern, "%", from), strings.ReplaceAll(pattern, "%", to))
		}
	}
	r := strings.NewReplacer(pairs...)
	var image []line
	for _, l := range all {
		image = append(image, line{r.Replace(l.machine), r.Replace(l.event)})
	}
	return image
}

// find turns lines into a run.
func find(t *testing.T, sys *model.System, all []line) []model.Action {
	t.Helper()
	var trace []model.Action
	st := sys.Start()
	for _, l := range all {
		a, err := st.Find(l.machine, l.event)
		if err != nil {
			t.Fatal(err)
		}
		trace = append(trace, a)
		st.Step(a)
	}
	return trace
}

// What clients c and b do in the prover's shortest counterexample with the names exchanged, a and b do in front; and that run fits the
// system of two clients with one reset as it is.
func TestFrontAndRefit(t *testing.T) {
	for _, name := range []string{"belief-exclusion", "verify-truth"} {
		small, p := instance(t, name, "clients=2 verify=publish reconnect=true reset=1 blackhole=0")
		results, err := prover.Explore(context.Background(), small, []model.Property{p}, prover.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := lines(small, results[0].Trace)
		if diff := cmp.Diff(want, lines(small, shrink.Front(small, p, results[0].Trace)), cmp.AllowUnexported(line{})); diff != "" {
			t.Errorf("%s: in front already (-want +got):\n%s", name, diff)
		}
		large, q := instance(t, name, "clients=3 verify=publish reconnect=true reset=3 blackhole=1")
		exchanged := find(t, large, renamed(want, map[string]string{"a": "c"}))
		if _, fits := shrink.Refit(large, exchanged, small, p); fits {
			t.Errorf("%s: a run of client c fits a system without one", name)
		}
		front := shrink.Front(large, q, exchanged)
		if diff := cmp.Diff(want, lines(large, front), cmp.AllowUnexported(line{})); diff != "" {
			t.Errorf("%s: in front (-want +got):\n%s", name, diff)
		}
		fitted, ok := shrink.Refit(large, front, small, p)
		if diff := cmp.Diff(want, lines(small, fitted), cmp.AllowUnexported(line{})); !ok || diff != "" {
			t.Errorf("%s: refitted (%t; -want +got):\n%s", name, ok, diff)
		}
		none, p := instance(t, name, "clients=2 verify=publish reconnect=true reset=0 blackhole=0")
		if _, fits := shrink.Refit(large, front, none, p); fits {
			t.Errorf("%s: a run with a reset fits a system without one", name)
		}
		q.Symmetric = false
		if diff := cmp.Diff(lines(large, exchanged), lines(large, shrink.Front(large, q, exchanged)), cmp.AllowUnexported(line{})); diff != "" {
			t.Errorf("%s: a property that is not symmetric was moved:\n%s", name, diff)
		}
	}
}
