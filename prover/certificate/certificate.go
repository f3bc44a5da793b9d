package certificate

import (
	"io"
	"slices"
	"strings"
)

// Certificate is what the header of a certificate says. The rest is read by [Certificate.Check].
type Certificate struct {
	System     string      // the name in the catalogue: "classic/two-phase-commit"
	Parameters []Parameter // what the system is built with
	Properties []string    // the names of the certified properties, one at least, each once
	Symmetry   bool        // a state stands for its images

	lines *lines
	spent bool // Check has read the rest
}

// Parameter is one setting of a system.
type Parameter struct{ Name, Value string }

const version = "lockstep certificate 1"

// Open reads the header of a certificate from r. The rest of r stays for [Certificate.Check], which reads it to its end. The
// error is a [Malformed], or one of r.
func Open(r io.Reader) (*Certificate, error) {
	c := &Certificate{lines: newLines(r)}
	if err := c.header(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Certificate) header() error {
	l := c.lines
	text, err := l.next()
	switch v, isCertificate := cut(text, "lockstep certificate"); {
	case err != nil:
		return err
	case string(text) == version:
	case isCertificate:
		return l.wrong("certificate version %s is not known here, only 1", quote(v))
	default:
		return l.wrong("not a certificate: the first line is not %q", version)
	}
	key, value, err := c.pair()
	if err != nil {
		return err
	}
	if key != "system" {
		return l.wrong("here comes \"system: \", not %s", quote([]byte(key)))
	}
	c.System = value
	if key, value, err = c.pair(); err != nil {
		return err
	}
	if key == "parameters" {
		if err := c.parameters(value); err != nil {
			return err
		}
		if key, value, err = c.pair(); err != nil {
			return err
		}
	}
	for ; key == "property"; key, value, err = c.pair() {
		if slices.Contains(c.Properties, value) {
			return l.wrong("a second property %s", quote([]byte(value)))
		}
		c.Properties = append(c.Properties, value)
	}
	switch {
	case err != nil:
		return err
	case len(c.Properties) == 0:
		return l.wrong("here comes \"property: \", not %s", quote([]byte(key)))
	case key != "symmetry" || value != "yes" && value != "no":
		return l.wrong("here comes \"symmetry: yes\" or \"symmetry: no\", not %s", quote([]byte(key+": "+value)))
	}
	c.Symmetry = value == "yes"
	return nil
}

// pair reads a line of the header.
func (c *Certificate) pair() (key, value string, err error) {
	text, err := c.lines.next()
	if err != nil {
		return "", "", err
	}
	key, value, ok := strings.Cut(string(text), ": ")
	if !ok || value == "" {
		return "", "", c.lines.wrong("a header line is \"key: value\", not %s", quote(text))
	}
	return key, value, nil
}

func (c *Certificate) parameters(value string) error {
	for pair := range strings.SplitSeq(value, " ") {
		name, v, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return c.lines.wrong("a parameter is \"name=value\", not %s", quote([]byte(pair)))
		}
		if slices.ContainsFunc(c.Parameters, func(p Parameter) bool { return p.Name == name }) {
			return c.lines.wrong("a second parameter %s", quote([]byte(name)))
		}
		c.Parameters = append(c.Parameters, Parameter{name, v})
	}
	return nil
}
