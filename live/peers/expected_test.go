package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const exceptions = `
# a comment
suite s v1 4
suite other v1 1
fail s * slow
	It is
	slow.
skip s rabbitmq-3.10,embedded ctl
	It needs rabbitmqctl.
fail other * slow
	Slow, too.
`

func TestWhatIsNotAsExpected(t *testing.T) {
	ok := func(more ...result) []result { return append(more, result{"a", pass, ""}, result{"b", pass, ""}) }
	slow, ctl := result{"slow", fail, ""}, result{"ctl", skip, ""}
	for name, c := range map[string]struct {
		broker, version string
		results         []result
		some            bool
		want            []deviation
	}{
		"nothing":             {"rabbitmq-3.10", "v1", ok(slow, ctl), false, nil},
		"on embedded":         {"embedded rabbitmq-4.3", "v1", ok(slow, ctl), false, nil},
		"not on this broker":  {"rabbitmq-4.0", "v1", ok(slow, ctl), false, []deviation{{"ctl: skip", ""}}},
		"a failure":           {"rabbitmq-4.0", "v1", ok(slow, result{"ctl", fail, "why"}), false, []deviation{{"ctl: fail", "why"}}},
		"an exception passes": {"rabbitmq-4.0", "v1", ok(result{"slow", pass, ""}, result{"ctl", pass, ""}), false, []deviation{{"slow: pass, but is expected to fail: It is slow.", ""}}},
		"skip is not fail":    {"rabbitmq-3.10", "v1", ok(slow, result{"ctl", fail, "x"}), false, []deviation{{"ctl: fail, but is expected to skip: It needs rabbitmqctl.", "x"}}},
		"a test is missed":    {"rabbitmq-3.10", "v1", ok(slow), false, []deviation{{"ctl: did not run, but is expected to skip: It needs rabbitmqctl.", ""}, {"3 tests of version v1 ran, not 4 of v1", ""}}},
		"some were asked for": {"rabbitmq-3.10", "v1", ok(), true, nil},
		"another version":     {"rabbitmq-3.10", "v2", ok(slow, ctl), false, []deviation{{"4 tests of version v2 ran, not 4 of v1", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := parseExpected(exceptions)
			if err != nil {
				t.Fatal(err)
			}
			got := all.of("s", c.broker).compare(c.version, c.results, !c.some)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(deviation{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExceptionsAreReadOrRefused(t *testing.T) {
	if _, err := parseExpected(exceptionsFile); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"fail s * a":                "exceptions: no reason for a",
		"pass s * a\n\treason":      "exceptions, line 1: a test can fail or skip, not pass",
		"\n\treason":                "exceptions, line 2: \"\\treason\"",
		"fail s a":                  "exceptions, line 1: \"fail s a\"",
		"suite s v1 many":           "exceptions, line 1: strconv.Atoi: parsing \"many\": invalid syntax",
		"suite s v1 1\nfail s * b ": "exceptions: no reason for b",
	} {
		if _, err := parseExpected(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, not %s", text, err, want)
		}
	}
}
