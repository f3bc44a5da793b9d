package prover_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/classic"
	"github.com/lockstep-prover/lockstep/prover"
)

// An exploration that was stopped at any depth and resumed ends as one that was never stopped, on disk and in memory.
func TestResume(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		sys := anySystem(t, 4, 5)
		limit := rapid.IntRange(0, 12).Draw(t, "limit")
		properties := []model.Property{
			{Name: "below", Kind: model.Invariant, Holds: func(v model.View) bool { return sum(v) <= limit }},
			{Name: "no-echo", Kind: model.Monitored, Monitor: &counter{}},
			{Name: "exhaust", Kind: model.Invariant, Holds: func(model.View) bool { return true }},
		}
		n++
		save := prover.Checkpoint{File: filepath.Join(dir, fmt.Sprint(n))}
		options := prover.Options{Workers: rapid.IntRange(1, 2).Draw(t, "workers"), Checkpoint: save}
		if rapid.Bool().Draw(t, "spill") {
			options.Memory, options.Spill = 1, dir
		}
		run := func(o prover.Options) []prover.Result {
			r, err := prover.Explore(context.Background(), sys, properties, prover.Fine(o))
			if err != nil {
				t.Fatal(err)
			}
			for i := range r {
				r[i].Elapsed, r[i].Property = 0, model.Property{Name: r[i].Property.Name}
			}
			return r
		}
		want := run(prover.Options{Workers: 1})
		bounded := options
		bounded.Depth = rapid.IntRange(1, 5).Draw(t, "depth")
		run(bounded)
		options.Checkpoint.Resume = true
		if diff := cmp.Diff(want, run(options)); diff != "" {
			t.Fatalf("stopped at depth %d (-never stopped +resumed):\n%s", bounded.Depth, diff)
		}
		if diff := cmp.Diff(want, run(options)); diff != "" { // what is done is done
			t.Fatalf("resumed after the end (-never stopped +resumed):\n%s", diff)
		}
	})
}

func commit(t *testing.T, rms int) *model.System {
	t.Helper()
	sys, err := classic.TwoPhaseCommit(rms)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

// A process killed in the middle of an exploration leaves a checkpoint with which another one comes to the published counts.
func TestResumeAfterKill(t *testing.T) {
	name := filepath.Join(t.TempDir(), "checkpoint")
	options := prover.Options{NoSymmetry: true, Checkpoint: prover.Checkpoint{File: name, Every: 1}}
	if os.Getenv("LOCKSTEP_TEST_VICTIM") != "" {
		options.Checkpoint.File = os.Getenv("LOCKSTEP_TEST_VICTIM")
		options.Every = 1
		options.Progress = func(p prover.Progress) {
			if p.Depth == 15 {
				fmt.Println("ready")
				select {}
			}
		}
		prover.Explore(context.Background(), commit(t, 7), []model.Property{classic.Consistent()}, options)
		t.Fatal("nobody came")
	}
	victim := exec.Command(os.Args[0], "-test.run=^TestResumeAfterKill$")
	victim.Env = append(os.Environ(), "LOCKSTEP_TEST_VICTIM="+name)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, len("ready"))
	if _, err := out.Read(ready); err != nil || string(ready) != "ready" {
		t.Fatalf("%q, %v", ready, err)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	victim.Wait()
	options.Checkpoint.Resume = true
	first := -1
	options.Every, options.Progress = 1, func(p prover.Progress) {
		if first < 0 {
			first = p.Depth
		}
	}
	r, err := prover.Explore(context.Background(), commit(t, 7), []model.Property{classic.Consistent()}, options)
	if err != nil {
		t.Fatal(err)
	}
	if first != 15 {
		t.Errorf("it began at level %d, not at 15", first)
	}
	// "Consensus on transaction commit" as explored by TLC: 296448 distinct states, depth 23, 2744706 generated.
	if got := r[0]; got.Verdict != model.Proved || got.States != 296448 || got.Transitions != 2744705 || got.Depth != 22 {
		t.Errorf("%v, %d states, %d transitions, depth %d", got.Verdict, got.States, got.Transitions, got.Depth)
	}
}

// A checkpoint that is damaged, or of something else, is no beginning.
func TestDamagedCheckpoint(t *testing.T) {
	name := filepath.Join(t.TempDir(), "checkpoint")
	properties := []model.Property{classic.Consistent()}
	options := prover.Options{Checkpoint: prover.Checkpoint{File: name}}
	if _, err := prover.Explore(context.Background(), commit(t, 3), properties, options); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	options.Checkpoint.Resume = true
	attempt := func(rms int, content []byte, o prover.Options) error {
		if err := os.WriteFile(name, content, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := prover.Explore(context.Background(), commit(t, rms), properties, o)
		return err
	}
	if err := attempt(3, whole, options); err != nil {
		t.Errorf("the whole one: %v", err)
	}
	for at := range whole {
		if at%7 != 0 {
			continue
		}
		broken := append([]byte(nil), whole...)
		broken[at] ^= 1
		if err := attempt(3, broken, options); !unreadable(err) {
			t.Errorf("one bit wrong in byte %d of %d: %v", at, len(whole), err)
		}
		if err := attempt(3, whole[:at], options); !unreadable(err) {
			t.Errorf("%d of %d bytes: %v", at, len(whole), err)
		}
	}
	other := options
	other.NoSymmetry = true
	for want, err := range map[string]error{
		"another system": attempt(4, whole, options), "reductions": attempt(3, whole, other), "no checkpoint": attempt(3, []byte("x\n"+strings.Repeat("y", 99)), options),
	} {
		if !unreadable(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error about %q, got %v", want, err)
		}
	}
	options.Checkpoint.File = t.TempDir() // cannot be read, which says nothing about a checkpoint
	if _, err := prover.Explore(context.Background(), commit(t, 3), properties, options); err == nil || unreadable(err) {
		t.Errorf("a directory: %v", err)
	}
}

func unreadable(err error) bool {
	var wrong *prover.CheckpointError
	return errors.As(err, &wrong)
}
