package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// Entry is a system of the catalogue: a family of systems, one for each choice of parameters.
type Entry struct {
	Name       string      // "mutex/exclusive-queue"
	Summary    string      // one line
	Parameters []Parameter // in the order in which they are printed
	Cases      [][]Setting // the choices that a run without arguments makes; what a case does not set has its default
	Properties []Property  // in the order in which they are reported
	Abstract   bool        // there is no broker in it: its traces are drawn, and cannot be replayed

	build func(Settings) (*model.System, []model.Property, error)
}

// Property is a property of an entry's systems as SPEC.md states it.
type Property struct {
	Name   string // "belief-exclusion"
	Clause string // "P-2"
	Says   string // one line
	// Claim is the verdict that SPEC.md claims for a choice of parameters.
	Claim func(Settings) model.Verdict
}

// Parameter is one choice to make.
type Parameter struct {
	Name    string
	Help    string // one line
	Default string
	Values  []string // the allowed values; nil: an integer
	Min     int      // the least integer
	Max     int      // the largest integer
	Fault   bool     // a budget: how often a fault may happen, from 0; a larger one only adds runs (SPEC.md, D-23)
}

// Range renders the values that the parameter may have.
func (p Parameter) Range() string {
	if p.Values == nil {
		return fmt.Sprintf("%d to %d", p.Min, p.Max)
	}
	return strings.Join(p.Values, ", ")
}

func (p Parameter) check(value string) error {
	if p.Values != nil {
		if !slices.Contains(p.Values, value) {
			return fmt.Errorf("parameter %s cannot be %q; it can be %s", p.Name, value, p.Range())
		}
		return nil
	}
	if n, err := strconv.Atoi(value); err != nil || n < p.Min || n > p.Max || strconv.Itoa(n) != value {
		return fmt.Errorf("parameter %s cannot be %q; it can be a number from %s", p.Name, value, p.Range())
	}
	return nil
}

// Setting is a parameter with a value.
type Setting struct{ Name, Value string }

// String is the setting as it is written on a command line.
func (s Setting) String() string { return s.Name + "=" + s.Value }

// Settings is a valid value for every parameter of an entry, in the entry's order.
type Settings []Setting

// String is the settings as a trace's header has them.
func (s Settings) String() string {
	words := make([]string, len(s))
	for i, v := range s {
		words[i] = v.String()
	}
	return strings.Join(words, " ")
}

// Value returns the value of the parameter. It panics if there is no such parameter, which is a defect of the catalogue.
func (s Settings) Value(name string) string {
	for _, v := range s {
		if v.Name == name {
			return v.Value
		}
	}
	panic("spec: no parameter " + name)
}

// Int returns an integer parameter.
func (s Settings) Int(name string) int {
	n, err := strconv.Atoi(s.Value(name))
	if err != nil {
		panic("spec: parameter " + name + " is not a number")
	}
	return n
}

// Bool returns whether a parameter is "true".
func (s Settings) Bool(name string) bool { return s.Value(name) == "true" }

// Settings completes a choice by the defaults. The error names the parameter that is unknown, given twice with different
// values, or out of range.
func (e *Entry) Settings(chosen ...Setting) (Settings, error) {
	all := make(Settings, len(e.Parameters))
	given := map[string]string{}
	for _, c := range chosen {
		i := slices.IndexFunc(e.Parameters, func(p Parameter) bool { return p.Name == c.Name })
		if i < 0 {
			return nil, fmt.Errorf("%s has no parameter %q; it has %s", e.Name, c.Name, e.parameterNames())
		}
		if err := e.Parameters[i].check(c.Value); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
		if v, twice := given[c.Name]; twice && v != c.Value {
			return nil, fmt.Errorf("parameter %s is both %q and %q", c.Name, v, c.Value)
		}
		given[c.Name] = c.Value
	}
	for i, p := range e.Parameters {
		value, ok := given[p.Name]
		if !ok {
			value = p.Default
		}
		all[i] = Setting{p.Name, value}
	}
	return all, nil
}

func (e *Entry) parameterNames() string {
	names := make([]string, len(e.Parameters))
	for i, p := range e.Parameters {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

// Choices returns the settings of every case, with what is chosen in place of what a case says, each once.
func (e *Entry) Choices(chosen ...Setting) ([]Settings, error) {
	if _, err := e.Settings(chosen...); err != nil {
		return nil, err
	}
	var all []Settings
	for _, c := range e.Cases {
		merged := slices.Clone(chosen)
		for _, s := range c {
			if !slices.ContainsFunc(chosen, func(o Setting) bool { return o.Name == s.Name }) {
				merged = append(merged, s)
			}
		}
		s, err := e.Settings(merged...)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(o Settings) bool { return slices.Equal(o, s) }) {
			all = append(all, s)
		}
	}
	return all, nil
}

// Claim is a property of one system, with what SPEC.md says of it.
type Claim struct {
	model.Property
	Clause  string
	Says    string
	Claimed model.Verdict
}

// Instance builds the system for settings that Settings returned, and its properties in the order of e.Properties.
func (e *Entry) Instance(s Settings) (*model.System, []Claim, error) {
	sys, properties, err := e.build(s)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %v: %w", e.Name, s, err)
	}
	claims := make([]Claim, len(e.Properties))
	for i, p := range e.Properties {
		if properties[i].Name != p.Name {
			panic(fmt.Sprintf("spec: %s: property %d is %q in the catalogue and %q in the system", e.Name, i, p.Name, properties[i].Name))
		}
		claims[i] = Claim{properties[i], p.Clause, p.Says, p.Claim(s)}
	}
	return sys, claims, nil
}
