package ticket_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/examples/ticket"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/prover/schedule"
)

func lock(t testing.TB, o ticket.Options) *model.System {
	t.Helper()
	sys, err := ticket.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

// Proof: Check visits every state that three workers with three turns each can come to, whatever the network does. This is all it takes.
func TestTicketsExclude(t *testing.T) {
	sys := lock(t, ticket.Options{Workers: 3, Turns: 3})
	prover.Check(t, sys, ticket.AtMostOneHolds(), ticket.EveryTurnCanBeTaken())
}

// Refutation: could the promise be broken at all? Explore answers with values where Check fails a test, so a mistake can be made on
// purpose. The shortest way to two holders can be counted by hand: one worker takes the lock (it asks, the server hears it, the grant
// comes), gives it back (it says so, the server hears it) and asks again; the other one takes the lock; and the first one's old grant,
// delivered again, lets it in at any time: 3 + 2 + 1 + 3 + 1 = 10 steps.
func TestWithoutTicketsTwoHold(t *testing.T) {
	sys := lock(t, ticket.Options{Workers: 2, Turns: 2, NoTickets: true})
	results, err := prover.Explore(t.Context(), sys, []model.Property{ticket.AtMostOneHolds()}, prover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var run []string
	for _, a := range results[0].Trace {
		run = append(run, fmt.Sprintf("%s %v", sys.Name(a.Machine), a.Event))
	}
	want := []string{
		"worker/a acquire",
		"network delivers request a",
		"network delivers grant a",
		"worker/a release",
		"network delivers release a",
		"worker/a acquire",
		"network delivers grant a",
		"worker/b acquire",
		"network delivers request b",
		"network delivers grant b",
	}
	if diff := cmp.Diff(want, run); diff != "" || results[0].Verdict != model.Refuted {
		t.Errorf("%v (-want +got):\n%s", results[0].Verdict, diff)
	}
}

// Regression: a trace that a failed Check left, kept. It still shows two holders where the tickets are left out.
func TestTheOldGrant(t *testing.T) {
	sys := lock(t, ticket.Options{Workers: 2, Turns: 2, NoTickets: true})
	prover.CheckTrace(t, "testdata/old-grant.trace", sys, ticket.AtMostOneHolds())
}

// Contract: the machines are what the prover takes them for. Clones are independent, steps deterministic, equal encodings behave alike.
func TestMachinesConform(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sys, err := ticket.New(ticket.Options{Workers: 3, Turns: 3, NoTickets: rapid.Bool().Draw(t, "no tickets")})
		if err != nil {
			t.Fatal(err)
		}
		choose := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
		if err := model.Conform(sys, choose, 60); err != nil {
			t.Fatal(err)
		}
	})
}

// Chance: where there are too many states to visit, rapid draws what happens next, and shrinks what it finds.
func TestManyTickets(t *testing.T) {
	sys := lock(t, ticket.Options{Workers: 6, Turns: 10})
	rapid.Check(t, func(t *rapid.T) {
		schedule.Run(t, sys, 200, ticket.AtMostOneHolds())
	})
}
