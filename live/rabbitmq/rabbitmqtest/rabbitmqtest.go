package rabbitmqtest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/lockstep-prover/lockstep/live/rabbitmq"
)

// Switch is the environment variable that must be 1 for tests with a real
// broker to run.
const Switch = "LOCKSTEP_RABBITMQ"

// Switch4 is the environment variable that must be 1, in addition to [Switch],
// for tests with RabbitMQ 4 to run.
const Switch4 = "LOCKSTEP_RABBITMQ_4"

// Need skips t unless the switch is on.
func Need(t testing.TB) {
	t.Helper()
	if os.Getenv(Switch) != "1" {
		t.Skipf("needs a real RabbitMQ; run `make test`, or set %s=1", Switch)
	}
}

// NeedVersion returns the options that start a node of a version, as "4.0", or
// of whatever version is this machine's own if version is empty. It skips t as
// [Need] does, and for RabbitMQ 4 unless [Switch4] is on; it fails t if that
// version is not installed.
func NeedVersion(t testing.TB, version string) rabbitmq.Options {
	t.Helper()
	Need(t)
	if version == "" {
		return rabbitmq.Options{}
	}
	if strings.HasPrefix(version, "4.") && os.Getenv(Switch4) != "1" {
		t.Skipf("needs a real RabbitMQ %s; run `make test-rabbitmq-4`, or set %s=1", version, Switch4)
	}
	opts, err := rabbitmq.Find(version)
	if err != nil {
		t.Fatal(err)
	}
	return opts
}

// Shared returns the node that all tests of this binary share, of this
// machine's own version. See [SharedVersion].
func Shared(t testing.TB) *rabbitmq.Node {
	t.Helper()
	return SharedVersion(t, "")
}

// SharedVersion returns the node of a version that all tests of this binary
// share, started at the first call, or skips t as [NeedVersion] does; it fails t
// if the node cannot be started. Tests must not kill, pause, restart or stop it.
//
// The node ends with the process. A package that has a TestMain, or wants its
// node shut down in an orderly way, calls [Run] there.
func SharedVersion(t testing.TB, version string) *rabbitmq.Node {
	t.Helper()
	opts := NeedVersion(t, version)
	shared.Lock()
	defer shared.Unlock()
	s, ok := shared.started[opts.Root]
	if !ok {
		s.node, s.err = rabbitmq.Start(context.Background(), opts)
		if shared.started == nil {
			shared.started = map[string]started{}
		}
		shared.started[opts.Root] = s
	}
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.node
}

// shared is the one variable of this package that changes: package testing
// has no other place for what lives as long as the test binary. A failed
// start is kept too, so that not every test waits for it again.
var shared struct {
	sync.Mutex
	started map[string]started // by Options.Root
}

type started struct {
	node *rabbitmq.Node
	err  error
}

// Run runs the tests of m and then stops the shared nodes, if there are any. It
// returns the exit status:
//
//	func TestMain(m *testing.M) { os.Exit(rabbitmqtest.Run(m)) }
func Run(m *testing.M) int {
	status := m.Run()
	shared.Lock()
	defer shared.Unlock()
	for _, s := range shared.started {
		if s.node == nil {
			continue
		}
		if err := s.node.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = max(status, 1)
		}
	}
	return status
}

// Private starts a node for t alone, or skips t as [Need] does; it fails t if
// the node cannot be started. For another version than this machine's own, opts
// are those of [NeedVersion]. At t's end the node is stopped, and if t failed
// the last lines of its output are logged.
func Private(t testing.TB, opts rabbitmq.Options) *rabbitmq.Node {
	t.Helper()
	Need(t)
	node, err := rabbitmq.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			const last = 2000 // bytes
			text := node.Output()
			t.Logf("end of the node's output:\n%s", strings.ToValidUTF8(text[max(0, len(text)-last):], ""))
		}
		if err := node.Stop(); err != nil {
			t.Error(err)
		}
	})
	return node
}
