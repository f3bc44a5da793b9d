package classic

import "github.com/lockstep-prover/lockstep/model"

// Initial chooses among many initial states. A system has one initial state; a model with several is written as one whose
// machines do nothing until they are told where to begin, and this machine tells them, in the one step that is enabled then.
// So the system has one state more than the model, and each run is one step longer.
type Initial struct {
	choices [][]told
	texts   []string
	done    bool
}

// told is what one machine is told in the first step.
type told struct {
	to model.ID
	e  model.Event
}

// begin is the choice of an initial state.
type begin struct {
	index int
	text  string
}

func (b begin) String() string { return b.text }

// add adds an initial state. The text is one of its own.
func (m *Initial) add(text string, all []told) {
	m.texts, m.choices = append(m.texts, "begins with "+text), append(m.choices, all)
}

// Actions lists the initial states until one is chosen.
func (m *Initial) Actions(dst []model.Event) []model.Event {
	if !m.done {
		for i, text := range m.texts {
			dst = append(dst, begin{i, text})
		}
	}
	return dst
}

// Step tells every machine where it begins.
func (m *Initial) Step(_ model.ID, e model.Event, out *model.Out) {
	m.done = true
	for _, t := range m.choices[e.(begin).index] {
		out.Send(t.to, t.e)
	}
}

// Clone returns an independent copy; the list of choices never changes and is shared.
func (m *Initial) Clone() model.Machine { c := *m; return &c }

// AppendState encodes whether the choice is made; which it was, the others know.
func (m *Initial) AppendState(dst []byte) []byte { return model.AppendBool(dst, m.done) }
