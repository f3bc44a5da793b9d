package spec

import (
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// Catalogue returns every named system.
func Catalogue() []*Entry {
	return []*Entry{exclusiveQueue(), twoPhaseCommit()}
}

// Subject builds the system that a trace's header names and returns it with what is claimed of the property. The error names
// what is unknown.
func Subject(system string, chosen []Setting, property string) (*model.System, Claim, error) {
	e, err := Find(system)
	if err != nil {
		return nil, Claim{}, err
	}
	s, err := e.Settings(chosen...)
	if err != nil {
		return nil, Claim{}, err
	}
	sys, claims, err := e.Instance(s)
	if err != nil {
		return nil, Claim{}, err
	}
	for _, c := range claims {
		if c.Name == property {
			return sys, c, nil
		}
	}
	return nil, Claim{}, fmt.Errorf("%s has no property %q", system, property)
}

// Find returns the entry of that name. The error lists the names there are.
func Find(name string) (*Entry, error) {
	var names []string
	for _, e := range Catalogue() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return nil, fmt.Errorf("unknown system %q; there are: %s", name, strings.Join(names, ", "))
}
