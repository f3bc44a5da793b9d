package traces

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Judge runs the trace and tells what it shows of the property, which is the one that its header names, and why.
//
// One run can show that a property is refuted; of a Reachable property it can show that it is proved; everything else
// stays unknown. What is shown must show in the last step and not before it:
//
//	Invariant     refuted: Holds is false in the final state
//	Monitored     refuted: the monitor reports a violation in the last step
//	Reachable     proved:  Holds is true of the final state
//	DeadlockFree  refuted: nothing is enabled in the final state, and Holds is not true of it
//
// Properties of runs are refuted by a lasso, as [model.System.CheckLasso] says: it comes back to where its cycle begins, the
// property is broken by going round for ever, and what is assumed to be fair gets its turn.
//
// The error is nil exactly if the trace runs and shows what its header expects. Where the trace runs but shows something
// else, or shows it too early, because it was truncated or altered or because the model has changed, the verdict and the
// reason are returned beside the error.
//
// The monitor of a Monitored property is added to the system here, unless the system has it already.
func Judge(t *Trace, sys *model.System, p model.Property) (model.Verdict, string, error) {
	shows := model.Refuted
	if p.Kind == model.Reachable {
		shows = model.Proved
	}
	switch {
	case t.Property != p.Name:
		return model.Unknown, "", fmt.Errorf("the trace is about %s, not about %s", t.Property, p.Name)
	case t.Expect != shows && t.Expect != model.Unknown:
		return model.Unknown, "", fmt.Errorf("no trace can show that %s is %v", p.Name, t.Expect)
	case t.Lasso && !p.Kind.OfRuns():
		return model.Unknown, "", fmt.Errorf("%s is no property of infinite runs: its trace repeats nothing and does not stop", p.Name)
	}
	if p.Kind.OfRuns() {
		return judgeRun(t, sys, p)
	}
	sys, err := watched(sys, p)
	if err != nil {
		return model.Unknown, "", err
	}

	first, why, cut := -1, "", ""
	look := func(step int, _ model.Action, st *model.State, s model.Step) error {
		switch {
		case s.Cut != "":
			cut = fmt.Sprintf("the model is cut at step %d: %s", step, s.Cut)
		case first < 0:
			if reason, ok := shown(p, st, s); ok {
				first, why = step, fmt.Sprintf("%s, after step %d of %d", reason, step, len(t.Lines))
			}
		}
		return nil
	}
	_ = look(0, model.Action{}, sys.Start(), model.Step{})
	if _, err := t.Run(sys, look); err != nil {
		return model.Unknown, "", err
	}

	verdict := shows
	switch {
	case first >= 0 && first < len(t.Lines):
		return verdict, why, fmt.Errorf("%s, too early: the trace was altered, or the model has changed", why)
	case first >= 0:
	case cut != "":
		verdict, why = model.Unknown, cut
	default:
		verdict, why = model.Unknown, fmt.Sprintf("%s is not %v by these %d steps", p.Name, shows, len(t.Lines))
	}
	return verdict, why, t.expected(verdict, why)
}

// expected is the error of a verdict other than the one that the header expects.
func (t *Trace) expected(verdict model.Verdict, why string) error {
	if verdict == t.Expect {
		return nil
	}
	return fmt.Errorf("expected %v, but %s: the trace was truncated or altered, or the model has changed", t.Expect, why)
}

// judgeRun is Judge for properties of runs.
func judgeRun(t *Trace, sys *model.System, p model.Property) (model.Verdict, string, error) {
	var actions []model.Action
	note := func(_ int, a model.Action, _ *model.State, _ model.Step) error {
		actions = append(actions, a)
		return nil
	}
	if _, err := t.Run(sys, note); err != nil {
		return model.Unknown, "", err
	}
	verdict, why := model.Refuted, fmt.Sprintf("%s does not hold: the run %s", p.Name, t.goesOn())
	if !t.Lasso {
		verdict, why = model.Unknown, p.Name+" is about infinite runs, and this one neither repeats anything nor stops for ever"
	} else if err := sys.CheckLasso(p, actions, t.Cycle); err != nil {
		verdict, why = model.Unknown, err.Error()
	}
	return verdict, why, t.expected(verdict, why)
}

// goesOn tells in words what a lasso does after its steps.
func (t *Trace) goesOn() string {
	n := len(t.Lines)
	switch t.Cycle {
	case 0:
		return fmt.Sprintf("stops for ever after step %d", n)
	case 1:
		return fmt.Sprintf("repeats step %d for ever", n)
	default:
		return fmt.Sprintf("repeats steps %d to %d for ever", n-t.Cycle+1, n)
	}
}

// watched returns the system with the property's monitor in it.
func watched(sys *model.System, p model.Property) (*model.System, error) {
	if p.Kind != model.Monitored {
		return sys, nil
	}
	if id, ok := sys.Lookup(p.MonitorName()); ok && sys.IsMonitor(id) {
		return sys, nil
	}
	return sys.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor})
}

// shown reports whether the state, or the step that led to it, decides the property.
func shown(p model.Property, st *model.State, s model.Step) (string, bool) {
	switch p.Kind {
	case model.Invariant:
		return p.Name + " does not hold", !p.Holds(st.View())
	case model.Reachable:
		return p.Name + " is reached", p.Holds(st.View())
	case model.DeadlockFree:
		stuck := len(st.Actions(nil)) == 0 && (p.Holds == nil || !p.Holds(st.View()))
		return p.Name + " does not hold: no machine can act", stuck
	}
	for _, v := range s.Violations {
		if st.System().Name(v.Monitor) == p.MonitorName() {
			return fmt.Sprintf("%s does not hold: %s", p.Name, v.Reason), true
		}
	}
	return "", false
}
