package rabbitmq

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
)

// outputLimit is how much of a node's output is kept at least, in bytes; twice
// as much at most, so that it is not moved at every line. A failed start
// writes some 10 kB, a good one 40 kB.
const outputLimit = 64 << 10

// output takes what a node writes: it keeps the end and passes everything on
// to log, if there is one. Safe for concurrent use.
type output struct {
	log io.Writer

	mu   sync.Mutex
	kept []byte
}

// Write never fails: an error would stop the copying, and the node with it at
// its next line. A log that fails loses lines, that is all.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.log != nil {
		o.log.Write(p)
	}
	o.kept = append(o.kept, p...)
	if over := len(o.kept) - outputLimit; over > outputLimit {
		if eol := bytes.IndexByte(o.kept[over:], '\n'); eol >= 0 {
			over += eol + 1
		}
		o.kept = append(o.kept[:0], o.kept[over:]...)
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.kept)
}

func (o *output) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept = o.kept[:0]
}

// excerpt is the part of text that tells why a start failed, one line after
// another, each led by a line feed and a tab: from the first error on, and the
// very end. The end alone would not do, as RabbitMQ says what is wrong first
// and follows it with a page of crash report.
func excerpt(text string) string {
	const limit, atEnd = 20, 4
	var lines []string
	first := -1
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \r\n")
		if line == "" || strings.HasSuffix(line, ".0>") { // an Erlang process id, and no message after it
			continue
		}
		if first < 0 && strings.Contains(line, "[error]") {
			first = len(lines)
		}
		lines = append(lines, line)
	}
	if first < 0 {
		first = max(0, len(lines)-limit)
	}
	shown := lines[first:]
	if len(shown) > limit {
		shown = slices.Concat(shown[:limit-atEnd], []string{"…"}, shown[len(shown)-atEnd:])
	}
	var b strings.Builder
	for _, line := range shown {
		b.WriteString("\n\t" + line)
	}
	return b.String()
}
