package lock

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Op is an operation of a lock.
type Op uint8

// The operations. NoOp is "none in progress".
const (
	NoOp Op = iota
	Acquire
	Verify
	Release
	Administer // an administrator's
)

// String is the operation's verb.
func (o Op) String() string {
	return [...]string{"nothing", "acquire", "verify", "release", "administer"}[o]
}

// Result is what an operation returned.
type Result uint8

// The results.
const (
	Held     Result = iota // acquire, verify: the caller has the lock
	Busy                   // acquire: somebody else has it; administer: so does another administrator
	NotHeld                // verify: the caller does not have it, or cannot tell
	Released               // release: done
	Failed                 // acquire, release, administer: the connection was lost or the broker refused; the outcome is not known
	Done                   // administer: done
)

// String is the result's word.
func (r Result) String() string {
	return [...]string{"held", "busy", "lost", "released", "failed", "done"}[r]
}

// Call is an action of a client: its application calls an operation.
type Call struct{ Op Op }

// String is the operation's verb.
func (c Call) String() string { return c.Op.String() }

// Fair says that a client's application calls acquire when it can, and releases what it has in the end, however often it verifies it before.
func Fair(client model.ID) []model.Fairness {
	calls := func(op Op) func(model.Event) bool { return func(e model.Event) bool { return e == Call{op} } }
	return []model.Fairness{
		{Machine: client, Class: calls(Acquire)},
		{Machine: client, Class: calls(Release), Strong: true}, // it cannot while a verify is in progress
	}
}

// What a client lets the world see: its history.
type (
	// Called says that the application called an operation, verify and release of the slot that it takes for its own; 0: the lock has
	// but one, or they are all alike.
	Called struct {
		Op   Op
		Slot int
	}
	// Returned says that it returned. Slot and Token are what acquire was granted, or verify and release were called of.
	Returned struct {
		Op     Op
		Result Result
		Slot   int
		Token  int // 0: the lock has no fencing tokens
	}
	// GaveUp says that the client noticed the loss of its connection outside of any call, and stopped believing that it holds
	// the lock.
	GaveUp struct{}
	// Died says that an administrator's process ended in the middle of a call.
	Died struct{}
)

func (c Called) String() string { return c.Op.String() + " called" + ofSlot(c.Slot) }
func (r Returned) String() string {
	text := r.Op.String() + " returned " + r.Result.String() + ofSlot(r.Slot)
	if r.Token > 0 {
		text += fmt.Sprintf(", token %d", r.Token)
	}
	return text
}
func (Died) String() string   { return "died at work" }
func (GaveUp) String() string { return "gave up the lock with the connection" }

func ofSlot(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", slot %d", n)
}

// unasked is what a client dies of that is sent what it did not ask for: a defect of the model.
func unasked(m amqp.Method) string {
	return fmt.Sprintf("lock: a client asked nothing that %v answers", m)
}
