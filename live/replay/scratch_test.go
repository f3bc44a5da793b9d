package replay_test

import (
	"context"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

func TestScratch(t *testing.T) {
	for _, c := range []string{
		"belief-exclusion reset=1 blackhole=0",
		"belief-exclusion reset=0 blackhole=1",
		"belief-exclusion reset=0 blackhole=0 pause=1",
		"verify-truth verify=publish reconnect=true",
		"verify-truth verify=publish reconnect=true reset=1 blackhole=0",
		"release-on-verify verify=redeclare reconnect=true",
		"release-effective reset=1 blackhole=0",
		"release-effective release=channel",
		"release-effective release=connection reconnect=true",
		"release-effective verify=publish",
		"deadlock-freedom heartbeat=false",
	} {
		w := strings.Fields(c)
		e, _ := spec.Find("mutex/exclusive-queue")
		var set []spec.Setting
		for _, x := range w[1:] {
			n, v, _ := strings.Cut(x, "=")
			set = append(set, spec.Setting{Name: n, Value: v})
		}
		s, err := e.Settings(set...)
		if err != nil {
			t.Fatal(err)
		}
		sys, claims, err := e.Instance(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, cl := range claims {
			if cl.Name != w[0] {
				continue
			}
			rs, err := prover.Explore(context.Background(), sys, []model.Property{cl.Property}, prover.Options{})
			if err != nil {
				t.Fatal(err)
			}
			tr, err := traces.Record(sys, traces.Trace{System: e.Name, Property: cl.Name, Expect: rs[0].Verdict}, rs[0].Trace)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("=========== %s\n%s", c, tr)
		}
	}
}
