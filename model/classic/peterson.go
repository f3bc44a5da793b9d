package classic

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Peterson is G. L. Peterson's algorithm for two processes ("Myths about the mutual exclusion problem", 1981), as the module
// Peterson of the TLA+ examples (locks_auxiliary_vars) cuts it into atomic steps:
//
//	process p, with o the other one            its place before the step
//	    tries                                  Noncritical   and may stay there for ever
//	    flag[p] := true                        Raising
//	    turn := o                              Yielding
//	    await not flag[o] or turn = p          Waiting       one step: it reads both variables at once
//	    (critical section) leaves              Critical
//	    flag[p] := false                       Lowering
//
// With split the await is a loop that reads one variable in a step, as real memory has it:
//
//	if not flag[o]: enters                 Waiting
//	if turn = p: enters, else again        Doubting
//
// The shared variables are a machine, [Registers]: a process sends it what it does to them, and the atomic step is over when
// the registers have taken it. A read is answered in the same step. An await is a message too: while its condition is false
// the registers refuse it, and then the step that sent it is not enabled. Nothing else is needed for shared memory.
func Peterson(split bool) (*model.System, error) {
	sys, err := model.Compose(
		model.Member{Name: "process/1", Machine: &Process{registers: 2, other: 1, split: split}},
		model.Member{Name: "process/2", Machine: &Process{registers: 2, other: 0, split: split}},
		model.Member{Name: "registers", Machine: &Registers{}})
	if err != nil {
		return nil, err
	}
	// A process that has begun to try goes on; whether it tries at all is its own affair. It never has two actions.
	goesOn := func(e model.Event) bool { return e != model.Event(Noncritical) }
	sys.Fairness = []model.Fairness{{Machine: 0, Class: goesOn}, {Machine: 1, Class: goesOn}}
	return sys, nil
}

// Place is where a process stands; as an event it is the step that leaves the place.
type Place uint8

// The places of a process, in the order in which it comes by.
const (
	Noncritical Place = iota
	Raising
	Yielding
	Waiting
	Critical
	Lowering
	Doubting // has seen the other flag up
)

// String is what the process does next.
func (p Place) String() string {
	return [...]string{"tries", "raises its flag", "gives way", "asks to enter", "leaves", "lowers its flag",
		"looks at the turn"}[p]
}

// What a process does to the registers.
type (
	setFlag  struct{ up bool }     // flag[sender] := up
	setTurn  struct{ to model.ID } // turn := to
	mayEnter struct{}              // await not flag[other] or turn = sender
	readFlag struct{}              // answered: is flag[other] down?
	readTurn struct{}              // answered: is turn = sender?
	answer   struct{ yes bool }
)

func (s setFlag) String() string { return fmt.Sprintf("flag := %t", s.up) }
func (s setTurn) String() string { return fmt.Sprintf("turn := %d", s.to+1) }
func (mayEnter) String() string  { return "may I enter?" }
func (readFlag) String() string  { return "is the other flag down?" }
func (readTurn) String() string  { return "is it my turn?" }
func (a answer) String() string  { return map[bool]string{true: "yes", false: "no"}[a.yes] }

// Process is one of the two.
type Process struct {
	registers, other model.ID
	split            bool
	At               Place
}

// Actions is the one step that leaves the present place.
func (p *Process) Actions(dst []model.Event) []model.Event { return append(dst, p.At) }

// Step does what is to do at the present place and goes to the next one, or where the registers' answer leads.
func (p *Process) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e {
	case Noncritical:
		p.At = Raising
	case Raising:
		p.At = Yielding
		out.Send(p.registers, setFlag{true})
	case Yielding:
		p.At = Waiting
		out.Send(p.registers, setTurn{p.other})
	case Waiting:
		if p.split {
			p.At = Doubting // unless the answer is yes
			out.Send(p.registers, readFlag{})
			return
		}
		p.At = Critical
		out.Send(p.registers, mayEnter{})
	case Doubting:
		p.At = Waiting // unless the answer is yes
		out.Send(p.registers, readTurn{})
	case answer{yes: true}:
		p.At = Critical
	case Critical:
		p.At = Lowering
	case Lowering:
		p.At = Noncritical
		out.Send(p.registers, setFlag{false})
	}
}

// Clone returns an independent copy.
func (p *Process) Clone() model.Machine { c := *p; return &c }

// AppendState encodes the place.
func (p *Process) AppendState(dst []byte) []byte { return model.AppendInt(dst, p.At) }

// Inside reports whether the process has entered and not yet lowered its flag.
func (p *Process) Inside() bool { return p.At == Critical || p.At == Lowering }

// Registers is the shared memory: flag[0], flag[1] and turn, all 0 in the beginning.
type Registers struct {
	flag [2]bool
	turn model.ID
}

// Actions is empty: a memory does nothing of its own.
func (r *Registers) Actions(dst []model.Event) []model.Event { return dst }

// Step reads and writes for the process from.
func (r *Registers) Step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case setFlag:
		r.flag[from] = e.up
	case setTurn:
		r.turn = e.to
	case mayEnter:
		if r.flag[1-from] && r.turn != from {
			out.Refuse()
		}
	case readFlag:
		out.Send(from, answer{!r.flag[1-from]})
	case readTurn:
		out.Send(from, answer{r.turn == from})
	}
}

// Clone returns an independent copy.
func (r *Registers) Clone() model.Machine { c := *r; return &c }

// AppendState encodes the variables.
func (r *Registers) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendBool(model.AppendBool(dst, r.flag[0]), r.flag[1]), r.turn)
}

// PetersonProperties are: mutual-exclusion, and the witness can-contend: a process waits while the other one is inside.
func PetersonProperties() []model.Property {
	both := []model.ID{0, 1}
	return []model.Property{
		{
			Name: "mutual-exclusion", Kind: model.Invariant, Reads: both,
			Holds: func(v model.View) bool { return !v[0].(*Process).Inside() || !v[1].(*Process).Inside() },
		},
		{
			Name: "can-contend", Kind: model.Reachable, Reads: both,
			Holds: func(v model.View) bool { return v[0].(*Process).Inside() && v[1].(*Process).At == Waiting },
		},
	}
}

// PetersonEntersEventually promises of the process 0 or 1: whenever it has begun to try, it enters. It needs the system's
// fairness.
func PetersonEntersEventually(process model.ID) model.Property {
	at := func(v model.View) Place { return v[process].(*Process).At }
	return model.Property{
		Name: fmt.Sprintf("enters-eventually-%d", process+1), Kind: model.LeadsTo, Reads: []model.ID{process},
		When:  func(v model.View) bool { return at(v) != Noncritical && !v[process].(*Process).Inside() },
		Holds: func(v model.View) bool { return at(v) == Critical },
	}
}
