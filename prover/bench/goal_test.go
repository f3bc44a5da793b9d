package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// measured makes tasks whose figures are round: SPIN takes 40 and 50 CPU seconds, 12 in the mutex.
func measured() []*task {
	at := func(name string, size int, cpu, inner float64, peak int64) *task {
		return &task{name: name, size: size, want: counts{distinct: 1_000_000}, runs: []figures{{cpu: cpu, wall: inner, inner: inner, peak: peak}}}
	}
	return []*task{
		at(oursTrivial, 1, 0.01, 0.01, 10_000_000), at(oursFirst, 3, 0.01, 0.01, 10_000_000),
		at(oursLine, 9, 10, 10, 34_000_000), at(oursTwo, 9, 11, 5, 40_000_000), at(oursLine, 10, 60, 60, 3<<30),
		at(spinPacked, 9, 40, 0, 1<<30), at(spinNatural, 9, 50, 0, 1<<30), at(mutexPacked, 4, 12, 0, 1<<30), at(mutexChan, 4, 15, 0, 1<<30),
		at(oursMutex, 4, 6, 6, 1<<20),
	}
}

// The goals are limits that count as reached; ratios are against SPIN's best encoding.
func TestGoals(t *testing.T) {
	judge := func(tasks []*task, missing []string) (lines []string) {
		for _, g := range goals(tasks, missing) {
			lines = append(lines, strings.Join([]string{g.wanted(), g.got(), g.verdict()}, "; "))
		}
		return lines
	}
	want := []string{
		"at most 0.25; 0.25; met", "at most 24 bytes a state; 24 bytes a state; met", "at least 1.7; 2; met",
		"at most 2 GiB; 3 GiB; **not met**", "at most 0.333; 0.5; **not met**",
	}
	if diff := cmp.Diff(want, judge(measured(), nil)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var few []*task
	for _, task := range measured() {
		if task.size < 9 && task.name != oursMutex {
			few = append(few, task)
		}
	}
	want = []string{
		"at most 0.25; –; not measured: it takes -rm 9", "at most 24 bytes a state; –; not measured: it takes -rm 9",
		"at least 1.7; –; not measured: it takes -rm 9", "at most 2 GiB; –; not measured: it takes -ten",
		"at most 0.333; –; not measured: [classic/amqp-mutex] not in the catalogue yet",
	}
	if diff := cmp.Diff(want, judge(few, []string{mutexName})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, g := range goals(few, nil) {
		if g.met() {
			t.Errorf("%s is met without being measured", g.what)
		}
	}
}

// The report names what is missing, and its rows have the ratios to SPIN's best.
func TestReport(t *testing.T) {
	tasks := measured()
	for _, task := range tasks {
		task.spin = strings.HasPrefix(task.name, "SPIN")
		task.command = []string{"pan", "-m10000"}
	}
	var trial []*task
	for i, flags := range candidates {
		trial = append(trial, &task{name: trialPrefix + spinPacked, spin: true, flags: flags, runs: []figures{{cpu: float64(4 - i%3)}}})
	}
	r := report{
		options: options{largest: 9, ten: true, repeat: 3, args: []string{"-ten"}},
		plan:    &plan{tasks: tasks, trials: trial, missing: []string{"classic/absent"}, building: time.Second},
	}
	text := r.markdown()
	for _, line := range []string{
		"| ours, two workers | 11 | 0.275 | 5 |", "| SPIN, natural encoding | 50 | 1.25 |", "| 9 | 1 000 000 | 0 |",
		"`classic/absent` is not in the catalogue yet: ours is not measured.", `make bench-peers BENCH="-ten"`,
		"| SPIN packed | 4 | 3 | **2** | 4 | `pan -m10000` |",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the report lacks %q:\n%s", line, text)
		}
	}
	if err := r.draw(t.TempDir()); err != nil {
		t.Error(err)
	}
}
