package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// outcome of a test.
type outcome string

const (
	pass outcome = "pass"
	skip outcome = "skip"
	fail outcome = "fail"
)

// worst are the outcomes from the worst to the best.
var worst = []outcome{fail, skip, pass}

// result is what came of a test.
type result struct {
	test    string
	outcome outcome
	output  string
}

// unique sorts results by test. Of those with the same name the worst is left.
func unique(results []result) []result {
	slices.SortStableFunc(results, func(a, b result) int {
		return cmp.Or(cmp.Compare(a.test, b.test), slices.Index(worst, a.outcome)-slices.Index(worst, b.outcome))
	})
	return slices.CompactFunc(results, func(a, b result) bool { return a.test == b.test })
}

// tally counts results by outcome: "320 pass, 3 fail".
func tally(results []result) string {
	count := map[outcome]int{}
	for _, r := range results {
		count[r.outcome]++
	}
	var parts []string
	for _, o := range []outcome{pass, skip, fail} {
		if n := count[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return strings.Join(parts, ", ")
}
