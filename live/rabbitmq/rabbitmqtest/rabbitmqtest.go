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

// Need skips t unless the switch is on.
func Need(t testing.TB) {
	t.Helper()
	if os.Getenv(Switch) != "1" {
		t.Skipf("needs a real RabbitMQ; run `make test`, or set %s=1", Switch)
	}
}

// Shared returns the node that all tests of this binary share, started at the
// first call, or skips t as [Need] does; it fails t if the node cannot be
// started. Tests must not kill, pause, restart or stop it.
//
// The node ends with the process. A package that has a TestMain, or wants its
// node shut down in an orderly way, calls [Run] there.
func Shared(t testing.TB) *rabbitmq.Node {
	t.Helper()
	Need(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.node == nil && shared.err == nil {
		shared.node, shared.err = rabbitmq.Start(context.Background(), rabbitmq.Options{})
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.node
}

// shared is the one variable of this package that changes: package testing
// has no other place for what lives as long as the test binary. A failed
// start is kept too, so that not every test waits for it again.
var shared struct {
	sync.Mutex
	node *rabbitmq.Node
	err  error
}

// Run runs the tests of m and then stops the shared node, if there is one. It
// returns the exit status:
//
//	func TestMain(m *testing.M) { os.Exit(rabbitmqtest.Run(m)) }
func Run(m *testing.M) int {
	status := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.node == nil {
		return status
	}
	if err := shared.node.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(status, 1)
	}
	return status
}

// Private starts a node for t alone, or skips t as [Need] does; it fails t if
// the node cannot be started. At t's end the node is stopped, and if t failed
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
