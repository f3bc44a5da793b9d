package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// Subject is what a trace is about: one system of the catalogue and one claim about it.
type Subject struct {
	Entry    *Entry
	Settings Settings
	System   *model.System
	Claim    Claim
}

// Resolve builds the subject that the header of a trace names. All parameters of the system have to be stated: a trace is no
// trace of the defaults, which may change. The error names what is unknown, out of range or missing.
func Resolve(system string, stated []Setting, property string) (*Subject, error) {
	e, err := Find(system)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(e.Properties, func(p Property) bool { return p.Name == property })
	if i < 0 {
		return nil, e.UnknownProperty(property)
	}
	s, err := e.Settings(stated...)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, p := range e.Parameters {
		if !slices.ContainsFunc(stated, func(s Setting) bool { return s.Name == p.Name }) {
			missing = append(missing, p.Name)
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("the header states all parameters of %s, and lacks %s", e.Name, strings.Join(missing, ", "))
	}
	sys, claims, err := e.Instance(s)
	if err != nil {
		return nil, err
	}
	return &Subject{e, s, sys, claims[i]}, nil
}

// UnknownProperty is the error that e has no property of that name. It lists those that there are.
func (e *Entry) UnknownProperty(name string) error {
	names := make([]string, len(e.Properties))
	for i, p := range e.Properties {
		names[i] = p.Name
	}
	return fmt.Errorf("%s has no property %q; it has %s", e.Name, name, strings.Join(names, ", "))
}
