package replay_test

import (
	"bytes"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// TestMain fails where a goroutine of a replay or a gate has outlived the tests.
func TestMain(m *testing.M) {
	status := rabbitmqtest.Run(m)
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if status == 0 && (bytes.Contains(stacks, []byte("live/replay.(")) || bytes.Contains(stacks, []byte("live/gate.("))) {
		os.Stderr.WriteString("a goroutine is left:\n" + string(stacks))
		status = 1
	}
	os.Exit(status)
}

// aloneOnRabbitMQ is held by the test that has the real broker: all of them use the same queue.
var aloneOnRabbitMQ sync.Mutex

// onBrokers runs a test on an embedded broker of its own, and on the real one where that is asked for, both in parallel with
// all other tests.
func onBrokers(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		s := amqptest.NewServer(amqptest.Options{})
		t.Cleanup(s.Close)
		test(t, s.URL())
	})
	onRabbitMQ(t, test)
}

func onRabbitMQ(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("rabbitmq", func(t *testing.T) {
		rabbitmqtest.Need(t)
		t.Parallel()
		aloneOnRabbitMQ.Lock()
		defer aloneOnRabbitMQ.Unlock()
		test(t, rabbitmqtest.Shared(t).URL())
	})
}

// run is a trace of a system about a property.
type run struct {
	sys      *model.System
	property model.Property
	trace    *traces.Trace
}

// instance builds the exclusive-queue mutex with these settings, "name=value …".
func instance(t testing.TB, settings string) (*model.System, []spec.Claim) {
	t.Helper()
	entry, err := spec.Find("mutex/exclusive-queue")
	if err != nil {
		t.Fatal(err)
	}
	var chosen []spec.Setting
	for _, word := range strings.Fields(settings) {
		name, value, _ := strings.Cut(word, "=")
		chosen = append(chosen, spec.Setting{Name: name, Value: value})
	}
	complete, err := entry.Settings(chosen...)
	if err != nil {
		t.Fatal(err)
	}
	sys, claims, err := entry.Instance(complete)
	if err != nil {
		t.Fatal(err)
	}
	return sys, claims
}

// refute finds the shortest counterexample to a property.
func refute(t testing.TB, property, settings string) run {
	t.Helper()
	sys, claims := instance(t, settings)
	p := claims[slices.IndexFunc(claims, func(c spec.Claim) bool { return c.Name == property })].Property
	results, err := prover.Explore(t.Context(), sys, []model.Property{p}, prover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	header := traces.Trace{System: "mutex/exclusive-queue", Property: property, Expect: results[0].Verdict}
	trace, err := traces.Record(sys, header, results[0].Trace)
	if err != nil {
		t.Fatal(err)
	}
	return run{sys, p, trace}
}

// record makes a trace of actions, which is about nothing in particular.
func record(t testing.TB, sys *model.System, actions []model.Action) run {
	t.Helper()
	p := model.Property{Name: "any", Kind: model.Invariant, Holds: func(model.View) bool { return true }}
	trace, err := traces.Record(sys, traces.Trace{System: "mutex/exclusive-queue", Property: p.Name}, actions)
	if err != nil {
		t.Fatal(err)
	}
	return run{sys, p, trace}
}

// script makes a trace of lines "machine event", spaces around them and empty lines left out.
func script(t testing.TB, sys *model.System, lines string) run {
	t.Helper()
	st := sys.Start()
	var actions []model.Action
	for line := range strings.Lines(lines) {
		machine, event, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		a, err := st.Find(machine, event)
		if err != nil {
			t.Fatal(err)
		}
		st.Step(a)
		actions = append(actions, a)
	}
	return record(t, sys, actions)
}

// replayed replays a run and logs it, step by step.
func replayed(t testing.TB, r run, opts replay.Options) replay.Outcome {
	t.Helper()
	each := opts.Each
	opts.Each = func(s replay.Step) {
		t.Logf("%d %s (%v)", s.Number, s.Action, s.Elapsed)
		for _, c := range s.Checks {
			t.Logf("    %v", c)
		}
		if each != nil {
			each(s)
		}
	}
	o, err := replay.Run(t.Context(), r.sys, r.trace, r.property, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(o, o.Elapsed)
	return o
}

func reproduce(t testing.TB, r run, opts replay.Options) {
	t.Helper()
	if o := replayed(t, r, opts); o.Verdict != replay.Reproduced || o.Step != len(r.trace.Lines) {
		t.Error(o)
	}
}

// TestRefutations: what the prover says is wrong with the mutex happens.
func TestRefutations(t *testing.T) {
	t.Parallel()
	for _, k := range []struct{ property, settings string }{
		{"belief-exclusion", "reset=1 blackhole=0"},
		{"belief-exclusion", "reset=0 blackhole=1"},
		{"belief-exclusion", "reset=0 blackhole=0 pause=1"},
		{"verify-truth", "verify=publish reconnect=true"},
		{"release-on-verify", "verify=redeclare reconnect=true"},
		{"release-effective", "release=delete reset=1 blackhole=0"},
		{"release-effective", "release=channel"},
		{"release-effective", "release=connection reconnect=true"},
		{"deadlock-freedom", "heartbeat=false"},
	} {
		r := refute(t, k.property, k.settings)
		t.Run(k.property+" "+k.settings, func(t *testing.T) {
			t.Parallel()
			onBrokers(t, func(t *testing.T, url string) { reproduce(t, r, replay.Options{Broker: url}) })
		})
	}
}
