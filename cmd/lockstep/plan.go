package main

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/spec"
)

// choice is one exploration to make: a system for one choice of parameters, and the properties to decide of it.
type choice struct {
	entry    *spec.Entry
	settings spec.Settings
	system   *model.System
	claims   []spec.Claim
}

func (c *choice) properties() []model.Property {
	var all []model.Property
	for _, p := range c.claims {
		all = append(all, p.Property)
	}
	return all
}

// plan lists what to explore, system by system.
//
// With systems named, a setting or a property must be known to each of them. Without, the whole catalogue is meant: a
// setting applies where there is such a parameter, a system that has none of the properties is left out, and only what no
// system knows is an error.
func plan(systems []string, set []spec.Setting, properties []string) ([][]*choice, error) {
	entries, err := entriesOf(systems)
	if err != nil {
		return nil, err
	}
	if len(systems) == 0 {
		if err := knownToSome(entries, set, properties); err != nil {
			return nil, err
		}
	}
	var all [][]*choice
	for _, e := range entries {
		ours, selected := set, properties
		if len(systems) == 0 {
			ours = slices.DeleteFunc(slices.Clone(set), func(s spec.Setting) bool { return !hasParameter(e, s.Name) })
			selected = slices.DeleteFunc(slices.Clone(properties), func(p string) bool { return !answersTo(e, p) })
			if len(properties) > 0 && len(selected) == 0 {
				continue
			}
		}
		choices, err := explorations(e, ours, selected)
		if err != nil {
			return nil, err
		}
		all = append(all, choices)
	}
	return all, nil
}

// entriesOf finds systems by name, each once; no name means all.
func entriesOf(names []string) ([]*spec.Entry, error) {
	if len(names) == 0 {
		return spec.Catalogue(), nil
	}
	var all []*spec.Entry
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		e, err := spec.Find(name)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func hasParameter(e *spec.Entry, name string) bool {
	return slices.ContainsFunc(e.Parameters, func(p spec.Parameter) bool { return p.Name == name })
}

func hasProperty(e *spec.Entry, name string) bool {
	return slices.ContainsFunc(e.Properties, func(p spec.Property) bool { return p.Name == name })
}

// answersTo reports whether the system has a property of that name, or properties of that clause.
func answersTo(e *spec.Entry, word string) bool {
	return hasProperty(e, word) || slices.ContainsFunc(e.Properties, func(p spec.Property) bool { return p.Clause == word })
}

func knownToSome(entries []*spec.Entry, set []spec.Setting, properties []string) error {
	for _, s := range set {
		if !slices.ContainsFunc(entries, func(e *spec.Entry) bool { return hasParameter(e, s.Name) }) {
			return fmt.Errorf("no system has a parameter %q; see lockstep list", s.Name)
		}
	}
	for _, p := range properties {
		if !slices.ContainsFunc(entries, func(e *spec.Entry) bool { return answersTo(e, p) }) {
			return fmt.Errorf("no system has a property %q; see lockstep list", p)
		}
	}
	return nil
}

func explorations(e *spec.Entry, set []spec.Setting, properties []string) ([]*choice, error) {
	for _, p := range properties {
		if !answersTo(e, p) {
			return nil, e.UnknownProperty(p)
		}
	}
	all, err := choicesOf(e, set)
	if err != nil {
		return nil, err
	}
	var choices []*choice
	for _, s := range all {
		c, err := newChoice(e, s, properties)
		if err != nil {
			return nil, err
		}
		choices = append(choices, c)
	}
	return choices, nil
}

// choicesOf is the choices of parameters to explore, with what is set in all of them; that with the
// defaults for all else, if it is among them, comes first.
func choicesOf(e *spec.Entry, set []spec.Setting) ([]spec.Settings, error) {
	all, err := e.Choices(set...)
	if err != nil {
		return nil, err
	}
	defaults := must(e.Settings(set...)) // Choices has made sure of them
	if i := slices.IndexFunc(all, func(s spec.Settings) bool { return slices.Equal(s, defaults) }); i > 0 {
		all = slices.Concat(all[i:i+1], all[:i], all[i+1:])
	}
	return all, nil
}

// newChoice builds a system with some of its properties, by name or clause, which it has; none means all.
func newChoice(e *spec.Entry, s spec.Settings, properties []string) (*choice, error) {
	sys, claims, err := e.Instance(s)
	if err != nil {
		return nil, err
	}
	if len(properties) > 0 {
		claims = slices.DeleteFunc(claims, func(c spec.Claim) bool {
			return !slices.Contains(properties, c.Name) && !slices.Contains(properties, c.Clause)
		})
	}
	return &choice{e, s, sys, claims}, nil
}
