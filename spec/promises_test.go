package spec_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// promises is the table of PROMISES.md, in Markdown; with best, that of README.md: of each lock the row with the fewest noes. What not every lock promises
// is in the last column.
func promises(t *testing.T, best bool) string {
	columns, rows := spec.Promises()
	ofAll := func(i int) bool {
		return !slices.ContainsFunc(rows, func(r spec.PromiseRow) bool { return r.Cells[i] == "" })
	}
	var b strings.Builder
	b.WriteString("| lock |")
	line := "\n|---|---|"
	for i, c := range columns {
		if ofAll(i) {
			fmt.Fprintf(&b, " %s %s |", c.Clause, c.Name)
			line += "---|"
		}
	}
	b.WriteString(" and |" + line + "\n")
	if best {
		rows = strongest(rows)
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "| `%s`%s |", r.Lock, choice(t, r))
		var own []string
		for i, cell := range r.Cells {
			switch {
			case ofAll(i):
				fmt.Fprintf(&b, " %s |", cell)
			case cell != "":
				own = append(own, fmt.Sprintf("%s %s: %s", columns[i].Clause, columns[i].Name, cell))
			}
		}
		fmt.Fprintf(&b, " %s |\n", strings.Join(own, "<br>"))
	}
	return b.String()
}

// choice names a row's settings: all that the lock's rows differ in or, where these are many, those that are not defaults.
func choice(t *testing.T, r spec.PromiseRow) (text string) {
	e, err := spec.Find(r.Lock)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Choice {
		i := slices.IndexFunc(e.Parameters, func(p spec.Parameter) bool { return p.Name == s.Name })
		if len(r.Choice) < 5 || e.Parameters[i].Default != s.Value {
			text += " " + s.String()
		}
	}
	return text
}

// strongest keeps the row of each lock that has the fewest noes, the first of several.
func strongest(rows []spec.PromiseRow) (all []spec.PromiseRow) {
	noes := func(r spec.PromiseRow) (n int) {
		for _, cell := range r.Cells {
			switch {
			case cell == "no":
				n += 100
			case cell != "yes" && cell != "":
				n += 10
			}
			n += strings.Count(cell, ";")
		}
		return n
	}
	for _, r := range rows {
		if last := len(all) - 1; last < 0 || all[last].Lock != r.Lock {
			all = append(all, r)
		} else if noes(r) < noes(all[last]) {
			all[last] = r
		}
	}
	return all
}

// The tables of README.md and PROMISES.md are those of today's claims, between two marks; LOCKSTEP_UPDATE=1 writes them.
func TestPromisesAreCurrent(t *testing.T) {
	for path, table := range map[string]string{"../README.md": promises(t, true), "../PROMISES.md": promises(t, false)} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		const begin, end = "<!-- promises -->\n", "<!-- end -->\n"
		before, rest, ok := strings.Cut(string(text), begin)
		got, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s has no marks", path)
		}
		if os.Getenv("LOCKSTEP_UPDATE") == "1" {
			if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(strings.Split(table, "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s (-claimed +written):\n%s", path, diff)
		}
	}
}

// Every row by a run without faults, and with LOCKSTEP_LONG=1 every cell: minutes. What is larger than the bound is told, and not counted as confirmed.
func TestPromisesByRun(t *testing.T) {
	t.Parallel()
	states, circumstances, reconnects := int64(30_000), spec.Circumstances()[:1], []string{"false"}
	if os.Getenv("LOCKSTEP_LONG") == "1" {
		states, circumstances, reconnects = 3_000_000, spec.Circumstances(), []string{"false", "true"}
	}
	_, rows := spec.Promises()
	confirmed, open := 0, 0
	for _, r := range rows {
		e, err := spec.Find(r.Lock)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range circumstances {
			for _, reconnect := range reconnects {
				s, err := e.Crowded(r.Choice, append(c.Settings[:len(c.Settings):len(c.Settings)], spec.Setting{Name: "reconnect", Value: reconnect})...)
				if err != nil {
					t.Fatal(err)
				}
				claims, results := check(t, e, s, prover.Options{States: states})
				for i, x := range results {
					switch {
					case x.Verdict == model.Unknown:
						open++
						t.Logf("not decided: %s %v: %s, %s", e.Name, s, claims[i].Name, x.Reason)
					case x.Verdict != claims[i].Claimed:
						t.Errorf("%s %v: %s is %v, claimed %v", e.Name, s, claims[i].Name, x.Verdict, claims[i].Claimed)
					default:
						confirmed++
					}
				}
			}
		}
	}
	t.Logf("%d verdicts confirmed, %d not decided", confirmed, open)
}
