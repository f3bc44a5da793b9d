package amqptest_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

const (
	besideRounds = 7
	besideTime   = 700 * time.Millisecond // of one load in one round, about
	idleConns    = 4000
)

// BenchmarkBesideRabbitMQ measures the embedded broker, in a process of its own, and a RabbitMQ, in turns, and writes BENCHMARKS.md.
//
//	LOCKSTEP_RABBITMQ=1 go test ./live/amqptest -run '^$' -bench BesideRabbitMQ -benchtime 1x -v
func BenchmarkBesideRabbitMQ(t *testing.B) {
	node := rabbitmqtest.Shared(t)
	theirs := node.URL()
	pid, err := node.Ctl(t.Context(), "-q", "eval", "list_to_integer(os:getpid()).")
	if err != nil {
		t.Fatal(err)
	}
	ours := start(t, "")
	var b strings.Builder
	before := loadAverage(t)
	fmt.Fprintf(&b, "| | clients | here | RabbitMQ | here / RabbitMQ |\n|---|--:|--:|--:|--:|\n")
	for _, l := range loads {
		n := l.calibrate(t, ours.url)
		m := l.calibrate(t, theirs)
		var here, there, ratios []float64
		for range besideRounds {
			here = append(here, float64(n)/l.run(t, ours.url, n).Seconds())
			there = append(there, float64(m)/l.run(t, theirs, m).Seconds())
			ratios = append(ratios, here[len(here)-1]/there[len(there)-1])
		}
		fmt.Fprintf(&b, "| %s | %d | %.0f/s | %.0f/s | %.2f (%.2f to %.2f) |\n",
			l.name, l.clients, median(here), median(there), median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	fresh := start(t, "")
	here, rate := idle(t, fresh.url, fresh.Process.Pid)
	there, theirRate := idle(t, theirs, atoi(t, strings.TrimSpace(pid)))
	fmt.Fprintf(&b, "| %s, among %d idle connections | 1 | %.0f/s | %.0f/s | %.2f |\n", loads[0].name, idleConns, rate, theirRate, rate/theirRate)
	fmt.Fprintf(&b, "| memory for each idle connection | | %.1f KiB | %.1f KiB | %.2f |\n", here/1024, there/1024, here/there)

	conn := connect(t, theirs, amqp091.Config{})
	text := fmt.Sprintf(`# Benchmarks

Written by BenchmarkBesideRabbitMQ, which says how to ask for it; do not edit. All figures are of one run, on one machine:

%s; %d processors; %s; RabbitMQ %v, as it comes. Load average before %s, after %s.

The embedded broker has a process of its own here, as RabbitMQ has; clients are amqp091-go, in one process. Messages have 16 octets and are transient; each client has a
connection, a channel and a queue. Medians of %d rounds, in which the two took turns; of the ratios also the least and the greatest. The last two lines are of one broker after the
other. The memory is by how much the process's resident set grows when the %d clients connect and log in: here in a new one, for what the loads have left behind
would be used first; RabbitMQ's has been used.

%s`, time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), runtime.Version(), conn.Properties["version"], before, loadAverage(t), besideRounds, idleConns, b.String())
	if err := os.WriteFile("BENCHMARKS.md", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + b.String())
}

// calibrate returns how many times to do a load for it to take besideTime.
func (l load) calibrate(t testing.TB, url string) int {
	t.Helper()
	n := 500
	for {
		took := l.run(t, url, n)
		if took > besideTime/4 {
			return int(float64(n) * besideTime.Seconds() / took.Seconds())
		}
		n *= 2
	}
}

// idle connects clients that then do nothing. It returns by how many octets the broker's process grows for each, and how fast, meanwhile,
// another client does the first load.
func idle(t testing.TB, url string, pid int) (octets, rate float64) {
	t.Helper()
	newBench(t, url).conn.Close() // what the first connection takes, the others do not
	before := resident(t, pid)
	for range idleConns {
		defer connect(t, url, amqp091.Config{Heartbeat: 10 * time.Minute}).Close()
	}
	octets = float64(resident(t, pid)-before) / idleConns
	n := loads[0].calibrate(t, url)
	var rates []float64
	for range besideRounds {
		rates = append(rates, float64(n)/loads[0].run(t, url, n).Seconds())
	}
	return octets, median(rates)
}

// resident is the resident set of a process, in octets.
func resident(t testing.TB, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	return atoi(t, strings.Fields(string(text))[1]) * os.Getpagesize()
}

func loadAverage(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))[0]
}

func atoi(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}
