package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// A trace is there completely or not at all, and nothing else is left behind.
func TestWriteTrace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	good := &traces.Trace{System: "s", Property: "p", Expect: model.Refuted, Lines: []traces.Line{{Machine: "m", Event: "e"}}}
	path := filepath.Join(dir, "good.trace")
	for range 2 { // the second time over what is there
		if err := writeTrace(path, good); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != good.String() {
		t.Errorf("read back (%v):\n%s", err, text)
	}
	unreadable := *good
	unreadable.System = "two\nlines"
	if err := writeTrace(path, &unreadable); err == nil {
		t.Error("a trace that would not read back was written")
	}
	if err := os.MkdirAll(filepath.Join(dir, "taken.trace", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := writeTrace(filepath.Join(dir, "taken.trace"), good); err == nil {
		t.Error("a trace was written over a directory")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
	if again, _ := os.ReadFile(path); string(again) != string(text) {
		t.Errorf("what was there was spoilt:\n%s", again)
	}
}

// The names of files differ where their parameters do, and need no quotes.
func TestFileName(t *testing.T) {
	for _, e := range spec.Catalogue() {
		seen := map[string]spec.Settings{}
		for _, s := range must(e.Choices()) {
			name := (&choice{entry: e, settings: s}).fileName("p")
			if other, twice := seen[name]; twice {
				t.Errorf("%s: %v and %v are both %s", e.Name, other, s, name)
			}
			if seen[name] = s; shellWord(name) != name || strings.Contains(name, "/") {
				t.Errorf("%s: %q is no file name to type", e.Name, name)
			}
		}
	}
}
