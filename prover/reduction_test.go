package prover_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// way is a way to explore: with what is switched off, on how many workers, in how much memory.
type way struct {
	name    string
	options prover.Options
}

// ways are compared with the first, which has no reduction.
func ways(t *testing.T) []way {
	dir := t.TempDir()
	return []way{
		{"whole", prover.Options{Workers: 1, NoSymmetry: true, NoPartialOrder: true}},
		{"whole, two workers", prover.Options{Workers: 2, NoSymmetry: true, NoPartialOrder: true}},
		{"whole, on disk", prover.Options{Workers: 2, NoSymmetry: true, NoPartialOrder: true, Memory: 1 << 18, Spill: dir}},
		{"symmetry", prover.Options{Workers: 1, NoPartialOrder: true}},
		{"partial order", prover.Options{Workers: 1, NoSymmetry: true}},
		{"both", prover.Options{Workers: 2}},
		{"both, on disk", prover.Options{Workers: 1, Memory: 1 << 18, Spill: dir}},
	}
}

// compared is what no way to explore may change: verdicts, the lengths of counterexamples, and that something is really explored.
func compared(results []prover.Result) string {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "%s %v %d %s\n", r.Property.Name, r.Verdict, len(r.Trace), r.Reason)
	}
	return b.String()
}

// agree explores in every way and returns the results by the name of the way. Without a reduction all numbers are the same.
func agree(t *testing.T, sys *model.System, properties []model.Property) map[string][]prover.Result {
	t.Helper()
	all := map[string][]prover.Result{}
	var first []prover.Result
	for _, w := range ways(t) {
		results, err := prover.Explore(context.Background(), sys, properties, prover.Early(w.options))
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		all[w.name] = results
		if first == nil {
			first = results
		}
		if got, want := compared(results), compared(first); got != want {
			t.Errorf("%s:\n%swhole:\n%s", w.name, got, want)
		}
		for i, r := range results {
			whole := first[i]
			if r.States > whole.States || r.Transitions > whole.Transitions ||
				r.Reductions == nil && (r.States != whole.States || r.Transitions != whole.Transitions || r.Depth != whole.Depth) {
				t.Errorf("%s: %s after %d states, %d transitions, depth %d, by %v; whole: %d, %d, %d", w.name, r.Property.Name,
					r.States, r.Transitions, r.Depth, r.Reductions, whole.States, whole.Transitions, whole.Depth)
			}
		}
	}
	return all
}

// few is how many states a case may have to be explored in every way; beyond it, and for what takes as many permutations as eight
// resource managers have, smaller stands beside it.
const few = 8_000

var smaller = map[string][]string{
	"mutex/exclusive-queue": {
		"verify=publish reconnect=true blackhole=0", "verify=redeclare reconnect=true blackhole=0", "verify=publish reset=0 pause=1 blackhole=0",
		"release=connection reconnect=true blackhole=0", "release=channel blackhole=0", "clients=3 reset=0 blackhole=0",
	},
	"classic/transaction-commit":  {"rm=5"},
	"classic/dining-philosophers": {"order=last-right-first hungry=true"},
}

// rested is the properties of states and steps that are decided together, with symmetry where the system has it: the catalogue explores published systems
// without only because published counts are.
func rested(sys *model.System, claims []spec.Claim) (properties []model.Property) {
	for _, c := range claims {
		if !c.Kind.OfRuns() && !c.Apart {
			p := c.Property
			p.Symmetric = p.Symmetric || len(sys.Symmetry) > 0
			properties = append(properties, p)
		}
	}
	return properties
}

// reducible is the properties that partial order does not have to keep everything for.
func reducible(properties []model.Property) []model.Property {
	return slices.DeleteFunc(slices.Clone(properties), func(p model.Property) bool {
		return p.Reads == nil && (p.Kind == model.Invariant || p.Kind == model.Reachable)
	})
}

// Whatever is switched off, and however little memory there is, every system of the catalogue has the same verdicts and
// counterexamples of the same length. The log tells how much each reduction leaves.
func TestReductionsOnTheCatalogue(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Catalogue() {
		choices, err := e.Choices()
		if err != nil {
			t.Fatal(err)
		}
		for _, settings := range smaller[e.Name] {
			choices = append(choices, chosen(t, e, strings.Fields(settings)))
		}
		compared := 0
		for _, s := range choices {
			sys, claims, err := e.Instance(s)
			if err != nil {
				t.Fatal(err)
			}
			properties := rested(sys, claims)
			size, err := prover.Explore(context.Background(), sys, nil, prover.Options{NoSymmetry: true, States: few})
			if err != nil {
				t.Fatal(err)
			}
			if size[0].Verdict != model.Proved || len(sys.Symmetry) > 0 && len(sys.Symmetry[0]) > 6 {
				continue
			}
			compared++
			t.Run(e.Name+" "+s.String(), func(t *testing.T) {
				t.Parallel()
				logReduction(t, "all", agree(t, sys, properties))
				if some := reducible(properties); len(some) > 0 && len(some) < len(properties) {
					logReduction(t, fmt.Sprintf("%d of %d", len(some), len(properties)), agree(t, sys, some))
				}
			})
		}
		if compared == 0 {
			t.Errorf("%s: no case has at most %d states", e.Name, few)
		}
	}
}

func logReduction(t *testing.T, which string, all map[string][]prover.Result) {
	t.Helper()
	most := func(way string) (states int64) {
		for _, r := range all[way] {
			states = max(states, r.States)
		}
		return states
	}
	t.Logf("%-6s whole %6d  symmetry %6d  partial order %6d", which, most("whole"), most("symmetry"), most("partial order"))
}

// Under symmetry there are as many states as orbits, here of the catalogue and counted on concrete states: the classes of those that a declared
// permutation makes of each other.
func TestSymmetryCountsOrbitsOfTheCatalogue(t *testing.T) {
	for _, c := range [][]string{
		{"classic/two-phase-commit", "rm=4"}, {"classic/transaction-commit", "rm=4"}, {"classic/amqp-mutex", "clients=3", "drops=0"},
		{"classic/fischer"}, {"classic/paxos", "values=1"}, {"mutex/exclusive-queue", "blackhole=0"},
	} {
		sys, _ := instance(t, c[0], c[1:]...)
		properties := []model.Property{{Name: "all", Symmetric: true, Holds: func(model.View) bool { return true }}}
		orbits := map[string]bool{}
		seen := map[string]bool{}
		for todo := []*model.State{sys.Start()}; len(todo) > 0; {
			st := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			key := string(st.AppendState(nil))
			if seen[key] {
				continue
			}
			seen[key] = true
			var images []string
			for to := range sys.Symmetry.Permutations(sys.Len()) {
				var image []byte
				for _, m := range model.Permute(st.View(), to) {
					part := m.AppendState(nil)
					image = append(model.AppendInt(image, len(part)), part...)
				}
				images = append(images, string(image))
			}
			orbits[slices.Min(images)] = true
			for _, a := range st.Actions(nil) {
				next := st.Clone()
				next.Step(a)
				todo = append(todo, next)
			}
		}
		r, err := prover.Explore(context.Background(), sys, properties, prover.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r[0].States != int64(len(orbits)) || !slices.Equal(r[0].Reductions, []string{"symmetry"}) {
			t.Errorf("%v: %d states by %v; %d orbits of %d states", c, r[0].States, r[0].Reductions, len(orbits), len(seen))
		}
	}
}

// instance builds a system of the catalogue and its properties.
func instance(t *testing.T, system string, settings ...string) (*model.System, []model.Property) {
	t.Helper()
	e, err := spec.Find(system)
	if err != nil {
		t.Fatal(err)
	}
	sys, claims, err := e.Instance(chosen(t, e, settings))
	if err != nil {
		t.Fatal(err)
	}
	return sys, rested(sys, claims)
}

// chosen completes settings that are written as on a command line.
func chosen(t *testing.T, e *spec.Entry, settings []string) spec.Settings {
	t.Helper()
	var words []spec.Setting
	for _, word := range settings {
		name, value, _ := strings.Cut(word, "=")
		words = append(words, spec.Setting{Name: name, Value: value})
	}
	s, err := e.Settings(words...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Partial order spares most of what philosophers do alone, becoming hungry, where no property looks at it.
func TestPartialOrderReducesPhilosophers(t *testing.T) {
	sys, properties := instance(t, "classic/dining-philosophers", "philosophers=7", "order=last-right-first", "hungry=true")
	i := slices.IndexFunc(properties, func(p model.Property) bool { return p.Kind == model.DeadlockFree })
	all := agree(t, sys, properties[i:i+1])
	logReduction(t, "", all)
	whole, reduced := all["whole"][0], all["partial order"][0]
	if whole.Verdict != model.Proved || !slices.Equal(reduced.Reductions, []string{"partial order"}) ||
		reduced.States >= whole.States || 2*reduced.Transitions > whole.Transitions {
		t.Errorf("%v, %d states and %d transitions of %d and %d, by %v", whole.Verdict, reduced.States, reduced.Transitions,
			whole.States, whole.Transitions, reduced.Reductions)
	}
}
