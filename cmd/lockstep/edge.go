package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/frontier"
	"github.com/lockstep-prover/lockstep/spec"
)

// searched is what a search found out about one system.
type searched struct {
	*budgets
	edges    []*edge
	explored int // points
	elapsed  time.Duration
}

// frontierReport is the account of a run of prove --frontier.
type frontierReport struct {
	*console
	systems []*searched
}

// status is the exit status that the verdicts ask for.
func (r *frontierReport) status() status {
	s := asClaimed
	for _, e := range r.edges() {
		if len(e.unlike) > 0 {
			s = worse(s, violated)
		}
		if len(e.Unknown) > 0 {
			s = worse(s, undecided)
		}
	}
	return s
}

func (r *frontierReport) edges() (all []*edge) {
	for _, s := range r.systems {
		all = append(all, s.edges...)
	}
	return all
}

// point renders budgets as they are set, those that are not 0.
func (b *budgets) point(p frontier.Point, relation string) string {
	var words []string
	for i, n := range p {
		if n > 0 {
			words = append(words, fmt.Sprintf("%s%s%d", b.names[i], relation, n))
		}
	}
	return strings.Join(words, " ")
}

// points renders several, with "|" between them.
func (b *budgets) points(all []frontier.Point, relation string) string {
	var words []string
	for _, p := range all {
		if p.Sum() == 0 {
			words = append(words, "no fault")
		} else {
			words = append(words, b.point(p, relation))
		}
	}
	return strings.Join(words, " | ")
}

// sentence says where the edge is: "proved for crash≤1; refuted with reset=1 | pause=1".
func (e *edge) sentence() string {
	absent, shown := verdictOf(e.claim.Property, frontier.Absent), verdictOf(e.claim.Property, frontier.Shown)
	var parts []string
	onlyZero := func(all []frontier.Point) bool { return len(all) == 1 && all[0].Sum() == 0 }
	switch {
	case len(e.Absent) == 0:
	case onlyZero(e.Absent):
		parts = append(parts, fmt.Sprintf("%v without a fault", absent))
	case e.Pointwise:
		parts = append(parts, fmt.Sprintf("%v with exactly %s", absent, e.points(e.Absent, "=")))
	default:
		parts = append(parts, fmt.Sprintf("%v for %s", absent, e.points(e.Absent, "≤")))
	}
	switch {
	case len(e.Shown) == 0:
	case onlyZero(e.Shown) && e.Pointwise:
		parts = append(parts, fmt.Sprintf("%v without a fault", shown))
	case onlyZero(e.Shown):
		parts = append(parts, fmt.Sprintf("%v even without a fault", shown))
	case e.Pointwise:
		parts = append(parts, fmt.Sprintf("%v with exactly %s", shown, e.points(e.Shown, "=")))
	default:
		parts = append(parts, fmt.Sprintf("%v with %s", shown, e.points(e.Shown, "=")))
	}
	const most = 4
	switch n := len(e.Unknown); {
	case n > most:
		parts = append(parts, fmt.Sprintf("unknown with %s and %d more", e.points(e.Unknown[:most], "="), n-most))
	case n > 0:
		parts = append(parts, "unknown with "+e.points(e.Unknown, "="))
	}
	return strings.Join(parts, "; ")
}

// print prints what was found out about a system.
func (r *frontierReport) print(s *searched) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", paint(r.color(), bold, s.entry.Name), s.entry.Summary)
	var others spec.Settings
	for i, p := range s.entry.Parameters {
		if !p.Fault {
			others = append(others, s.settings(s.top)[i])
		}
	}
	fmt.Fprintf(&b, "  everywhere:  %v\n  budgets:     %s\n\n", others, s.points([]frontier.Point{s.top}, "≤"))
	for _, e := range s.edges {
		fmt.Fprintf(&b, "  %s (%s): %s\n", paint(r.color(), bold, e.claim.Name), e.claim.Clause, e.sentence())
		for _, p := range e.unlike {
			fmt.Fprintf(&b, "    %s %v with %s, and claimed to be %v\n", paint(r.color(), alarm, mark), e.verdict(p), s.points([]frontier.Point{p}, "="), e.claimed(p))
		}
	}
	s.writeUnknowns(&b)
	r.writeTraces(&b, s)
	fmt.Fprintf(&b, "\n  explored %d of %s, in %s\n\n", s.explored, plural(len(frontier.Box(s.top)), "choice"), seconds(s.elapsed))
	r.printf("%s", b.String())
}

// writeUnknowns tells why verdicts are unknown, each reason once.
func (s *searched) writeUnknowns(b *strings.Builder) {
	var reasons []string
	count := map[string]int{}
	for _, e := range s.edges {
		for _, p := range e.Unknown {
			reason := e.found[key(p)].result.Reason
			if count[reason]++; count[reason] == 1 {
				reasons = append(reasons, reason)
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

// writeTraces lists the refutations, each with the command that replays it.
func (r *frontierReport) writeTraces(b *strings.Builder, s *searched) {
	t := &table{columns: []column{{right: true}, {}, {}, {}}}
	for _, e := range s.edges {
		for _, p := range e.Shown {
			if f := e.found[key(p)]; f.path != "" {
				command := r.program + " replay " + shellWord(f.path)
				cells := []cell{{text: plural(len(f.result.Trace), "step")}, {text: e.claim.Name}, {text: s.points([]frontier.Point{p}, "=")}, {text: command}}
				t.rows = append(t.rows, row{"", cells})
			}
		}
	}
	if t.rows == nil {
		return
	}
	b.WriteString("\n  the least that refutes, and the command that makes it happen (show instead of replay draws it):\n")
	t.render(b, wide, false)
}

// printSummary prints the last lines.
func (r *frontierReport) printSummary(s *store) {
	unlike, unknown, properties := 0, 0, 0
	for _, e := range r.edges() {
		properties++
		unlike += len(e.unlike)
		unknown += len(e.Unknown)
	}
	ending := "all as claimed"
	switch {
	case unlike > 0:
		ending = plural(unlike, "verdict") + " NOT AS CLAIMED"
	case unknown > 0:
		ending = plural(unknown, "verdict") + " unknown; the known ones as claimed"
	}
	noun := "properties"
	if properties == 1 {
		noun = "property"
	}
	r.printf("%s, %d %s: %s.\n", plural(len(r.systems), "system"), properties, noun, ending)
	if s.count > 0 {
		r.printf("The refutations are written as traces to %s/: %s.\n", strings.TrimSuffix(s.dir, "/"), plural(s.count, "file"))
	}
}

// frontierJSON is the object of `prove --frontier --json`.
type frontierJSON struct {
	Schema  string     `json:"schema"` // "lockstep/frontier/v1"
	Results []edgeJSON `json:"results"`
}

// edgeJSON is the frontier of one property.
type edgeJSON struct {
	System     string         `json:"system"`
	Parameters map[string]any `json:"parameters"` // all but the budgets
	Budgets    map[string]int `json:"budgets"`    // the largest of each
	Property   string         `json:"property"`
	Clause     string         `json:"clause"`    // of SPEC.md
	Witness    bool           `json:"witness"`   // a run proves it: "proved" has the least budgets, "refuted" the largest
	Pointwise  bool           `json:"pointwise"` // nothing is concluded from one budget to another: the lists have all
	Proved     []pointJSON    `json:"proved"`    // the largest budgets for which it is proved
	Refuted    []pointJSON    `json:"refuted"`   // the least budgets that refute it
	Unknown    []pointJSON    `json:"unknown"`   // all budgets for which it is unknown
	Unlike     []pointJSON    `json:"unlike"`    // all budgets for which it is not as claimed
	Explored   int            `json:"explored"`  // budgets, for all properties of the system together
	Seconds    float64        `json:"seconds"`   // for all of them
}

type pointJSON struct {
	Budgets map[string]int `json:"budgets"`          // all of them
	Reason  string         `json:"reason,omitempty"` // why it is unknown; what a monitor said of a refutation
	Length  *int           `json:"length,omitempty"` // of the run that shows it, in steps
	Trace   string         `json:"trace,omitempty"`  // the path of a refutation's trace
}

func (b *budgets) values(p frontier.Point) map[string]int {
	all := map[string]int{}
	for i, name := range b.names {
		all[name] = p[i]
	}
	return all
}

// object is the report as JSON.
func (r *frontierReport) object() frontierJSON {
	all := frontierJSON{Schema: frontierSchema, Results: []edgeJSON{}}
	for _, s := range r.systems {
		parameters := jsonParameters(s.entry, s.settings(s.top))
		for _, name := range s.names {
			delete(parameters, name)
		}
		for _, e := range s.edges {
			j := edgeJSON{
				System: s.entry.Name, Parameters: parameters, Budgets: s.values(s.top), Property: e.claim.Name, Clause: e.claim.Clause,
				Witness: e.claim.Kind == model.Reachable, Pointwise: e.Pointwise, Proved: e.list(e.Absent), Refuted: e.list(e.Shown),
				Unknown: e.list(e.Unknown), Unlike: e.list(e.unlike), Explored: s.explored, Seconds: s.elapsed.Seconds(),
			}
			if j.Witness {
				j.Proved, j.Refuted = j.Refuted, j.Proved
			}
			all.Results = append(all.Results, j)
		}
	}
	return all
}

func (e *edge) list(points []frontier.Point) []pointJSON {
	all := []pointJSON{}
	for _, p := range points {
		f := e.found[key(p)]
		j := pointJSON{Budgets: e.values(p), Reason: f.result.Reason, Trace: f.path}
		if f.result.Trace != nil {
			n := len(f.result.Trace)
			j.Length = &n
		}
		all = append(all, j)
	}
	return all
}
