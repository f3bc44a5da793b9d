package main

import (
	"errors"
	"fmt"
	"strings"
)

// status is how the program ends.
type status int

// The exit statuses of every verb; statusHelp tells them to the user.
const (
	asClaimed  status = 0
	violated   status = 1
	wrongUsage status = 2
	undecided  status = 3
	broken     status = 4
)

const statusHelp = `Exit status:
  0  every verdict is the claimed one, a broker conforms
  1  a verdict is not the claimed one, a replay diverged or did not reproduce, a certificate does not hold or cannot be made,
     a broker does what the machine does not
  2  wrong usage: an unknown name or value, a trace, a certificate, a checkpoint or a history that cannot be read
  3  unknown: a bound was hit, or the run was interrupted
  4  broken environment: no broker there, refused by it, cannot write
`

// worse returns the status that counts when both apply: 1 before 2 before 4 before 3 before 0. A violated claim is never hidden by
// what else went wrong.
func worse(a, b status) status {
	for _, s := range []status{violated, wrongUsage, broken, undecided} {
		if a == s || b == s {
			return s
		}
	}
	return asClaimed
}

// failure is an error that ends the program with a status. An error that is none comes from cobra and is wrong usage.
type failure struct {
	status status
	err    error // nil: stdout says it all
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit status %d", f.status)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// failed gives an error a status. It returns nil for asClaimed without an error.
func failed(s status, err error) error {
	if s == asClaimed && err == nil {
		return nil
	}
	return &failure{s, err}
}

func usage(format string, args ...any) error {
	return failed(wrongUsage, fmt.Errorf(format, args...))
}

// statusOf splits an error into the status and the one line to print, which is "" if there is nothing to say.
func statusOf(err error) (status, string) {
	if err == nil {
		return asClaimed, ""
	}
	var f *failure
	if !errors.As(err, &f) {
		return wrongUsage, oneLine(err.Error())
	}
	if f.err == nil {
		return f.status, ""
	}
	return f.status, oneLine(f.err.Error())
}

// oneLine joins the lines of a message that came from elsewhere.
func oneLine(s string) string {
	var lines []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "; ")
}
