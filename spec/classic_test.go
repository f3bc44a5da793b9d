package spec_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// Counts that somebody else has published, each with who. TLC's depth counts the initial level and ours does not; a model with
// many initial states has one state and one level more here, the step that chooses. Transitions are given where the source
// counts the steps of each state once. (TLC counts a step once for each way in which its guard is true: 2 001 for EWD840 with
// three nodes, where here are 1 817.)
//
// manifest is the file manifest.json of the specification's folder in github.com/tlaplus/Examples: distinctStates, totalStates
// less the initial ones, stateDepth. measured: TLC, SPIN, Stateright, Rumur and a program by hand agreed.
func TestPublishedCounts(t *testing.T) {
	const unknown = -1
	for _, c := range []struct {
		system, settings    string
		states, transitions int64
		depth               int
		source              string
	}{
		{"classic/two-phase-commit", "rm=3", 288, 1_145, 10, "manifest, transaction_commit/TwoPhase: 288, 1 146, 11"},
		{"classic/two-phase-commit", "rm=5", 8_832, 58_145, 16, "measured"},
		{"classic/two-phase-commit", "rm=7", 296_448, 2_744_705, 22, "measured"},
		{"classic/transaction-commit", "rm=3", 34, 93, 6, "manifest, transaction_commit/TCommit: 34, 94, 7"},
		{"classic/paxos", "acceptors=3 values=2 ballots=2", 3_921, unknown, 16,
			"manifest, PaxosHowToWinATuringAward/MCPaxosTiny: 3 921, 17 levels"},
		{"classic/peterson", "await=atomic", 42, 76, 10, "manifest, locks_auxiliary_vars/Peterson: 42, 77, 11"},
		{"classic/ewd840", "nodes=3", 302 + 1, unknown, unknown,
			"manifest, ewd840/EWD840: 302; its depth of 10 is not that of a breadth-first search, which has 9 levels"},
		{"classic/ewd840", "nodes=4", 1_566 + 1, unknown, 12, "manifest, ewd840/EWD840_json: 1 566, 12 levels"},
		{"classic/alternating-bit", "values=2 capacity=2 duplicate=false", 240 + 1, unknown, 10,
			"manifest, SpecifyingSystems/TLC/MCAlternatingBit: 240, 10 levels"},
		{"classic/amqp-mutex", "clients=2 drops=1", 558, 1_844, 16, "measured"},
		{"classic/amqp-mutex", "clients=3 drops=1", 9_801, 47_730, 24, "measured"},
		{"classic/amqp-mutex", "clients=3 drops=2", 49_851, 264_786, 30, "measured"},
		{"classic/amqp-mutex", "clients=4 drops=1", 160_380, 1_030_216, 32, "measured"},
		{"classic/amqp-mutex", "clients=4 drops=2", 1_384_239, 9_649_016, 40, "measured"},
	} {
		t.Run(c.system+" "+c.settings, func(t *testing.T) {
			e, err := spec.Find(c.system)
			if err != nil {
				t.Fatal(err)
			}
			var chosen []spec.Setting
			for _, word := range strings.Fields(c.settings) {
				name, value, _ := strings.Cut(word, "=")
				chosen = append(chosen, spec.Setting{Name: name, Value: value})
			}
			s, err := e.Settings(chosen...)
			if err != nil {
				t.Fatal(err)
			}
			// The first property of each is proved, so all states are seen.
			_, results := check(t, e, s, prover.Options{NoPartialOrder: true, NoSymmetry: true})
			r := results[0]
			if r.States != c.states || c.transitions != unknown && r.Transitions != c.transitions ||
				c.depth != unknown && r.Depth != c.depth {
				t.Errorf("%d states, %d transitions, depth %d; want %d, %d, %d (%s)",
					r.States, r.Transitions, r.Depth, c.states, c.transitions, c.depth, c.source)
			}
		})
	}
}

// What is claimed of the classics holds for small choices of parameters that no case makes, as far as 100 000 states go.
func TestClassicClaimsHoldForAnyParameters(t *testing.T) {
	classics := slices.DeleteFunc(spec.Catalogue(), func(e *spec.Entry) bool { return !e.Abstract })
	rapid.Check(t, func(t *rapid.T) {
		e := classics[rapid.IntRange(0, len(classics)-1).Draw(t, "system")]
		s := anySettings(t, e)
		claims, results := check(t, e, s, prover.Options{States: 100_000})
		for i, r := range results {
			if bounded := strings.HasPrefix(r.Reason, "state bound "); r.Verdict != claims[i].Claimed && !(r.Verdict == model.Unknown && bounded) {
				t.Errorf("%s %v: %s is %v (%s), claimed %v", e.Name, s, r.Property.Name, r.Verdict, r.Reason, claims[i].Claimed)
			}
		}
	})
}
