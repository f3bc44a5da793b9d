package traces

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// Trace is a run of a system from its initial state, and what it is to show. See the package comment for its text.
type Trace struct {
	System     string        // the name in the catalogue: "mutex/exclusive-queue"
	Parameters []Parameter   // what the system was built with, in the catalogue's order
	Property   string        // the name of the property the trace is about
	Expect     model.Verdict // what the trace shows of it: see Judge
	Seed       *uint64       // the seed of the random run it was found in; nil if there was none
	Notes      []string      // comments before the first action, as in Line
	Lines      []Line        // the steps
	Lasso      bool          // the run is infinite: its last Cycle steps are repeated for ever
	Cycle      int           // how many they are; 0 in a lasso: the run stops for ever after the last step
}

// Parameter is one setting of a system. Neither part has a space in it; the name is not empty and has no '='.
type Parameter struct{ Name, Value string }

// Line is one step.
type Line struct {
	Machine string   // the machine that acts, a member or a timer, never a monitor
	Event   string   // the text of its action, unique among those enabled
	Notes   []string // the comments below, without their "  # "; "" is an empty line. They never matter to a run
}

const version = "lockstep trace v1"

// The lines of a lasso that are no steps.
const (
	repeat = "repeat:" // what follows is repeated for ever
	stop   = "stop:"   // the run stops for ever here
)

// String is the trace's text. It is read back by [Parse] if the trace obeys the grammar; [Trace.Format] makes sure.
func (t *Trace) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nsystem: %s\n", version, t.System)
	if len(t.Parameters) > 0 {
		b.WriteString("parameters:")
		for _, p := range t.Parameters {
			fmt.Fprintf(&b, " %s=%s", p.Name, p.Value)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "property: %s\nexpect: %v\n", t.Property, t.Expect)
	if t.Seed != nil {
		fmt.Fprintf(&b, "seed: %d\n", *t.Seed)
	}
	fmt.Fprintf(&b, "steps: %d\n\n", len(t.Lines))
	writeNotes(&b, t.Notes)
	for i, l := range t.Lines {
		if t.Lasso && i == len(t.Lines)-t.Cycle {
			b.WriteString(repeat + "\n")
		}
		fmt.Fprintf(&b, "%s %s\n", l.Machine, l.Event)
		writeNotes(&b, l.Notes)
	}
	if t.Lasso && t.Cycle == 0 {
		b.WriteString(stop + "\n")
	}
	return b.String()
}

func writeNotes(b *strings.Builder, notes []string) {
	for _, n := range notes {
		if n != "" {
			b.WriteString("  # " + n)
		}
		b.WriteByte('\n')
	}
}

// Format writes the trace's text. A trace whose text Parse would refuse, or read as another trace, is an error and nothing
// is written.
func (t *Trace) Format(w io.Writer) error {
	if err := t.check(); err != nil {
		return err
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// check reads the trace's own text back, so that what may be written is decided in one place: Parse.
func (t *Trace) check() error {
	back, err := Parse(strings.NewReader(t.String()))
	if err != nil {
		return fmt.Errorf("the trace would not read back: %w", err)
	}
	if !t.equal(back) {
		return fmt.Errorf("the trace would read back as another one: a name or a text of it has a line end or a space too many")
	}
	return nil
}

func (t *Trace) equal(o *Trace) bool {
	return t.System == o.System && slices.Equal(t.Parameters, o.Parameters) && t.Property == o.Property &&
		t.Expect == o.Expect && (t.Seed == nil) == (o.Seed == nil) && (t.Seed == nil || *t.Seed == *o.Seed) &&
		t.Lasso == o.Lasso && t.Cycle == o.Cycle && slices.Equal(t.Notes, o.Notes) && slices.EqualFunc(t.Lines, o.Lines, Line.equal)
}

func (l Line) equal(o Line) bool {
	return l.Machine == o.Machine && l.Event == o.Event && slices.Equal(l.Notes, o.Notes)
}
