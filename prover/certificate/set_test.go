package certificate

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The set is one, whatever the widths of its fields and however many words they take: a map says the same.
func TestSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := rapid.SliceOfN(rapid.OneOf(rapid.Uint32Range(1, 4), rapid.Uint32Range(1, tooLarge-1)), 1, 12).Draw(t, "limits")
		s, seen := newSet(limits), map[string]int{}
		vector := rapid.Custom(func(t *rapid.T) []uint32 {
			v := make([]uint32, len(limits))
			for m, limit := range limits {
				v[m] = rapid.OneOf(rapid.Uint32Range(0, limit-1), rapid.Just(limit-1)).Draw(t, "number")
			}
			return v
		})
		back := make([]uint32, len(limits))
		for _, v := range rapid.SliceOfN(vector, 0, 60).Draw(t, "vectors") {
			key := fmt.Sprint(v)
			at, known := seen[key]
			if s.has(v) != known {
				t.Fatalf("has %v: %t, want %t", v, !known, known)
			}
			i, isNew := s.add(v)
			if isNew == known || known && i != at || !known && i != len(seen) {
				t.Fatalf("add %v: %d, %t; known %t at %d of %d", v, i, isNew, known, at, len(seen))
			}
			seen[key] = i
			if s.unpack(back, i); !slices.Equal(back, v) || !s.has(v) {
				t.Fatalf("state %d is %v, added %v", i, back, v)
			}
			for m, limit := range limits { // a number that is in no state
				v[m] = limit
				if s.has(v) {
					t.Fatalf("has %v, of limits %v", v, limits)
				}
				v[m] = back[m]
			}
		}
	})
}
