package traces

import (
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// Record runs the actions from the initial state of the system and returns them as a trace, each line with notes of what
// followed from it. Everything but Lines is taken from header. It is an error if an action is not enabled where it stands,
// or if the trace would not be read back as it is.
func Record(sys *model.System, header Trace, actions []model.Action) (*Trace, error) {
	t := header
	t.Lines = nil
	st := sys.Start()
	for i, a := range actions {
		machine, event := sys.Name(a.Machine), a.Event.String()
		found, err := find(st, machine, event)
		if err != nil {
			return nil, fmt.Errorf("record step %d: %w", i+1, err)
		}
		if found.Event != a.Event {
			return nil, fmt.Errorf("record step %d: %s has two events that read %q", i+1, machine, event)
		}
		s := st.Step(a)
		if s.Cut != "" && i+1 < len(actions) {
			return nil, fmt.Errorf("record step %d of %d: the model is cut here: %s", i+1, len(actions), s.Cut)
		}
		t.Lines = append(t.Lines, Line{Machine: machine, Event: event, Notes: notes(sys, s)})
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &t, nil
}

// notes puts a step into words.
func notes(sys *model.System, s model.Step) []string {
	var words []string
	say := func(format string, args ...any) { words = append(words, printable(fmt.Sprintf(format, args...))) }
	for _, h := range s.Happenings {
		name, e := sys.Name(h.From), h.Effect
		if _, tick := e.Event.(model.Tick); tick { // the line says it
			continue
		}
		switch e.Kind {
		case model.Send:
			say("%s to %s: %v", name, sys.Name(e.To), e.Event)
		case model.Observe:
			say("observed of %s: %v", name, e.Event)
		case model.Arm:
			say("%s arms %s, %v", name, timerName(sys, h.From, e.Timer), e.Window)
		case model.Cancel:
			say("%s cancels %s", name, timerName(sys, h.From, e.Timer))
		}
	}
	for _, v := range s.Violations {
		say("%s reports: %s", sys.Name(v.Monitor), v.Reason)
	}
	if s.Cut != "" {
		say("the model is cut here: %s", s.Cut)
	}
	return words
}

// timerName tells a timer from its owner's others.
func timerName(sys *model.System, owner model.ID, t model.Timer) string {
	id, ok := sys.Timer(owner, t)
	if !ok {
		return t.Name
	}
	return shortName(sys, owner, id)
}

// shortName is the name of a timer's machine without its owner's name before it.
func shortName(sys *model.System, owner, timer model.ID) string {
	return strings.TrimPrefix(sys.Name(timer), sys.Name(owner)+".")
}
