package model_test

import (
	"testing"

	"github.com/lockstep-prover/lockstep/model"
)

type parcel struct {
	weight   int
	content  model.Event
	wrapping struct{ inner model.Event }
}

func (parcel) String() string { return "parcel" }

type colour int

func (colour) String() string { return "red" }

func TestClassOf(t *testing.T) {
	nested := parcel{content: parcel{content: tick{}}}
	nested.wrapping.inner = colour(1)
	for want, e := range map[string]model.Event{
		"model_test.tick":                    tick{n: 7},
		"model_test.colour(red)":             colour(1), // no struct: each value is a class
		"model_test.parcel":                  parcel{weight: 3},
		"model_test.parcel[model_test.tick]": parcel{content: tick{}},
		"model_test.parcel[model_test.parcel[model_test.tick], model_test.colour]": nested,
	} {
		if got := model.ClassOf(e); got != want {
			t.Errorf("%#v: %s; want %s", e, got, want)
		}
	}
	for _, c := range []struct {
		class, part string
		want        bool
	}{
		{"a.B", "a.B", true}, {"a.B", "a.B[c.D]", true}, {"a.B", "a.BC", false}, {"a.B[c.D]", "a.B", false},
	} {
		if got := model.Includes(c.class, c.part); got != c.want {
			t.Errorf("Includes(%q, %q) = %t", c.class, c.part, got)
		}
	}
}
