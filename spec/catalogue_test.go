package spec_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// moment is how many states a default case may have, by testdata/counts.txt, to be explored without LOCKSTEP_CASES=all, which make test sets.
const moment = 30_000

// countsOf is what testdata/counts.txt says of a case, "" if nothing; and whether it is no more than a moment's work.
func countsOf(counts, title string) (text string, quick bool) {
	_, rest, found := strings.Cut("\n"+counts, "\n"+title+"\n")
	if !found {
		return "", true
	}
	quick = true
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "  ") {
			break
		}
		text += line
		if m := regexp.MustCompile(`(\d+) states`).FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			quick = quick && n <= moment
		}
	}
	return title + "\n" + text, quick
}

// The default cases have the verdicts that SPEC.md claims. Their counts are kept in testdata/counts.txt, without partial-order
// reduction, so that those that are published can be read there: for one number of workers after the other, a changed count is a
// changed model and has to be explained where it is changed. The counterexamples are kept in traces/corpus, likewise; LOCKSTEP_UPDATE=1
// writes both anew. What never happens in any case of a system is known, with the reason.
func TestDefaultCases(t *testing.T) {
	kept, err := os.ReadFile(filepath.Join("testdata", "counts.txt"))
	if err != nil {
		t.Fatal(err)
	}
	update := os.Getenv("LOCKSTEP_UPDATE") == "1"
	whole := update || os.Getenv("LOCKSTEP_CASES") == "all"
	type explored struct {
		entry   *spec.Entry
		counts  string
		results []prover.Result // nil: left for another time
		traces  []found
	}
	var cases []*explored
	t.Run("explore", func(t *testing.T) {
		for _, e := range spec.Catalogue() {
			choices, err := e.Choices()
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range choices {
				title := fmt.Sprintf("%s %v", e.Name, s)
				c := &explored{entry: e}
				cases = append(cases, c)
				counts, quick := countsOf(string(kept), title)
				t.Run(title, func(t *testing.T) {
					if !quick && !whole {
						c.counts = counts
						t.Skipf("it has more than %d states; LOCKSTEP_CASES=all explores it, which make test sets", moment)
					}
					t.Parallel()
					claims, results := check(t, e, s, prover.Options{Workers: 1 + i%3, NoPartialOrder: true})
					c.results = results
					c.counts = title + "\n"
					for j, r := range results {
						if r.Verdict != claims[j].Claimed {
							t.Errorf("%s is %v (%s), claimed %v", r.Property.Name, r.Verdict, r.Reason, claims[j].Claimed)
						}
						c.counts += fmt.Sprintf("  %-18s %-8v %7d states %8d transitions, depth %d", r.Property.Name, r.Verdict, r.States, r.Transitions, r.Depth)
						if r.Trace != nil {
							c.counts += fmt.Sprintf(", trace of %d", len(r.Trace))
						}
						c.counts += "\n"
						if r.Verdict == model.Refuted && r.Trace != nil {
							c.traces = append(c.traces, record(t, e, s, r))
						}
					}
				})
			}
		}
	})
	var b strings.Builder
	byEntry := map[*spec.Entry][]prover.Result{}
	files := map[string]string{}
	seen := map[string]bool{}
	left := 0
	for _, c := range cases {
		b.WriteString(c.counts)
		byEntry[c.entry] = append(byEntry[c.entry], c.results...)
		if c.results == nil {
			left++
		}
		for _, f := range c.traces { // of cases that are refuted by the same steps, the first one's is kept
			if !seen[f.steps] {
				seen[f.steps] = true
				files[f.file] = f.text
			}
		}
	}
	t.Logf("%d of %d cases are explored", len(cases)-left, len(cases))
	if !t.Failed() || update {
		golden(t, "counts.txt", b.String())
		corpus(t, files, update, left == 0)
	}
	if left == 0 {
		for e, results := range byEntry {
			checkVacuity(t, e, results)
		}
	}
}

// found is a counterexample as the corpus keeps it.
type found struct {
	file, text string
	steps      string // the same for cases that differ in budgets of faults, what clients do after them and how many there are, if the steps are the same
}

func record(t *testing.T, e *spec.Entry, s spec.Settings, r prover.Result) found {
	t.Helper()
	sys, _, err := e.Instance(s)
	if err != nil {
		t.Fatal(err)
	}
	header := traces.Trace{System: e.Name, Property: r.Property.Name, Expect: model.Refuted, Lasso: r.Lasso, Cycle: r.Cycle}
	name, version := r.Property.Name, ""
	for i, v := range s {
		header.Parameters = append(header.Parameters, traces.Parameter(v))
		if v.Value != e.Parameters[i].Default {
			name += "_" + v.String()
		}
		if v.Name == "profile" || v.Name == "grain" {
			version += v.Value
		}
	}
	trace, err := traces.Record(sys, header, r.Trace)
	if err != nil {
		t.Fatal(err)
	}
	return found{
		file:  filepath.Join(strings.ReplaceAll(e.Name, "/", "-"), name+".trace"),
		text:  trace.String(),
		steps: fmt.Sprint(e.Name, r.Property.Name, version, r.Cycle, trace.Lines),
	}
}

// corpus compares what was found with what is kept, or keeps it. Unless all cases were explored, what is kept may be of another case.
func corpus(t *testing.T, found map[string]string, update, all bool) {
	t.Helper()
	dir := filepath.Join("..", "traces", "corpus")
	if update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		for name, text := range found {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.trace"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	kept := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(dir, path)
		if _, again := found[name]; again || all {
			kept[name] = string(text)
		}
	}
	if !all { // what is not kept under this name may be so under an earlier case's
		maps.DeleteFunc(found, func(name, _ string) bool { return !slices.Contains(paths, filepath.Join(dir, name)) })
	}
	if diff := cmp.Diff(found, kept); diff != "" {
		t.Errorf("the corpus is not what the prover finds (-found +kept):\n%s", diff)
	}
}
