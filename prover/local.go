package prover

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/lockstep-prover/lockstep/model"
)

// tables is everything interned of one system: local states, messages, and the local transitions between them. Reading is free
// of locks. Whoever misses runs the machine's code on a copy and takes the mutex to number what came of it.
type tables struct {
	system   *model.System
	machines []*locals

	mu       sync.Mutex
	byValue  map[message]uint32
	messages []message
	log      []derivation
}

// locals numbers the local states of one machine, and the messages that it was sent.
type locals struct {
	id   model.ID
	name string
	list atomic.Pointer[[]*local]

	// Under the mutex of the tables:
	bodies  map[string]*body  // by encoding
	kept    bool              // what they do is kept for another pass: see behaviour
	byInput map[uint32]uint32 // message → its number among this machine's inputs
	inputs  atomic.Pointer[[]uint32]
}

// local is one local state.
type local struct {
	*body
	acts  []atomic.Pointer[result]                 // by action
	takes atomic.Pointer[[]atomic.Pointer[result]] // by the machine's input; a longer copy replaces it
}

// body is what is the same of a local state whoever listens to the machine. The machine is frozen: it is cloned before a step.
type body struct {
	machine model.Machine
	events  []model.Event
	in      *tables // that numbered it last
	number  uint32
	steps   map[message]*outcome // nil: not kept
}

// outcome is what came of a step of a machine before it is known where its effects go.
type outcome struct {
	next      *body // nil: refused or cut
	effects   []model.Effect
	refused   bool
	cut       string
	violation string
}

// behaviour keeps what the machines of a system have done from one pass of Explore to the next: passes differ in their monitors and in how they
// number local states, and no machine depends on either.
type behaviour []map[string]*body // by machine, and by encoding

func newBehaviour(sys *model.System) behaviour {
	m := make(behaviour, sys.Len())
	for i := range m {
		m[i] = map[string]*body{}
	}
	return m
}

// result is a memoised local transition.
type result struct {
	next      uint32
	plain     bool // not refused, not cut, no violation
	quiet     bool // plain, and nothing sent
	single    bool // plain, and one thing sent, which is:
	first     send
	refused   bool
	sticky    bool // partial-order reduction: see findSticky
	log       int  // how long the tables' log was when this had been worked out
	sends     []send
	cut       string
	violation string
}

// send is an input on its way to a machine.
type send struct {
	to    uint32
	input uint32
}

// message is an event and its sender.
type message struct {
	from  model.ID
	event model.Event
}

// derivation says how local states and messages got their numbers: done again in the same order it gives the same numbers.
// Checkpoints and certificates are written with it, so that no machine has to be decoded from its encoding.
type derivation struct {
	kind    derived
	machine uint32
	local   uint32
	arg     uint32 // the number of the action, of the message, or of the permutation
}

type derived uint8

const (
	byAction derived = iota
	byMessage
	byImage
)

// scratch is what running a machine takes; each worker has its own.
type scratch struct {
	out     model.Out
	key     []byte
	route   []model.Delivery
	outcome outcome
}

// newTables makes the tables of a system. What is kept is of its first machines; monitors follow.
func newTables(sys *model.System, kept behaviour) *tables {
	t := &tables{system: sys, byValue: map[message]uint32{}}
	for id := range model.ID(sys.Len()) {
		l := &locals{id: id, name: sys.Name(id), byInput: map[uint32]uint32{}}
		if l.kept = int(id) < len(kept); l.kept {
			l.bodies = kept[id]
		} else {
			l.bodies = map[string]*body{}
		}
		l.list.Store(new([]*local))
		l.inputs.Store(new([]uint32))
		t.machines = append(t.machines, l)
		t.number(l, l.body(sys.Initial(id), sys.Initial(id).AppendState(nil)))
	}
	return t
}

// initial is the system's initial state.
func (t *tables) initial() []uint32 { return make([]uint32, len(t.machines)) }

// body returns the one body of an encoding. m must not change afterwards.
func (l *locals) body(m model.Machine, key []byte) *body {
	if b := l.bodies[string(key)]; b != nil {
		return b
	}
	events := m.Actions(nil)
	for i, e := range events {
		for _, other := range events[:i] {
			if e.String() == other.String() {
				panic(fmt.Sprintf("prover: %s offers two actions that read %q", l.name, e))
			}
		}
	}
	b := &body{machine: m, events: events}
	if l.kept {
		b.steps = map[message]*outcome{}
	}
	l.bodies[string(key)] = b
	return b
}

// number returns the number of a local state.
func (t *tables) number(l *locals, b *body) uint32 {
	if b.in != t {
		s := &local{body: b, acts: make([]atomic.Pointer[result], len(b.events))}
		s.takes.Store(new([]atomic.Pointer[result]))
		list := append(*l.list.Load(), s)
		l.list.Store(&list)
		b.in, b.number = t, uint32(len(list)-1)
	}
	return b.number
}

// changedError is about a machine of which a state is no longer what it was when it was met.
type changedError struct{ machine string }

func (e changedError) Error() string {
	return fmt.Sprintf("a state of %s changed after it was met, and no verdict can be trusted: its Clone shares memory with the original, "+
		"or Actions, AppendState or a property changes it (model.Conform tells more)", e.machine)
}

// intact looks for a state that has changed. What is kept for another pass is looked at when that is done.
func (t *tables) intact(last bool) error {
	var now []byte
	for _, l := range t.machines {
		if l.kept && !last {
			continue
		}
		for key, b := range l.bodies {
			if now = b.machine.AppendState(now[:0]); string(now) != key {
				return changedError{l.name}
			}
		}
	}
	return nil
}

func (l *locals) len() int { return len(*l.list.Load()) }

func (l *locals) at(id uint32) *local { return (*l.list.Load())[id] }

// act returns the result of the k-th action of l's local state id.
func (t *tables) act(l *locals, id uint32, k int, tmp *scratch) *result {
	s := l.at(id)
	if r := s.acts[k].Load(); r != nil {
		return r
	}
	return t.step(l, id, message{model.Self, s.events[k]}, derivation{byAction, uint32(l.id), id, uint32(k)}, tmp, func(r *result) *result {
		if known := s.acts[k].Load(); known != nil {
			return known
		}
		if r != nil {
			s.acts[k].Store(r)
		}
		return r
	})
}

// known returns the result of an input, or nil if it has not been worked out.
func (s *local) known(input uint32) *result {
	takes := *s.takes.Load()
	if int(input) >= len(takes) {
		return nil
	}
	return takes[input].Load()
}

// take returns the result of an input in l's local state id.
func (t *tables) take(l *locals, id, input uint32, tmp *scratch) *result {
	s := l.at(id)
	if r := s.known(input); r != nil {
		return r
	}
	number := (*l.inputs.Load())[input]
	t.mu.Lock()
	m := t.messages[number]
	t.mu.Unlock()
	return t.step(l, id, m, derivation{byMessage, uint32(l.id), id, number}, tmp, func(r *result) *result {
		if known := s.known(input); known != nil || r == nil {
			return known
		}
		takes := s.takes.Load()
		if int(input) >= len(*takes) {
			longer := make([]atomic.Pointer[result], l.inputsLen())
			for i := range *takes {
				longer[i].Store((*takes)[i].Load())
			}
			s.takes.Store(&longer)
			takes = &longer
		}
		(*takes)[input].Store(r)
		return r
	})
}

func (l *locals) inputsLen() int { return len(*l.inputs.Load()) }

// step works out a local transition. put stores the result, unless another worker was faster; it is called under the mutex, first
// with nil.
func (t *tables) step(l *locals, id uint32, m message, d derivation, tmp *scratch, put func(*result) *result) *result {
	o := t.outcome(l, l.at(id).body, m, tmp)
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := put(nil); r != nil {
		return r
	}
	t.log = append(t.log, d)
	r := &result{log: len(t.log), refused: o.refused, cut: o.cut, violation: o.violation}
	r.plain = !r.refused && r.cut == "" && r.violation == ""
	if o.next == nil {
		return put(r)
	}
	r.next = t.number(l, o.next)
	tmp.route = tmp.route[:0]
	for _, e := range o.effects {
		tmp.route = t.system.Route(tmp.route, l.id, e)
	}
	for _, e := range tmp.route {
		r.sends = append(r.sends, send{uint32(e.To), t.input(t.machines[e.To], message{e.From, e.Event})})
	}
	r.quiet, r.single = r.plain && len(r.sends) == 0, r.plain && len(r.sends) == 1
	if r.single {
		r.first = r.sends[0]
	}
	return put(r)
}

// outcome runs the machine's own code, unless that has been done and kept. What it returns may be overwritten by the next call with the same scratch.
func (t *tables) outcome(l *locals, b *body, m message, tmp *scratch) *outcome {
	if l.kept {
		t.mu.Lock()
		o := b.steps[m]
		t.mu.Unlock()
		if o != nil {
			return o
		}
	}
	next := b.machine.Clone()
	tmp.out.Reset()
	model.Deliver(next, m.from, m.event, &tmp.out)
	o := &tmp.outcome
	*o = outcome{refused: tmp.out.Refused(), cut: tmp.out.CutReason(), violation: tmp.out.Violation()}
	went := !o.refused && o.cut == ""
	if went {
		o.effects = tmp.out.Effects()
		tmp.key = next.AppendState(tmp.key[:0])
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if went {
		o.next = l.body(next, tmp.key)
	}
	if l.kept {
		o = &outcome{o.next, slices.Clone(o.effects), o.refused, o.cut, o.violation}
		b.steps[m] = o
	}
	return o
}

// input returns the number of a message among the inputs of a machine.
func (t *tables) input(to *locals, m message) uint32 {
	number, ok := t.byValue[m]
	if !ok {
		number = uint32(len(t.messages))
		t.messages = append(t.messages, m)
		t.byValue[m] = number
	}
	input, ok := to.byInput[number]
	if !ok {
		inputs := append(*to.inputs.Load(), number)
		to.inputs.Store(&inputs)
		input = uint32(len(inputs) - 1)
		to.byInput[number] = input
	}
	return input
}

// image returns the number, in the table of to, of the image of a local state under a permutation, of which the index is nth.
func (t *tables) image(l *locals, id uint32, to *locals, nth int, rename func(model.ID) model.ID, tmp *scratch) uint32 {
	m := model.Rename(l.at(id).machine, rename)
	tmp.key = m.AppendState(tmp.key[:0])
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = append(t.log, derivation{byImage, uint32(l.id), id, uint32(nth)})
	return t.number(to, to.body(m, tmp.key))
}
