package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed exceptions.txt
var exceptionsFile string

// expected is what exceptions.txt says.
type expected struct {
	suites     []suiteSize
	exceptions []exception
}

// suiteSize is how many tests a version of a suite has. So a test that does not run is missed, even where what lists the tests is
// what runs them.
type suiteSize struct {
	suite, version string
	tests          int
}

// exception is a test that does not pass.
type exception struct {
	suite   string
	brokers []string // nil: all
	outcome outcome
	test    string
	reason  string
}

// parseExpected parses lines of the forms
//
//	suite SUITE VERSION TESTS
//	fail|skip SUITE BROKER,BROKER|* TEST
//		reason
//
// A reason may take several lines, # begins a comment line.
func parseExpected(text string) (e expected, err error) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, " \n")
		reason, isReason := strings.CutPrefix(line, "\t")
		words := strings.SplitN(line, " ", 4)
		switch {
		case line == "" || line[0] == '#':
			continue
		case isReason && len(e.exceptions) > 0:
			last := &e.exceptions[len(e.exceptions)-1]
			last.reason = strings.TrimSpace(last.reason + " " + reason)
			continue
		case len(words) != 4:
			return e, fmt.Errorf("exceptions, line %d: %q", number, line)
		}
		if words[0] == "suite" {
			tests, err := strconv.Atoi(words[3])
			if err != nil {
				return e, fmt.Errorf("exceptions, line %d: %w", number, err)
			}
			e.suites = append(e.suites, suiteSize{words[1], words[2], tests})
			continue
		}
		x := exception{outcome: outcome(words[0]), suite: words[1], test: words[3]}
		if x.outcome != fail && x.outcome != skip {
			return e, fmt.Errorf("exceptions, line %d: a test can fail or skip, not %s", number, x.outcome)
		}
		if words[2] != "*" {
			x.brokers = strings.Split(words[2], ",")
		}
		e.exceptions = append(e.exceptions, x)
	}
	for _, x := range e.exceptions {
		if x.reason == "" {
			return e, fmt.Errorf("exceptions: no reason for %s", x.test)
		}
	}
	return e, nil
}

// of returns what is expected of a suite with a broker, which is one of RabbitMQ or "embedded" with the name of one.
func (e expected) of(suite, broker string) (only expected) {
	kind, _, _ := strings.Cut(broker, " ")
	for _, s := range e.suites {
		if s.suite == suite {
			only.suites = append(only.suites, s)
		}
	}
	for _, x := range e.exceptions {
		if x.suite == suite && (x.brokers == nil || slices.Contains(x.brokers, broker) || slices.Contains(x.brokers, kind)) {
			only.exceptions = append(only.exceptions, x)
		}
	}
	return only
}

// deviation is a difference between what was and what was expected.
type deviation struct{ what, output string }

// compare returns the differences, in the order of the results. The results are those of one suite, and e is what is expected of
// it. Where they are not all of the suite, nothing is missed.
func (e expected) compare(version string, results []result, all bool) (d []deviation) {
	reasons := map[string]exception{}
	for _, x := range e.exceptions {
		reasons[x.test] = x
	}
	for _, r := range results {
		x, excepted := reasons[r.test]
		delete(reasons, r.test)
		switch {
		case excepted && r.outcome != x.outcome:
			d = append(d, deviation{fmt.Sprintf("%s: %s, but is expected to %s: %s", r.test, r.outcome, x.outcome, x.reason), r.output})
		case !excepted && r.outcome != pass:
			d = append(d, deviation{fmt.Sprintf("%s: %s", r.test, r.outcome), r.output})
		}
	}
	if !all {
		return d
	}
	for _, x := range e.exceptions {
		if _, missing := reasons[x.test]; missing {
			d = append(d, deviation{fmt.Sprintf("%s: did not run, but is expected to %s: %s", x.test, x.outcome, x.reason), ""})
		}
	}
	for _, s := range e.suites {
		if s.version != version || s.tests != len(results) {
			d = append(d, deviation{fmt.Sprintf("%d tests of version %s ran, not %d of %s", len(results), version, s.tests, s.version), ""})
		}
	}
	return d
}
