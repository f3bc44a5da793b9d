package shrink_test

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// line is a step as a trace has it.
type line struct{ machine, event string }

func lines(sys *model.System, trace []model.Action) []line {
	all := make([]line, len(trace))
	for i, a := range trace {
		all[i] = line{sys.Name(a.Machine), a.Event.String()}
	}
	return all
}

// judged follows lines in the dumbest way: after each of them the whole run is taken again from the beginning. It is what
// shrinking is held against and shares nothing with it. lenient says what happens to a line that is not enabled: it is left
// out, or ends the run. It returns after how many of the lines the property is violated first, or -1; and whether all lines up
// to there could be followed.
func judged(sys *model.System, p model.Property, all []line, lenient bool) (at int, followed bool) {
	if p.Kind == model.Monitored {
		var err error
		if sys, err = sys.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor}); err != nil {
			panic(err)
		}
	}
	followed = true
	var kept []line
	for n := 0; ; n++ {
		st, last, err := replay(sys, kept)
		switch {
		case err == errCut:
			return -1, false
		case err != nil && lenient:
			kept, followed = kept[:len(kept)-1], false
		case err != nil:
			return -1, false
		case violates(p, st, last):
			return n, followed
		}
		if n == len(all) {
			return -1, followed
		}
		kept = append(kept[:len(kept):len(kept)], all[n])
	}
}

var errCut = fmt.Errorf("cut")

func replay(sys *model.System, all []line) (*model.State, model.Step, error) {
	st := sys.Start()
	var last model.Step
	for _, l := range all {
		a, err := st.Find(l.machine, l.event)
		if err != nil {
			return nil, last, err
		}
		if last = st.Step(a); last.Cut != "" {
			return nil, last, errCut
		}
	}
	return st, last, nil
}

func violates(p model.Property, st *model.State, last model.Step) bool {
	switch p.Kind {
	case model.Invariant:
		return !p.Holds(st.View())
	case model.Reachable:
		return p.Holds(st.View())
	case model.DeadlockFree:
		return len(st.Actions(nil)) == 0
	}
	for _, v := range last.Violations {
		if st.System().Name(v.Monitor) == p.MonitorName() {
			return true
		}
	}
	return false
}

// without is the lines but one.
func without(all []line, i int) []line {
	return append(append([]line(nil), all[:i]...), all[i+1:]...)
}
