package replay_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// races are the counterexamples that need a race inside the broker, which a replay cannot bring about, and which one: where the broker's processes are in step
// there is no counterexample, or it needs a race, too. Where it is so for one version of RabbitMQ alone, that is said.
var races = map[string]string{
	"mutex-generation/verify-truth_mark=queue_reconnect=true_blackhole=0.trace":      "between the end of the lock and that of the mark, queues of one connection, it takes a probe",
	"mutex-generation/release-on-verify_mark=queue_reconnect=true_blackhole=0.trace": "likewise",
	"mutex-generation/operations_mark=queue_reconnect=true_blackhole=0.trace":        "likewise",

	"semaphore-decrement/not-greedy_auto-delete=true_reset=0_blackhole=0_crash=1.trace": "the decrement queue hears of a consumer's end only after the next one's consume; then the token queue hears late of a channel that was closed",

	// The others are of a release that returns before all is done at the broker. How often a stress run meets them: live/rabbitmq, TestWhatAChannelHadMayBeFreeLater
	// and TestAnExclusiveQueueMayBeThereLater.
	"semaphore-decrement/operations_auto-delete=true_reset=0_blackhole=0_crash=1.trace":                       "the token queue hears late of a channel that was closed",
	"semaphore-decrement/operations_order=decrement-first_auto-delete=true_reset=0_blackhole=0_crash=1.trace": "likewise",

	"semaphore-token/release-effective_release=wait_reset=0_blackhole=0.trace":                   "the channel answers before the queue hears of the token",
	"semaphore-token/release-effective_clients=3_slots=2_release=wait_reset=0_blackhole=0.trace": "likewise",
	"semaphore-token/release-effective_release=channel_reset=0_blackhole=0.trace":                "the channel has ended before the queue hears of that",
	"semaphore-token/release-effective_slots=2_release=channel_reset=0_blackhole=0.trace":        "likewise",
	"semaphore-token/not-greedy_slots=2_release=channel_reset=0_blackhole=0.trace":               "likewise",
	"semaphore-token/operations_release=channel_reset=0_blackhole=0.trace":                       "likewise",
	"semaphore-token/operations_slots=2_release=channel_reset=0_blackhole=0.trace":               "likewise",
	"semaphore-token/operations_release=connection_blackhole=0.trace":                            "likewise",
	"semaphore-token/starvation-freedom_slots=2_release=channel_reset=0_blackhole=0.trace":       "likewise",

	"mutex-exclusive-queue/operations_release=connection_blackhole=0_profile=rabbitmq-4.3.trace":                "the connection is closed before its queue is gone",
	"mutex-generation/operations_release=connection_blackhole=0_profile=rabbitmq-4.3.trace":                     "likewise",
	"semaphore-persistent/operations_release=connection_reset=0_blackhole=0_profile=rabbitmq-4.3.trace":         "likewise",
	"semaphore-persistent/starvation-freedom_release=connection_reset=0_blackhole=0_profile=rabbitmq-4.3.trace": "likewise",
	"semaphore-persistent/operations_release=connection_reset=0_blackhole=0.trace on 4.3":                       "likewise",
	"semaphore-persistent/starvation-freedom_release=connection_reset=0_blackhole=0.trace on 4.3":               "likewise",
}

// TestCorpus: every kept counterexample happens on every broker, if a broker has a part in it, it is not time alone that shows
// it, and no race inside the broker is needed.
func TestCorpus(t *testing.T) {
	corpus := kept(t)
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		var all sync.WaitGroup
		for name, trace := range corpus { // all at once, since they wait for heartbeats to stay away
			all.Go(func() {
				s := amqptest.NewServer(amqptest.Options{})
				defer s.Close()
				if err := happens(t.Context(), s.URL(), races[name], trace); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		all.Wait()
	})
	onRabbitMQ(t, func(t *testing.T, url string) {
		for name, trace := range corpus {
			if err := happens(t.Context(), url, races[name], trace); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestCorpusOnRabbitMQ4: so it does on later versions, by the same steps where those are a run of that version's machine, and else by those that the prover
// finds for that version, unless it is claimed there that there are none.
func TestCorpusOnRabbitMQ4(t *testing.T) {
	corpus := kept(t)
	for _, version := range []string{"4.0", "4.3"} {
		t.Run(version, func(t *testing.T) {
			rabbitmqtest.NeedVersion(t, version)
			t.Parallel()
			url := rabbitmqtest.SharedVersion(t, version).URL()
			for name, trace := range corpus {
				there, err := where(t.Context(), trace, "profile", "rabbitmq-"+version)
				switch {
				case err == nil && there == nil:
					t.Logf("%s: claimed to be proved", name)
				case err == nil:
					err = happens(t.Context(), url, cmp.Or(races[name], races[name+" on "+version]), there)
				}
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// kept is the corpus by DIRECTORY/FILE.
func kept(t *testing.T) map[string]*traces.Trace {
	t.Helper()
	paths, err := filepath.Glob("../../traces/corpus/*/*.trace")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	all := map[string]*traces.Trace{}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		trace, err := traces.Parse(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path)] = trace
	}
	for name := range races {
		if name, _, _ := strings.Cut(name, " on "); all[name] == nil {
			t.Errorf("there is no %s, of which a race is known", name)
		}
	}
	return all
}

func resolved(trace *traces.Trace) (*spec.Subject, error) {
	var chosen []spec.Setting
	for _, p := range trace.Parameters {
		chosen = append(chosen, spec.Setting(p))
	}
	return spec.Resolve(trace.System, chosen, trace.Property)
}

// happens replays a trace, which has to be reproduced, unless there is nothing of it to be replayed. If a race is needed, another one of the same has to be
// reproduced that the prover finds where a broker's processes are in step; but not if it is known why there is none.
func happens(ctx context.Context, url, race string, trace *traces.Trace) error {
	subject, err := resolved(trace)
	if err != nil {
		return err
	}
	o, err := replay.Run(ctx, subject.System, trace, subject.Claim.Property, replay.Options{Broker: url})
	if subject.Entry.Abstract || trace.Lines[len(trace.Lines)-1].Machine == "clock" {
		if !errors.Is(err, replay.ErrNothingToReplay) {
			return fmt.Errorf("%v, %w; want nothing to replay", o, err)
		}
		return nil
	}
	inStep := slices.Contains(trace.Parameters, traces.Parameter{Name: "grain", Value: broker.Atomic.String()})
	switch raced := err == nil && strings.Contains(o.Reason, "a race inside the broker"); {
	case raced && !inStep:
		there, err := where(ctx, trace, "grain", broker.Atomic.String())
		if err == nil && there != nil {
			err = happens(ctx, url, race, there)
		} else if race == "" {
			err = errors.Join(err, fmt.Errorf("%v", o))
		}
		return err
	case raced && race != "":
		return nil
	case err != nil || o.Verdict != replay.Reproduced:
		return fmt.Errorf("%v, %v", o, err)
	case inStep && race != "":
		return errors.New("it needs no race")
	}
	return nil
}

// where is a counterexample like the trace where a parameter is another one; nil if it is claimed that there is none.
func where(ctx context.Context, trace *traces.Trace, parameter, value string) (*traces.Trace, error) {
	there := *trace
	there.Parameters = slices.Clone(trace.Parameters)
	i := slices.IndexFunc(there.Parameters, func(p traces.Parameter) bool { return p.Name == parameter })
	if i < 0 { // there is no broker in it
		return trace, nil
	}
	there.Parameters[i].Value = value
	subject, err := resolved(&there)
	if err != nil {
		return nil, err
	}
	if _, _, err := traces.Judge(&there, subject.System, subject.Claim.Property); err == nil {
		return &there, nil
	}
	if subject.Claim.Claimed == model.Proved {
		return nil, nil
	}
	results, err := prover.Explore(ctx, subject.System, []model.Property{subject.Claim.Property}, prover.Options{})
	if err != nil || results[0].Verdict != model.Refuted {
		return nil, fmt.Errorf("no counterexample with %s=%s: %v, %w", parameter, value, results, err)
	}
	header := there
	header.Lasso, header.Cycle, header.Lines = results[0].Lasso, results[0].Cycle, nil
	return traces.Record(subject.System, header, results[0].Trace)
}
