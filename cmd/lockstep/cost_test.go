package main

import (
	"strings"
	"testing"
)

// The object of cost, of a lock whose costs can be counted by hand: a declare and its answer, a probe and its answer.
func TestCostJSON(t *testing.T) {
	got := runs(t.Context(), "cost", "--json", "mutex/exclusive-queue", "--set", "verify=passive", "--set", "release=delete", "--broker", "embedded", "--rounds", "5")
	if got.Status != 0 || got.Stderr != "" {
		t.Fatalf("status %d, stderr %q", got.Status, got.Stderr)
	}
	object := decode[costJSON](t, got)
	if len(object.Locks) != 1 || object.Broker == "" {
		t.Fatalf("%+v", object)
	}
	want := map[string][2]quantityJSON{
		"acquire held":     {{1, 1, 0, 0}, {3, 3, 1, 1}},
		"acquire busy":     {{2, 1, 0, 0}, {4, 3, 1, 1}}, // channel.close-ok is a method, too
		"verify held":      {{1, 1, 0, 0}, {1, 1, 0, 0}},
		"release released": {{1, 1, 0, 0}, {1, 1, 0, 0}},
	}
	for _, call := range object.Locks[0].Calls {
		name := call.Operation + " " + call.Result
		if w := want[name]; *call.Best != w[0] || *call.Worst != w[1] {
			t.Errorf("%s: %+v to %+v, want %+v", name, *call.Best, *call.Worst, w)
		}
		if call.Measured == nil || !call.Measured.InModel || call.Measured.Calls < 5 {
			t.Errorf("%s: measured %+v", name, call.Measured)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestCostRefuses(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"cost", "classic/peterson"}, 2, "classic/peterson is no lock on AMQP"},
		{[]string{"cost", "nothing"}, 2, `unknown system "nothing"`},
		{[]string{"cost", "mutex/exclusive-queue", "--set", "take=get"}, 2, `no parameter "take"`},
		{[]string{"cost", "--set", "nothing=1"}, 2, "no lock on AMQP has these parameters: nothing=1"},
		{[]string{"cost", "--rounds", "0"}, 2, "--rounds is at least 1"},
		{[]string{"cost", "--broker", "elsewhere"}, 2, "not \"elsewhere\""},
		{[]string{"cost", "mutex/exclusive-queue", "--broker", "amqp://127.0.0.1:1"}, 4, "connection refused"},
	} {
		got := runs(t.Context(), c.args...)
		if got.Status != c.status || !strings.Contains(got.Stderr, c.says) || strings.Count(got.Stderr, "\n") > 2 {
			t.Errorf("%v: status %d, stderr %q; want %d, %q", c.args, got.Status, got.Stderr, c.status, c.says)
		}
	}
}
