package classic

import (
	"context"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// counted explores everything.
func counted(t *testing.T, sys *model.System, err error) prover.Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	r, err := prover.Explore(context.Background(), sys, nil, prover.Options{NoPartialOrder: true, NoSymmetry: true})
	if err != nil || r[0].Verdict != model.Proved || r[0].Reductions != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	return r[0]
}

// Transaction commit, counted by hand. As long as nobody has committed every resource manager is working, prepared or aborted,
// in any combination: 3ⁿ. Once one has, none is working or aborted, and those who have are any but nobody: 2ⁿ − 1.
// Steps: a working one has two, a prepared one may abort, hence three for each of n places and 3ⁿ⁻¹ combinations of the others;
// from all prepared n may commit; after that each prepared one: n·2ⁿ⁻¹ in all, with those n.
// The longest way is that all prepare and then decide: 2n.
func TestTransactionCommitHasTheCountsOfItsFormula(t *testing.T) {
	three, two := int64(1), int64(1)
	for n := int64(1); n <= 8; n++ {
		three, two = 3*three, 2*two
		sys, err := TransactionCommit(int(n))
		if err != nil {
			t.Fatal(err)
		}
		r := counted(t, sys, err)
		if states, steps := three+two-1, n*three+n*two/2; r.States != states || r.Transitions != steps || r.Depth != int(2*n) {
			t.Errorf("%d resource managers: %d states, %d transitions, depth %d; want %d, %d, %d",
				n, r.States, r.Transitions, r.Depth, states, steps, 2*n)
		}
	}
}

// A state of the dinner is what everybody has in his hands, and any assignment in which no fork is in two hands can be reached:
// first those who eat take theirs, then those with one fork. Counted here by trying all assignments.
func consistentDinners(n int, order Order, hungry bool) int64 {
	var count int64
	hands := make([]Meal, n)
	var seat func(i int)
	seat = func(i int) {
		if i == n {
			for i, h := range hands {
				next := hands[(i+1)%n]
				if (h == HasRight || h == Eating) && (next == HasLeft || next == Eating) {
					return
				}
			}
			count++
			return
		}
		for _, m := range []Meal{Thinking, Hungry, HasLeft, HasRight, Eating} {
			rightFirst := order == EitherFirst || order == LastRightFirst && i == n-1
			leftFirst := order != LastRightFirst || i < n-1
			if m == Hungry && !hungry || m == HasLeft && !leftFirst || m == HasRight && !rightFirst {
				continue
			}
			hands[i] = m
			seat(i + 1)
		}
	}
	seat(0)
	return count
}

func TestPhilosophersHaveEveryConsistentState(t *testing.T) {
	for _, order := range []Order{LeftFirst, LastRightFirst, EitherFirst} {
		for _, hungry := range []bool{false, true} {
			for n := 2; n <= 6; n++ {
				sys, err := Philosophers(n, order, hungry)
				if r, want := counted(t, sys, err), consistentDinners(n, order, hungry); r.States != want {
					t.Errorf("%d philosophers, %s, hungry %t: %d states, want %d", n, order, hungry, r.States, want)
				}
			}
		}
	}
}

// The same by recurrences, for larger tables. Left first: the words round the table over T, L, E in which T follows each E
// have the transfer matrix (1 1 1, 1 1 1, 1 0 0) with the eigenvalues 1±√2: the companion Pell numbers, x(n) = 2x(n-1) +
// x(n-2). Last right first: by what the last one has, P(n) + 3P(n-1) + P(n-2) of Pell numbers P. Either first, and hungry: the
// eigenvalues are 2±√5, the Lucas numbers L(3n), x(n) = 4x(n-1) + x(n-2); for ten L(30) = 1 860 498, which SPIN
// was measured to count for a model of ten philosophers. (That it is a model of these five states is a conclusion from the number.)
func TestPhilosophersHaveTheCountsOfTheirRecurrence(t *testing.T) {
	recurrence := func(n int, factor, x0, x1 int64) int64 {
		for range n {
			x0, x1 = x1, factor*x1+x0
		}
		return x0
	}
	pell := func(n int) int64 { return recurrence(n, 2, 0, 1) }
	for _, c := range []struct {
		n      int
		order  Order
		hungry bool
		want   int64
	}{
		{n: 10, order: LeftFirst, want: recurrence(10, 2, 2, 2)},
		{n: 10, order: LastRightFirst, want: pell(10) + 3*pell(9) + pell(8)},
		{n: 8, order: EitherFirst, hungry: true, want: recurrence(8, 4, 2, 4)},
		{n: 10, order: EitherFirst, hungry: true, want: 1_860_498},
	} {
		sys, err := Philosophers(c.n, c.order, c.hungry)
		if r := counted(t, sys, err); r.States != c.want {
			t.Errorf("%d philosophers, %s, hungry %t: %d states, want %d", c.n, c.order, c.hungry, r.States, c.want)
		}
	}
}

// clerk is a process of the bakery as a program: all that BEEM's model keeps of it.
type clerk struct {
	at       byte // n, c, f, w, C: its locations
	j        int
	max      int
	choosing bool
	number   int
}

// naiveBakery explores BEEM's bakery by itself, and shares nothing with the machines. The programs' variables keep their last
// value in BEEM; with forget they do not, where they are written before they are read again, as ours.
func naiveBakery(processes, tickets int, forget bool) (states, steps int64) {
	type all [3]clerk
	var start all
	for i := range start {
		start[i].at = 'n'
	}
	seen, todo := map[all]bool{start: true}, []all{start}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for i := range processes {
			next, ok := s, true
			p := &next[i]
			switch {
			case p.at == 'n':
				p.at, p.j, p.max, p.choosing = 'c', 0, 0, true
			case p.at == 'c' && p.j < processes:
				p.max, p.j = max(p.max, s[p.j].number), p.j+1
			case p.at == 'c' && p.max < tickets:
				p.at, p.j, p.choosing, p.number = 'f', 0, false, p.max+1
			case p.at == 'f' && p.j == processes:
				p.at = 'C'
			case p.at == 'f' && !s[p.j].choosing:
				p.at = 'w'
			case p.at == 'w' && (s[p.j].number == 0 || s[p.j].number > p.number || s[p.j].number == p.number && i <= p.j):
				p.at, p.j = 'f', p.j+1
			case p.at == 'C':
				p.at, p.number = 'n', 0
			default:
				ok = false
			}
			if !ok {
				continue
			}
			if forget && (p.at == 'n' || p.at == 'C') {
				p.j, p.max = 0, 0
			}
			steps++
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return int64(len(seen)), steps
}

// BEEM publishes 1 506 states for bakery.1 (two processes, nine tickets) and 32 919 for bakery.3 (three, four). The naive
// explorer has them, so it reads BEEM's model rightly; and where it forgets what a process never reads again it has the states
// of our machines, whose encoding must not tell such states apart.
func TestBakeryHasTheCountsOfBEEM(t *testing.T) {
	for _, c := range []struct {
		processes, tickets int
		published          int64
	}{{2, 9, 1_506}, {3, 4, 32_919}} {
		if states, _ := naiveBakery(c.processes, c.tickets, false); states != c.published {
			t.Errorf("%d processes, %d tickets: the naive explorer finds %d states, BEEM %d", c.processes, c.tickets, states, c.published)
		}
		states, steps := naiveBakery(c.processes, c.tickets, true)
		sys, err := Bakery(c.processes, c.tickets)
		if r := counted(t, sys, err); r.States != states || r.Transitions != steps {
			t.Errorf("%d processes, %d tickets: %d states, %d transitions; naively %d, %d",
				c.processes, c.tickets, r.States, r.Transitions, states, steps)
		}
	}
}

// Under symmetry a state of transaction commit is how many are working, prepared and aborted, or how many of all prepared have
// committed.
func TestSymmetricTransactionCommitHasTheCountOfItsFormula(t *testing.T) {
	for n := 1; n <= 8; n++ {
		sys, err := TransactionCommit(n)
		if err != nil {
			t.Fatal(err)
		}
		r, err := prover.Explore(context.Background(), sys, TransactionCommitProperties(n), prover.Options{NoPartialOrder: true})
		if want := int64((n+1)*(n+2)/2 + n); err != nil || r[0].States != want || r[0].Verdict != model.Proved || r[0].Reductions == nil {
			t.Errorf("%d resource managers: %+v, %v; want %d states", n, r[0], err, want)
		}
	}
}

// The declared symmetries change no verdict and no length of a counterexample.
func TestSymmetryChangesNoVerdict(t *testing.T) {
	for name, b := range map[string]built{
		"paxos":      build(Paxos(3, 2, 2))(PaxosProperties(3, 2)),
		"amqp mutex": build(AMQPMutex(3, 1))(AMQPMutexProperties(3)),
	} {
		var results [2][]prover.Result
		for i := range results {
			var err error
			options := prover.Options{NoSymmetry: i == 1, NoPartialOrder: true}
			if results[i], err = prover.Explore(context.Background(), b.sys, b.properties, options); err != nil {
				t.Fatal(err)
			}
		}
		for i, with := range results[0] {
			without := results[1][i]
			if with.Verdict != without.Verdict || len(with.Trace) != len(without.Trace) || with.Depth != without.Depth ||
				with.States >= without.States || without.States > 6*with.States {
				t.Errorf("%s, %s: %v, %d steps, %d states, depth %d; without symmetry %v, %d, %d, %d", name, with.Property.Name,
					with.Verdict, len(with.Trace), with.States, with.Depth, without.Verdict, len(without.Trace), without.States, without.Depth)
			}
		}
	}
}
