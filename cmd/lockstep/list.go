package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/spec"
)

// listJSON is the object of `list --json`.
type listJSON struct {
	Schema  string       `json:"schema"` // "lockstep/list/v1"
	Systems []systemJSON `json:"systems"`
}

type systemJSON struct {
	Name       string          `json:"name"`
	Summary    string          `json:"summary"`
	Parameters []parameterJSON `json:"parameters"`
	Properties []propertyJSON  `json:"properties"`
	Cases      []caseJSON      `json:"cases"` // what a run without --set explores
}

type parameterJSON struct {
	Name    string `json:"name"`
	Help    string `json:"help"`
	Default any    `json:"default"`          // a number, a boolean or a string
	Values  []any  `json:"values,omitempty"` // what it can be, if it is no number
	Min     *int   `json:"min,omitempty"`    // the least number
	Max     *int   `json:"max,omitempty"`    // the largest number
}

type propertyJSON struct {
	Name   string `json:"name"`
	Clause string `json:"clause"` // of SPEC.md
	Says   string `json:"says"`
	Claim  string `json:"claim"` // with every parameter at its default: "proved", "refuted" or "unknown"
}

type caseJSON struct {
	Parameters map[string]any    `json:"parameters"`
	Claims     map[string]string `json:"claims"` // by property
}

func newList(c *console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [SYSTEM...]",
		Short: "List the systems, their parameters, properties and claims",
		Long: `Lists the catalogue: each system with its parameters (default and range) and its properties, each with the
clause of SPEC.md that states it and the verdict that SPEC.md claims while every parameter has its default.
With a SYSTEM, also the choices of parameters that "lockstep prove" makes, and what is claimed of each.`,
		Example: `  lockstep list
  lockstep list mutex/exclusive-queue
  lockstep list --json`,
		RunE: func(_ *cobra.Command, args []string) error {
			return c.list(args, asJSON)
		},
		ValidArgsFunction: completeSystems,
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) list(systems []string, asJSON bool) error {
	entries, err := entriesOf(systems)
	if err != nil {
		return failed(wrongUsage, err)
	}
	object := listJSON{Schema: listSchema}
	for i, e := range entries {
		if asJSON {
			object.Systems = append(object.Systems, systemObject(e))
			continue
		}
		if i > 0 {
			c.printf("\n")
		}
		c.listSystem(e, len(systems) > 0)
	}
	if asJSON {
		c.printJSON(object)
	}
	return nil
}

// listSystem prints a system, with what is claimed of its choices if details are wanted.
func (c *console) listSystem(e *spec.Entry, details bool) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n\n", paint(c.color(), bold, e.Name), e.Summary)
	parameters := &table{label: "parameter", columns: []column{{head: []string{"default"}}, {head: []string{"range"}}, {head: []string{""}}}}
	for _, p := range e.Parameters {
		parameters.rows = append(parameters.rows, row{p.Name, []cell{{text: p.Default}, {text: p.Range()}, {text: p.Help}}})
	}
	parameters.render(&b, wide, c.color())
	defaults := must(e.Settings())
	properties := &table{label: "property", columns: []column{{head: []string{"clause"}}, {head: []string{"claim"}}, {head: []string{""}}}}
	for _, p := range e.Properties {
		claim := p.Claim(defaults)
		properties.rows = append(properties.rows, row{p.Name, []cell{{text: p.Clause}, claimCell(claim), {text: p.Says}}})
	}
	b.WriteByte('\n')
	properties.render(&b, wide, c.color())
	choices := must(choicesOf(e, nil))
	words := "choices"
	if len(choices) == 1 {
		words = "choice"
	}
	fmt.Fprintf(&b, "\n  prove explores %d %s of parameters", len(choices), words)
	if !details {
		fmt.Fprintf(&b, ": %s list %s\n", c.program, e.Name)
	} else {
		b.WriteString("\n")
		always, mostly := common(choices)
		writeCommon(&b, always, mostly)
		b.WriteByte('\n')
		claimTable(e, choices, always, mostly).render(&b, c.width(), c.color())
	}
	c.printf("%s", b.String())
}

// claimTable has a row for each choice and a column for each property.
func claimTable(e *spec.Entry, choices []spec.Settings, always, mostly spec.Settings) *table {
	t := &table{}
	for _, s := range choices {
		r := row{label: differences(e, s, always, mostly)}
		for _, p := range e.Properties {
			r.cells = append(r.cells, claimCell(p.Claim(s)))
		}
		t.rows = append(t.rows, r)
	}
	for i, p := range e.Properties {
		t.property(i, p.Name, p.Clause)
	}
	return t
}

func claimCell(v model.Verdict) cell { return cell{text: v.String(), style: verdictStyle(v)} }

func systemObject(e *spec.Entry) systemJSON {
	s := systemJSON{Name: e.Name, Summary: e.Summary}
	for _, p := range e.Parameters {
		o := parameterJSON{Name: p.Name, Help: p.Help, Default: jsonValue(p, p.Default)}
		for _, v := range p.Values {
			o.Values = append(o.Values, jsonValue(p, v))
		}
		if p.Values == nil {
			o.Min, o.Max = &p.Min, &p.Max
		}
		s.Parameters = append(s.Parameters, o)
	}
	defaults := must(e.Settings())
	for _, p := range e.Properties {
		s.Properties = append(s.Properties, propertyJSON{p.Name, p.Clause, p.Says, p.Claim(defaults).String()})
	}
	for _, choice := range must(choicesOf(e, nil)) {
		claims := map[string]string{}
		for _, p := range e.Properties {
			claims[p.Name] = p.Claim(choice).String()
		}
		s.Cases = append(s.Cases, caseJSON{jsonParameters(e, choice), claims})
	}
	return s
}

// must is for what the catalogue says of itself; a defect there is ours.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("lockstep: the catalogue is wrong: %v", err))
	}
	return v
}
