package traces

import (
	"fmt"
	"io"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// Options say how a diagram looks.
type Options struct {
	Color  bool   // with ANSI colours
	ASCII  bool   // without any other characters
	Width  int    // in cells of the terminal; 0 means 100. A diagram with many lanes is wider
	Ending string // one line, in plain words, that tells what the run shows; "" names the property
}

// Diagram draws the trace as a sequence diagram for a terminal: a lane for each machine that takes part, time from top to
// bottom, a number at each step. Network links (see [Carrier]) are drawn as what they deliver; what [Status] machines
// say is told at the right wherever it changes. The trace is run first; if it does not run, nothing is written.
func Diagram(w io.Writer, sys *model.System, t *Trace, opts Options) error {
	s, err := tell(sys, t)
	if err != nil {
		return err
	}
	if opts.Width <= 0 {
		opts.Width = 100
	}
	d := drawing{sys: sys, layout: arrange(sys, s, opts.Width), status: append([]string(nil), s.opening...)}
	d.page = max(opts.Width, narrowestPage)
	d.title(t, s)
	d.heads()
	loop := -1
	if t.Lasso {
		loop = len(s.beats) - t.Cycle
	}
	for i, b := range s.beats {
		if i == loop {
			d.bar("from here on for ever")
		}
		if len(d.sheet.rows)-d.headsEnd > headsEvery {
			d.heads()
		}
		d.beat(i+1, b)
	}
	switch {
	case !t.Lasso:
	case t.Cycle > 0:
		d.bar(fmt.Sprintf("again from step %d", loop+1))
	default:
		d.bar("the run stops here for ever")
	}
	if len(s.beats) > 0 {
		d.heads()
	}
	d.ending(t, s, opts.Ending)
	return d.sheet.write(w, opts.Color, opts.ASCII)
}

// headsEvery is the number of rows after which the names of the lanes are written again.
const headsEvery = 48

const (
	narrowestPage  = 60 // for the text above and below the lanes
	maxTextLines   = 6  // of one such text
	maxStatusLines = 4
)

// drawing is a diagram in the making.
type drawing struct {
	layout
	sys      *model.System
	sheet    sheet
	status   []string // at present
	headsEnd int      // the row below the last names
	page     int      // the width of the text above and below
}

// legend is as long as two lines of the usual width.
var legend = []string{
	"Time runs down, one number a step.", "● acts", "╌▷ sent, in flight", "─► arrives", "⏱ a timer expires",
	"◆ what its caller sees", "! what its network tells it", "╳ a fault", "▌ the new state of a machine",
}

func (d *drawing) title(t *Trace, s *story) {
	words := t.System
	for _, p := range t.Parameters {
		words += " " + p.Name + "=" + p.Value
	}
	d.text(words, bold)
	words = fmt.Sprintf("%s: %v, %d steps", t.Property, t.Expect, len(t.Lines))
	if len(t.Lines) == 1 {
		words = strings.TrimSuffix(words, "s")
	}
	if t.Lasso {
		words += "; the run " + t.goesOn()
	}
	if t.Seed != nil {
		words += fmt.Sprintf(", seed %d", *t.Seed)
	}
	d.text(words, plain)
	d.sheet.add()
	row, x := d.sheet.add(), 0
	for _, words := range legend {
		if x > 0 && x+cells(words) > d.page {
			row, x = d.sheet.add(), 0
		}
		d.sheet.put(row, x, words, faint)
		x += cells(words) + 2
	}
	if len(s.idle) > 0 {
		var names []string
		for _, id := range s.idle {
			names = append(names, d.sys.Name(id))
		}
		d.text("Not drawn, as nothing happens to them: "+strings.Join(names, ", "), faint)
	}
	d.sheet.add()
}

// text writes a paragraph.
func (d *drawing) text(words string, st style) {
	for _, line := range wrap(words, d.page, maxTextLines) {
		d.sheet.put(d.sheet.add(), 0, line, st)
	}
}

// heads writes the names of the lanes and, below, what there is to tell of each at present.
func (d *drawing) heads() {
	names, below := d.sheet.add(), 0
	for lane, id := range d.lanes {
		d.head(names, lane, d.sys.Name(id), bold)
		if d.status[id] == "" {
			continue
		}
		for i, line := range wrap(d.status[id], d.headWidth(lane), maxStatusLines) {
			if i == below {
				d.sheet.add()
				below++
			}
			d.head(names+1+i, lane, line, plain)
		}
	}
	d.headsEnd = len(d.sheet.rows)
}

// head writes a text at the top of a lane: around it, but inwards at the first and the last.
func (d *drawing) head(row, lane int, text string, st style) {
	text = clip(text, d.headWidth(lane))
	x := d.at(lane)
	switch {
	case lane == 0:
	case lane == len(d.lanes)-1:
		x -= cells(text) - 1
	default:
		x -= cells(text) / 2
	}
	d.sheet.put(row, x, text, st)
}

// row adds a row with nothing but the lanes.
func (d *drawing) row() int {
	row := d.sheet.add()
	for lane := range d.lanes {
		d.sheet.put(row, d.at(lane), "│", faint)
	}
	return row
}

// bar writes a line of text across all lanes.
func (d *drawing) bar(words string) {
	d.row()
	row, width := d.sheet.add(), d.at(len(d.lanes)-1)+1
	d.sheet.put(row, 0, strings.Repeat("─", max(width, cells(words)+4)), bold)
	d.sheet.put(row, 2, " "+words+" ", bold)
}

// beat draws a step: its marks below each other, its number before the first, its news beside them.
func (d *drawing) beat(number int, b beat) {
	if d.headsEnd < len(d.sheet.rows) && b.begins() {
		d.row()
	}
	start := len(d.sheet.rows)
	for _, m := range b.marks {
		d.mark(m)
	}
	d.sheet.put(start, 0, fmt.Sprintf("%*d", d.left-2, number), bold)
	next := start
	for _, c := range b.changes {
		d.status[c.who] = c.status
		status := c.status
		if status == "" {
			status = "has no status"
		}
		for _, line := range wrap(d.sys.Name(c.who)+": "+status, d.marginWidth-2, maxStatusLines) {
			if next == len(d.sheet.rows) {
				d.row()
			}
			d.sheet.put(next, d.margin, "▌ "+line, news)
			next++
		}
	}
}

// ending tells what it was all about.
func (d *drawing) ending(t *Trace, s *story, words string) {
	if words == "" {
		words = fmt.Sprintf("%s is %v", t.Property, t.Expect)
		if t.Lasso {
			words += ": the run " + t.goesOn()
		}
		if n := len(s.beats); n > 0 && s.beats[n-1].blow != "" {
			words += ": " + s.beats[n-1].blow
		}
	}
	sign, st := "?", bold
	switch t.Expect {
	case model.Refuted:
		sign, st = "✗", alarm
	case model.Proved:
		sign, st = "✓", good
	}
	d.sheet.add()
	d.text(sign+" "+words, st)
}
