package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite golden files and scripts with what came out")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lockstep": main})
}

// ran is what a run left behind.
type ran struct {
	Status         int
	Stdout, Stderr string
}

// runs runs the program inside the test, called "lockstep", without a terminal.
func runs(ctx context.Context, args ...string) ran {
	var stdout, stderr bytes.Buffer
	status := run(ctx, args, strings.NewReader(""), &stdout, &stderr, environment{program: "lockstep"})
	return ran{status, stdout.String(), stderr.String()}
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test -update rewrites it):\n%s", path, diff)
	}
}

// Help does not drift: every text of the program is in one file, and every one ends in the exit statuses.
func TestHelp(t *testing.T) {
	var all strings.Builder
	root := newRoot(newConsole(nil, nil, nil, environment{program: "lockstep"}))
	lines := [][]string{nil, {"help"}, {"completion", "bash"}}
	for _, verb := range root.Commands() {
		lines = append(lines, []string{verb.Name()})
	}
	for _, words := range lines {
		got := runs(t.Context(), append(words, "--help")...)
		if got.Status != 0 || got.Stderr != "" || !strings.HasSuffix(got.Stdout, statusHelp) {
			t.Errorf("%v --help: %+v", words, got)
		}
		if diff := cmp.Diff(got, runs(t.Context(), append([]string{"help"}, words...)...)); diff != "" {
			t.Errorf("help %v is not %v --help:\n%s", words, words, diff)
		}
		for line := range strings.Lines(got.Stdout) {
			if n := cells(line); n > pageWidth && !slices.Contains(words, "completion") {
				t.Errorf("%v: a line of help has %d characters: %s", words, n, line)
			}
		}
		all.WriteString("======== lockstep " + strings.Join(append(words, "--help"), " ") + "\n" + got.Stdout)
	}
	golden(t, "help.golden", all.String())
}

// The first SIGINT ends a run in an orderly way, with a reason to print.
func TestUntilInterrupted(t *testing.T) {
	ctx := untilInterrupted(t.Context())
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(os.Interrupt)
	}
	if err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if err := context.Cause(ctx); err != errInterrupted {
		t.Errorf("the cause is %v", err)
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"a/b_c=1.trace": "a/b_c=1.trace", "my traces/x": "'my traces/x'", "it's": `'it'\''s'`, "": "''", "$HOME": "'$HOME'",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", word, got, want)
		}
	}
}
