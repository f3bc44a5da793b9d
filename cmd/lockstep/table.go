package main

import (
	"strings"
	"unicode/utf8"
)

// table is rows of cells below columns with heads of several lines. Where the columns do not fit, the rest of them follows
// below, with the same labels.
type table struct {
	label   string // the head of the labels
	rows    []row
	columns []column
}

type row struct {
	label string
	cells []cell
}

type column struct {
	head  []string // lines
	right bool     // numbers
}

// cell is a text that may bear a mark: one character before it, in the gap between the columns.
type cell struct {
	text, style string
	marked      bool
}

const (
	gap  = 2
	wide = 1 << 20 // a width for tables that are never broken
	mark = "✗"
)

// render writes the table in at most width cells, if one column fits at all.
func (t *table) render(b *strings.Builder, width int, color bool) {
	labels := cells(t.label)
	for _, r := range t.rows {
		labels = max(labels, cells(r.label))
	}
	for from := 0; from < len(t.columns); {
		to, used := from, 2+labels
		for ; to < len(t.columns); to++ {
			if used += gap + t.width(to); used > width && to > from {
				break
			}
		}
		if from > 0 {
			b.WriteByte('\n')
		}
		t.block(b, from, to, labels, color)
		from = to
	}
}

// block writes the columns from from up to to.
func (t *table) block(b *strings.Builder, from, to, labels int, color bool) {
	high := 0
	for _, c := range t.columns[from:to] {
		high = max(high, len(c.head))
	}
	for line := range high {
		words := t.label
		if line < high-1 {
			words = ""
		}
		l := newLine(color)
		l.put(2, faint, words)
		at := 2 + labels
		for i := from; i < to; i++ {
			c := t.columns[i]
			text := ""
			if n := line - (high - len(c.head)); n >= 0 {
				text = c.head[n]
			}
			l.put(t.start(i, at, text), faint, text)
			at += gap + t.width(i)
		}
		l.end(b)
	}
	for _, r := range t.rows {
		l := newLine(color)
		l.put(2, plain, r.label)
		at := 2 + labels
		for i := from; i < to; i++ {
			c := r.cells[i]
			x := t.start(i, at, c.text)
			if c.marked {
				l.put(x-1, alarm, mark)
			}
			l.put(x, c.style, c.text)
			at += gap + t.width(i)
		}
		l.end(b)
	}
}

// start is where the text of column i begins, with at the end of the column before.
func (t *table) start(i, at int, text string) int {
	at += gap
	if t.columns[i].right {
		at += t.width(i) - cells(text)
	}
	return at
}

func (t *table) width(i int) int {
	w := 0
	for _, h := range t.columns[i].head {
		w = max(w, cells(h))
	}
	for _, r := range t.rows {
		w = max(w, cells(r.cells[i].text))
	}
	return w
}

// line is a line of text in the making.
type line struct {
	b     strings.Builder
	color bool
	at    int
}

func newLine(color bool) *line { return &line{color: color} }

// put writes text from the column x, which is not behind what is there.
func (l *line) put(x int, style, text string) {
	if text == "" {
		return
	}
	for ; l.at < x; l.at++ {
		l.b.WriteByte(' ')
	}
	l.b.WriteString(paint(l.color, style, text))
	l.at += cells(text)
}

func (l *line) end(b *strings.Builder) {
	b.WriteString(l.b.String())
	b.WriteByte('\n')
}

// cells is the number of cells that text takes on a terminal.
func cells(text string) int { return utf8.RuneCountInString(text) }

// hyphenate breaks a name after hyphens into lines of width cells, or as many as its longest part takes.
func hyphenate(name string, width int) []string {
	parts := strings.SplitAfter(name, "-")
	for _, p := range parts {
		width = max(width, cells(p))
	}
	lines := parts[:1:1]
	for _, p := range parts[1:] {
		if last := &lines[len(lines)-1]; cells(*last)+cells(p) <= width {
			*last += p
		} else {
			lines = append(lines, p)
		}
	}
	return lines
}
