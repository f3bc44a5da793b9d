package traces

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lockstep-prover/lockstep/model"
)

// MaxBytes bounds the text of a trace.
const MaxBytes = 16 << 20

// Parse reads one trace up to the end of r. An error is one line and begins with the number of the line that is wrong,
// except for an error of r itself and for a text longer than [MaxBytes].
func Parse(r io.Reader) (*Trace, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the trace: %w", err)
	}
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("the trace is longer than %d MiB", MaxBytes>>20)
	}
	p := parser{rest: string(text), seen: map[string]bool{}}
	if err := p.parse(); err != nil {
		return nil, fmt.Errorf("line %d: %w", max(p.line, 1), err)
	}
	return &p.trace, nil
}

type parser struct {
	rest  string // what is not yet read
	line  int    // the number of the line last read
	trace Trace
	steps int // what the header announces
	seen  map[string]bool

	repeats bool // "repeat:" was read
	loop    int  // and so many actions before it
}

func (p *parser) parse() error {
	if p.rest == "" {
		return fmt.Errorf("the file is empty")
	}
	first, err := p.next()
	switch v, isTrace := strings.CutPrefix(first, "lockstep trace "); {
	case err != nil:
		return err
	case first == version:
	case isTrace:
		return fmt.Errorf("trace version %s is not known here, only v1", quote(v))
	default:
		return fmt.Errorf("not a trace: the first line is not %q", version)
	}
	if err := p.header(); err != nil {
		return err
	}
	for p.rest != "" {
		line, err := p.next()
		if err != nil {
			return err
		}
		if err := p.body(line); err != nil {
			return err
		}
	}
	n := len(p.trace.Lines)
	if n < p.steps {
		return fmt.Errorf("the trace ends after %d of %d steps: the file is truncated", n, p.steps)
	}
	if p.repeats {
		p.trace.Cycle = n - p.loop
	}
	return nil
}

// next returns the next line without its end.
func (p *parser) next() (string, error) {
	p.line++
	line, rest, ended := strings.Cut(p.rest, "\n")
	p.rest = rest
	if !utf8.ValidString(line) {
		return "", fmt.Errorf("not UTF-8 text")
	}
	for _, r := range line {
		if !unicode.IsPrint(r) {
			return "", fmt.Errorf("%q (%U) may not stand in a trace", r, r)
		}
	}
	if !ended {
		return "", fmt.Errorf("the last line has no end: the file is truncated")
	}
	return line, nil
}

// header reads up to the empty line.
func (p *parser) header() error {
	for p.rest != "" {
		line, err := p.next()
		if err != nil {
			return err
		}
		if line == "" {
			for _, key := range []string{"system", "property", "expect", "steps"} {
				if !p.seen[key] {
					return fmt.Errorf("the header has no %q", key)
				}
			}
			return nil
		}
		key, value, ok := strings.Cut(line, ": ")
		switch {
		case strings.HasPrefix(line, "#"):
			return fmt.Errorf("a comment in the header: it goes below the empty line")
		case !ok || value == "" || value != strings.TrimSpace(value):
			return fmt.Errorf("a header line is \"key: value\", not %s", quote(line))
		case p.seen[key]:
			return fmt.Errorf("a second %s", quote(key))
		}
		p.seen[key] = true
		if err := p.set(key, value); err != nil {
			return err
		}
	}
	return fmt.Errorf("no empty line ends the header: the file is truncated")
}

func (p *parser) set(key, value string) error {
	t := &p.trace
	switch key {
	case "system":
		t.System = value
	case "parameters":
		return p.parameters(value)
	case "property":
		t.Property = value
	case "expect":
		verdict, ok := model.ParseVerdict(value)
		if !ok {
			return fmt.Errorf("expect is proved, refuted or unknown, not %s", quote(value))
		}
		t.Expect = verdict
	case "seed":
		seed, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return fmt.Errorf("seed %s is not a number of 64 bits", quote(value))
		}
		t.Seed = &seed
	case "steps":
		steps, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return fmt.Errorf("steps %s is not a number", quote(value))
		}
		p.steps = int(steps)
	default:
		return fmt.Errorf("unknown header key %s", quote(key))
	}
	return nil
}

func (p *parser) parameters(value string) error {
	names := map[string]bool{}
	for pair := range strings.SplitSeq(value, " ") {
		name, v, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return fmt.Errorf("a parameter is \"name=value\", not %s", quote(pair))
		}
		if names[name] {
			return fmt.Errorf("a second parameter %s", quote(name))
		}
		names[name] = true
		p.trace.Parameters = append(p.trace.Parameters, Parameter{name, v})
	}
	return nil
}

// body takes one line below the header: an action, or a note of the action above it.
func (p *parser) body(line string) error {
	t := &p.trace
	inner := strings.TrimLeft(line, " ")
	if inner == "" || inner[0] == '#' {
		note := strings.TrimPrefix(strings.TrimPrefix(inner, "#"), " ")
		if n := len(t.Lines); n > 0 {
			t.Lines[n-1].Notes = append(t.Lines[n-1].Notes, note)
		} else {
			t.Notes = append(t.Notes, note)
		}
		return nil
	}
	if line == repeat || line == stop {
		return p.lasso(line)
	}
	machine, event, _ := strings.Cut(line, " ")
	switch {
	case machine == "":
		return fmt.Errorf("an action begins in the first column, a comment with '#': %s", quote(line))
	case event == "":
		return fmt.Errorf("an action is \"machine event\", not %s", quote(line))
	case len(t.Lines) == p.steps:
		return fmt.Errorf("an action after the last of %d steps: %s", p.steps, quote(line))
	}
	t.Lines = append(t.Lines, Line{Machine: machine, Event: event})
	return nil
}

// lasso takes the line that makes the run infinite. Before "repeat:" may stand any number of actions, after it at least one;
// before "stop:" all.
func (p *parser) lasso(line string) error {
	t := &p.trace
	n := len(t.Lines)
	switch {
	case t.Lasso:
		return fmt.Errorf("%s in a run that is infinite already", quote(line))
	case line == repeat && n == p.steps:
		return fmt.Errorf("%s after the last of %d steps: there is nothing to repeat", quote(line), p.steps)
	case line == stop && n < p.steps:
		return fmt.Errorf("%s after %d of %d steps", quote(line), n, p.steps)
	}
	t.Lasso, p.repeats, p.loop = true, line == repeat, n
	return nil
}

// quote is %q, shortened so that an error stays readable.
func quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
