package model

import (
	"errors"
	"fmt"
)

// CheckLasso runs a lasso: the actions, of which the last cycle ones are then repeated for ever (0: the run stops for ever
// where the actions end). It returns nil exactly if that is a run of the system, fair by its [Fairness], which breaks p, a
// property of runs; the error says what is wrong. It is the definition that the prover's search and kept traces are held
// against, and written to be read.
func (s *System) CheckLasso(p Property, actions []Action, cycle int) error {
	switch {
	case !p.Kind.OfRuns():
		return fmt.Errorf("%s is no property of infinite runs: a lasso shows nothing of it", p.Name)
	case cycle < 0 || cycle > len(actions):
		return fmt.Errorf("a cycle of %d steps in a run of %d", cycle, len(actions))
	}
	n := len(s.Fairness)
	l := lasso{system: s, p: p, state: s.Start(), enabled: make([]int, n), such: make([]string, n), taken: make([]bool, n)}
	l.look(true)
	loop := len(actions) - cycle
	for i, a := range actions[:loop] {
		if err := l.step(a); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	if !l.owed {
		return fmt.Errorf("%s is kept before the cycle begins: nothing is owed then", p.Name)
	}
	begin := string(l.state.AppendState(nil))
	for i, a := range actions[loop:] {
		l.note(&a)
		if err := l.step(a); err != nil {
			return fmt.Errorf("step %d: %w", loop+i+1, err)
		}
		if !l.owed {
			return fmt.Errorf("step %d: %s is kept inside the cycle", loop+i+1, p.Name)
		}
	}
	if begin != string(l.state.AppendState(nil)) {
		return errors.New("the cycle does not end in the state in which it began")
	}
	if cycle == 0 {
		l.note(nil)
	}
	return l.fair(max(cycle, 1))
}

// lasso is a lasso being run.
type lasso struct {
	system  *System
	p       Property
	state   *State
	owed    bool     // so far the run breaks p, if it goes on without Holds for ever
	enabled []int    // by fairness: in how many states of the cycle its class is enabled
	such    []string // by fairness: an action of it that was
	taken   []bool   // by fairness: whether a step of the cycle takes its class
}

// step takes an action outside of the account of fairness.
func (l *lasso) step(a Action) error {
	if found, err := l.state.Find(l.system.Name(a.Machine), a.Event.String()); err != nil {
		return err
	} else if found != a {
		return fmt.Errorf("%s has two events that read %q", l.system.Name(a.Machine), a.Event)
	}
	if cut := l.state.Step(a).Cut; cut != "" {
		return fmt.Errorf("the model is cut here, and no run goes on: %s", cut)
	}
	l.look(false)
	return nil
}

// look evaluates the property in the present state.
func (l *lasso) look(first bool) {
	view := l.p.Sight(l.state.View())
	switch holds := l.p.Holds(view); {
	case l.p.Kind == Eventually:
		l.owed = !holds && (first || l.owed)
	case l.p.Kind == InfinitelyOften:
		l.owed = !holds
	default:
		l.owed = !holds && (l.owed || l.p.When(view))
	}
}

// note books a state of the cycle and the action that is taken there, if any.
func (l *lasso) note(taken *Action) {
	actions := l.state.Actions(nil)
	for i, f := range l.system.Fairness {
		for _, a := range actions {
			if f.Covers(a) {
				l.enabled[i]++
				l.such[i] = a.Event.String()
				break
			}
		}
		if taken != nil && f.Covers(*taken) {
			l.taken[i] = true
		}
	}
}

// fair says which fairness a run breaks that repeats the cycle, of so many states, for ever.
func (l *lasso) fair(states int) error {
	for i, f := range l.system.Fairness {
		switch {
		case l.taken[i] || l.enabled[i] == 0:
		case f.Strong:
			return fmt.Errorf("unfair: in the cycle %s can do something strongly fair, such as %q, and never does", l.system.Name(f.Machine), l.such[i])
		case l.enabled[i] == states:
			return fmt.Errorf("unfair: all the time %s can do something weakly fair, such as %q, and never does", l.system.Name(f.Machine), l.such[i])
		}
	}
	return nil
}

// Sight is what the property sees of a state: where Reads is given, nil in the place of every other machine.
func (p *Property) Sight(v View) View {
	if p.Reads == nil {
		return v
	}
	seen := make(View, len(v))
	for _, m := range p.Reads {
		seen[m] = v[m]
	}
	return seen
}
