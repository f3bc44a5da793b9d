package replay_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// TestCorpus: every kept counterexample of a protocol happens on every broker.
func TestCorpus(t *testing.T) {
	paths, err := filepath.Glob("../../traces/corpus/*/*.trace")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	onBrokers(t, func(t *testing.T, url string) {
		for _, path := range paths {
			t.Run(filepath.Base(path), func(t *testing.T) {
				f, err := os.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				trace, err := traces.Parse(f)
				if err != nil {
					t.Fatal(err)
				}
				var chosen []spec.Setting
				for _, p := range trace.Parameters {
					chosen = append(chosen, spec.Setting(p))
				}
				subject, err := spec.Resolve(trace.System, chosen, trace.Property)
				if err != nil {
					t.Fatal(err)
				}
				if subject.Entry.Abstract { // no broker in it
					return
				}
				o, err := replay.Run(context.Background(), subject.System, trace, subject.Claim.Property, replay.Options{Broker: url})
				if err != nil || o.Verdict != replay.Reproduced {
					t.Errorf("%v, %v", o, err)
				}
			})
		}
	})
}
