package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

const exploreVerb = "explore"

// explored is what "bench explore" prints: one exploration, of one process.
type explored struct {
	States      int64   `json:"states"`
	Transitions int64   `json:"transitions"` // the initial state is not among them
	Depth       int     `json:"depth"`
	Seconds     float64 `json:"seconds"`   // of the exploration alone
	PeakBytes   int64   `json:"peakBytes"` // of the process's resident set since it started
}

// explore explores one system of the catalogue, without reductions, and prints an explored. It checks no property.
func explore(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet(exploreVerb, flag.ContinueOnError)
	workers := flags.Int("workers", 1, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return fmt.Errorf("explore: which system?")
	}
	sys, err := system(flags.Arg(0), flags.Args()[1:])
	if err != nil {
		return err
	}
	results, err := prover.Explore(ctx, sys, nil, prover.Options{Workers: *workers, NoSymmetry: true, NoPartialOrder: true})
	if err != nil {
		return err
	}
	r := results[0]
	if r.Verdict != model.Proved || !r.Exact || len(r.Reductions) > 0 {
		return fmt.Errorf("explore %s: not exhaustive, exact and unreduced: %v (%s), exact %v, reductions %v",
			strings.Join(flags.Args(), " "), r.Verdict, r.Reason, r.Exact, r.Reductions)
	}
	peak, err := peakOfSelf()
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(explored{r.States, r.Transitions, r.Depth, r.Elapsed.Seconds(), peak})
}

// system builds a system of the catalogue from settings written name=value.
func system(name string, words []string) (*model.System, error) {
	entry, err := spec.Find(name)
	if err != nil {
		return nil, err
	}
	var chosen []spec.Setting
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		chosen = append(chosen, spec.Setting{Name: name, Value: value})
	}
	settings, err := entry.Settings(chosen...)
	if err != nil {
		return nil, err
	}
	sys, _, err := entry.Instance(settings)
	return sys, err
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peakOfSelf is the peak of this process's resident set. The kernel's account of a dead child (ru_maxrss) includes what its parent
// had when it started the child, which hides a small one; this is the same counter without that.
func peakOfSelf() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	m := highWater.FindSubmatch(status)
	if m == nil {
		return 0, fmt.Errorf("/proc/self/status has no VmHWM")
	}
	kib, err := strconv.ParseInt(string(m[1]), 10, 64)
	return kib << 10, err
}
