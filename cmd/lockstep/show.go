package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

// showOptions is the command line of show.
type showOptions struct {
	path   string
	format string
	width  int // 0: that of the terminal
	ascii  bool
	color  string
	why    bool
	asJSON bool
}

// The values of --format and --color.
var (
	formats = []string{"text"}
	colors  = []string{"auto", "always", "never"}
)

// showJSON is the object of `show --json`.
type showJSON struct {
	Schema     string         `json:"schema"` // "lockstep/show/v1"
	System     string         `json:"system"`
	Parameters map[string]any `json:"parameters"`
	Property   string         `json:"property"`
	Clause     string         `json:"clause"`  // of SPEC.md
	Says       string         `json:"says"`    // the property in words
	Verdict    string         `json:"verdict"` // what the run shows of it
	Ending     string         `json:"ending"`  // why, in words
	Steps      []stepJSON     `json:"steps"`
	Loop       *int           `json:"loop,omitempty"` // of an infinite run: how many steps come before those repeated for ever; all: it stops
}

type stepJSON struct {
	Machine string   `json:"machine"`
	Event   string   `json:"event"`
	Notes   []string `json:"notes"`            // what followed from it
	Needed  *bool    `json:"needed,omitempty"` // with --why: nothing is shown without it
	Why     string   `json:"why,omitempty"`    // with --why: what happens without it
}

func newShow(c *console) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show TRACE",
		Short: "Draw a trace as a sequence diagram",
		Long: `Draws a trace as a sequence diagram: a lane for each client and the broker, frames as arrows under their AMQP
names, faults marked, and in the margin what each client believes and who holds the lock at the broker. The
trace is first run on the system that its header names, and must show what the header says: a trace that was
cut short or altered, or that is of a system that has changed since, is refused. TRACE is a file, or - for
standard input.

With --why each step comes with what would happen without it: which later step cannot be taken then, or that
the run ends without a violation. A step that is not needed is marked; "lockstep shrink" leaves it out.`,
		Example: `  lockstep show lockstep-out/mutex-exclusive-queue/belief-exclusion.trace
  lockstep show --color always --width 120 - < FILE.trace | less -R`,
		Args: oneTrace,
		RunE: func(_ *cobra.Command, args []string) error {
			o.path = args[0]
			return c.show(o)
		},
		ValidArgsFunction: completeTraces,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.format, "format", "text", "the `format`: "+strings.Join(formats, ", "))
	f.IntVar(&o.width, "width", 0, "draw in so many `columns` (default: the terminal's width, or 100)")
	f.BoolVar(&o.ascii, "ascii", false, "use ASCII characters only")
	f.StringVar(&o.color, "color", "auto", "`when` to use colour: "+strings.Join(colors, ", ")+"; auto obeys NO_COLOR")
	f.BoolVar(&o.why, "why", false, "in place of the diagram, say of each step what would happen without it")
	jsonFlag(cmd, &o.asJSON)
	registerCompletion(cmd, "format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	registerCompletion(cmd, "color", cobra.FixedCompletions(colors, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c *console) show(o showOptions) error {
	switch {
	case !slices.Contains(formats, o.format):
		return usage("--format cannot be %q; it can be %s", o.format, strings.Join(formats, ", "))
	case !slices.Contains(colors, o.color):
		return usage("--color cannot be %q; it can be %s", o.color, strings.Join(colors, ", "))
	case o.width < 0:
		return usage("--width cannot be negative")
	}
	k, err := c.readTrace(o.path)
	if err != nil {
		return err
	}
	if o.why {
		return c.why(k, o)
	}
	if o.asJSON {
		c.printJSON(k.object())
		return nil
	}
	look := traces.Options{Color: o.color == "always" || o.color == "auto" && c.color(), ASCII: o.ascii, Width: o.width, Ending: k.ending()}
	if look.Width == 0 {
		look.Width = min(c.outTerm, pageWidth)
	}
	if err := traces.Diagram(c.stdout, k.system, k.trace, look); err != nil {
		return usage("%s: %w", o.path, err)
	}
	return nil
}

// ending tells in plain words what the run shows.
func (k *kept) ending() string {
	claim := k.claims[0]
	verb := "is " + k.verdict.String()
	if k.verdict == model.Unknown {
		verb = "stays unknown"
	}
	return fmt.Sprintf("%s (%s) %s. It says: \"%s\". Here %s.", claim.Name, claim.Clause, verb, claim.Says, k.why)
}

func (k *kept) object() showJSON {
	claim := k.claims[0]
	o := showJSON{
		Schema: showSchema, System: k.entry.Name, Parameters: jsonParameters(k.entry, k.settings), Property: claim.Name,
		Clause: claim.Clause, Says: claim.Says, Verdict: k.verdict.String(), Ending: k.why, Steps: []stepJSON{},
	}
	if k.trace.Lasso {
		n := len(k.trace.Lines) - k.trace.Cycle
		o.Loop = &n
	}
	for _, l := range k.trace.Lines {
		o.Steps = append(o.Steps, stepJSON{Machine: l.Machine, Event: l.Event, Notes: append([]string{}, l.Notes...)})
	}
	return o
}
