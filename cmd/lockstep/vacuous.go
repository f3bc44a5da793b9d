package main

import (
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/prover"
)

// vacuousJSON is what never happened in a system.
type vacuousJSON struct {
	System string   `json:"system"`
	Never  []string `json:"never"` // sentences
}

// vacuous is what never happened in the rows of one system that were explored to their end, and in no other row either.
func vacuous(outcomes []*outcome) []string {
	var all []prover.Result
	for _, o := range outcomes {
		all = append(all, o.results...)
	}
	return prover.Vacuous(all...)
}

// writeVacuous tells it, in a line each.
func writeVacuous(b *strings.Builder, outcomes []*outcome) {
	for i, never := range vacuous(outcomes) {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "  vacuous: %s\n", never)
	}
}

// vacuousObjects has those of the systems that have any.
func vacuousObjects(outcomes []*outcome) []vacuousJSON {
	all := []vacuousJSON{}
	for len(outcomes) > 0 {
		n := 1
		for n < len(outcomes) && outcomes[n].entry.Name == outcomes[0].entry.Name {
			n++
		}
		if never := vacuous(outcomes[:n]); never != nil {
			all = append(all, vacuousJSON{outcomes[0].entry.Name, never})
		}
		outcomes = outcomes[n:]
	}
	return all
}
