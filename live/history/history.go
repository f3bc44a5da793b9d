package history

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Version is that of the format.
const Version = 1

const magic = "lockstep history "

// History is a recording.
type History struct {
	Header Header
	Items  []Item
}

// Header says of what it is a recording. Its texts are without line breaks.
type Header struct {
	Profile string // of the broker machine that it is to be held against
	Broker  string // which, in words; may be empty
	More    []Pair // what else there is to say, in order
}

// Pair is a line of a header.
type Pair struct{ Key, Value string }

// Item is one entry.
type Item struct {
	Kind  Kind
	Conn  string     // Sent, Seen, Reset, Closed, Forced
	Frame amqp.Frame // Sent, Seen
	At    int64      // Clock: in milliseconds
	On    bool       // Alarm
	Text  string     // Forced: what the client is told
}

// Kind tells the items apart.
type Kind uint8

// The kinds of items.
const (
	Sent    Kind = iota // the client has sent Frame
	Seen                // the client has seen Frame
	Reset               // the client has broken the connection
	Closed              // the client has seen that the broker closed the connection
	Quiet               // all that had begun is done
	Clock               // it is At
	Forced              // the broker has been told to close the connection
	Restart             // the broker has been stopped and started again
	Alarm               // the broker is short of memory or disk from now on, if On, and no longer if not
)

// String is the item's line.
func (i Item) String() string { return string(i.Append(nil)) }

// Append appends the item's line, without a line break.
func (i Item) Append(dst []byte) []byte {
	switch i.Kind {
	case Sent, Seen:
		sign := [...]string{" > ", " < "}[i.Kind]
		dst = strconv.AppendUint(append(append(dst, i.Conn...), sign...), uint64(i.Frame.Channel), 10)
		return AppendMethod(append(dst, ' '), i.Frame.Method)
	case Reset:
		return append(append(dst, i.Conn...), " reset"...)
	case Closed:
		return append(append(dst, i.Conn...), " closed"...)
	case Quiet:
		return append(dst, "quiet"...)
	case Forced:
		return strconv.AppendQuote(append(append(dst, i.Conn...), " forced "...), i.Text)
	case Restart:
		return append(dst, "restart"...)
	case Alarm:
		return append(append(dst, "alarm "...), alarmWord(i.On)...)
	}
	return strconv.AppendInt(append(dst, "clock "...), i.At, 10)
}

func alarmWord(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// ParseItem reads an item's line.
func ParseItem(line string) (Item, error) {
	first, rest, _ := strings.Cut(line, " ")
	switch {
	case line == "quiet":
		return Item{Kind: Quiet}, nil
	case line == "restart":
		return Item{Kind: Restart}, nil
	case line == "alarm on", line == "alarm off":
		return Item{Kind: Alarm, On: line == "alarm on"}, nil
	case first == "clock":
		at, err := strconv.ParseInt(rest, 10, 64)
		return Item{Kind: Clock, At: at}, err
	case first == "":
		return Item{}, fmt.Errorf("no item: %q", line)
	case rest == "reset":
		return Item{Kind: Reset, Conn: first}, nil
	case rest == "closed":
		return Item{Kind: Closed, Conn: first}, nil
	}
	sign, rest, _ := strings.Cut(rest, " ")
	if sign == "forced" {
		text, err := strconv.Unquote(rest)
		return Item{Kind: Forced, Conn: first, Text: text}, err
	}
	channel, method, ok := strings.Cut(rest, " ")
	kind := slices.Index([]string{">", "<"}, sign)
	ch, err := strconv.ParseUint(channel, 10, 16)
	if !ok || kind < 0 || err != nil {
		return Item{}, fmt.Errorf("no item: %q", line)
	}
	m, err := ParseMethod(method)
	return Item{Kind: Kind(kind), Conn: first, Frame: amqp.Frame{Channel: amqp.Channel(ch), Method: m}}, err
}

// WriteTo writes the header and the items.
func (h *History) WriteTo(w io.Writer) (int64, error) {
	out := NewWriter(w)
	err := out.Header(h.Header)
	for _, i := range h.Items {
		if err == nil {
			err = out.Item(i)
		}
	}
	return out.written, err
}

// Writer writes a recording while it is being made. Not safe for concurrent use.
type Writer struct {
	w       io.Writer
	buf     []byte
	written int64
}

// NewWriter returns a writer. It does not buffer: each call is one write of whole lines.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Header writes the header. It comes first.
func (w *Writer) Header(h Header) error {
	w.buf = fmt.Appendf(w.buf[:0], "%s%d\n", magic, Version)
	for _, p := range append([]Pair{{"profile", h.Profile}, {"broker", h.Broker}}, h.More...) {
		if p.Value != "" {
			w.buf = fmt.Appendf(w.buf, "%s: %s\n", p.Key, p.Value)
		}
	}
	w.buf = append(w.buf, '\n')
	return w.flush()
}

// Item writes an item.
func (w *Writer) Item(i Item) error {
	w.buf = append(i.Append(w.buf[:0]), '\n')
	return w.flush()
}

// Comment writes a line that is no item.
func (w *Writer) Comment(text string) error {
	w.buf = fmt.Appendf(w.buf[:0], "# %s\n", strings.ReplaceAll(text, "\n", "\n# "))
	return w.flush()
}

func (w *Writer) flush() error {
	n, err := w.w.Write(w.buf)
	w.written += int64(n)
	return err
}

// ParseAll reads recordings that stand one after the other. The error says in which line.
func ParseAll(text []byte) ([]*History, error) {
	var all []*History
	var lines int // before the recording
	for first := true; first || len(text) > 0; first = false {
		end := len(text)
		if i := bytes.Index(text, []byte("\n"+magic)); i >= 0 { // which is no item
			end = i + 1
		}
		h, err := parse(text[:end], lines)
		if err != nil {
			return nil, err
		}
		all = append(all, h)
		lines += bytes.Count(text[:end], []byte("\n"))
		text = text[end:]
	}
	return all, nil
}

// Parse reads a recording. The error says in which line.
func Parse(text []byte) (*History, error) { return parse(text, 0) }

// parse reads a recording that so many lines come before.
func parse(text []byte, before int) (*History, error) {
	h := &History{}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	number := before
	next := func() (string, bool) {
		number++
		ok := lines.Scan()
		return strings.TrimRight(lines.Text(), " \r"), ok
	}
	line, _ := next()
	if version, ok := strings.CutPrefix(line, magic); !ok {
		return nil, fmt.Errorf("line %d: not a recording: it begins with %.40q, want %q", number, line, magic+strconv.Itoa(Version))
	} else if version != strconv.Itoa(Version) {
		return nil, fmt.Errorf("line %d: a recording of version %s, this program reads version %d", number, version, Version)
	}
	for line, ok := next(); ok && line != ""; line, ok = next() {
		key, value, found := strings.Cut(line, ": ")
		if !found {
			return nil, fmt.Errorf("line %d: in the header a line is key: value, not %q", number, line)
		}
		switch key {
		case "profile":
			h.Header.Profile = value
		case "broker":
			h.Header.Broker = value
		default:
			h.Header.More = append(h.Header.More, Pair{key, value})
		}
	}
	if h.Header.Profile == "" {
		return nil, fmt.Errorf("line %d: the header names no profile", number)
	}
	for line, ok := next(); ok; line, ok = next() {
		if line == "" || line[0] == '#' {
			continue
		}
		i, err := ParseItem(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		h.Items = append(h.Items, i)
	}
	return h, nil
}
