package main

import (
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/shrink"
)

// actions is the trace as a run of its system; readTrace has made sure that it is one.
func (k *kept) actions() []model.Action {
	all := make([]model.Action, len(k.trace.Lines))
	_, err := k.trace.Run(k.system, func(step int, a model.Action, _ *model.State, _ model.Step) error {
		all[step-1] = a
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("lockstep: a trace that ran does not run again: %v", err))
	}
	return all
}

// reasons says of each step of the trace why it is there.
func (k *kept) reasons() ([]shrink.Reason, error) {
	if k.verdict == model.Unknown {
		return nil, fmt.Errorf("--why says what a run shows its property by, and this one shows nothing of %s", k.claims[0].Name)
	}
	if k.trace.Lasso {
		return shrink.WhyLasso(k.system, k.claims[0].Property, k.actions(), k.trace.Cycle)
	}
	return shrink.Why(k.system, k.claims[0].Property, k.actions())
}

// why prints each step with the reason why it is there.
func (c *console) why(k *kept, o showOptions) error {
	reasons, err := k.reasons()
	if err != nil {
		return usage("%s: %w", o.path, err)
	}
	if o.asJSON {
		object := k.object()
		for i, r := range reasons {
			object.Steps[i].Needed, object.Steps[i].Why = &r.Needed, r.String()
		}
		c.printJSON(object)
		return nil
	}
	color := o.color == "always" || o.color == "auto" && c.color()
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %v\n%s, each with what happens without it\n\n", paint(color, bold, k.entry.Name), k.settings, plural(len(reasons), "step"))
	digits, spare := len(fmt.Sprint(len(reasons))), 0
	for i, l := range k.trace.Lines {
		fmt.Fprintf(&b, "%*d  %s\n", digits, i+1, paint(color, bold, l.Machine+" "+l.Event))
		style := faint
		if !reasons[i].Needed {
			style = yellow
			spare++
		}
		fmt.Fprintf(&b, "%*s  %s\n", digits+2, "", paint(color, style, reasons[i].String()))
	}
	fmt.Fprintf(&b, "\n%s\n", k.ending())
	switch file := shellWord(o.path); {
	case spare > 0:
		fmt.Fprintf(&b, "%d of these steps are not needed, each by itself; to be without them: %s shrink %s\n", spare, c.program, file)
	default:
		b.WriteString("Every step is needed.\n")
	}
	c.printf("%s", b.String())
	return nil
}
