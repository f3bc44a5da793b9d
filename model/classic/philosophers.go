package classic

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Philosophers is Dijkstra's dining philosophers ("Hierarchical ordering of sequential processes", 1971, with forks for
// semaphores): philosopher i sits between fork i, at his left, and fork i+1, takes one in a step, eats when he has both and
// puts both down in one step. A fork refuses to be taken twice.
//
//	                      takes the left ┌─► HasLeft ──┐ takes the right
//	Thinking ─(Hungry)─►─────────────────┤             ├────────────────► Eating ── puts both down ──► Thinking
//	                     takes the right └─► HasRight ─┘ takes the left
//
// Which fork he may take first is the [Order]. With hungry, he becomes hungry in a step of its own before.
func Philosophers(n int, order Order, hungry bool) (*model.System, error) {
	if n < 2 || n > 16 {
		return nil, fmt.Errorf("%d dining philosophers: 2 to 16 are possible", n)
	}
	var philosophers, forks []model.Member
	for i := range n {
		p := &Philosopher{left: model.ID(n + i), right: model.ID(n + (i+1)%n), hungry: hungry}
		p.leftFirst = order != LastRightFirst || i < n-1
		p.rightFirst = order == EitherFirst || !p.leftFirst
		philosophers = append(philosophers, model.Member{Name: fmt.Sprintf("philosopher/%d", i+1), Machine: p})
		forks = append(forks, model.Member{Name: fmt.Sprintf("fork/%d", i+1), Machine: &Fork{}})
	}
	return model.Compose(append(philosophers, forks...)...)
}

// Order says which fork is taken first.
type Order string

// The orders.
const (
	LeftFirst      Order = "left-first"       // by all
	LastRightFirst Order = "last-right-first" // the right one by the last philosopher: a hierarchy of the forks
	EitherFirst    Order = "either"           // as each likes
)

// Meal is the state of a philosopher.
type Meal uint8

// The states of a philosopher.
const (
	Thinking Meal = iota
	Hungry
	HasLeft
	HasRight
	Eating
)

// The events of the dinner.
type (
	becomeHungry struct{}
	takeFork     struct{ right bool }
	putDown      struct{}
	beTaken      struct{} // to a fork
	beFree       struct{} // to a fork
)

func (becomeHungry) String() string { return "becomes hungry" }
func (putDown) String() string      { return "puts both forks down" }
func (beTaken) String() string      { return "taken" }
func (beFree) String() string       { return "free" }
func (t takeFork) String() string {
	if t.right {
		return "takes the right fork"
	}
	return "takes the left fork"
}

// Philosopher thinks and eats.
type Philosopher struct {
	left, right           model.ID
	leftFirst, rightFirst bool
	hungry                bool // becoming hungry is a step of its own
	State                 Meal
}

// Actions of a philosopher: what his hands could do.
func (p *Philosopher) Actions(dst []model.Event) []model.Event {
	switch {
	case p.State == Thinking && p.hungry:
		return append(dst, becomeHungry{})
	case p.State == HasLeft:
		return append(dst, takeFork{right: true})
	case p.State == HasRight:
		return append(dst, takeFork{})
	case p.State == Eating:
		return append(dst, putDown{})
	}
	if p.leftFirst {
		dst = append(dst, takeFork{})
	}
	if p.rightFirst {
		dst = append(dst, takeFork{right: true})
	}
	return dst
}

// Step takes an action.
func (p *Philosopher) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case becomeHungry:
		p.State = Hungry
	case takeFork:
		fork, one := p.left, HasLeft
		if e.right {
			fork, one = p.right, HasRight
		}
		out.Send(fork, beTaken{})
		if p.State == HasLeft || p.State == HasRight {
			one = Eating
		}
		p.State = one
	case putDown:
		out.Send(p.left, beFree{})
		out.Send(p.right, beFree{})
		p.State = Thinking
	}
}

// Clone returns an independent copy.
func (p *Philosopher) Clone() model.Machine { c := *p; return &c }

// AppendState encodes the state.
func (p *Philosopher) AppendState(dst []byte) []byte { return model.AppendInt(dst, p.State) }

// Fork lies between two philosophers.
type Fork struct{ taken bool }

// Actions is empty.
func (f *Fork) Actions(dst []model.Event) []model.Event { return dst }

// Step is being taken, which a fork in somebody's hand refuses, or put down.
func (f *Fork) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e.(type) {
	case beTaken:
		if f.taken {
			out.Refuse()
		}
		f.taken = true
	case beFree:
		f.taken = false
	}
}

// Clone returns an independent copy.
func (f *Fork) Clone() model.Machine { c := *f; return &c }

// AppendState encodes whether somebody has it.
func (f *Fork) AppendState(dst []byte) []byte { return model.AppendBool(dst, f.taken) }

// PhilosophersProperties of n philosophers are: neighbours-exclude, no two neighbours eat; deadlock-free; and the witness
// can-eat.
func PhilosophersProperties(n int) []model.Property {
	all := ids(n)
	eats := func(v model.View, i int) bool { return v[i%n].(*Philosopher).State == Eating }
	return []model.Property{
		{
			Name: "neighbours-exclude", Kind: model.Invariant, Reads: all,
			Holds: func(v model.View) bool {
				for i := range n {
					if eats(v, i) && eats(v, i+1) {
						return false
					}
				}
				return true
			},
		},
		{Name: "deadlock-free", Kind: model.DeadlockFree},
		{
			Name: "can-eat", Kind: model.Reachable, Reads: all,
			Holds: func(v model.View) bool {
				for i := range n {
					if eats(v, i) {
						return true
					}
				}
				return false
			},
		},
	}
}
