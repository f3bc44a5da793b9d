package certificate

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// tables numbers local states and messages in the order in which they come up, and remembers what each local state does. They
// grow while the log is replayed and, by what a step only passes through, while the states are checked.
type tables struct {
	system       *model.System
	locals       [][]*local          // by machine
	numbers      []map[string]uint32 // by machine: encoding → number
	messages     []message
	known        map[message]uint32
	permutations [][]model.ID // the identity first, and alone without symmetry
	out          model.Out
	key          []byte
}

// local is a local state of one machine. The machine in it is cloned before it is stepped.
type local struct {
	machine model.Machine
	actions []model.Event
	own     []*outcome          // by action; nil: not tried yet
	inputs  map[uint32]*outcome // by message
	images  []uint32            // by permutation: the number of the image plus one; 0: not known yet
}

type message struct {
	from  model.ID
	event model.Event
}

// outcome is what one machine does with one event.
type outcome struct {
	next      uint32
	sends     []delivery
	refused   bool
	cut       string
	violation string
	broken    string // not "": the machine's code panicked
}

type delivery struct {
	to      model.ID
	message uint32
}

// newTables numbers the initial local states.
func newTables(sys *model.System) *tables {
	t := &tables{system: sys, known: map[message]uint32{}, locals: make([][]*local, sys.Len())}
	for id := range sys.Len() {
		t.numbers = append(t.numbers, map[string]uint32{})
		t.number(model.ID(id), sys.Initial(model.ID(id)))
	}
	return t
}

// number returns the number of a local state. m must not change afterwards.
func (t *tables) number(id model.ID, m model.Machine) uint32 {
	t.key = m.AppendState(t.key[:0])
	if n, ok := t.numbers[id][string(t.key)]; ok {
		return n
	}
	actions := m.Actions(nil)
	n := uint32(len(t.locals[id]))
	t.numbers[id][string(t.key)] = n
	t.locals[id] = append(t.locals[id], &local{machine: m, actions: actions, own: make([]*outcome, len(actions))})
	return n
}

// act returns what the machine does with its k-th action.
func (t *tables) act(id model.ID, n uint32, k int) *outcome {
	l := t.locals[id][n]
	if l.own[k] == nil {
		l.own[k] = t.run(id, l, message{model.Self, l.actions[k]})
	}
	return l.own[k]
}

// take returns what the machine does with an input.
func (t *tables) take(id model.ID, n, msg uint32) *outcome {
	l := t.locals[id][n]
	o := l.inputs[msg]
	if o == nil {
		if l.inputs == nil {
			l.inputs = map[uint32]*outcome{}
		}
		o = t.run(id, l, t.messages[msg])
		l.inputs[msg] = o
	}
	return o
}

// run runs the machine's own code.
func (t *tables) run(id model.ID, l *local, m message) *outcome {
	o := &outcome{}
	o.broken = guard(func() {
		next := l.machine.Clone()
		t.out.Reset()
		next.Step(m.from, m.event, &t.out)
		o.refused, o.cut, o.violation = t.out.Refused(), t.out.CutReason(), t.out.Violation()
		if o.refused || o.cut != "" {
			return
		}
		o.next = t.number(id, next)
		var deliveries []model.Delivery
		for _, e := range t.out.Effects() {
			deliveries = t.system.Route(deliveries, id, e)
		}
		for _, d := range deliveries {
			o.sends = append(o.sends, delivery{d.To, t.message(message{d.From, d.Event})})
		}
	})
	return o
}

func (t *tables) message(m message) uint32 {
	n, ok := t.known[m]
	if !ok {
		n = uint32(len(t.messages))
		t.known[m] = n
		t.messages = append(t.messages, m)
	}
	return n
}

// image returns the number of a local state's image under the p-th permutation, in the table of the machine to[id]; broken is
// not "" if the machine's code panicked.
func (t *tables) image(id model.ID, n uint32, p int) (image uint32, broken string) {
	l := t.locals[id][n]
	if l.images == nil {
		l.images = make([]uint32, len(t.permutations))
	}
	if l.images[p] == 0 {
		to := t.permutations[p]
		broken = guard(func() { image = t.number(to[id], model.Rename(l.machine, model.Renaming(to))) })
		if broken != "" {
			return 0, broken
		}
		l.images[p] = image + 1
	}
	return l.images[p] - 1, ""
}

// guard runs code of the system. A machine or a predicate may panic where it is shown what never happens, and a file that was
// tampered with can show it anything: that is a finding about the file.
func guard(f func()) (broken string) {
	defer func() {
		if p := recover(); p != nil {
			broken = fmt.Sprintf("panics: %v", p)
		}
	}()
	f()
	return ""
}
