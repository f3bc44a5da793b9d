package prover

import "github.com/lockstep-prover/lockstep/model"

// classes is a set of the declared fairness assumptions, by their place in the list.
type classes []uint64

func (c classes) add(d classes) {
	for i, w := range d {
		c[i] |= w
	}
}

func (c classes) keep(d classes) {
	for i := range c {
		c[i] &= d[i]
	}
}

func (c classes) empty() bool {
	for _, w := range c {
		if w != 0 {
			return false
		}
	}
	return true
}

// meets reports whether the sets have an element in common.
func (c classes) meets(d classes) bool {
	for i, w := range d {
		if c[i]&w != 0 {
			return true
		}
	}
	return false
}

// fairness says, of each action that a local state offers, which assumptions speak of it.
type fairness struct {
	number int
	strong classes // those that are
	of     [][]assumed
}

// assumed is of one local state.
type assumed struct {
	offers int       // how many actions
	of     []classes // by action, nil for no assumption; nil as a whole if there is none at all
}

func newFairness(g *graph, declared []model.Fairness) *fairness {
	f := &fairness{number: len(declared), of: make([][]assumed, g.machines())}
	f.strong = f.none()
	for i, d := range declared {
		if d.Strong {
			f.strong[i/64] |= 1 << (i % 64)
		}
	}
	var events []model.Event
	for m := range f.of {
		for id := range uint32(g.locals(m)) {
			events = g.offers(events[:0], m, id)
			f.of[m] = append(f.of[m], f.assume(declared, model.ID(m), events))
		}
	}
	return f
}

func (f *fairness) assume(declared []model.Fairness, m model.ID, events []model.Event) assumed {
	a := assumed{offers: len(events)}
	for i, d := range declared {
		for k, e := range events {
			if !d.Covers(model.Action{Machine: m, Event: e}) {
				continue
			}
			if a.of == nil {
				a.of = make([]classes, len(events))
			}
			if a.of[k] == nil {
				a.of[k] = f.none()
			}
			a.of[k][i/64] |= 1 << (i % 64)
		}
	}
	return a
}

// none is an empty set.
func (f *fairness) none() classes { return make(classes, (f.number+63)/64) }

// each calls yield for every enabled action of a state that an assumption speaks of, with what it leads to and its place among
// the state's steps. v is scratch, as long as there are machines.
func (l *liveness) each(s uint32, v []uint32, yield func(k int, to uint32, of classes)) {
	if l.fair.number == 0 {
		return
	}
	l.vector(int(s), v)
	at, steps := 0, l.steps(s)
	for m, id := range v {
		a := &l.fair.of[m][id]
		if a.of != nil {
			for k, of := range a.of {
				if to := steps[at+k]; of != nil && to != nowhere {
					yield(at+k, to, of)
				}
			}
		}
		at += a.offers
	}
}

// enabled adds the classes that are enabled in a state.
func (l *liveness) enabled(s uint32, v []uint32, dst classes) {
	l.each(s, v, func(_ int, _ uint32, of classes) { dst.add(of) })
}
