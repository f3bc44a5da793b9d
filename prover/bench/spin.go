package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed promela/*.pml
var promela embed.FS

// compilerFlags make an exhaustive and exact verifier for safety, without reductions. What else is set is chosen by trial.
var compilerFlags = []string{"-O3", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=20000"}

// verifierFlags of a run: no complaint of end states or of dead code, a stack of ten thousand steps (depth-first search goes 2 590
// deep in the mutex, 28 in two-phase commit), and a hash table of 1<<slots entries, which is not to be filled twice over.
func verifierFlags(slots int) []string {
	return []string{"-E", "-n", "-m10000", fmt.Sprintf("-w%d", slots)}
}

// build makes a verifier of a model. It reports how long that took, which SPIN's users wait for before the first verdict.
func build(ctx context.Context, dir, model string, defines, flags []string) (path string, took time.Duration, err error) {
	start := time.Now()
	if dir, err = os.MkdirTemp(dir, model+"-"); err != nil {
		return "", 0, err
	}
	source, err := promela.ReadFile("promela/" + model + ".pml")
	if err != nil {
		return "", 0, err
	}
	if err := os.WriteFile(filepath.Join(dir, "model.pml"), source, 0o644); err != nil {
		return "", 0, err
	}
	for _, command := range [][]string{
		append(append([]string{"spin", "-a"}, defines...), "model.pml"),
		slices.Concat([]string{"gcc"}, compilerFlags, flags, []string{"-w", "-o", "pan", "pan.c"}),
	} {
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if errors.Is(err, exec.ErrNotFound) {
			return "", 0, fmt.Errorf("%w; ./.ci/install-spin installs it", err)
		} else if err != nil {
			return "", 0, fmt.Errorf("%s %v: %s: %w\n%s", model, defines, command[0], err, out)
		}
	}
	return filepath.Join(dir, "pan"), time.Since(start), nil
}

// spinCounts is what a verifier's report says.
type spinCounts struct {
	stored      string // distinct states, as printed: eight digits at most
	transitions string // the initial state included, likewise
	vector      int    // bytes of SPIN's state
	depth       int    // of the depth-first search
}

var (
	fullSearch  = regexp.MustCompile(`(?m)^Full statespace search for:`)
	vectorLine  = regexp.MustCompile(`(?m)^State-vector (\d+) byte, depth reached (\d+), errors: (\d+)$`)
	storedLine  = regexp.MustCompile(`(?m)^\s*(\S+) states, stored$`)
	stepsLine   = regexp.MustCompile(`(?m)^\s*(\S+) transitions \(= stored\+matched\)$`)
	truncations = []string{"max search depth too small", "Search not completed", "out of memory", "reached -DMEMLIM", "VECTORSZ too small"}
)

// parseSpin reads a verifier's report. An error says that the search was not exhaustive, not exact, or found something.
func parseSpin(report string) (spinCounts, error) {
	for _, t := range truncations {
		if strings.Contains(report, t) {
			return spinCounts{}, fmt.Errorf("the search was truncated: %s", t)
		}
	}
	vector, stored, steps := vectorLine.FindStringSubmatch(report), storedLine.FindStringSubmatch(report), stepsLine.FindStringSubmatch(report)
	switch {
	case !fullSearch.MatchString(report):
		return spinCounts{}, errors.New("the report is not of a full statespace search")
	case vector == nil || stored == nil || steps == nil:
		return spinCounts{}, errors.New("the report has no counts")
	case vector[3] != "0":
		return spinCounts{}, fmt.Errorf("the search found %s errors", vector[3])
	}
	c := spinCounts{stored: stored[1], transitions: steps[1]}
	var err error
	if c.vector, err = strconv.Atoi(vector[1]); err != nil {
		return spinCounts{}, err
	}
	c.depth, err = strconv.Atoi(vector[2])
	return c, err
}

// check compares with the known counts, to the digits that SPIN prints.
func (c spinCounts) check(want counts) error {
	stored, transitions := spinPrints(want.distinct), spinPrints(want.generated)
	if c.stored != stored || c.transitions != transitions {
		return fmt.Errorf("%s states and %s transitions; known are %s and %s", c.stored, c.transitions, stored, transitions)
	}
	return nil
}

// spinPrints formats as SPIN does, in C: %.8g.
func spinPrints(n int64) string { return fmt.Sprintf("%.8g", float64(n)) }
