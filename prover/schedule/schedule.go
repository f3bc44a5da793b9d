package schedule

import (
	"iter"
	"math/bits"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/model"
)

// Options say how actions are drawn. The zero value draws a machine and then one of its enabled actions, all alike.
type Options struct {
	// Seldom, if not nil, says which actions are passed over seven times out of eight when they are drawn: faults, as a rule, of which
	// a random run otherwise has so many that nothing else happens in it.
	Seldom func(model.Action) bool
}

// Draw yields the steps of a run of at most that many steps: the state after each, and the account of it. The state is to be read, not
// stepped, and changes with the next iteration. The run ends where no action is enabled, and after a step at which the model is cut
// (see [model.Out.Cut]), whose state is of no meaning. Draw is the method of the zero [Options].
func Draw(t *rapid.T, sys *model.System, steps int) iter.Seq2[*model.State, model.Step] {
	return Options{}.Draw(t, sys, steps)
}

// Draw is the function [Draw] with these options.
func (o Options) Draw(t *rapid.T, sys *model.System, steps int) iter.Seq2[*model.State, model.Step] {
	return func(yield func(*model.State, model.Step) bool) {
		st := sys.Start()
		for range steps {
			a, ok := o.next(t, st)
			if !ok {
				return
			}
			if step := st.Step(a); !yield(st, step) || step.Cut != "" {
				return
			}
		}
	}
}

// next draws until it has drawn an action that is enabled; false if there is none.
func (o Options) next(t *rapid.T, st *model.State) (model.Action, bool) {
	one := rapid.Custom(func(t *rapid.T) drawn { return o.draw(t, st) })
	for void := 0; ; void++ {
		if void == patience && len(st.Actions(nil)) == 0 {
			return model.Action{}, false
		}
		if d := one.Draw(t, "step"); d.taken {
			return d.action, true
		}
	}
}

// patience is the number of void draws after which next looks whether there is anything to draw. Asking every time would be most of the
// time that a run takes.
const patience = 16

// drawn is one draw.
type drawn struct {
	action model.Action
	taken  bool // false: the draw is void
	text   string
}

// GoString is what rapid tells of a draw.
func (d drawn) GoString() string { return d.text }

// draw makes one draw: a machine, one of the actions it offers, and whether that is to be taken. It takes the same number of bits whatever
// the state is, so that leaving out one draw leaves the others as they are; only a machine with more than eight actions makes it more.
func (o Options) draw(t *rapid.T, st *model.State) drawn {
	sys := st.System()
	id, choice, mood := model.ID(number(t, sys.Len())), 0, 0
	var offered []model.Event
	if int(id) < sys.Len() {
		offered = st.View()[id].Actions(nil)
	}
	choice = number(t, max(8, len(offered)))
	if o.Seldom != nil {
		mood = number(t, 8)
	}
	if len(offered) == 0 {
		return drawn{text: "nothing"}
	}
	e := offered[choice%len(offered)]
	d := drawn{action: model.Action{Machine: id, Event: e}, text: sys.Name(id) + " " + e.String()}
	if mood != 0 && o.Seldom(d.action) {
		d.text += ": not now"
	} else if _, err := st.Find(sys.Name(id), e.String()); err != nil {
		d.text += ": refused"
	} else {
		d.taken = true
	}
	return d
}

// number draws bits enough for the numbers below n, all of them alike; the result may be n or more. It is made of single bits because
// rapid's own ranges prefer small numbers by means of a number of 53 bits, and lowering those was most of the time that shrinking took.
func number(t *rapid.T, n int) int {
	drawn := 0
	for range max(bits.Len(uint(n-1)), 1) {
		drawn <<= 1
		if rapid.Bool().Draw(t, "bit") {
			drawn |= 1
		}
	}
	return drawn
}
