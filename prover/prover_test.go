package prover_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
	"github.com/lockstep-prover/lockstep/prover"
)

func twoPhase(t testing.TB, rms int) *model.System {
	t.Helper()
	sys, err := classic.TwoPhaseCommit(rms)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

func one(t testing.TB, sys *model.System, p model.Property, opts prover.Options) prover.Result {
	t.Helper()
	r, err := prover.Explore(context.Background(), sys, []model.Property{p}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r[0]
}

// The counts of two-phase commit are those that TLC, SPIN, Stateright and others report for Gray and Lamport's model; the
// transitions are their "generated" less the initial state, the depth their levels after the initial one.
func TestTwoPhaseCommitHasThePublishedCounts(t *testing.T) {
	for _, want := range []struct {
		rms                 int
		states, transitions int64
		depth               int
	}{{3, 288, 1_145, 10}, {5, 8_832, 58_145, 16}, {7, 296_448, 2_744_705, 22}} {
		for _, workers := range []int{1, 2, 4} {
			r := one(t, twoPhase(t, want.rms), classic.Consistent(), prover.Options{Workers: workers, NoSymmetry: true})
			if r.Verdict != model.Proved || r.States != want.states || r.Transitions != want.transitions || r.Depth != want.depth || !r.Exact {
				t.Errorf("%d resource managers, %d workers: %+v; want %+v", want.rms, workers, r, want)
			}
		}
	}
}

// Under symmetry a state of two-phase commit is known by how many resource managers are in each state, heard of, and so on:
// the number of orbits by Burnside's lemma is what the exploration has to find. The lemma is evaluated on the full
// exploration's states.
func TestSymmetryCountsOrbits(t *testing.T) {
	for _, rms := range []int{2, 3, 4} {
		sys := twoPhase(t, rms)
		orbits := countOrbits(sys)
		r := one(t, sys, classic.Consistent(), prover.Options{Workers: 2})
		if r.States != orbits || r.Verdict != model.Proved || fmt.Sprint(r.Reductions) != "[symmetry]" {
			t.Errorf("%d resource managers: %d states under %v, %v; want %d orbits", rms, r.States, r.Reductions, r.Verdict, orbits)
		}
	}
}

// countOrbits is Burnside: the average over all permutations of the number of states that each leaves as they are.
func countOrbits(sys *model.System) int64 {
	level := []*model.State{sys.Start()}
	seen := map[string]bool{string(level[0].AppendState(nil)): true}
	var fixed, permutations int64
	for len(level) > 0 {
		var next []*model.State
		for _, st := range level {
			for to := range sys.Symmetry.Permutations(sys.Len()) {
				if string(encode(model.Permute(st.View(), to))) == string(encode(st.View())) {
					fixed++
				}
			}
			for _, a := range st.Actions(nil) {
				succ := st.Clone()
				succ.Step(a)
				if key := string(succ.AppendState(nil)); !seen[key] {
					seen[key] = true
					next = append(next, succ)
				}
			}
		}
		level = next
	}
	for range sys.Symmetry.Permutations(sys.Len()) {
		permutations++
	}
	return fixed / permutations
}

func encode(v model.View) (key []byte) {
	for _, m := range v {
		key = append(m.AppendState(key), 0xff)
	}
	return key
}

// A counterexample found under symmetry is a run of the system itself, as short as without.
func TestSymmetryKeepsVerdictsAndLengths(t *testing.T) {
	p := model.Property{
		Name: "never-all-prepared", Kind: model.Invariant, Symmetric: true,
		Holds: func(v model.View) bool {
			for _, m := range v {
				if rm, ok := m.(*classic.RM); ok && rm.State != classic.Prepared {
					return true
				}
			}
			return false
		},
	}
	sys := twoPhase(t, 4)
	with, without := one(t, sys, p, prover.Options{}), one(t, sys, p, prover.Options{NoSymmetry: true})
	if with.Verdict != model.Refuted || without.Verdict != model.Refuted || len(with.Trace) != 4 || len(without.Trace) != 4 {
		t.Fatalf("with symmetry %v in %d steps, without %v in %d; want refuted in 4", with.Verdict, len(with.Trace), without.Verdict, len(without.Trace))
	}
	p.Symmetric = false
	if r := one(t, sys, p, prover.Options{}); r.Reductions != nil {
		t.Errorf("a property that does not say it is symmetric was checked under %v", r.Reductions)
	}
}

// line is a machine that counts up to a limit, on as many independent counters as a test wants: its vectors can be made wider
// than any number of bits.
type line struct{ n, limit, cut int }

func (l *line) Actions(dst []model.Event) []model.Event {
	if l.n < l.limit {
		dst = append(dst, word(l.n))
	}
	return dst
}
func (l *line) Step(_ model.ID, _ model.Event, out *model.Out) {
	if l.n++; l.n == l.cut {
		out.Cut("beyond " + fmt.Sprint(l.cut-1))
	}
}
func (l *line) Clone() model.Machine          { c := *l; return &c }
func (l *line) AppendState(dst []byte) []byte { return model.AppendInt(dst, l.n) }

func lines(t testing.TB, counters, limit int, idle int) *model.System {
	t.Helper()
	var members []model.Member
	for i := range counters + idle {
		l := &line{limit: limit}
		if i >= counters {
			l.n = limit
		}
		members = append(members, model.Member{Name: fmt.Sprintf("line%d", i), Machine: l})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

// Tables that grow while a level is explored, and vectors of more than 64 and 128 bits, change nothing: c counters up to n have
// (n+1)^c states.
func TestWideAndGrowingVectors(t *testing.T) {
	for _, c := range []struct {
		counters, limit, idle int
		states                int64
	}{{1, 5000, 0, 5001}, {2, 200, 0, 201 * 201}, {4, 8, 70, 9 * 9 * 9 * 9}, {3, 20, 150, 21 * 21 * 21}, {14, 1, 0, 1 << 14}} {
		for _, workers := range []int{1, 2} {
			r := one(t, lines(t, c.counters, c.limit, c.idle), model.Property{Name: "any", Holds: func(model.View) bool { return true }},
				prover.Options{Workers: workers})
			if r.Verdict != model.Proved || r.States != c.states || r.Depth != c.counters*c.limit {
				t.Errorf("%+v with %d workers: %v, %d states, depth %d", c, workers, r.Verdict, r.States, r.Depth)
			}
		}
	}
}

// Nothing is silent: each bound, a cut and an interruption make the verdict unknown and say why.
func TestWhatEndsAnExplorationIsInTheVerdict(t *testing.T) {
	never := model.Property{Name: "never", Kind: model.Invariant, Holds: func(model.View) bool { return true }}
	sys := twoPhase(t, 7)
	short, err := model.Compose(model.Member{Name: "line", Machine: &line{limit: 100, cut: 50}})
	if err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("interrupted"))
	for want, c := range map[string]struct {
		ctx  context.Context
		sys  *model.System
		opts prover.Options
	}{
		"memory bound of 262144 bytes reached": {sys: sys, opts: prover.Options{Memory: 256 << 10}},
		"state bound 1000 reached":             {sys: sys, opts: prover.Options{States: 1000}},
		"depth bound 5 reached":                {sys: sys, opts: prover.Options{Depth: 5}},
		"interrupted":                          {sys: sys, ctx: canceled},
		"cut: beyond 49":                       {sys: short},
	} {
		if c.ctx == nil {
			c.ctx = context.Background()
		}
		for _, workers := range []int{1, 2} {
			c.opts.Workers = workers
			r, err := prover.Explore(c.ctx, c.sys, []model.Property{never}, c.opts)
			if err != nil || r[0].Verdict != model.Unknown || r[0].Reason != want {
				t.Errorf("%d workers: %v (%s), %v; want unknown (%s)", workers, r[0].Verdict, r[0].Reason, err, want)
			}
		}
	}
}

// A bound does not hide what was found within it: the violation is in the last level that the depth bound allows.
func TestABoundKeepsWhatWasFound(t *testing.T) {
	p := model.Property{Name: "below-5", Kind: model.Invariant, Holds: func(v model.View) bool { return v[0].(*line).n < 5 }}
	if r := one(t, lines(t, 1, 10, 0), p, prover.Options{Depth: 5}); r.Verdict != model.Refuted || len(r.Trace) != 5 {
		t.Errorf("%v (%s) in %d steps; want refuted in 5", r.Verdict, r.Reason, len(r.Trace))
	}
	if r := one(t, lines(t, 1, 10, 0), p, prover.Options{Depth: 4}); r.Verdict != model.Unknown {
		t.Errorf("%v; want unknown", r.Verdict)
	}
}

func TestAPropertyOfTheInitialStateNeedsNoSteps(t *testing.T) {
	p := model.Property{Name: "moved", Kind: model.Invariant, Holds: func(v model.View) bool { return v[0].(*line).n > 0 }}
	if r := one(t, lines(t, 1, 3, 0), p, prover.Options{}); r.Verdict != model.Refuted || r.Trace == nil || len(r.Trace) != 0 {
		t.Errorf("%v in %v; want refuted in no step", r.Verdict, r.Trace)
	}
}

func TestDeadlockFreeAllowsTheEndsItIsGiven(t *testing.T) {
	end := model.Property{Name: "ends", Kind: model.DeadlockFree, Holds: func(v model.View) bool { return v[0].(*line).n == 3 }}
	if r := one(t, lines(t, 1, 3, 0), end, prover.Options{}); r.Verdict != model.Proved {
		t.Errorf("%v (%s); want proved", r.Verdict, r.Reason)
	}
	end.Holds = nil
	if r := one(t, lines(t, 1, 3, 0), end, prover.Options{}); r.Verdict != model.Refuted || len(r.Trace) != 3 {
		t.Errorf("%v in %d steps; want refuted in 3", r.Verdict, len(r.Trace))
	}
}

func TestExploreRefusesBadArguments(t *testing.T) {
	sys := twoPhase(t, 3)
	for want, c := range map[string]struct {
		p    model.Property
		opts prover.Options
	}{
		"a bound or the number of workers is negative": {classic.Consistent(), prover.Options{Workers: -1}},
		`property "p" has no monitor`:                  {model.Property{Name: "p", Kind: model.Monitored}, prover.Options{}},
		`property "p" does not say what holds`:         {model.Property{Name: "p"}, prover.Options{}},
	} {
		if _, err := prover.Explore(context.Background(), sys, []model.Property{c.p}, c.opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want one that says %q", err, want)
		}
	}
}

func TestProgressIsReported(t *testing.T) {
	var last prover.Progress
	calls := 0
	r := one(t, twoPhase(t, 7), classic.Consistent(), prover.Options{NoSymmetry: true, Every: time.Nanosecond, Progress: func(p prover.Progress) {
		if p.States < last.States || p.Depth < last.Depth || p.Transitions < last.Transitions {
			t.Errorf("progress went back from %+v to %+v", last, p)
		}
		last = p
		calls++
	}})
	if calls < 10 || last.States != r.States || last.Memory <= 0 {
		t.Errorf("%d reports, the last %+v; the result has %d states", calls, last, r.States)
	}
}
