package conform

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Op is one thing that a sequence does. It means something whatever comes before it, so that a sequence from which some are left out
// is a sequence: what it needs to be there (its connection, its channel) is made, and a tag is one of those outstanding.
type Op struct {
	Conn    int // 0 is a, 1 is b, …
	Channel amqp.Channel
	Do      Deed
	Method  amqp.Method // Send
	Tag     Tag         // Send: of basic.ack, basic.nack, basic.reject
	Async   bool        // Send: the next one follows at once
	Raw     bool        // Send: nothing is made to be there
	Plain   bool        // what is dialled for it cannot be told of cancelled consumers
	Wait    int         // Pause: milliseconds
}

// Deed is what an operation does.
type Deed uint8

// The deeds.
const (
	Send  Deed = iota // sends Method
	Drop              // resets the connection
	Pause             // lets time pass
)

// Tag says which delivery is meant.
type Tag struct {
	Kind TagKind
	N    int // Outstanding: the n-th from the newest, round and round; Settled: likewise
}

// TagKind tells the tags apart.
type TagKind uint8

// The kinds of tags.
const (
	Outstanding TagKind = iota // not settled
	Settled                    // settled already
	All                        // 0
	Future                     // not given out
)

// String is for people.
func (o Op) String() string {
	name := connName(o.Conn)
	switch o.Do {
	case Drop:
		return name + " drops"
	case Pause:
		return fmt.Sprintf("%d ms pass", o.Wait)
	}
	s := fmt.Sprintf("%s ch%d %v", name, o.Channel, o.Method)
	switch o.Method.(type) {
	case amqp.BasicAck, amqp.BasicNack, amqp.BasicReject:
		s += fmt.Sprintf(" (%s %d)", [...]string{"outstanding", "settled", "all", "future"}[o.Tag.Kind], o.Tag.N)
	}
	if o.Raw {
		s += " raw"
	}
	if o.Async {
		s += " async"
	}
	return s
}

func connName(n int) string { return string(rune('a' + n)) }
