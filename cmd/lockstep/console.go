package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// environment is what a run knows of its surroundings besides its streams.
type environment struct {
	program string // how to call this program again, as typed in a shell
	noColor bool   // the user wants no colour: https://no-color.org
}

// console is where a verb reads and writes: results to stdout, everything else to stderr.
type console struct {
	environment
	stdin   io.Reader
	stdout  *results
	stderr  io.Writer
	outTerm int // the width of the terminal that stdout is; 0 if it is none
	errTerm int
}

// results is stdout. It remembers the first error and keeps it to itself: nobody who prints has to look at it, and what others
// print for us (cobra) cannot tell it a second time in words of its own.
type results struct {
	w   io.Writer
	err error
}

func (r *results) Write(p []byte) (int, error) {
	if r.err == nil {
		_, r.err = r.w.Write(p)
	}
	return len(p), nil
}

func newConsole(stdin io.Reader, stdout, stderr io.Writer, env environment) *console {
	return &console{
		environment: env, stdin: stdin, stdout: &results{w: stdout}, stderr: stderr,
		outTerm: terminal(stdout), errTerm: terminal(stderr),
	}
}

// terminal returns the width of the terminal that w is, or 0.
func terminal(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

func (c *console) printf(format string, args ...any) { fmt.Fprintf(c.stdout, format, args...) }

// pageWidth is how wide results may be where no terminal says: the catalogue's tables take 140, and some more when millions
// of states are counted.
const pageWidth = 144

func (c *console) width() int {
	if c.outTerm > 0 {
		return c.outTerm
	}
	return pageWidth
}

// color reports whether results are to be coloured without the user saying so.
func (c *console) color() bool { return c.outTerm > 0 && !c.noColor }

// printJSON prints the one object of --json.
func (c *console) printJSON(object any) {
	e := json.NewEncoder(c.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(object); err != nil {
		panic(fmt.Sprintf("lockstep: %T cannot be JSON: %v", object, err))
	}
}

// The styles of results on a terminal.
const (
	plain  = ""
	bold   = "1"
	faint  = "2"
	green  = "32"
	yellow = "33"
	cyan   = "36"
	alarm  = "1;37;41"
)

// paint puts text into a style, if there is to be colour.
func paint(color bool, style, text string) string {
	if !color || style == plain {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// shellWord quotes a word for a shell where it needs that.
func shellWord(s string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=+,./:@%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
