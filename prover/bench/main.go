package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

type options struct {
	largest int    // resource managers of the largest two-phase commit that both explore
	ten     bool   // and the one with ten, by the prover alone
	repeat  int    // how often each run is made
	out     string // the folder of the report
	args    []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == exploreVerb {
		return explore(ctx, args[1:], stdout)
	}
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.largest, "rm", 9, "resource managers of the largest two-phase commit beside SPIN, 5 to 9; the goals are for 9")
	flags.BoolVar(&o.ten, "ten", false, "explore two-phase commit with 10 resource managers, too (ours alone)")
	flags.IntVar(&o.repeat, "repeat", 3, "how often to make each run; the median is reported")
	flags.StringVar(&o.out, "out", "prover", "folder to write BENCHMARKS.md and benchmarks/*.svg to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.largest < smallest || o.largest > 9 || o.repeat < 1 || flags.NArg() > 0 {
		return fmt.Errorf("usage: -rm is %d to 9, -repeat at least 1, and there are no arguments", smallest)
	}
	o.args = args
	return measure(ctx, o, stderr)
}

// measure makes all runs, and the report from them.
func measure(ctx context.Context, o options, log io.Writer) error {
	dir, err := os.MkdirTemp("", "lockstep-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := session{dir: dir, log: log}
	if s.self, err = os.Executable(); err != nil {
		return err
	}
	r := report{options: o, machine: describeMachine(ctx)}
	if r.plan, err = s.plan(ctx, o); err != nil {
		return err
	}
	if err := s.runAll(ctx, r.tasks, o.repeat); err != nil {
		return err
	}
	r.machine.loadAfter = load()
	plots := filepath.Join(o.out, "benchmarks")
	if err := os.MkdirAll(plots, 0o755); err != nil {
		return err
	}
	if err := r.draw(plots); err != nil {
		return fmt.Errorf("draw the plots: %w", err)
	}
	path := filepath.Join(o.out, "BENCHMARKS.md")
	if err := os.WriteFile(path, []byte(r.markdown()), 0o644); err != nil {
		return err
	}
	fmt.Fprintln(log, "wrote", path)
	return nil
}
