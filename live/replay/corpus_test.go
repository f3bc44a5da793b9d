package replay_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// races are the counterexamples that need a race inside the broker, which a replay cannot bring about, and which one.
var races = map[string]string{
	"mutex-generation/verify-truth_mark=queue_reconnect=true_blackhole=0.trace":      "between the end of the lock and that of the mark, queues of one connection, it takes a probe",
	"mutex-generation/release-on-verify_mark=queue_reconnect=true_blackhole=0.trace": "likewise",

	"semaphore-decrement/not-greedy_auto-delete=true_reset=0_blackhole=0_crash=1.trace":        "the decrement queue hears of a consumer's end only after the next one's consume; then the token queue hears late of a channel that was closed",
	"semaphore-decrement/release-effective_auto-delete=true_reset=0_blackhole=0_crash=1.trace": "the token queue hears late of a channel that was closed",

	// How often a stress run meets them: live/rabbitmq, TestWhatAChannelHadMayBeFreeLater.
	"semaphore-token/release-effective_release=wait_reset=0_blackhole=0.trace":                   "the channel answers before the queue hears of the token",
	"semaphore-token/release-effective_clients=3_slots=2_release=wait_reset=0_blackhole=0.trace": "likewise",
	"semaphore-token/release-effective_release=channel_reset=0_blackhole=0.trace":                "the channel has ended before the queue hears of that",
	"semaphore-token/release-effective_slots=2_release=channel_reset=0_blackhole=0.trace":        "likewise",
	"semaphore-token/release-effective_release=connection_blackhole=0.trace":                     "likewise",
	"semaphore-token/not-greedy_slots=2_release=channel_reset=0_blackhole=0.trace":               "likewise",
}

// TestCorpus: every kept counterexample happens on every broker, if a broker has a part in it, it is not time alone that shows
// it, and no race inside the broker is needed.
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
				o, err := replay.Run(context.Background(), subject.System, trace, subject.Claim.Property, replay.Options{Broker: url})
				if subject.Entry.Abstract || trace.Lines[len(trace.Lines)-1].Machine == "clock" {
					if !errors.Is(err, replay.ErrNothingToReplay) {
						t.Errorf("%v, %v; want nothing to replay", o, err)
					}
					return
				}
				if races[filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path)] != "" && strings.Contains(o.Reason, "a race inside the broker") {
					return
				}
				if err != nil || o.Verdict != replay.Reproduced {
					t.Errorf("%v, %v", o, err)
				}
			})
		}
	})
}
