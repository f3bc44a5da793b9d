package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/live/ask"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

// Every answer is shown by the model, and on a broker.
func TestAsk(t *testing.T) {
	for _, broker := range []string{"embedded", "rabbitmq"} {
		t.Run(broker, func(t *testing.T) {
			if broker == "rabbitmq" {
				rabbitmqtest.Need(t)
			}
			args := []string{"ask", "--json", "--broker", broker}
			for _, q := range ask.Questions() {
				args = append(args, strconv.Itoa(q.Number))
			}
			got := runs(t.Context(), args...)
			if got.Status != 0 {
				t.Fatalf("status %d, %s%s", got.Status, got.Stderr, got.Stdout)
			}
			object := decode[askJSON](t, got)
			for i, q := range ask.Questions() {
				shown := object.Questions[i]
				if len(shown.Claims)+len(shown.Costs)+len(shown.Experiments) == 0 || len(shown.Claims) != len(q.Claims) {
					t.Errorf("question %d shows nothing: %+v", q.Number, shown)
				}
				for _, x := range shown.Claims {
					if x.Verdict == "refuted" && x.Outcome != "reproduced" {
						t.Errorf("question %d: %+v", q.Number, x)
					}
				}
				for _, x := range shown.Experiments {
					if x.Observed != x.Wanted || x.Observed == "" {
						t.Errorf("question %d: %+v", q.Number, x)
					}
				}
			}
		})
	}
}

func TestAskLists(t *testing.T) {
	got := runs(t.Context(), "ask")
	if got.Status != 0 || strings.Count(got.Stdout, "?") < len(ask.Questions()) {
		t.Errorf("%+v", got)
	}
	for _, args := range [][]string{{"ask", "0"}, {"ask", "seven"}, {"ask", "7"}} {
		if got := runs(t.Context(), args...); got.Status != 2 || !strings.Contains(got.Stderr, "there are 1 to 6") {
			t.Errorf("%v: %+v", args, got)
		}
	}
	if got := runs(t.Context(), "ask", "6", "--broker", "amqp://127.0.0.1:1"); got.Status != 4 || !strings.Contains(got.Stderr, "connection refused") {
		t.Errorf("a broker that is not there: %+v", got)
	}
}
