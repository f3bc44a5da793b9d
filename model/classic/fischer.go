package classic

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// FischerOptions are the parameters of Fischer's algorithm.
type FischerOptions struct {
	Processes   int
	Delay, Wait int64 // in milliseconds
	Tick        int64 // in milliseconds; 0: one
}

// Fischer returns Fischer's mutual exclusion (1985; Lamport, "A fast mutual exclusion algorithm", 1987, section 2) under a
// digital clock. The algorithm needs nothing but one shared variable x, and time:
//
//  1. await x = 0
//  2. x := i              at most Delay after 1
//  3. wait                at least Wait after 2
//  4. if x ≠ i goto 1
//  5. critical section
//  6. x := 0, goto 1
//
// Mutual exclusion holds if and only if Delay < Wait: who passed 1 before x was written has written x itself before the
// writer looks at it again. Every model checker of timed automata comes with this example.
//
// Only 2 and 3 take bounded time; a process stays where else it is for as long as it likes.
func Fischer(o FischerOptions) (*model.System, error) {
	if o.Processes < 1 || o.Delay < 0 || o.Wait < 0 {
		return nil, fmt.Errorf("fischer's algorithm with %d processes, delay %d and wait %d", o.Processes, o.Delay, o.Wait)
	}
	n := o.Processes
	memory := model.ID(n)
	var members []model.Member
	for i := range n {
		members = append(members, model.Member{
			Name: fmt.Sprintf("process/%d", i+1), Machine: &Racer{memory: memory, options: o}, Timers: []model.Timer{step},
		})
	}
	sys, err := model.Compose(append(members, model.Member{Name: "x", Machine: &variable{holder: model.Self}})...)
	if err != nil {
		return nil, err
	}
	group := make(model.Group, n)
	for i := range group {
		timer, _ := sys.Timer(model.ID(i), step)
		group[i] = []model.ID{model.ID(i), timer}
	}
	sys.Symmetry = model.Symmetry{group}
	return sys.Timed(model.Clock{Tick: max(o.Tick, 1)})
}

// step is a process's one timer: it has come to the end of what it takes to write, or to wait.
var step = model.Timer{Name: "step", Peer: model.Self}

// Racer is a process of Fischer's algorithm.
type Racer struct {
	memory  model.ID
	options FischerOptions
	at      line
}

// line is where in the algorithm a process is.
type line uint8

const (
	remainder line = iota // before 1
	writing               // before 2
	waiting               // before 4
	critical
)

// Critical reports whether the process is in its critical section.
func (r *Racer) Critical() bool { return r.at == critical }

// The events of Fischer's algorithm.
type (
	passAwait struct{} // a process's actions
	withdraw  struct{}
	awaitZero struct{} // to the variable
	write     struct{}
	clear0    struct{}
	read      struct{}
	value     struct{ mine bool } // and its answer
)

func (passAwait) String() string { return "sees x = 0" }
func (withdraw) String() string  { return "leaves" }
func (awaitZero) String() string { return "await x = 0" }
func (write) String() string     { return "x := me" }
func (clear0) String() string    { return "x := 0" }
func (read) String() string      { return "x = ?" }
func (v value) String() string {
	if v.mine {
		return "x is you"
	}
	return "x is not you"
}

// Actions passes the await, which the variable refuses unless it is 0, or leaves the critical section.
func (r *Racer) Actions(dst []model.Event) []model.Event {
	switch r.at {
	case remainder:
		return append(dst, passAwait{})
	case critical:
		return append(dst, withdraw{})
	}
	return dst
}

// Step takes an action, the end of a delay, or the value of x.
func (r *Racer) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case passAwait:
		r.at = writing
		out.Send(r.memory, awaitZero{})
		out.Arm(step, model.Window{Earliest: 0, Latest: r.options.Delay})
	case model.Expired:
		if r.at == writing {
			r.at = waiting
			out.Send(r.memory, write{})
			out.Arm(step, model.Window{Earliest: r.options.Wait, Latest: model.Forever})
		} else {
			out.Send(r.memory, read{})
		}
	case value:
		r.at = remainder
		if e.mine {
			r.at = critical
		}
	case withdraw:
		r.at = remainder
		out.Send(r.memory, clear0{})
	}
}

// Clone returns an independent copy.
func (r *Racer) Clone() model.Machine { c := *r; return &c }

// AppendState encodes the place.
func (r *Racer) AppendState(dst []byte) []byte { return model.AppendInt(dst, r.at) }

// variable is x.
type variable struct{ holder model.ID } // Self: 0

func (v *variable) Actions(dst []model.Event) []model.Event { return dst }

func (v *variable) Step(from model.ID, e model.Event, out *model.Out) {
	switch e.(type) {
	case awaitZero:
		if v.holder != model.Self {
			out.Refuse()
		}
	case write:
		v.holder = from
	case clear0:
		v.holder = model.Self
	case read:
		out.Send(from, value{v.holder == from})
	}
}

func (v *variable) Clone() model.Machine          { c := *v; return &c }
func (v *variable) AppendState(dst []byte) []byte { return model.AppendInt(dst, v.holder) }
func (v *variable) Rename(to func(model.ID) model.ID) model.Machine {
	if v.holder == model.Self {
		return v
	}
	return &variable{to(v.holder)}
}

// FischerExclusion is the property of Fischer's algorithm: never are two processes in their critical sections.
func FischerExclusion() model.Property {
	return model.Property{
		Name: "mutual-exclusion", Kind: model.Invariant, Symmetric: true,
		Holds: func(v model.View) bool {
			n := 0
			for _, m := range v {
				if r, ok := m.(*Racer); ok && r.Critical() {
					n++
				}
			}
			return n <= 1
		},
	}
}
