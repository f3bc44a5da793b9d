package rabbitmq_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

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

func TestStartCancelled(t *testing.T) {
	rabbitmqtest.Need(t)
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		eventually(t, "the server runs", func() bool { return slices.Contains(processes(t, dir), "beam.smp") })
	}()
	node, err := rabbitmq.Start(ctx, rabbitmq.Options{Dir: dir})
	if err == nil {
		node.Stop()
		t.Fatal("started")
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	eventually(t, "nothing is left", func() bool { return len(processes(t, dir)) == 0 })
}

// Each time another of the three ports turns out to be taken, after the look
// whether they are free.
func TestStartPicksOtherPorts(t *testing.T) {
	rabbitmqtest.Need(t)
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
	node, err := rabbitmq.StartOn(t.Context(), rabbitmq.Options{}, bases...)
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

// However a process ends, its node ends too, whatever the node was doing.
func TestNodeDiesWithItsProcess(t *testing.T) {
	rabbitmqtest.Need(t)
	t.Parallel()
	beams := func(names []string) int {
		return len(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name != "beam.smp" }))
	}
	anything := func(names []string) bool { return len(names) > 0 }
	machine := func(names []string) bool { return beams(names) > 0 }
	// A second Erlang machine of RabbitMQ's, whose script would start epmd as
	// a daemon. The first name of it is its script's; a slow look sees the
	// machine itself, when the moment has passed.
	starter := func(names []string) bool {
		return beams(names) == 1 && slices.Contains(names, "erl") || beams(names) == 2
	}
	interrupt := func(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	kill := func(cmd *exec.Cmd) error { return cmd.Process.Kill() }
	for name, test := range map[string]struct {
		stage func([]string) bool   // nil: ready
		end   func(*exec.Cmd) error // nil: panic
	}{
		"killed when ready":                      {nil, kill},
		"killed while epmd starts":               {anything, kill},
		"killed while the server looks for epmd": {starter, kill},
		"interrupted while the server starts":    {machine, interrupt},
		"panicking while the server starts":      {machine, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), victimDir+"="+dir)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if test.stage == nil {
				if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
					t.Errorf("said %q, error %v", line, err)
				}
			} else {
				eventually(t, "at the stage", func() bool { return test.stage(processes(t, dir)) })
			}
			if test.end == nil {
				stdin.Write([]byte("panic\n"))
			} else if err := test.end(cmd); err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Error("the process ended well")
			}
			eventually(t, "nothing is left", func() bool { return len(processes(t, dir)) == 0 })
			portsAreFree(t, dir)
		})
	}
}

// portsAreFree checks that nobody listens on the ports of the node that was in
// dir. A daemon leaves the directory, and only its port betrays it.
func portsAreFree(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "rabbitmq.conf"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("listeners.tcp.1 = 127.0.0.1:"))
	line, _, _ := bytes.Cut(text, []byte("\n"))
	base, err := strconv.Atoi(string(line))
	if err != nil {
		t.Fatal(err)
	}
	for port := base; port < base+3; port++ {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			t.Errorf("somebody is left: %v", err)
			continue
		}
		l.Close()
	}
}
