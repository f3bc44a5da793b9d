package rabbitmq_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/live/rabbitmq"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

// victimDir, if set, makes the test binary a process that starts a node there,
// in the root directory victimRoot, and waits for its death.
const (
	victimDir  = "LOCKSTEP_RABBITMQ_VICTIM"
	victimRoot = "LOCKSTEP_RABBITMQ_VICTIM_ROOT"
)

// versions are those that tests run on: this machine's own, and those that
// `make rabbitmq-4` installs.
var versions = []string{"", "4.0", "4.3"}

// onVersions runs test on each version.
func onVersions(t *testing.T, test func(t *testing.T, version string)) {
	for _, version := range versions {
		t.Run(cmp.Or(version, "own"), func(t *testing.T) { test(t, version) })
	}
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		victim(dir)
	}
	os.Exit(rabbitmqtest.Run(m))
}

// victim says "ready" when its node is, and panics when it is told anything.
func victim(dir string) {
	go func() {
		opts := rabbitmq.Options{Dir: dir, Root: os.Getenv(victimRoot)}
		if _, err := rabbitmq.Start(context.Background(), opts); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("ready")
	}()
	bufio.NewReader(os.Stdin).ReadByte()
	panic("as told")
}

// processes returns the names of the live processes that work in dir, as all
// of a node do. Those of a node with a root directory do in ROOT/mnt/root/dir.
func processes(t testing.TB, dir string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err != nil || !strings.Contains(cwd, dir) {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(filepath.Dir(link), "stat"))
		if err != nil {
			continue
		}
		name, state, _ := strings.Cut(string(stat), ") ")
		if state == "" || state[0] == 'Z' {
			continue // dead, but not yet reaped by whoever adopted it
		}
		names = append(names, name[strings.IndexByte(name, '(')+1:])
	}
	return names
}

// eventually waits until condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute still not: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
