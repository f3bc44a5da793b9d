package model_test

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// A system in four parts: two workers who want a tool, the shelf it lies on, and what must hold.
//
// A machine has actions of its own (what it could do next) and takes inputs from others. The worker's only decision is to
// reach for the tool or to put it back; whether it gets the tool is the shelf's answer, delivered in the same atomic step.

type reach struct{}   // worker: an action
type putBack struct{} // worker: an action
type ask struct{}     // worker → shelf
type give struct{}    // shelf → worker
type bring struct{}   // worker → shelf

func (reach) String() string   { return "reach" }
func (putBack) String() string { return "put back" }
func (ask) String() string     { return "ask" }
func (give) String() string    { return "give" }
func (bring) String() string   { return "bring" }

type worker struct {
	shelf model.ID
	has   bool
}

func (w *worker) Actions(dst []model.Event) []model.Event {
	if w.has {
		return append(dst, putBack{})
	}
	return append(dst, reach{})
}

func (w *worker) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e.(type) {
	case reach:
		out.Send(w.shelf, ask{})
	case give:
		w.has = true
	case putBack:
		w.has = false
		out.Send(w.shelf, bring{})
	}
}

func (w *worker) Clone() model.Machine          { c := *w; return &c }
func (w *worker) AppendState(dst []byte) []byte { return model.AppendBool(dst, w.has) }
func (w *worker) Rename(to func(model.ID) model.ID) model.Machine {
	return &worker{shelf: to(w.shelf), has: w.has}
}

type shelf struct{ empty bool }

func (s *shelf) Actions(dst []model.Event) []model.Event { return dst }

func (s *shelf) Step(from model.ID, e model.Event, out *model.Out) {
	switch e.(type) {
	case ask:
		if !s.empty {
			s.empty = true
			out.Send(from, give{})
		}
	case bring:
		s.empty = false
	}
}

func (s *shelf) Clone() model.Machine          { c := *s; return &c }
func (s *shelf) AppendState(dst []byte) []byte { return model.AppendBool(dst, s.empty) }

// toolSystem composes the machines; a machine's ID is its place in the list. The two workers are interchangeable.
func toolSystem() *model.System {
	const theShelf = model.ID(0)
	sys, err := model.Compose(
		model.Member{Name: "shelf", Machine: &shelf{}},
		model.Member{Name: "worker/1", Machine: &worker{shelf: theShelf}},
		model.Member{Name: "worker/2", Machine: &worker{shelf: theShelf}},
	)
	if err != nil {
		panic(err)
	}
	sys.Symmetry = model.Symmetry{{{1}, {2}}}
	return sys
}

// atMostOne is the promise: never do both workers have the tool.
func atMostOne() model.Property {
	return model.Property{
		Name: "at-most-one", Kind: model.Invariant, Symmetric: true,
		Holds: func(v model.View) bool { return !v[1].(*worker).has || !v[2].(*worker).has },
	}
}

// One run of the system, by choosing one of the enabled actions after the other. The prover takes all of them instead.
func Example() {
	st := toolSystem().Start()
	for _, choose := range []int{0, 1, 0, 1} {
		var names []string
		enabled := st.Actions(nil)
		for _, a := range enabled {
			names = append(names, fmt.Sprintf("%s %v", st.System().Name(a.Machine), a.Event))
		}
		step := st.Step(enabled[choose])
		fmt.Printf("%q: %s, effects: %v\n", names, names[choose], len(step.Happenings))
	}
	fmt.Println("at most one:", atMostOne().Holds(st.View()))
	// Output:
	// ["worker/1 reach" "worker/2 reach"]: worker/1 reach, effects: 2
	// ["worker/1 put back" "worker/2 reach"]: worker/2 reach, effects: 1
	// ["worker/1 put back" "worker/2 reach"]: worker/1 put back, effects: 1
	// ["worker/1 reach" "worker/2 reach"]: worker/2 reach, effects: 2
	// at most one: true
}
