package classic_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
	"github.com/lockstep-prover/lockstep/prover"
)

// moment is a state of Fischer's algorithm as one would write it down by hand: where each process is, for how many
// milliseconds, and x. It has nothing of the kernel in it.
type moment struct {
	at    [3]byte // 'r'emainder, 'd'elay, 'w'ait, 'c'ritical
	spent [3]int
	x     int // 0, or the number of a process
}

// byHand explores n processes in steps of one millisecond and returns the number of moments there are, and whether two
// processes are ever in their critical sections.
func byHand(n, delay, wait int) (moments int, broken bool) {
	first := moment{}
	for i := range n {
		first.at[i] = 'r'
	}
	seen, todo := map[moment]bool{first: true}, []moment{first}
	for len(todo) > 0 {
		m := todo[0]
		todo = todo[1:]
		visit := func(next moment) {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
		later, mayPass, inside := m, true, 0
		for i := range n {
			next := m
			next.spent[i] = 0
			switch {
			case m.at[i] == 'r' && m.x == 0:
				next.at[i] = 'd'
				visit(next)
			case m.at[i] == 'd':
				next.at[i], next.x = 'w', i+1
				visit(next)
				mayPass = mayPass && m.spent[i] < delay
				later.spent[i]++
			case m.at[i] == 'w' && m.spent[i] < wait:
				later.spent[i]++
			case m.at[i] == 'w':
				if next.at[i] = 'r'; m.x == i+1 {
					next.at[i] = 'c'
				}
				visit(next)
			case m.at[i] == 'c':
				inside++
				next.at[i], next.x = 'r', 0
				visit(next)
			}
		}
		broken = broken || inside > 1
		if mayPass {
			visit(later)
		}
	}
	return len(seen), broken
}

func explore(t *testing.T, o classic.FischerOptions, opts prover.Options) prover.Result {
	t.Helper()
	sys, err := classic.Fischer(o)
	if err != nil {
		t.Fatal(err)
	}
	rest := model.Property{Name: "all", Kind: model.Invariant, Symmetric: true, Holds: func(model.View) bool { return true }}
	results, err := prover.Explore(context.Background(), sys, []model.Property{classic.FischerExclusion(), rest}, opts)
	if err != nil {
		t.Fatal(err)
	}
	results[0].States = results[1].States
	return results[0]
}

// The clock does what an explicit count of milliseconds does: the same states, the same verdict, and the verdict is the
// published one: mutual exclusion if and only if the delay is shorter than the wait.
func TestFischer(t *testing.T) {
	for n := 1; n <= 3; n++ {
		for delay := range 4 {
			for wait := range 5 {
				o := classic.FischerOptions{Processes: n, Delay: int64(delay), Wait: int64(wait)}
				moments, broken := byHand(n, delay, wait)
				want := model.Proved
				if n > 1 && delay >= wait {
					want = model.Refuted
				}
				r := explore(t, o, prover.Options{NoSymmetry: true, NoPartialOrder: true})
				if (want == model.Refuted) != broken || r.Verdict != want || r.States != int64(moments) {
					t.Errorf("%+v: %v in %d states; by hand %d and broken %t; published: %v", o, r.Verdict, r.States, moments, broken, want)
				}
				if s := explore(t, o, prover.Options{}); s.Verdict != want || s.States > r.States {
					t.Errorf("%+v under symmetry: %v in %d states", o, s.Verdict, s.States)
				}
			}
		}
	}
}

// A tick that divides delay and wait decides as any finer one does; one that does not may only err on the safe side.
func TestFischerTicks(t *testing.T) {
	for _, c := range []struct {
		tick, delay, wait int64
		want              model.Verdict
	}{
		{10, 20, 30, model.Proved}, {5, 20, 30, model.Proved}, {1, 20, 30, model.Proved},
		{10, 30, 30, model.Refuted}, {5, 30, 30, model.Refuted}, {1, 30, 30, model.Refuted},
		{2, 14, 16, model.Proved}, {1, 14, 16, model.Proved},
		{10, 14, 16, model.Refuted}, // [0, 20] and [10, ∞)
		{10, 14, 36, model.Proved},  // [0, 20] and [30, ∞)
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			r := explore(t, classic.FischerOptions{Processes: 2, Delay: c.delay, Wait: c.wait, Tick: c.tick}, prover.Options{})
			if r.Verdict != c.want {
				t.Errorf("%v, want %v", r.Verdict, c.want)
			}
		})
	}
}
