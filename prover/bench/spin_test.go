package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exhausted is a report as SPIN 6.5.2 writes it, in full, with numbers of more than eight digits.
const exhausted = `
(Spin Version 6.5.2 -- 6 December 2019)

Full statespace search for:
	never claim         	- (none specified)
	assertion violations	+
	cycle checks       	- (disabled by -DSAFETY)
	invalid end states	- (disabled by -E flag)

State-vector 20 byte, depth reached 28, errors: 0
 10340352 states, stored
1.1321805e+08 states, matched
1.235584e+08 transitions (= stored+matched)
        0 atomic steps
hash conflicts:  22430581 (resolved)

Stats on memory usage (in Megabytes):
  394.453	equivalent memory usage for states (stored*(State-vector + overhead))
  730.922	total actual memory usage


pan: elapsed time 14.2 seconds
`

func TestParseSpin(t *testing.T) {
	got, err := parseSpin(exhausted)
	if err != nil {
		t.Fatal(err)
	}
	want := spinCounts{stored: "10340352", transitions: "1.235584e+08", vector: 20, depth: 28}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(spinCounts{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := got.check(counts{distinct: 10_340_352, generated: 123_558_402}); err != nil {
		t.Error(err)
	}
}

// A count that is off in a digit that SPIN prints is noticed.
func TestSpinsCountsAreCompared(t *testing.T) {
	c, err := parseSpin(exhausted)
	if err != nil {
		t.Fatal(err)
	}
	for _, known := range []counts{
		{distinct: 10_340_353, generated: 123_558_402}, {distinct: 10_340_352, generated: 123_558_412}, {distinct: 103_403_520, generated: 123_558_402},
	} {
		if err := c.check(known); err == nil {
			t.Errorf("%+v passes for %+v", c, known)
		}
	}
}

// What is not a full, untruncated search without errors is no figure.
func TestParseSpinRefuses(t *testing.T) {
	for name, change := range map[string]struct{ old, new, want string }{
		"depth":        {"\nFull", "error: max search depth too small\n\nFull", "max search depth too small"},
		"memory":       {"\nFull", "pan: reached -DMEMLIM bound\n\nFull", "-DMEMLIM"},
		"interrupted":  {"\nFull", "Warning: Search not completed\n\nFull", "Search not completed"},
		"hash compact": {"Full statespace search", "Hash-Compact 4 search", "not of a full"},
		"bitstate":     {"Full statespace search", "Bit statespace search", "not of a full"},
		"error":        {"errors: 0", "errors: 1", "found 1 errors"},
		"no states":    {"states, stored", "states, lost", "no counts"},
		"cut short":    {exhausted[strings.Index(exhausted, "1.235584"):], "", "no counts"},
	} {
		report := strings.Replace(exhausted, change.old, change.new, 1)
		if report == exhausted {
			t.Fatalf("%s: the report is unchanged", name)
		}
		if _, err := parseSpin(report); err == nil || !strings.Contains(err.Error(), change.want) {
			t.Errorf("%s: error %v; want one that says %q", name, err, change.want)
		}
	}
}

// C's %.8g, from its definition: eight significant digits, no trailing zeros, an exponent from 1e+08 on.
func TestSpinPrints(t *testing.T) {
	for n, want := range map[int64]string{288: "288", 10_340_352: "10340352", 99_999_999: "99999999", 123_558_402: "1.235584e+08", 817_760_258: "8.1776026e+08"} {
		if got := spinPrints(n); got != want {
			t.Errorf("%d is %s; want %s", n, got, want)
		}
	}
}
