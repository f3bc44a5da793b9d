package replay_test

import (
	"testing"

	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/traces"
)

// believer is what the property asks of a client.
type believer interface{ Believes() bool }

// One client may go round for ever while the other one never acquires: the round happens on a broker, once. Where nothing is
// fair the run stops at once, and there is nothing to replay.
func TestALassoIsReplayed(t *testing.T) {
	var runs []run
	for _, fair := range []bool{false, true} {
		sys, _ := instance(t, "reset=0 blackhole=0 verify=passive")
		sys.Fairness = nil
		b, _ := sys.Lookup("client/b")
		p := model.Property{Name: "b-holds", Kind: model.Eventually, Holds: func(v model.View) bool { return v[b].(believer).Believes() }}
		for _, name := range []string{"client/a", "link/a", "broker"} {
			if id, ok := sys.Lookup(name); ok && fair {
				sys.Fairness = append(sys.Fairness, model.WeaklyFair(id)...)
			}
		}
		results, err := prover.Explore(t.Context(), sys, []model.Property{p}, prover.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := results[0]
		if r.Verdict != model.Refuted || !r.Lasso || (r.Cycle > 0) != fair {
			t.Fatalf("fair: %v: %v (%s), a lasso (%v) with a cycle of %d", fair, r.Verdict, r.Reason, r.Lasso, r.Cycle)
		}
		header := traces.Trace{System: "mutex/exclusive-queue", Property: p.Name, Expect: r.Verdict, Lasso: r.Lasso, Cycle: r.Cycle}
		trace, err := traces.Record(sys, header, r.Trace)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run{sys, p, trace})
	}
	onBrokers(t, func(t *testing.T, url string) {
		for _, r := range runs {
			o, err := replay.Run(t.Context(), r.sys, r.trace, r.property, replay.Options{Broker: url})
			if err != nil || o.Verdict != replay.Reproduced || o.Step != len(r.trace.Lines) {
				t.Errorf("%v, %v; want %d steps reproduced", o, err, len(r.trace.Lines))
			}
		}
	})
}
