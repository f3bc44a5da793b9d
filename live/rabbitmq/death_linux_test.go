package rabbitmq_test

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

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
	// machine itself, when the moment has passed. RabbitMQ 4 that finds an epmd
	// has none.
	starter := func(names []string) bool {
		return beams(names) == 1 && slices.Contains(names, "erl") || beams(names) == 2
	}
	interrupt := func(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	kill := func(cmd *exec.Cmd) error { return cmd.Process.Kill() }
	for name, test := range map[string]struct {
		version string
		stage   func([]string) bool   // nil: ready
		end     func(*exec.Cmd) error // nil: panic
	}{
		"killed when ready":                      {"", nil, kill},
		"killed while epmd starts":               {"", anything, kill},
		"killed while the server looks for epmd": {"", starter, kill},
		"interrupted while the server starts":    {"", machine, interrupt},
		"panicking while the server starts":      {"", machine, nil},
		"4.0 killed when ready":                  {"4.0", nil, kill},
		"4.0 killed while the server starts":     {"4.0", machine, kill},
		"4.3 killed while something is mounted":  {"4.3", anything, kill},
		"4.3 panicking while the server starts":  {"4.3", machine, nil},
	} {
		t.Run(name, func(t *testing.T) {
			root := rabbitmqtest.NeedVersion(t, test.version).Root
			t.Parallel()
			dir := t.TempDir()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), victimDir+"="+dir, victimRoot+"="+root)
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
