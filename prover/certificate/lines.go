package certificate

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
)

// longest bounds a line. A state of a thousand machines takes a tenth of it.
const longest = 1 << 16

// tooLarge is the least number that no line may have.
const tooLarge = 1<<32 - 1

// lines reads a certificate line by line and keeps the sum of what it has left behind.
type lines struct {
	in   *bufio.Reader
	sum  hash.Hash
	text []byte // the present line, with its end; not in the sum yet
	line int    // its number
}

func newLines(r io.Reader) *lines {
	return &lines{in: bufio.NewReaderSize(r, longest), sum: sha256.New()}
}

// wrong is an error about the present line.
func (l *lines) wrong(format string, args ...any) error {
	return &Malformed{max(l.line, 1), fmt.Sprintf(format, args...)}
}

// next returns the next line without its end, which is valid until the next call.
func (l *lines) next() ([]byte, error) {
	l.sum.Write(l.text)
	var err error
	l.text, err = l.in.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(l.text) == 0:
		return nil, l.wrong("the file ends after this line and has no line \"end\": it is truncated")
	case errors.Is(err, io.EOF):
		l.line++
		return nil, l.wrong("the last line has no end: the file is truncated")
	case errors.Is(err, bufio.ErrBufferFull):
		l.line++
		return nil, l.wrong("a line of more than %d bytes", longest)
	case err != nil:
		return nil, fmt.Errorf("reading line %d: %w", l.line+1, err)
	}
	l.line++
	return l.text[:len(l.text)-1], nil
}

// end checks that the present line is the line "end", with the sum of what is before it, and that nothing follows.
func (l *lines) end() error {
	want := "end " + hex.EncodeToString(l.sum.Sum(nil))
	if got := string(l.text[:len(l.text)-1]); got != want {
		if len(got) == len(want) && got[:4] == "end " {
			return l.wrong("the sum is wrong: the file was altered after it was written")
		}
		return l.wrong("after the last state comes \"end\" with a sum of 64 digits, not %s", quote([]byte(got)))
	}
	switch _, err := l.in.ReadByte(); {
	case err == nil:
		l.line++
		return l.wrong("something follows the line \"end\"")
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("reading line %d: %w", l.line+1, err)
	}
	return nil
}

// count reads a line of a word and a number.
func (l *lines) count(word string) (int, error) {
	text, err := l.next()
	if err != nil {
		return 0, err
	}
	rest, ok := cut(text, word)
	n, rest, isNumber := number(rest)
	if !ok || !isNumber || rest != nil {
		return 0, l.wrong("here comes \"%s N\", not %s", word, quote(text))
	}
	return int(n), nil
}

// cut removes a word and the space behind it from the beginning of a text.
func cut(text []byte, word string) ([]byte, bool) {
	if len(text) <= len(word) || string(text[:len(word)]) != word || text[len(word)] != ' ' {
		return nil, false
	}
	return text[len(word)+1:], true
}

// number reads a number and the space behind it; rest is nil after the last one.
func number(text []byte) (n uint32, rest []byte, ok bool) {
	var v uint64
	i := 0
	for ; i < len(text) && text[i] != ' '; i++ {
		if text[i] < '0' || text[i] > '9' || i > 0 && v == 0 {
			return 0, nil, false
		}
		if v = 10*v + uint64(text[i]-'0'); v >= tooLarge {
			return 0, nil, false
		}
	}
	if i == 0 {
		return 0, nil, false
	}
	if i < len(text) {
		return uint32(v), text[i+1:], true
	}
	return uint32(v), nil, true
}

// quote is %q, shortened so that an error stays readable.
func quote(text []byte) string {
	const most = 60
	if len(text) > most {
		return strconv.QuoteToASCII(string(text[:most])) + "…"
	}
	return strconv.QuoteToASCII(string(text))
}
