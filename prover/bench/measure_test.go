package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 100, 2}, 3}} {
		before := append([]float64(nil), c.values...)
		if got := median(c.values); got != c.want {
			t.Errorf("the median of %v is %v; want %v", c.values, got, c.want)
		}
		if diff := cmp.Diff(before, c.values); diff != "" {
			t.Errorf("the values are reordered (-before +after):\n%s", diff)
		}
	}
}

func TestFigures(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 288: "288", 8_832: "8 832", 10_340_352: "10 340 352", -1_000: "-1 000", -100: "-100"} {
		if got := thin(n); got != want {
			t.Errorf("%d is %q; want %q", n, got, want)
		}
	}
	for x, want := range map[float64]string{0.25: "0.25", 1. / 3: "0.333", 22.04: "22", 26.44: "26.4", 370.4: "370", 12345: "12345"} {
		if got := figure(x); got != want {
			t.Errorf("%v is %q; want %q", x, got, want)
		}
	}
}

// A run of ours with other counts, or a peak that its parent's account contradicts, is no figure.
func TestOursIsCompared(t *testing.T) {
	known := counts{distinct: 288, generated: 1_146, levels: 10}
	good := explored{States: 288, Transitions: 1_145, Depth: 10, PeakBytes: 400 << 20}
	if err := good.check(known, 400<<20); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*explored){
		"states": func(e *explored) { e.States++ }, "transitions": func(e *explored) { e.Transitions++ }, "depth": func(e *explored) { e.Depth-- },
		"peak too low": func(e *explored) { e.PeakBytes /= 2 }, "peak too high": func(e *explored) { e.PeakBytes *= 2 },
	} {
		e := good
		change(&e)
		if err := e.check(known, 400<<20); err == nil {
			t.Errorf("%s: %+v passes", name, e)
		}
	}
}

// The runner explores all states, whatever the symmetry: the counts are the published ones.
func TestExplore(t *testing.T) {
	var out bytes.Buffer
	if err := run(context.Background(), []string{exploreVerb, "-workers=2", commitName, "rm=3"}, &out, &out); err != nil {
		t.Fatal(err)
	}
	var got explored
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if err := got.check(counts{distinct: 288, generated: 1_146, levels: 10}, got.PeakBytes); err != nil || got.Seconds <= 0 || got.PeakBytes < 1<<20 {
		t.Errorf("%+v: %v", got, err)
	}
	for _, args := range [][]string{{}, {"classic/none"}, {commitName, "rm=0"}} {
		if err := run(context.Background(), append([]string{exploreVerb}, args...), &out, &out); err == nil {
			t.Errorf("%s passes", strings.Join(args, " "))
		}
	}
}
