package conform_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/conform"
	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/prover/admit"
)

// at returns a broker's address as a Broker.
func at(t *testing.T, url string) conform.Broker {
	t.Helper()
	b, err := conform.ParseBroker(url)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// embedded starts an embedded broker of a version.
func embedded(t *testing.T, profile broker.Profile) conform.Broker {
	t.Helper()
	s := amqptest.NewServer(amqptest.Options{Machine: amqptest.Machine{Profile: profile}})
	t.Cleanup(s.Close)
	return at(t, s.URL())
}

func run(t *testing.T, o conform.Options) *conform.Report {
	t.Helper()
	r, err := conform.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The embedded broker is the machine behind a wire, and so has to conform, whatever the operations.
func TestEmbeddedConforms(t *testing.T) {
	for _, name := range broker.ProfileNames() {
		for generator, generate := range conform.Generators() {
			t.Run(name+"/"+generator, func(t *testing.T) {
				profile, _ := broker.ParseProfile(name)
				r := run(t, conform.Options{Broker: embedded(t, profile), Profile: name, Generate: generate, Seed: 7, Operations: 600})
				for _, d := range r.Differences {
					t.Error(d.Script())
				}
				if r.Total() < 600 || r.Replies["channel.open-ok"] == 0 || r.Replies["basic.deliver"] == 0 {
					t.Errorf("%d operations, replies %v", r.Total(), r.Replies)
				}
			})
		}
	}
}

// A version of RabbitMQ is not another one: the machine in the profile of 3.10 has to refuse what a 4.3 does, and the difference has to be small.
func TestDifferenceIsFoundAndSmall(t *testing.T) {
	r := run(t, conform.Options{Broker: embedded(t, broker.RabbitMQ43), Profile: broker.RabbitMQ310.String(), Seed: 1, Operations: 4000, Most: 1})
	if len(r.Differences) == 0 {
		t.Fatalf("none in %d operations", r.Total())
	}
	d := r.Differences[0]
	if len(d.Ops) > 12 {
		t.Errorf("%d operations are left of it:\n%s", len(d.Ops), d.Script())
	}
	if len(d.Instead) == 0 {
		t.Error("it does not say what the machine has instead")
	}
	if s := d.Script(); !strings.Contains(s, "conn ") || !strings.Contains(s, "\n----\n") {
		t.Errorf("no broker script:\n%s", s)
	}
	if again, err := conform.Check(d.History); err != nil || again.Verdict != admit.Inadmissible {
		t.Errorf("its history, judged again: %v, %v", again.Verdict, err)
	}
}

// The same seed draws the same operations, and another one others.
func TestGeneratorsAreDeterministic(t *testing.T) {
	for name, generate := range conform.Generators() {
		text := func(seed uint64, number int) string {
			var all []string
			for _, o := range generate(seed, "p-", number) {
				all = append(all, o.String())
			}
			return strings.Join(all, "\n")
		}
		if first := text(3, 5); first != text(3, 5) {
			t.Errorf("%s draws otherwise the second time", name)
		}
		if text(3, 5) == text(4, 5) || text(3, 5) == text(3, 6) {
			t.Errorf("%s draws the same for another seed or number", name)
		}
	}
}

// What is recorded in a run is text, reads back, and is admitted.
func TestRecordIsAdmitted(t *testing.T) {
	var text bytes.Buffer
	r := run(t, conform.Options{Broker: embedded(t, broker.RabbitMQ310), Profile: broker.RabbitMQ310.String(), Seed: 2, Operations: 300,
		Record: func(h *history.History) error { _, err := h.WriteTo(&text); return err }})
	all, err := history.ParseAll(text.Bytes())
	if err != nil || len(all) != r.Sequences {
		t.Fatalf("%d histories of %d: %v", len(all), r.Sequences, err)
	}
	for n, h := range all {
		if got, err := conform.Check(h); err != nil || got.Verdict != admit.Admitted {
			t.Errorf("history %d: %v at %d, %v, %v", n, got.Verdict, got.Item, got.Instead, err)
		}
	}
}

// A history that no broker can have is inadmissible, from the item on that makes it so.
func TestCheckFindsTheItem(t *testing.T) {
	h := &history.History{Header: history.Header{Profile: "rabbitmq-3.10", Broker: "none"}, Items: []history.Item{
		{Kind: history.Sent, Conn: "a", Frame: amqp.Frame{Method: amqp.ConnectionOpen{VirtualHost: "/"}}},
		{Kind: history.Seen, Conn: "a", Frame: amqp.Frame{Method: amqp.ConnectionOpenOk{}}},
		{Kind: history.Sent, Conn: "a", Frame: amqp.Frame{Channel: 1, Method: amqp.ChannelOpen{}}},
		{Kind: history.Seen, Conn: "a", Frame: amqp.Frame{Channel: 1, Method: amqp.ChannelOpenOk{}}},
		{Kind: history.Sent, Conn: "a", Frame: amqp.Frame{Channel: 1, Method: amqp.QueueDeclare{Queue: "q", Passive: true}}},
		{Kind: history.Seen, Conn: "a", Frame: amqp.Frame{Channel: 1, Method: amqp.QueueDeclareOk{Queue: "q"}}},
	}}
	got, err := conform.Check(h)
	if err != nil || got.Verdict != admit.Inadmissible || got.Item != 5 {
		t.Fatalf("%v at %d, %v", got.Verdict, got.Item, err)
	}
	if !slices.ContainsFunc(got.Instead, func(s string) bool { return strings.Contains(s, "code=404") }) {
		t.Errorf("instead: %v", got.Instead)
	}
}

// The machine admits what RabbitMQ has done once, by chance, and an earlier machine could not: the differences that no script can repeat, because the
// next run ends otherwise.
func TestRecordedHistoriesAreAdmitted(t *testing.T) {
	paths, err := filepath.Glob("testdata/histories/*.history")
	if err != nil || len(paths) == 0 {
		t.Fatal("no histories", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".history"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			h, err := history.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := conform.Check(h); err != nil || got.Verdict != admit.Admitted {
				t.Errorf("%v at %d, %v, %v", got.Verdict, got.Item, got.Instead, err)
			}
		})
	}
}

// A run ends when it is told to.
func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := embedded(t, broker.RabbitMQ310)
	n := 0
	r, err := conform.Run(ctx, conform.Options{Broker: b, Profile: "rabbitmq-3.10", Record: func(*history.History) error {
		if n++; n == 3 {
			cancel()
		}
		return nil
	}})
	if err != nil || r.Sequences != 3 {
		t.Errorf("%d sequences, %v", r.Sequences, err)
	}
}

// A real RabbitMQ conforms, on sequences that are the same every time; `make conform` goes on for longer, with other seeds.
func TestRabbitMQConforms(t *testing.T) {
	node := rabbitmqtest.Shared(t)
	r := run(t, conform.Options{Broker: at(t, node.URL()), Seed: 15010, For: 10 * time.Second})
	for _, d := range r.Differences {
		t.Error(d.Script())
	}
	t.Logf("%s: %d operations, %d flaky, %d unknown", r.Broker, r.Total(), r.Flaky, r.Unknown)
	if r.Total() < 500 {
		t.Errorf("only %d operations", r.Total())
	}
}
