package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover/certificate"
	"github.com/lockstep-prover/lockstep/spec"
)

// verifyJSON is the object of `verify --json`.
type verifyJSON struct {
	Schema     string                  `json:"schema"` // "lockstep/verify/v1"
	System     string                  `json:"system"`
	Parameters map[string]any          `json:"parameters"`
	Properties []certifiedPropertyJSON `json:"properties"`
	Symmetry   bool                    `json:"symmetry"` // a state stands for its images
	Holds      bool                    `json:"holds"`
	States     int64                   `json:"states"` // in the certificate
	Steps      int64                   `json:"steps"`  // taken from them
	Seconds    float64                 `json:"seconds"`
	Failure    *failureJSON            `json:"failure,omitempty"` // where it does not hold
}

type certifiedPropertyJSON struct {
	Name   string `json:"name"`
	Clause string `json:"clause"` // of SPEC.md
	Says   string `json:"says"`
}

type failureJSON struct {
	Line     int                `json:"line"`   // of the state in the file; 0: the initial state is missing
	Action   string             `json:"action"` // taken in that state; "": it is about the state itself
	Reason   string             `json:"reason"` // in words
	Machines []machineStateJSON `json:"machines"`
}

type machineStateJSON struct {
	Machine   string `json:"machine"`
	State     string `json:"state"`     // the encoding of its local state, in hexadecimal; "" where there is none
	Successor string `json:"successor"` // that after the action
}

func newVerify(c *console) *cobra.Command {
	var timeout time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check a certificate without the prover",
		Long: `Checks a certificate, a set of states that is claimed to prove properties of a system: that the set contains
the initial state, that no step leads out of it, and that every property holds in each state and on each step.
The checker is small and has no code in common with the prover; it believes nothing in the file, and runs the
machines of the system itself. SPEC.md, section Trust, says what has to be believed all the same. FILE is a
certificate, or - for standard input.`,
		Example: `  lockstep verify two-phase-commit.certificate
  lockstep verify --json - < FILE.certificate`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("takes one certificate, or - for standard input; got %d arguments", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if timeout < 0 {
				return usage("--timeout cannot be negative")
			}
			return c.verify(cmd.Context(), args[0], timeout, asJSON)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []cobra.Completion{"certificate"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.DurationVar(&timeout, "timeout", 0, "bound on the time `D`, such as 90s or 10m (default: none)")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) verify(ctx context.Context, path string, timeout time.Duration, asJSON bool) error {
	start := time.Now()
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, fmt.Errorf("time bound %v reached", timeout))
		defer cancel()
	}
	name, in := path, c.stdin
	if path == "-" {
		name = "standard input"
	} else {
		f, err := os.Open(path)
		if err != nil {
			return failed(wrongUsage, err)
		}
		defer f.Close()
		in = f
	}
	cert, err := certificate.Open(in)
	if err != nil {
		return usage("%s: %w", name, err)
	}
	about, err := certified(cert)
	if err != nil {
		return usage("%s: %w", name, err)
	}
	report, err := cert.Check(ctx, about.system, about.properties())
	var failure *certificate.Failure
	var malformed *certificate.Malformed
	switch {
	case err == nil || errors.As(err, &failure):
	case ctx.Err() != nil && !errors.As(err, &malformed):
		return failed(undecided, fmt.Errorf("%s: %w", name, err))
	default:
		return usage("%s: %w", name, err)
	}
	if asJSON {
		c.printJSON(verifyObject(about, cert, report, failure, time.Since(start)))
	} else {
		c.printVerified(about, cert, name, report, failure)
	}
	if failure != nil {
		return failed(violated, nil)
	}
	return nil
}

// certified builds what the header of a certificate names.
func certified(cert *certificate.Certificate) (*choice, error) {
	var stated []spec.Setting
	for _, p := range cert.Parameters {
		stated = append(stated, spec.Setting(p))
	}
	about, err := spec.Resolve(cert.System, stated, cert.Properties[0])
	if err != nil {
		return nil, err
	}
	sys, claims, err := about.Entry.Instance(about.Settings)
	if err != nil {
		return nil, err
	}
	c := &choice{entry: about.Entry, settings: about.Settings, system: sys}
	for _, name := range cert.Properties {
		i := slices.IndexFunc(claims, func(p spec.Claim) bool { return p.Name == name })
		if i < 0 {
			return nil, about.Entry.UnknownProperty(name)
		}
		c.claims = append(c.claims, claims[i])
	}
	return c, nil
}

func (c *console) printVerified(about *choice, cert *certificate.Certificate, name string, r certificate.Report, f *certificate.Failure) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %v\n", paint(c.color(), bold, about.entry.Name), about.settings)
	if f != nil {
		fmt.Fprintf(&b, "%s %s: %v\n\n", paint(c.color(), alarm, "✗ the certificate does not hold:"), name, f)
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		heading := "successor"
		if f.Line == 0 {
			heading = "missing"
		}
		fmt.Fprintf(w, "  machine\tstate\t%s\n", heading)
		for _, m := range machinesOf(f) {
			if m.Successor == m.State {
				m.Successor = ""
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\n", m.Machine, m.State, m.Successor)
		}
		w.Flush()
		c.printf("%s", b.String())
		return
	}
	images := ""
	if cert.Symmetry {
		images = " and their images"
	}
	fmt.Fprintf(&b, "%s the certificate holds: %d states%s, the initial one among them; none of their %d steps leads out; proved:\n",
		paint(c.color(), green, "✓"), r.States, images, r.Steps)
	for _, p := range about.claims {
		fmt.Fprintf(&b, "  %s (%s): %s\n", p.Name, p.Clause, p.Says)
	}
	c.printf("%s", b.String())
}

func verifyObject(about *choice, cert *certificate.Certificate, r certificate.Report, f *certificate.Failure, took time.Duration) verifyJSON {
	o := verifyJSON{
		Schema: verifySchema, System: about.entry.Name, Parameters: jsonParameters(about.entry, about.settings),
		Symmetry: cert.Symmetry, Holds: f == nil, States: r.States, Steps: r.Steps, Seconds: took.Seconds(),
	}
	for _, p := range about.claims {
		o.Properties = append(o.Properties, certifiedPropertyJSON{p.Name, p.Clause, p.Says})
	}
	if f != nil {
		o.Failure = &failureJSON{f.Line, f.Action, f.Reason, machinesOf(f)}
	}
	return o
}

// machinesOf renders the states of a failure, machine by machine.
func machinesOf(f *certificate.Failure) []machineStateJSON {
	all := make([]machineStateJSON, f.System.Len())
	encoding := func(v model.View, i int) string {
		if v == nil {
			return ""
		}
		return fmt.Sprintf("%x", v[i].AppendState(nil))
	}
	for i := range all {
		all[i] = machineStateJSON{f.System.Name(model.ID(i)), encoding(f.State, i), encoding(f.Successor, i)}
	}
	return all
}
