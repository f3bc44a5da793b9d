package random

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/lockstep-prover/lockstep/model"
)

// tables is what one worker knows of one system: the local states it has met, interned, and its local transitions, memoised.
// Machines' own code runs once for each distinct local transition; that is what makes runs fast, and the entries are where
// coverage is counted. It is for one goroutine: no lock, nothing shared, half of what the prover's tables need.
type tables struct {
	member   int
	system   *model.System
	coverage *coverage
	class    func(model.Event) string
	byKey    []map[string]*local // by machine: canonical encoding → local state
	initial  []*local
	start    hash // of the initial state

	key   []byte
	out   model.Out
	route []model.Delivery
}

// local is one local state. The machine is frozen: it is cloned before a step.
type local struct {
	machine model.Machine
	key     string
	hash    hash
	own     []transition // its actions, in order
	inputs  []*transition
}

// transition is one event in one local state, and what comes of it.
type transition struct {
	from   model.ID
	event  model.Event
	class  string // of an action, where classes are put off
	result *result
}

type result struct {
	next      *local
	sends     []model.Delivery
	refused   bool
	cut       string
	violation string
	tally     *tally
}

func newTables(member int, sys *model.System, c *coverage, class func(model.Event) string) *tables {
	t := &tables{member: member, system: sys, coverage: c, class: class}
	t.start = hashOf(-1, binary.AppendUvarint(nil, uint64(member)))
	for id := range sys.Len() {
		t.byKey = append(t.byKey, map[string]*local{})
		l := t.intern(model.ID(id), sys.Initial(model.ID(id)))
		t.initial = append(t.initial, l)
		t.start = t.start.plus(l.hash)
	}
	return t
}

// intern returns the local state. m must not change afterwards.
func (t *tables) intern(id model.ID, m model.Machine) *local {
	t.key = m.AppendState(t.key[:0])
	if l, ok := t.byKey[id][string(t.key)]; ok {
		return l
	}
	l := &local{machine: m, key: string(t.key), hash: hashOf(id, t.key)}
	for _, e := range m.Actions(nil) {
		own := transition{from: model.Self, event: e}
		if t.class != nil {
			own.class = t.class(e)
		}
		l.own = append(l.own, own)
	}
	t.byKey[id][l.key] = l
	return l
}

// take returns the transition of an input.
func (l *local) take(from model.ID, e model.Event) *transition {
	for _, tr := range l.inputs {
		if tr.from == from && tr.event == e {
			return tr
		}
	}
	tr := &transition{from: from, event: e}
	l.inputs = append(l.inputs, tr)
	return tr
}

// result runs the machine's own code where that was not done before.
func (t *tables) result(id model.ID, l *local, tr *transition) *result {
	if tr.result != nil {
		return tr.result
	}
	next := l.machine.Clone()
	t.out.Reset()
	model.Deliver(next, tr.from, tr.event, &t.out)
	r := &result{refused: t.out.Refused(), cut: t.out.CutReason(), violation: t.out.Violation()}
	tr.result = r
	if r.refused || r.cut != "" {
		return r
	}
	r.next = t.intern(id, next)
	t.route = t.route[:0]
	for _, e := range t.out.Effects() {
		t.route = t.system.Route(t.route, id, e)
	}
	r.sends = append(r.sends, t.route...)
	r.tally = t.coverage.newTally(transitionKey{t.member, id, l.key, tr.from, tr.event}, r.next.key)
	return r
}

// hash is a 128-bit fingerprint. That of a global state is the sum of its machines' (the additive hash of Bellare and
// Micciancio, 1997), so that a step updates it by what it touched. That two of n states have one hash has a chance of about
// n²/2¹²⁹: none, for any n that a machine can count to.
type hash struct{ high, low uint64 }

func hashOf(id model.ID, encoding []byte) hash {
	var prefix [8]byte
	binary.LittleEndian.PutUint64(prefix[:], uint64(id))
	h := sha256.New()
	h.Write(prefix[:])
	h.Write(encoding)
	sum := h.Sum(nil)
	return hash{binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])}
}

func (h hash) plus(o hash) hash {
	low, carry := bits.Add64(h.low, o.low, 0)
	high, _ := bits.Add64(h.high, o.high, carry)
	return hash{high, low}
}

func (h hash) minus(o hash) hash {
	low, borrow := bits.Sub64(h.low, o.low, 0)
	high, _ := bits.Sub64(h.high, o.high, borrow)
	return hash{high, low}
}
