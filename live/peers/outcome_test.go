package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What test2json prints of a process: tests with and without subtests, a parent that fails by itself, and one that panics.
func TestGoResults(t *testing.T) {
	for name, c := range map[string]struct {
		out  string
		want []result
	}{
		"leaves": {`{"Action":"run","Test":"A"}
{"Action":"pass","Test":"A/x"}
{"Action":"output","Test":"A/y","Output":"why\n"}
{"Action":"fail","Test":"A/y"}
{"Action":"fail","Test":"A"}
{"Action":"skip","Test":"B"}
{"Action":"fail"}
`, []result{{"A/x", pass, ""}, {"A/y", fail, "why\n"}, {"B", skip, ""}}},
		"a parent fails": {`{"Action":"pass","Test":"A/x"}
{"Action":"fail","Test":"A"}
{"Action":"fail"}
`, []result{{"A/x", pass, ""}, {"A", fail, ""}}},
		"the process fails": {`{"Action":"pass","Test":"A"}
{"Action":"output","Output":"a leak\n"}
{"Action":"fail"}
`, []result{{"A", pass, ""}, {"the process", fail, "a leak\n"}}},
	} {
		got, err := parseGo([]byte(c.out))
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(result{})); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	if _, err := parseGo([]byte("PASS\n")); err == nil {
		t.Error("no JSON is no error")
	}
}

func TestNodeResults(t *testing.T) {
	got, err := parseNode("f", []byte(`{"name":"suite > a\n  b","outcome":"pass","output":""}
{"name":"c","outcome":"fail","output":"why"}
`))
	want := []result{{"f > suite > a b", pass, ""}, {"f > c", fail, "why"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := parseNode("f", []byte("not ok\n")); err == nil {
		t.Error("no JSON is no error")
	}
}

// Of results of one name, as subtests and repeated titles have them, the worst stays.
func TestTheWorstResultCounts(t *testing.T) {
	got := unique([]result{{"b", pass, ""}, {"a", skip, ""}, {"a", fail, ""}, {"b", pass, ""}, {"a", pass, ""}})
	if diff := cmp.Diff([]result{{"a", fail, ""}, {"b", pass, ""}}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
	if got := tally(got); got != "1 pass, 1 fail" {
		t.Error(got)
	}
}
