package traces_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

const small = `lockstep trace v1
system: mutex/toy
parameters: clients=2 hint=
property: belief-exclusion
expect: refuted
seed: 18446744073709551615
steps: 2

  # found on a Tuesday

client/a acquire
  # observed of client/a: acquire called
  #   an indent stays

link/a to broker: queue.declare lock exclusive
`

func TestParse(t *testing.T) {
	seed := ^uint64(0)
	want := &traces.Trace{
		System: "mutex/toy", Parameters: []traces.Parameter{{Name: "clients", Value: "2"}, {Name: "hint", Value: ""}},
		Property: "belief-exclusion", Expect: model.Refuted, Seed: &seed,
		Notes: []string{"found on a Tuesday", ""},
		Lines: []traces.Line{
			{Machine: "client/a", Event: "acquire", Notes: []string{"observed of client/a: acquire called", "  an indent stays", ""}},
			{Machine: "link/a", Event: "to broker: queue.declare lock exclusive"},
		},
	}
	got, err := traces.Parse(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(small, got.String()); diff != "" {
		t.Errorf("written again (-want +got):\n%s", diff)
	}
}

func TestParseErrors(t *testing.T) {
	with := func(old, new string) string {
		if !strings.Contains(small, old) {
			t.Fatalf("no %q to replace", old)
		}
		return strings.Replace(small, old, new, 1)
	}
	upTo := func(last string) string { return small[:strings.Index(small, last)+len(last)] }
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", `line 1: the file is empty`},
		{"something else", "package main\n", `line 1: not a trace: the first line is not "lockstep trace v1"`},
		{"later version", with("v1", "v2"), `line 1: trace version "v2" is not known here, only v1`},
		{"unknown key", with("seed", "sead"), `line 6: unknown header key "sead"`},
		{"duplicate key", with("expect: refuted", "system: other"), `line 5: a second "system"`},
		{"no system", with("system: mutex/toy\n", ""), `line 7: the header has no "system"`},
		{"no property", with("property: belief-exclusion\n", ""), `line 7: the header has no "property"`},
		{"no expect", with("expect: refuted\n", ""), `line 7: the header has no "expect"`},
		{"no steps", with("steps: 2\n", ""), `line 7: the header has no "steps"`},
		{"no colon", with("system: mutex/toy", "system mutex/toy"), `line 2: a header line is "key: value", not "system mutex/toy"`},
		{"no value", with("mutex/toy", ""), `line 2: a header line is "key: value", not "system: "`},
		{"space at the end", with("mutex/toy", "mutex/toy "), `line 2: a header line is "key: value", not "system: mutex/toy "`},
		{"comment in the header", with("system", "# so\nsystem"), `line 2: a comment in the header: it goes below the empty line`},
		{"action in the header", with("steps: 2\n\n", "steps: 2\nclient/a acquire\n"), `line 8: a header line is "key: value", not "client/a acquire"`},
		{"no such verdict", with("refuted", "false"), `line 5: expect is proved, refuted or unknown, not "false"`},
		{"seed", with("18446744073709551615", "18446744073709551616"), `line 6: seed "18446744073709551616" is not a number of 64 bits`},
		{"steps", with("steps: 2", "steps: -2"), `line 7: steps "-2" is not a number`},
		{"parameter without value", with("clients=2", "clients"), `line 3: a parameter is "name=value", not "clients"`},
		{"parameter without name", with("clients=2", "=2"), `line 3: a parameter is "name=value", not "=2"`},
		{"two spaces", with("clients=2 ", "clients=2  "), `line 3: a parameter is "name=value", not ""`},
		{"duplicate parameter", with("hint=", "clients=3"), `line 3: a second parameter "clients"`},
		{"cut in the first line", upTo("lockstep"), `line 1: the last line has no end: the file is truncated`},
		{"cut after the first line", upTo("v1\n"), `line 1: no empty line ends the header: the file is truncated`},
		{"cut after the header", upTo("steps: 2\n"), `line 7: no empty line ends the header: the file is truncated`},
		{"cut before the actions", upTo("steps: 2\n\n"), `line 8: the trace ends after 0 of 2 steps: the file is truncated`},
		{"cut between two actions", upTo("acquire\n"), `line 11: the trace ends after 1 of 2 steps: the file is truncated`},
		{"cut in an action", strings.TrimSuffix(small, " exclusive\n"), `line 15: the last line has no end: the file is truncated`},
		{"action too many", small + "client/a verify\n", `line 16: an action after the last of 2 steps: "client/a verify"`},
		{"action without event", with("client/a acquire", "acquire"), `line 11: an action is "machine event", not "acquire"`},
		{"action without text", with("client/a acquire", "client/a "), `line 11: an action is "machine event", not "client/a "`},
		{"indented action", with("client/a acquire", " client/a acquire"),
			`line 11: an action begins in the first column, a comment with '#': " client/a acquire"`},
		{"lasso within a lasso", with("link/a to", "repeat:\nlink/a to") + "stop:\n", `line 17: "stop:" in a run that is infinite already`},
		{"two cycles", with("client/a acquire\n", "repeat:\nclient/a acquire\nrepeat:\n"), `line 13: "repeat:" in a run that is infinite already`},
		{"nothing to repeat", small + "repeat:\n", `line 16: "repeat:" after the last of 2 steps: there is nothing to repeat`},
		{"stop in the middle", with("link/a to", "stop:\nlink/a to"), `line 15: "stop:" after 1 of 2 steps`},
		{"action after the stop", small + "stop:\nclient/a verify\n", `line 17: an action after the last of 2 steps: "client/a verify"`},
		{"cut in the cycle", upTo("acquire\n") + "repeat:\n", `line 12: the trace ends after 1 of 2 steps: the file is truncated`},
		{"indented repeat", with("link/a to", " repeat:\nlink/a to"), `line 15: an action begins in the first column, a comment with '#': " repeat:"`},
		{"not UTF-8", with("acquire\n", "acqu\xffire\n"), `line 11: not UTF-8 text`},
		{"escape", with("Tuesday", "\x1b[2J"), `line 9: '\x1b' (U+001B) may not stand in a trace`},
		{"Windows", strings.ReplaceAll(small, "\n", "\r\n"), `line 1: '\r' (U+000D) may not stand in a trace`},
		{"direction override", with("Tuesday", "\u202e"), `line 9: '\u202e' (U+202E) may not stand in a trace`},
		{"long line", with("mutex/toy", strings.Repeat("x", 100)+" "),
			`line 2: a header line is "key: value", not "system: ` + strings.Repeat("x", 52) + `…"`},
		{"long file", small + strings.Repeat("\n", traces.MaxBytes), `the trace is longer than 16 MiB`},
	} {
		t.Run(c.name, func(t *testing.T) {
			switch _, err := traces.Parse(strings.NewReader(c.text)); {
			case err == nil:
				t.Error("no error")
			case err.Error() != c.want:
				t.Errorf("got  %s\nwant %s", err, c.want)
			}
		})
	}
	broken := errors.New("the disk is gone")
	if _, err := traces.Parse(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error of the reader: %v", err)
	}
}

// A lasso keeps its notes with the steps above them, and the end of a run is no step.
func TestParseLasso(t *testing.T) {
	header := small[:strings.Index(small, "  # found")]
	a, b := traces.Line{Machine: "light", Event: "changes", Notes: []string{"to green"}}, traces.Line{Machine: "light", Event: "changes"}
	for _, c := range []struct {
		body  string
		cycle int
	}{
		{"light changes\n  # to green\nrepeat:\nlight changes\n", 1},
		{"repeat:\nlight changes\n  # to green\nlight changes\n", 2},
		{"light changes\n  # to green\nlight changes\nstop:\n", 0},
	} {
		got, err := traces.Parse(strings.NewReader(header + c.body))
		if err != nil {
			t.Fatal(err)
		}
		if !got.Lasso || got.Cycle != c.cycle {
			t.Errorf("a cycle of %d (%v), want %d:\n%s", got.Cycle, got.Lasso, c.cycle, c.body)
		}
		if diff := cmp.Diff([]traces.Line{a, b}, got.Lines); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if diff := cmp.Diff(header+c.body, got.String()); diff != "" {
			t.Errorf("written again (-want +got):\n%s", diff)
		}
	}
}

func TestFormatRefuses(t *testing.T) {
	valid := traces.Trace{System: "s", Property: "p"}
	line := func(machine, event string, notes ...string) func(*traces.Trace) {
		return func(tr *traces.Trace) { tr.Lines = []traces.Line{{Machine: machine, Event: event, Notes: notes}} }
	}
	for name, spoil := range map[string]func(*traces.Trace){
		"no system":            func(tr *traces.Trace) { tr.System = "" },
		"two lines":            func(tr *traces.Trace) { tr.System = "s\nseed: 1" },
		"parameter of two":     func(tr *traces.Trace) { tr.Parameters = []traces.Parameter{{Name: "a", Value: "1 b=2"}} },
		"space in a machine":   line("a b", "c"),
		"no event":             line("a", ""),
		"comment as a step":    line("#", "c"),
		"two notes in one":     line("a", "b", "one\n  # two"),
		"step inside a note":   line("a", "b", "note\na b"),
		"escape in the event":  line("a", "\x1b"),
		"cycle too long":       func(tr *traces.Trace) { tr.Lasso, tr.Cycle = true, 1 },
		"cycle of less than 0": func(tr *traces.Trace) { tr.Lasso, tr.Cycle = true, -1 },
		"cycle and no lasso":   func(tr *traces.Trace) { line("a", "b")(tr); tr.Cycle = 1 },
	} {
		tr := valid
		spoil(&tr)
		var out strings.Builder
		if err := tr.Format(&out); err == nil || strings.Contains(err.Error(), "\n") || out.Len() > 0 {
			t.Errorf("%s: error %v, written %q", name, err, out.String())
		}
	}
	var out strings.Builder
	if err := valid.Format(&out); err != nil || out.String() != valid.String() {
		t.Errorf("a trace without steps: %v, written %q", err, out.String())
	}
}

// anyTrace draws a trace that the grammar allows.
var anyTrace = rapid.Custom(func(t *rapid.T) *traces.Trace {
	word := rapid.StringMatching(`[a-zäλ/.:]{1,8}`)
	text := rapid.StringMatching(`[ -~äλ→]{1,20}`)
	notes := rapid.SliceOfN(rapid.OneOf(text, rapid.Just("")), 0, 3)
	tr := &traces.Trace{
		System: word.Draw(t, "system"), Property: word.Draw(t, "property"), Notes: notes.Draw(t, "notes"),
		Expect: rapid.SampledFrom([]model.Verdict{model.Unknown, model.Proved, model.Refuted}).Draw(t, "expect"),
	}
	for _, name := range rapid.SliceOfDistinct(word, rapid.ID).Draw(t, "parameters") {
		value := rapid.StringMatching(`[!-~]*`).Draw(t, "value")
		tr.Parameters = append(tr.Parameters, traces.Parameter{Name: name, Value: value})
	}
	if rapid.Bool().Draw(t, "seeded") {
		seed := rapid.Uint64().Draw(t, "seed")
		tr.Seed = &seed
	}
	for range rapid.IntRange(0, 5).Draw(t, "steps") {
		tr.Lines = append(tr.Lines, traces.Line{
			Machine: word.Draw(t, "machine"), Event: text.Draw(t, "event"), Notes: notes.Draw(t, "notes"),
		})
	}
	if rapid.Bool().Draw(t, "lasso") {
		tr.Lasso, tr.Cycle = true, rapid.IntRange(0, len(tr.Lines)).Draw(t, "cycle")
	}
	return tr
})

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyTrace.Draw(t, "trace")
		var text strings.Builder
		if err := want.Format(&text); err != nil {
			t.Fatal(err)
		}
		got, err := traces.Parse(strings.NewReader(text.String()))
		if err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		if diff := cmp.Diff(want, got, equateEmpty); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
	})
}

// equateEmpty compares notes without telling nil from empty.
var equateEmpty = cmp.Transformer("notes", func(notes []string) string { return strings.Join(notes, "\n") })

func FuzzParse(f *testing.F) {
	for _, text := range []string{small, "", small[:40], strings.Replace(small, "steps: 2", "steps: 3", 1), strings.ReplaceAll(small, "  #", "#"),
		small + "stop:\n", strings.Replace(small, "client/a acquire", "repeat:\nclient/a acquire", 1)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := traces.Parse(strings.NewReader(text))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("the error is more than a line: %q", err)
			}
			return
		}
		second, err := traces.Parse(strings.NewReader(first.String()))
		if err != nil {
			t.Fatalf("does not read back: %v\n%s", err, first)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("reads back as another (-first +second):\n%s", diff)
		}
	})
}
