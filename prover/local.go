package prover

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/lockstep-prover/lockstep/model"
)

// locals interns the local states of one machine. Reading is free of locks; whoever misses takes the mutex.
type locals struct {
	id   model.ID
	tabs *tables

	mu    sync.Mutex
	byKey map[string]uint32
	key   []byte
	out   model.Out
	route []model.Delivery
	list  atomic.Pointer[[]*local]
}

// local is one local state. The machine is frozen: it is cloned before a step.
type local struct {
	machine model.Machine
	own     []transition                   // its actions, in order
	inputs  atomic.Pointer[[]inputHandled] // searched from the front; replaced by a longer copy on a miss
}

type transition struct {
	event  model.Event
	result atomic.Pointer[result]
}

type inputHandled struct {
	message uint32
	result  *result
}

// result is a memoised local transition.
type result struct {
	next      uint32
	sends     []send
	refused   bool
	cut       string
	violation string
}

// send is a message, that is an event and its sender, on its way to a machine.
type send struct {
	to      uint32
	message uint32
}

// tables is everything interned of one system.
type tables struct {
	system   *model.System
	machines []*locals

	mu       sync.Mutex
	byValue  map[message]uint32
	messages []message
}

type message struct {
	from  model.ID
	event model.Event
}

func newTables(sys *model.System) *tables {
	t := &tables{system: sys, byValue: map[message]uint32{}}
	for id := range sys.Len() {
		l := &locals{id: model.ID(id), tabs: t, byKey: map[string]uint32{}}
		l.list.Store(new([]*local))
		t.machines = append(t.machines, l)
	}
	return t
}

// initial interns the system's initial state.
func (t *tables) initial() []uint32 {
	v := make([]uint32, len(t.machines))
	for i, l := range t.machines {
		v[i] = l.intern(t.system.Initial(model.ID(i)))
	}
	return v
}

// intern returns the number of a local state. m must not change afterwards.
func (l *locals) intern(m model.Machine) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.internLocked(m)
}

func (l *locals) internLocked(m model.Machine) uint32 {
	l.key = m.AppendState(l.key[:0])
	if id, ok := l.byKey[string(l.key)]; ok {
		return id
	}
	events := m.Actions(nil)
	s := &local{machine: m, own: make([]transition, len(events))}
	for i, e := range events {
		for _, other := range events[:i] {
			if e.String() == other.String() {
				panic(fmt.Sprintf("prover: %s has two enabled actions that read %q", l.tabs.system.Name(l.id), e))
			}
		}
		s.own[i].event = e
	}
	s.inputs.Store(new([]inputHandled))
	list := append(*l.list.Load(), s)
	l.list.Store(&list)
	id := uint32(len(list) - 1)
	l.byKey[string(l.key)] = id
	return id
}

func (l *locals) len() int { return len(*l.list.Load()) }

func (l *locals) at(id uint32) *local { return (*l.list.Load())[id] }

// act returns the result of the state's k-th own action.
func (l *locals) act(s *local, k int) *result {
	if r := s.own[k].result.Load(); r != nil {
		return r
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := s.own[k].result.Load(); r != nil {
		return r
	}
	r := l.step(s, message{model.Self, s.own[k].event})
	s.own[k].result.Store(r)
	return r
}

// take returns the result of an input.
func (l *locals) take(s *local, msg uint32) *result {
	for _, h := range *s.inputs.Load() {
		if h.message == msg {
			return h.result
		}
	}
	m := l.tabs.message(msg)
	l.mu.Lock()
	defer l.mu.Unlock()
	known := *s.inputs.Load()
	for _, h := range known {
		if h.message == msg {
			return h.result
		}
	}
	r := l.step(s, m)
	more := append(known[:len(known):len(known)], inputHandled{msg, r})
	s.inputs.Store(&more)
	return r
}

// step runs the machine's own code.
func (l *locals) step(s *local, m message) *result {
	next := s.machine.Clone()
	l.out.Reset()
	model.Deliver(next, m.from, m.event, &l.out)
	r := &result{refused: l.out.Refused(), cut: l.out.CutReason(), violation: l.out.Violation()}
	if r.refused || r.cut != "" {
		return r
	}
	r.next = l.internLocked(next)
	l.route = l.route[:0]
	for _, e := range l.out.Effects() {
		l.route = l.tabs.system.Route(l.route, l.id, e)
	}
	for _, d := range l.route {
		r.sends = append(r.sends, send{uint32(d.To), l.tabs.intern(message{d.From, d.Event})})
	}
	return r
}

func (t *tables) intern(m message) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	id, ok := t.byValue[m]
	if !ok {
		id = uint32(len(t.messages))
		t.messages = append(t.messages, m)
		t.byValue[m] = id
	}
	return id
}

func (t *tables) message(id uint32) message {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.messages[id]
}
