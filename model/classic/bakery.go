package classic

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Bakery is Lamport's bakery ("A new solution of Dijkstra's concurrent programming problem", 1974), with the atomic steps of
// the model "bakery" of BEEM (Pelánek, "BEEM: Benchmarks for explicit model checkers", 2007):
//
//	process i                                                    its place before the step
//	    choosing[i] := true; max := 0                            Idle
//	    for all j: max := the larger of max and number[j]        Choosing      a step each
//	    number[i] := max + 1; choosing[i] := false               Choosing      one step, after the last j
//	    for all j: await not choosing[j]                         Looking       a step each
//	               await number[j] = 0                           Standing      a step each, reads number[j] once
//	                     or (number[i], i) ≤ (number[j], j)
//	    enters                                                   Looking       after the last j
//	    number[i] := 0                                           Inside
//
// Numbers grow without bound. The model is the algorithm with a bound: a process whose number would exceed tickets stands
// still. So what is proved is proved of the runs in which no number exceeds the bound.
//
// Each process has a [Ticket], the shared variables that it alone writes. A process reads a number by asking the ticket, which
// answers in the same atomic step; it waits by a question that the ticket refuses.
func Bakery(processes, tickets int) (*model.System, error) {
	if processes < 2 || processes > 5 || tickets < 1 || tickets > 16 {
		return nil, fmt.Errorf("the bakery with %d processes and %d tickets: 2 to 5 and 1 to 16 are possible", processes, tickets)
	}
	var customers, shared []model.Member
	for i := range processes {
		customers = append(customers, model.Member{
			Name:    fmt.Sprintf("process/%d", i+1),
			Machine: &Customer{self: model.ID(i), processes: model.ID(processes), tickets: tickets},
		})
		shared = append(shared, model.Member{Name: fmt.Sprintf("ticket/%d", i+1), Machine: &Ticket{}})
	}
	return model.Compose(append(customers, shared...)...)
}

// Queueing is where a process of the bakery stands.
type Queueing uint8

// The places of a process.
const (
	Idle Queueing = iota
	Choosing
	Looking
	Standing
	Inside
)

// The events of the bakery. The process j that an action is about is in its text.
type (
	startChoosing struct{}
	readNumber    struct{ j model.ID }
	takeNumber    struct{ n int }
	lookAt        struct{ j model.ID }
	passBy        struct{ j model.ID }
	enter         struct{}
	leave         struct{}

	choosing struct{}        // to the own ticket
	number   struct{ n int } // to the own ticket, 0: none; and a ticket's answer
	ask      struct{}        // to another one's ticket: its number?
	chosen   struct{}        // to a ticket: refused while its process chooses
	turn     struct {        // to a ticket: refused while its process, j, comes before number n of who
		n      int
		who, j model.ID
	}
)

func (startChoosing) String() string { return "starts to choose" }
func (r readNumber) String() string  { return fmt.Sprintf("reads the number of %d", r.j+1) }
func (t takeNumber) String() string  { return fmt.Sprintf("takes number %d", t.n) }
func (l lookAt) String() string      { return fmt.Sprintf("sees that %d is not choosing", l.j+1) }
func (p passBy) String() string      { return fmt.Sprintf("sees that %d does not come first", p.j+1) }
func (enter) String() string         { return "enters" }
func (leave) String() string         { return "leaves" }
func (choosing) String() string      { return "choosing" }
func (n number) String() string      { return fmt.Sprintf("number %d", n.n) }
func (ask) String() string           { return "number?" }
func (chosen) String() string        { return "chosen?" }
func (t turn) String() string        { return fmt.Sprintf("is it the turn of number %d of %d?", t.n, t.who+1) }

// Customer is a process. Its ticket is the machine self + processes.
type Customer struct {
	self, processes model.ID
	tickets         int

	At     Queueing
	next   model.ID // Choosing, Looking, Standing: the process j
	number int      // Choosing: the largest number read; Looking, Standing: its own
}

// Actions is the next step, at most one.
func (c *Customer) Actions(dst []model.Event) []model.Event {
	switch {
	case c.At == Idle:
		return append(dst, startChoosing{})
	case c.At == Choosing && c.next < c.processes:
		return append(dst, readNumber{c.next})
	case c.At == Choosing && c.number < c.tickets:
		return append(dst, takeNumber{c.number + 1})
	case c.At == Looking && c.next < c.processes:
		return append(dst, lookAt{c.next})
	case c.At == Looking:
		return append(dst, enter{})
	case c.At == Standing:
		return append(dst, passBy{c.next})
	case c.At == Inside:
		return append(dst, leave{})
	}
	return dst
}

// Step takes an action, or the number it has asked for.
func (c *Customer) Step(_ model.ID, e model.Event, out *model.Out) {
	own := c.processes + c.self
	switch e := e.(type) {
	case startChoosing:
		out.Send(own, choosing{})
		c.At = Choosing
	case readNumber:
		out.Send(c.processes+e.j, ask{})
	case number:
		c.number, c.next = max(c.number, e.n), c.next+1
	case takeNumber:
		out.Send(own, number(e))
		c.At, c.next, c.number = Looking, 0, e.n
	case lookAt:
		out.Send(c.processes+e.j, chosen{})
		c.At = Standing
	case passBy:
		out.Send(c.processes+e.j, turn{c.number, c.self, e.j})
		c.At, c.next = Looking, e.j+1
	case enter:
		c.At, c.next, c.number = Inside, 0, 0
	case leave:
		out.Send(own, number{0})
		c.At = Idle
	}
}

// Clone returns an independent copy.
func (c *Customer) Clone() model.Machine { d := *c; return &d }

// AppendState encodes the place and the private variables.
func (c *Customer) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendInt(model.AppendInt(dst, c.At), c.next), c.number)
}

// Ticket is choosing[j] and number[j].
type Ticket struct {
	choosing bool
	number   int
}

// Actions is empty.
func (t *Ticket) Actions(dst []model.Event) []model.Event { return dst }

// Step writes, answers, or lets pass.
func (t *Ticket) Step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case choosing:
		t.choosing = true
	case number:
		t.choosing, t.number = false, e.n
	case ask:
		out.Send(from, number{t.number})
	case chosen:
		if t.choosing {
			out.Refuse()
		}
	case turn:
		if t.number != 0 && (t.number < e.n || t.number == e.n && e.j < e.who) {
			out.Refuse()
		}
	}
}

// Clone returns an independent copy.
func (t *Ticket) Clone() model.Machine { d := *t; return &d }

// AppendState encodes both variables.
func (t *Ticket) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendBool(dst, t.choosing), t.number)
}

// BakeryProperties of a number of processes are: mutual-exclusion, and the witness can-queue: a process is inside while all others
// have taken a number.
func BakeryProperties(processes int) []model.Property {
	all := ids(processes)
	at := func(v model.View, places ...Queueing) (n int) {
		for _, i := range all {
			for _, p := range places {
				if v[i].(*Customer).At == p {
					n++
				}
			}
		}
		return n
	}
	return []model.Property{
		{
			Name: "mutual-exclusion", Kind: model.Invariant, Reads: all,
			Holds: func(v model.View) bool { return at(v, Inside) <= 1 },
		},
		{
			Name: "can-queue", Kind: model.Reachable, Reads: all,
			Holds: func(v model.View) bool { return at(v, Inside) == 1 && at(v, Looking, Standing) == processes-1 },
		},
	}
}
