package main

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// machine is where and with what the figures were measured.
type machine struct {
	date                  time.Time
	cpu, kernel           string
	cores                 int
	memoryGiB             float64
	golang, spin, gcc     string
	loadBefore, loadAfter string
}

// describeMachine asks the system; what it does not know is "unknown".
func describeMachine(ctx context.Context) machine {
	m := machine{
		date: time.Now(), cpu: match("/proc/cpuinfo", `(?m)^model name\s*: (.*)$`), kernel: match("/proc/sys/kernel/osrelease", `(\S+)`),
		cores: runtime.NumCPU(), golang: strings.TrimPrefix(runtime.Version(), "go"), loadBefore: load(),
		spin: firstLine(ctx, "spin", "-V"), gcc: firstLine(ctx, "gcc", "--version"),
	}
	kib, err := strconv.ParseFloat(match("/proc/meminfo", `(?m)^MemTotal:\s+(\d+) kB$`), 64)
	if err == nil {
		m.memoryGiB = kib / (1 << 20)
	}
	return m
}

// load is the machine's load average of the last minute. Others' work shows in wall times, and through caches in CPU times.
func load() string { return match("/proc/loadavg", `^(\S+)`) }

func match(path, pattern string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	m := regexp.MustCompile(pattern).FindSubmatch(text)
	if m == nil {
		return "unknown"
	}
	return string(m[1])
}

func firstLine(ctx context.Context, command ...string) string {
	out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
