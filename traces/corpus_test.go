package traces_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// corpusOf returns the traces of every refutation that the default cases of an entry have, by file name below corpus. Of cases that differ in budgets of faults, what
// clients do after them and how many there are, and are refuted by the same steps, the first has its trace kept.
func corpusOf(t *testing.T, e *spec.Entry) map[string]string {
	t.Helper()
	choices, err := e.Choices()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	kept := map[string]bool{}
	for _, s := range choices {
		sys, claims, err := e.Instance(s)
		if err != nil {
			t.Fatal(err)
		}
		header := traces.Trace{System: e.Name, Expect: model.Refuted}
		name := ""
		for i, v := range s {
			header.Parameters = append(header.Parameters, traces.Parameter(v))
			if v.Value != e.Parameters[i].Default {
				name += "_" + v.String()
			}
		}
		for _, c := range claims {
			if c.Claimed != model.Refuted || c.Kind == model.Reachable {
				continue
			}
			results, err := prover.Explore(context.Background(), sys, []model.Property{c.Property}, prover.Options{})
			if err != nil {
				t.Fatal(err)
			}
			header.Property, header.Lasso, header.Cycle = c.Name, results[0].Lasso, results[0].Cycle
			trace, err := traces.Record(sys, header, results[0].Trace)
			if err != nil {
				t.Fatal(err)
			}
			version := ""
			for _, v := range s {
				if v.Name == "profile" || v.Name == "grain" {
					version += v.Value
				}
			}
			same := fmt.Sprint(c.Name, version, results[0].Cycle, trace.Lines)
			if kept[same] {
				continue
			}
			kept[same] = true
			files[filepath.Join(strings.ReplaceAll(e.Name, "/", "-"), c.Name+name+".trace")] = trace.String()
		}
	}
	return files
}

// The corpus holds the counterexample of every refutation in SPEC.md, as the prover finds it today. A changed model changes it, and has to say
// so; LOCKSTEP_UPDATE=1 writes it anew.
func TestCorpusIsCurrent(t *testing.T) {
	want := map[string]string{}
	for _, e := range spec.Catalogue() {
		for name, text := range corpusOf(t, e) {
			want[name] = text
		}
	}
	if os.Getenv("LOCKSTEP_UPDATE") == "1" {
		if err := os.RemoveAll("corpus"); err != nil {
			t.Fatal(err)
		}
		for name, text := range want {
			path := filepath.Join("corpus", name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := map[string]string{}
	for _, path := range corpus(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel("corpus", path)
		got[name] = string(text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the corpus is not what the prover finds (-found +kept):\n%s", diff)
	}
}

func corpus(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("corpus/*/*.trace")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	return paths
}

// Every kept trace still shows what its header expects.
func TestCorpusShowsWhatItSays(t *testing.T) {
	for _, path := range corpus(t) {
		t.Run(path, func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			trace, err := traces.Parse(f)
			if err != nil {
				t.Fatal(err)
			}
			var chosen []spec.Setting
			for _, p := range trace.Parameters {
				chosen = append(chosen, spec.Setting(p))
			}
			subject, err := spec.Resolve(trace.System, chosen, trace.Property)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := traces.Judge(trace, subject.System, subject.Claim.Property); err != nil {
				t.Error(err)
			}
		})
	}
}
