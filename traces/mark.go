package traces

import "strings"

// mark draws one mark, in a row or a few.
func (d *drawing) mark(m mark) {
	at, to := d.lane[m.at], d.lane[m.to]
	switch m.kind {
	case acts:
		d.beside(at, "●", m.text, bold)
	case fires:
		d.beside(at, "⏱", m.text, bold)
	case sees:
		d.beside(at, "◆", m.text, plain)
	case asks:
		d.beside(at, "│", m.text, plain)
	case hears:
		d.beside(at, "!", m.text, warning)
	case sends:
		d.stub(at, to, m.text)
	case arrives:
		d.arrow(at, to, m.text)
	case faults:
		d.fault(at, to, m.text)
	case passes:
		d.pass(at, to, m.text)
	}
}

// maxLines bounds how many rows one text takes.
const maxLines = 3

// beside writes a text next to a lane, with a sign on it.
func (d *drawing) beside(lane int, sign, text string, st style) {
	for i, line := range wrap(text, d.gap-3, maxLines) {
		row := d.row()
		if i == 0 && sign != "│" {
			d.sheet.put(row, d.at(lane), sign, st)
		}
		if d.mirrored(lane) {
			d.sheet.put(row, d.at(lane)-1-cells(line), line, st)
		} else {
			d.sheet.put(row, d.at(lane)+2, line, st)
		}
	}
}

// stub draws what leaves a lane and is in flight from then on. It names where that goes if it is not the next lane.
func (d *drawing) stub(from, to int, text string) {
	row := d.row()
	if to-from > 1 || from-to > 1 {
		text = d.sys.Name(d.lanes[to]) + ": " + text
	}
	text = clip(text, d.gap-6)
	if from < to {
		d.sheet.put(row, d.at(from), "├╌ "+text+" ▷", plain)
	} else {
		text = "◁ " + text + " ╌┤"
		d.sheet.put(row, d.at(from)-cells(text)+1, text, plain)
	}
}

// arrow draws what arrives, with its text in the line; of a long text, only the last part stands there, the rest above.
func (d *drawing) arrow(from, to int, text string) {
	left, right := d.at(min(from, to)), d.at(max(from, to))
	inner := right - left - 1
	lines := wrap(text, inner-len("  ->"), maxLines)
	last := len(lines) - 1
	for _, line := range lines[:last] {
		d.center(d.row(), left, right, line, plain)
	}
	row := d.row()
	d.sheet.put(row, left, "├"+strings.Repeat("─", inner)+"┤", plain)
	for lane := min(from, to) + 1; lane < max(from, to); lane++ {
		d.sheet.put(row, d.at(lane), "┼", plain)
	}
	label := " " + lines[last] + " "
	if from < to {
		d.center(row, left, right-1, label, plain)
		d.sheet.put(row, right-1, "►│", plain)
	} else {
		d.center(row, left+1, right, label, plain)
		d.sheet.put(row, left, "│◄", plain)
	}
}

// fault writes a text across the way between two lanes.
func (d *drawing) fault(a, b int, text string) {
	left, right := d.at(min(a, b)), d.at(max(a, b))
	row := d.row()
	for x := left + 1; x < right; x++ {
		if (x-d.left)%d.gap != 0 {
			d.sheet.put(row, x, "╌", alarm)
		}
	}
	d.across(row, left, right, " ╳ "+clip(text, right-left-9)+" ╳ ", alarm)
}

// pass writes a text between two lanes.
func (d *drawing) pass(a, b int, text string) {
	left, right := d.at(min(a, b)), d.at(max(a, b))
	d.across(d.row(), left, right, "("+clip(text, right-left-5)+")", plain)
}

// across writes a text between two columns: into the outermost gap, where nothing crosses it, if there is room.
func (d *drawing) across(row, left, right int, text string, st style) {
	if cells(text) < d.gap {
		if left-d.left < d.at(len(d.lanes)-1)-right {
			right = left + d.gap
		} else {
			left = right - d.gap
		}
	}
	d.center(row, left, right, text, st)
}

// center writes a text into the middle between two columns.
func (d *drawing) center(row, left, right int, text string, st style) {
	d.sheet.put(row, left+1+(right-left-1-cells(text))/2, text, st)
}
