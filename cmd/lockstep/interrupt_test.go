package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A replay that is interrupted while its RabbitMQ starts says so and nothing else, whatever became of the start.
func TestInterruptedStart(t *testing.T) {
	dir := t.TempDir()
	made := runs(t.Context(), "prove", "mutex/exclusive-queue", "--property", "belief-exclusion", "--set", "blackhole=0",
		"--set", "verify=passive", "--set", "pause=0", "--out", dir)
	found, err := filepath.Glob(filepath.Join(dir, "*", "belief-exclusion_blackhole=0.trace"))
	if len(found) != 1 || err != nil {
		t.Fatalf("%v, %v: %+v", found, err, made)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stderr := &stop{cancel: cancel}
	var stdout strings.Builder
	status := run(ctx, []string{"replay", found[0], "--broker", "rabbitmq"}, strings.NewReader(""), &stdout, stderr, environment{program: "lockstep"})
	want := ran{3, "", "starting a RabbitMQ of its own …\nlockstep replay: interrupted\n"}
	if diff := cmp.Diff(want, ran{status, stdout.String(), stderr.String()}); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
