package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// figures are what one run cost.
type figures struct {
	cpu   float64 // seconds, user and system, of all threads
	wall  float64 // seconds, from the start of the process to its end
	inner float64 // seconds of the exploration alone; ours only
	peak  int64   // bytes of the resident set
	spin  spinCounts
}

// runAll makes every run, the tools taking turns, repeat times.
func (s session) runAll(ctx context.Context, tasks []*task, repeat int) error {
	for i := range repeat {
		for _, t := range tasks {
			if i > 0 && t.once {
				continue
			}
			f, err := t.run(ctx)
			if err != nil {
				return fmt.Errorf("%s, size %d: %w", t.name, t.size, err)
			}
			fmt.Fprintf(s.log, "%d/%d  %-22s %2d  %8.2f CPU s  %8.2f s  %6d MiB\n", i+1, repeat, t.name, t.size, f.cpu, f.wall, f.peak>>20)
			t.runs = append(t.runs, f)
		}
	}
	return nil
}

// run runs the task once and holds its counts against the known ones.
func (t *task) run(ctx context.Context) (figures, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, t.command[0], t.command[1:]...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	f := figures{wall: time.Since(start).Seconds()}
	if err != nil {
		return f, fmt.Errorf("%w: %s%s", err, strings.TrimSpace(stderr.String()), tail(stdout.String()))
	}
	f.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10 // Linux counts in KiB
	if t.spin {
		f.peak = peak
		if f.spin, err = parseSpin(stdout.String() + stderr.String()); err == nil {
			err = f.spin.check(t.want)
		}
		return f, err
	}
	var e explored
	if err := json.Unmarshal(stdout.Bytes(), &e); err != nil {
		return f, fmt.Errorf("read %q: %w", stdout.String(), err)
	}
	f.inner, f.peak = e.Seconds, e.PeakBytes
	return f, e.check(t.want, peak)
}

// check compares with the known counts, and the process's own account of its peak with its parent's, which may be higher where the
// parent itself was bigger, but is never lower.
func (e explored) check(want counts, peak int64) error {
	got := counts{e.States, e.Transitions + 1, e.Depth}
	if got != want {
		return fmt.Errorf("%+v; known are %+v", got, want)
	}
	if e.PeakBytes > peak+peak/50+1<<20 || (peak > 256<<20 && e.PeakBytes < peak-peak/50) {
		return fmt.Errorf("its own peak is %d bytes, its parent's account of it says %d", e.PeakBytes, peak)
	}
	return nil
}

func tail(s string) string {
	const length = 400
	if len(s) > length {
		s = "…" + s[len(s)-length:]
	}
	return s
}

// median returns the middle value; of an even number the mean of the middle two. It needs at least one.
func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}

// The medians of a task's runs.
func (t *task) cpu() float64   { return t.median(func(f figures) float64 { return f.cpu }) }
func (t *task) wall() float64  { return t.median(func(f figures) float64 { return f.wall }) }
func (t *task) inner() float64 { return t.median(func(f figures) float64 { return f.inner }) }
func (t *task) peak() float64  { return t.median(func(f figures) float64 { return float64(f.peak) }) }

func (t *task) median(of func(figures) float64) float64 {
	var values []float64
	for _, f := range t.runs {
		values = append(values, of(f))
	}
	return median(values)
}
