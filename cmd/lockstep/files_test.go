package main

import (
	"bufio"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Killed in the middle of what would take hours, an exploration goes on at the level where it was, and counts what one counts that
// nobody has killed.
func TestKilledAndResumed(t *testing.T) {
	const level = 4
	dir := t.TempDir()
	line := []string{"prove", "classic/two-phase-commit", "--set", "rm=12", "--property", "consistent", "--checkpoint", dir}
	victim := exec.Command("lockstep", append(line, "--checkpoint-every", "1ns", "--progress", "1ns")...)
	stderr, err := victim.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	told := bufio.NewScanner(stderr)
	for told.Scan() && depthOf(t, told.Text()) < level { // each level is saved before it is explored
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, stderr)
	if err := victim.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("it was not killed: %v", err)
	}
	bound := []string{"--depth", strconv.Itoa(level + 3)}
	resumed := runs(t.Context(), append(append(line, "--resume", "--progress", "1ns"), bound...)...)
	first, _, _ := strings.Cut(resumed.Stderr, "\n")
	if depth := depthOf(t, first); resumed.Status != 3 || depth < level {
		t.Errorf("it began at depth %d: %+v", depth, resumed)
	}
	var counts []proveJSON
	for _, more := range [][]string{{"--resume"}, {"--checkpoint", t.TempDir()}} {
		counts = append(counts, decode[proveJSON](t, runs(t.Context(), append(append(line, "--json"), append(bound, more...)...)...)))
	}
	if diff := cmp.Diff(counts[1], counts[0], cmpopts.IgnoreFields(resultJSON{}, "Seconds")); diff != "" || counts[0].Results[0].States == 0 {
		t.Errorf("-never killed +resumed:\n%s", diff)
	}
}

var depthIn = regexp.MustCompile(`, depth (\d+),`)

// depthOf reads a line of progress.
func depthOf(t *testing.T, line string) int {
	t.Helper()
	found := depthIn.FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("no progress: %q", line)
	}
	return must(strconv.Atoi(found[1]))
}
