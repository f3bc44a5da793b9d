package spec_test

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/spec"
)

// anySettings draws a valid choice of an entry's parameters, small enough to be explored in a moment.
func anySettings(t *rapid.T, e *spec.Entry) spec.Settings {
	var chosen []spec.Setting
	for _, p := range e.Parameters {
		value := ""
		if p.Values != nil {
			value = rapid.SampledFrom(p.Values).Draw(t, p.Name)
		} else {
			value = strconv.Itoa(rapid.IntRange(p.Min, max(p.Min, min(p.Max, 3))).Draw(t, p.Name))
		}
		chosen = append(chosen, spec.Setting{Name: p.Name, Value: value})
	}
	s, err := e.Settings(chosen...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every machine of every system keeps the contract of model.Machine, and every declared symmetry is one.
func TestConform(t *testing.T) {
	kinds := map[string][]*spec.Entry{}
	for _, e := range spec.Catalogue() {
		kind, _, _ := strings.Cut(e.Name, "/")
		kinds[kind] = append(kinds[kind], e)
	}
	for kind, entries := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				e := rapid.SampledFrom(entries).Draw(t, "system")
				sys, claims, err := e.Instance(anySettings(t, e))
				if err != nil {
					t.Fatal(err)
				}
				var monitors []model.Member
				for _, c := range claims {
					if c.Kind == model.Monitored {
						monitors = append(monitors, model.Member{Name: c.MonitorName(), Machine: c.Monitor})
					}
				}
				if sys, err = sys.With(monitors...); err != nil {
					t.Fatal(err)
				}
				choose := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
				if err := model.Conform(sys, choose, 60); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestSettingsRefuse(t *testing.T) {
	e, err := spec.Find("mutex/exclusive-queue")
	if err != nil {
		t.Fatal(err)
	}
	set := func(name, value string) []spec.Setting { return []spec.Setting{{Name: name, Value: value}} }
	for want, chosen := range map[string][]spec.Setting{
		`has no parameter "slots"; it has clients, verify`:         set("slots", "1"),
		`clients cannot be "0"; it can be a number from 1 to 5`:    set("clients", "0"),
		`clients cannot be "02"`:                                   set("clients", "02"),
		`verify cannot be "ping"; it can be publish, passive, red`: set("verify", "ping"),
		`parameter reset is both "1" and "2"`:                      append(set("reset", "1"), set("reset", "2")...),
	} {
		if _, err := e.Settings(chosen...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want one that says %s", err, want)
		}
	}
	if _, err := spec.Find("mutex/none"); err == nil || !strings.Contains(err.Error(), `unknown system "mutex/none"; there are: mutex/exclusive-queue, `) {
		t.Errorf("Find: %v", err)
	}
}

// What is chosen on the command line stands in every case, and a case that says nothing else is not run twice.
func TestChoices(t *testing.T) {
	e, err := spec.Find("classic/two-phase-commit")
	if err != nil {
		t.Fatal(err)
	}
	all, err := e.Choices()
	if err != nil || len(all) != 3 || all[0].String() != "rm=3" {
		t.Errorf("Choices() = %v, %v", all, err)
	}
	one, err := e.Choices(spec.Setting{Name: "rm", Value: "4"})
	if err != nil || len(one) != 1 || one[0].String() != "rm=4" {
		t.Errorf("Choices(rm=4) = %v, %v", one, err)
	}
}

// Every property names a clause of SPEC.md, no two the same name, and has a claim for every case.
func TestCatalogueIsComplete(t *testing.T) {
	for _, e := range spec.Catalogue() {
		names := map[string]bool{}
		for _, p := range e.Properties {
			if p.Name == "" || p.Clause == "" || p.Says == "" || names[p.Name] {
				t.Errorf("%s: property %+v is incomplete or there twice", e.Name, p)
			}
			names[p.Name] = true
		}
		choices, err := e.Choices()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range choices {
			_, claims, err := e.Instance(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range claims {
				if c.Claimed == model.Unknown || !names[c.Name] {
					t.Errorf("%s %v: %s is claimed %v", e.Name, s, c.Name, c.Claimed)
				}
			}
		}
	}
}
