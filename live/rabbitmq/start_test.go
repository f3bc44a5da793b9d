package rabbitmq_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/live/rabbitmq"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

// A failed start says why in the words of whoever refused, and leaves nothing.
func TestStartErrors(t *testing.T) {
	shared := rabbitmqtest.Shared(t)
	t.Parallel()
	base := t.TempDir()
	t.Cleanup(func() {
		if left := processes(t, base); len(left) > 0 {
			t.Errorf("there are still %v", left)
		}
	})
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		opts rabbitmq.Options
		want string
	}{
		"directory cannot be made": {
			rabbitmq.Options{Dir: filepath.Join(file, "dir")},
			"start rabbitmq: prepare the node's directory: mkdir " + file + ": not a directory",
		},
		"directory in use": {
			rabbitmq.Options{Dir: shared.Dir()},
			"is in use by another node",
		},
		"configuration refused": {
			rabbitmq.Options{Dir: filepath.Join(base, "refused"), Config: "nonsense.key = 3"},
			"You've tried to set nonsense.key, but there is no setting with that name",
		},
		"not installed": {
			rabbitmq.Options{Bin: base},
			"start rabbitmq: no " + base + "/rabbitmq-server: " + rabbitmq.ErrNotInstalled.Error(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node, err := rabbitmq.Start(t.Context(), test.opts)
			if err == nil {
				node.Stop()
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v\nhas no %q", err, test.want)
			}
			if lines := strings.Count(err.Error(), "\n"); lines > 25 {
				t.Errorf("the error has %d lines:\n%v", lines, err)
			}
		})
	}
}

// What a start in a root directory mounted is gone when it failed.
func TestStartErrorsInRoot(t *testing.T) {
	opts := rabbitmqtest.NeedVersion(t, "4.0")
	without := t.TempDir()
	systemOf(t, without, "4.0.5")
	base := t.TempDir()
	before := mounts(t)
	for name, test := range map[string]struct {
		opts rabbitmq.Options
		want string
	}{
		"nowhere to mount": {
			rabbitmq.Options{Root: without},
			"mount: " + without + "/mnt: mount point does not exist.",
		},
		"no such directory": {
			rabbitmq.Options{Root: base},
			"start rabbitmq: no " + base + "/usr/lib/rabbitmq/bin/rabbitmq-server: rabbitmq-server is not installed; try: make rabbitmq-4",
		},
		"configuration refused": {
			rabbitmq.Options{Root: opts.Root, Dir: filepath.Join(base, "refused"), Config: "nonsense.key = 3"},
			"You've tried to set nonsense.key, but there is no setting with that name",
		},
	} {
		t.Run(name, func(t *testing.T) {
			node, err := rabbitmq.Start(t.Context(), test.opts)
			if err == nil {
				node.Stop()
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v\nhas no %q", err, test.want)
			}
		})
	}
	if left := processes(t, base); len(left) > 0 {
		t.Errorf("there are still %v", left)
	}
	if diff := cmp.Diff(before, mounts(t)); diff != "" {
		t.Errorf("mounted:\n%s", diff)
	}
}

func TestStartCancelled(t *testing.T) { onVersions(t, startCancelled) }

func startCancelled(t *testing.T, version string) {
	opts := rabbitmqtest.NeedVersion(t, version)
	t.Parallel()
	opts.Dir = t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		eventually(t, "the server runs", func() bool { return slices.Contains(processes(t, opts.Dir), "beam.smp") })
	}()
	node, err := rabbitmq.Start(ctx, opts)
	if err == nil {
		node.Stop()
		t.Fatal("started")
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	eventually(t, "nothing is left", func() bool { return len(processes(t, opts.Dir)) == 0 })
}

// Each time another of the three ports turns out to be taken, after the look
// whether they are free.
func TestStartPicksOtherPorts(t *testing.T) { onVersions(t, startPicksOtherPorts) }

func startPicksOtherPorts(t *testing.T, version string) {
	opts := rabbitmqtest.NeedVersion(t, version)
	t.Parallel()
	var bases []int
	for taken := range 3 {
		base, err := rabbitmq.FreeBlock()
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(base+taken))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		bases = append(bases, base)
	}
	node, err := rabbitmq.StartOn(t.Context(), opts, bases...)
	if err != nil {
		t.Fatal(err)
	}
	defer node.Stop()
	for _, base := range bases {
		if node.Addr() == "127.0.0.1:"+strconv.Itoa(base) {
			t.Errorf("runs on %s", node.Addr())
		}
	}
	if _, err := node.Ctl(t.Context(), "eval", "ok."); err != nil {
		t.Error(err)
	}
}
