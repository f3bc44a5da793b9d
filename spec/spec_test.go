package spec_test

import (
	"context"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

func TestAll(t *testing.T) {
	for _, e := range spec.Catalogue() {
		choices, err := e.Choices()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range choices {
			sys, claims, err := e.Instance(s)
			if err != nil {
				t.Fatal(err)
			}
			var ps []model.Property
			for _, c := range claims {
				ps = append(ps, c.Property)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			rs, err := prover.Explore(ctx, sys, ps, prover.Options{NoSymmetry: false})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(e.Name, s)
			for i, r := range rs {
				mark := ""
				if r.Verdict != claims[i].Claimed {
					mark = "<<<<<<<<< claimed " + claims[i].Claimed.String()
				}
				t.Log("   ", r.Property.Name, r.Verdict, r.Reason, r.States, r.Transitions, r.Depth, len(r.Trace), r.Elapsed, mark)
				if mark != "" {
					for _, a := range r.Trace {
						t.Log("        ", sys.Name(a.Machine), a.Event)
					}
				}
			}
		}
	}
}
