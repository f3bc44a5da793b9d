package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// outcome is what an exploration found.
type outcome struct {
	*choice
	results []prover.Result // of the choice's claims, in their order
	paths   []string        // of the traces; "" where there is none
	skipped bool            // an interrupted run did not come to it
	err     error           // what went wrong with a file of the exploration; without results, its checkpoint cannot be read
}

// surprising reports whether a verdict is not the claimed one. What is unknown contradicts nothing.
func (o *outcome) surprising(i int) bool {
	v := o.results[i].Verdict
	return v != model.Unknown && v != o.claims[i].Claimed
}

// report is the account of a run of prove.
type report struct {
	*console
	start    time.Time
	systems  int
	outcomes []*outcome
}

// add takes the outcomes of one system into account.
func (r *report) add(outcomes []*outcome) {
	r.systems++
	r.outcomes = append(r.outcomes, outcomes...)
}

// status is the exit status that the verdicts ask for.
func (r *report) status() status {
	s := asClaimed
	for _, o := range r.outcomes {
		for i, res := range o.results {
			switch {
			case res.Verdict == model.Unknown:
				s = worse(s, undecided)
			case o.surprising(i):
				s = worse(s, violated)
			}
		}
	}
	return s
}

// printSystem prints a system's table and what there is to say of it.
func (r *report) printSystem(outcomes []*outcome) {
	var b strings.Builder
	e := outcomes[0].entry
	fmt.Fprintf(&b, "%s  %s\n", paint(r.color(), bold, e.Name), e.Summary)
	var choices []spec.Settings
	for _, o := range outcomes {
		choices = append(choices, o.settings)
	}
	always, mostly := common(choices)
	writeCommon(&b, always, mostly)
	b.WriteByte('\n')
	verdictTable(outcomes, always, mostly).render(&b, r.width(), r.color())
	writeUnknowns(&b, outcomes)
	r.writeRefutations(&b, outcomes)
	b.WriteByte('\n')
	r.printf("%s", b.String())
}

// verdictTable has a row for each choice and a column for each property.
func verdictTable(outcomes []*outcome, always, mostly spec.Settings) *table {
	t := &table{}
	for _, o := range outcomes {
		w := row{label: differences(o.entry, o.settings, always, mostly)}
		var states int64
		var elapsed time.Duration
		for i, res := range o.results {
			w.cells = append(w.cells, verdictCell(o, i))
			states, elapsed = max(states, res.States), max(elapsed, res.Elapsed)
		}
		effort := fmt.Sprintf("%s  %6s", humanize.Comma(states), seconds(elapsed))
		if o.skipped {
			effort = "not explored"
		}
		w.cells = append(w.cells, cell{text: effort})
		t.rows = append(t.rows, w)
	}
	for i, claim := range outcomes[0].claims {
		t.property(i, claim.Name, claim.Clause)
	}
	t.columns = append(t.columns, column{head: []string{"states    time"}, right: true})
	return t
}

// seconds is a duration in at most six cells, up to a day.
func seconds(d time.Duration) string {
	digits := 2
	if d >= 100*time.Second {
		digits = 0
	}
	return fmt.Sprintf("%.*fs", digits, d.Seconds())
}

// property adds the column i, which is about a property.
func (t *table) property(i int, name, clause string) {
	width := cells(clause)
	for _, r := range t.rows {
		width = max(width, cells(r.cells[i].text))
	}
	head := hyphenate(name, width)
	for ; len(head) > 2; width++ {
		head = hyphenate(name, width)
	}
	t.columns = append(t.columns, column{head: append(head, clause)})
}

func verdictCell(o *outcome, i int) cell {
	if o.skipped {
		return cell{text: "–", style: cyan}
	}
	res := o.results[i]
	c := cell{text: res.Verdict.String(), style: verdictStyle(res.Verdict)}
	if res.Verdict == model.Refuted && res.Trace != nil {
		c.text += " " + length(res)
	}
	if o.surprising(i) {
		c.style, c.marked = alarm, true
	}
	return c
}

// length is the number of steps of a counterexample; "5+3" are 5 steps and 3 that are repeated for ever (0: it stops there).
func length(res prover.Result) string {
	if res.Lasso {
		return fmt.Sprintf("%d+%d", len(res.Trace)-res.Cycle, res.Cycle)
	}
	return strconv.Itoa(len(res.Trace))
}

func verdictStyle(v model.Verdict) string {
	switch v {
	case model.Proved:
		return green
	case model.Refuted:
		return yellow
	}
	return cyan
}

// writeUnknowns tells why verdicts are unknown, each reason once.
func writeUnknowns(b *strings.Builder, outcomes []*outcome) {
	var reasons []string
	count := map[string]int{}
	for _, o := range outcomes {
		for _, res := range o.results {
			if res.Verdict != model.Unknown {
				continue
			}
			if count[res.Reason]++; count[res.Reason] == 1 {
				reasons = append(reasons, res.Reason)
			}
		}
	}
	for i, reason := range reasons {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "  unknown: %s (%s)\n", reason, plural(count[reason], "verdict"))
	}
}

// refutation is a run that refutes a property, perhaps for several choices.
type refutation struct {
	column, rows int
	steps        string
	path         string // of the first
}

// writeRefutations lists the distinct ones by property, each with the command that replays it, or draws it where there is no broker.
func (r *report) writeRefutations(b *strings.Builder, outcomes []*outcome) {
	var all []*refutation
	seen := map[string]*refutation{}
	for _, o := range outcomes {
		for i, res := range o.results {
			if o.paths[i] == "" {
				continue
			}
			key := res.Property.Name + " " + length(res)
			for _, a := range res.Trace {
				key += fmt.Sprintf("\n%s %v", o.system.Name(a.Machine), a.Event)
			}
			if seen[key] == nil {
				steps := length(res) + " steps"
				if steps == "1 steps" {
					steps = "1 step"
				}
				seen[key] = &refutation{column: i, steps: steps, path: o.paths[i]}
				all = append(all, seen[key])
			}
			seen[key].rows++
		}
	}
	if all == nil {
		return
	}
	slices.SortStableFunc(all, func(x, y *refutation) int { return x.column - y.column })
	t := &table{columns: []column{{right: true}, {right: true}, {}}}
	verb, about := " replay ", "the command that makes it happen (show instead of replay draws it)"
	if outcomes[0].entry.Abstract {
		verb, about = " show ", "the command that draws it"
	}
	for _, f := range all {
		command := r.program + verb + shellWord(f.path)
		t.rows = append(t.rows, row{"", []cell{{text: f.steps}, {text: plural(f.rows, "row")}, {text: command}}})
	}
	b.WriteString("\n  each distinct refutation, and " + about + ":\n")
	t.render(b, wide, false)
}

// printSummary prints the last lines: the sum of it all, where the traces are, and what is not as claimed.
func (r *report) printSummary(s *store) {
	var count [3]int // by verdict
	unlike := 0
	for _, o := range r.outcomes {
		for i, res := range o.results {
			count[res.Verdict]++
			if o.surprising(i) {
				unlike++
			}
		}
	}
	ending := "all as claimed"
	switch {
	case unlike > 0:
		ending = fmt.Sprintf("%d NOT AS CLAIMED", unlike)
	case count[model.Unknown] > 0:
		ending = "the known ones as claimed"
	}
	r.printf("%s, %s: %d proved, %d refuted, %d unknown; %s.\n", plural(r.systems, "system"), plural(count[0]+count[1]+count[2], "verdict"),
		count[model.Proved], count[model.Refuted], count[model.Unknown], ending)
	if s.count > 0 {
		r.printf("The refutations are written as traces to %s/: %s.\n", strings.TrimSuffix(s.dir, "/"), plural(s.count, "file"))
	}
	r.printSurprises()
}

// printSurprises tells of each verdict that is not the claimed one, and how to see it happen.
func (r *report) printSurprises() {
	for _, o := range r.outcomes {
		for i, res := range o.results {
			if !o.surprising(i) {
				continue
			}
			claim := o.claims[i]
			r.printf("\n%s %s (%s) is %v, and claimed to be %v: %s\n  in %s %v\n", paint(r.color(), alarm, mark), claim.Name, claim.Clause,
				res.Verdict, claim.Claimed, claim.Says, o.entry.Name, o.settings)
			if path := shellWord(o.paths[i]); o.paths[i] != "" {
				r.printf("  %s show %s\n", r.program, path)
				if !o.entry.Abstract {
					r.printf("  %s replay %s\n", r.program, path)
				}
			} else {
				r.printf("  %s prove %s --property %s --set %s\n", r.program, o.entry.Name, claim.Name,
					strings.ReplaceAll(o.settings.String(), " ", " --set "))
			}
		}
	}
}

// plural is a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return humanize.Comma(int64(n)) + " " + noun + "s"
}
