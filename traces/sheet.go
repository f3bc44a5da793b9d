package traces

import (
	"bufio"
	"io"
	"strings"
	"unicode"
)

// sheet is a grid of characters, each of which takes one cell of the terminal.
type sheet struct {
	rows [][]cell
}

type cell struct {
	char  rune
	style style
}

type style uint8

const (
	plain style = iota
	faint
	bold
	alarm
	warning
	news
	good
)

// sgr is what switches each style on, after a reset.
var sgr = [...]string{plain: "", faint: "2", bold: "1", alarm: "1;31", warning: "33", news: "1;36", good: "1;32"}

// add appends an empty row and returns its number.
func (s *sheet) add() int {
	s.rows = append(s.rows, nil)
	return len(s.rows) - 1
}

// put writes text over what is there, from column x.
func (s *sheet) put(row, x int, text string, st style) {
	r := s.rows[row]
	for _, c := range printable(text) {
		for len(r) <= x {
			r = append(r, cell{' ', plain})
		}
		r[x] = cell{c, st}
		x++
	}
	s.rows[row] = r
}

// printable puts '?' in the place of what a terminal might take for a command.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, text)
}

// write renders the sheet. Rows have no blanks at their ends.
func (s *sheet) write(w io.Writer, color, onlyASCII bool) error {
	out := bufio.NewWriter(w)
	for _, row := range s.rows {
		for len(row) > 0 && row[len(row)-1].char == ' ' {
			row = row[:len(row)-1]
		}
		now := plain
		for _, c := range row {
			if color && c.style != now && c.char != ' ' {
				if now != plain {
					out.WriteString("\x1b[0m")
				}
				if now = c.style; now != plain {
					out.WriteString("\x1b[" + sgr[now] + "m")
				}
			}
			char := c.char
			if onlyASCII {
				char = ascii(char)
			}
			out.WriteRune(char)
		}
		if now != plain {
			out.WriteString("\x1b[0m")
		}
		out.WriteByte('\n')
	}
	return out.Flush()
}

// ascii returns the character that stands for c where there is no Unicode.
func ascii(c rune) rune {
	if c < unicode.MaxASCII {
		return c
	}
	const from, to = "│┼├┤─╌►◄▷◁●◆⏱╳✗✓▌…→", "|+||-.><><*=@XX+#~>"
	for i, f := range []rune(from) {
		if f == c {
			return rune(to[i])
		}
	}
	return '?'
}

// wrap breaks text between words into lines of at most width cells, at most lines of them; what does not fit ends in '…'.
func wrap(text string, width, lines int) []string {
	var all []string
	line := ""
	words := strings.Fields(text)
	for i, word := range words {
		switch {
		case line == "":
			line = word
		case cells(line)+1+cells(word) <= width:
			line += " " + word
		case len(all) == lines-1: // no room for more lines: cut this one
			return append(all, clip(line+" "+strings.Join(words[i:], " "), width))
		default:
			all = append(all, clip(line, width))
			line = word
		}
	}
	return append(all, clip(line, width))
}

// clip shortens text to width cells, between words if one ends in the second half.
func clip(text string, width int) string {
	r := []rune(text)
	if len(r) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	r = r[:width-1]
	for i := len(r) - 1; i >= width/2; i-- {
		if r[i] == ' ' {
			return string(r[:i+1]) + "…"
		}
	}
	return string(r) + "…"
}

// cells is the number of cells that text takes: one for each character.
func cells(text string) int { return len([]rune(text)) }
