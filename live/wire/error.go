package wire

import (
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Error is what a peer has done wrong: a connection exception (§1.2, §4.8), to be answered by connection.close. The place
// in the stream is lost with it.
type Error struct {
	Code amqp.Code
	// Text explains, without the name of the code that brokers put at the head of a reply text. With it, as in
	// "FRAME_ERROR - frame of unknown type 9", it fits into a short string.
	Text string
	// Class and Method are the numbers of the method that was being read, 0 where there was none.
	Class, Method uint16
}

// Error renders code and text, as in "501 FRAME_ERROR: frame of unknown type 9", and the method if there was one.
func (e *Error) Error() string {
	s := e.Code.String() + ": " + e.Text
	if e.Class != 0 || e.Method != 0 {
		s += fmt.Sprintf(" (in method %d.%d)", e.Class, e.Method)
	}
	return s
}

// maxText leaves room in a short string for the longest name of a code.
const maxText = 255 - len("UNEXPECTED_FRAME - ")

// errorf returns the error of a peer while the method m was read, the zero id if it was none.
func errorf(code amqp.Code, m id, format string, args ...any) *Error {
	text := fmt.Sprintf(format, args...)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText-len("...")], "") + "..."
	}
	return &Error{code, text, m.class, m.method}
}
