package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"syscall"
)

func main() {
	ctx := untilInterrupted(context.Background())
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, environment{
		program: program(),
		noColor: os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb",
	}))
}

// errInterrupted is the cause of a context that a signal ended; its text stands as the reason of what is unknown.
var errInterrupted = errors.New("interrupted")

// untilInterrupted returns a context that the first SIGINT or SIGTERM ends. The second one kills as if nobody listened.
func untilInterrupted(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals)
		cancel(errInterrupted)
	}()
	return ctx
}

// cached is where `go run` starts a program from: a directory of its own, or since Go 1.24 the build cache.
var cached = regexp.MustCompile(`[/\\]go-build\d+[/\\]|[/\\][0-9a-f]{2}[/\\][0-9a-f]{64}-d[/\\]`)

// program returns how to call this program again from the present directory: the commands that it prints work as typed.
func program() string {
	self, err := os.Executable()
	if err != nil || !cached.MatchString(self) {
		return shellWord(os.Args[0])
	}
	if info, err := os.Stat(filepath.Join("cmd", "lockstep")); err == nil && info.IsDir() {
		return "go run ./cmd/lockstep"
	}
	build, ok := debug.ReadBuildInfo()
	switch {
	case !ok:
		return "lockstep"
	case build.Main.Version == "" || build.Main.Version == "(devel)":
		return "go run " + build.Path
	}
	return "go run " + build.Path + "@" + build.Main.Version
}
