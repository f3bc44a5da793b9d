package spec

import (
	"maps"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/model/network"
)

// linearizable objects when a history of calls has no explanation by a lock that does each of them in one moment between call and return: operations
// (Herlihy and Wing 1990). It keeps every table of who has which slot that explains the history so far, and looks for a call's moment when the call
// returns (just-in-time linearization, Lowe 2017). SPEC.md, P-5, has the lock's sequential specification.
type linearizable struct {
	holding
	pairs  []pair
	calls  []lock.Called // in progress, by pair
	struck bitset        // by a fault, so that it may lose slots and answers
	tables []string      // sorted, none that may come of another one; see table
}

func newLinearizable(h holding, pairs []pair) *linearizable {
	m := &linearizable{holding: h, pairs: pairs, calls: make([]lock.Called, len(pairs))}
	m.tables = []string{string(make([]byte, len(pairs)*m.stride()+1))}
	return m
}

// table is one way in which the lock may be after what has returned so far:
//
//	for each pair:  how often it has each slot; how many acquires that failed may still be granted; what its call in progress has come to
//	at last:        how many slots are gone for good
type table []byte

// What a call has come to. From acquired on it is acquire's, of the slot behind it.
const (
	undecided byte = iota
	wasBusy
	wasHeld
	wasLost
	wasReleased
	acquired
)

func (m *linearizable) stride() int                        { return m.slots + 2 }
func (m *linearizable) held(t table, pair, slot int) *byte { return &t[pair*m.stride()+slot] }
func (m *linearizable) ghosts(t table, pair int) *byte     { return &t[pair*m.stride()+m.slots] }
func (m *linearizable) came(t table, pair int) *byte       { return &t[pair*m.stride()+m.slots+1] }

// loses reports whether a pair may lose a slot that it has not released.
func (m *linearizable) loses(pair int) bool { return m.lapses || m.struck.has(pair) }

func (m *linearizable) Actions(dst []model.Event) []model.Event { return dst }

func (m *linearizable) Step(from model.ID, e model.Event, out *model.Out) {
	i := slices.IndexFunc(m.pairs, func(p pair) bool { return p.client == from })
	switch e := e.(type) {
	case network.Befell:
		if i := slices.IndexFunc(m.pairs, func(p pair) bool { return p.link == from }); i != none {
			m.struck.set(i, true)
		}
	case lock.Called:
		if i != none {
			m.calls[i] = e
		}
	case lock.Returned:
		if i == none {
			return
		}
		m.returned(i, e)
		if len(m.tables) == 0 {
			out.Violate("no order of the calls explains what they returned")
		}
	default:
		if next := m.exist; next.observe(e) {
			all := map[string]bool{}
			m.reach(m.tables, func(t table) bool { // what had its moment before this
				all[string(t)] = true
				return true
			})
			m.exist = next
			m.settle(all)
		}
	}
}

// returned keeps the tables that explain what a call returned.
func (m *linearizable) returned(i int, r lock.Returned) {
	want := map[lock.Result]byte{lock.Busy: wasBusy, lock.NotHeld: wasLost, lock.Released: wasReleased}[r.Result]
	switch {
	case r.Result == lock.Held && r.Op == lock.Acquire:
		want = acquired + byte(m.index(r.Slot))
	case r.Result == lock.Held:
		want = wasHeld
	}
	kept := map[string]bool{}
	m.reach(m.tables, func(t table) bool { // up to the moment of the call
		came := m.came(t, i)
		on := *came == undecided
		switch {
		case r.Result != lock.Failed:
			if *came != want {
				return on
			}
		case r.Op == lock.Acquire && on && m.struck.has(i):
			*m.ghosts(t, i) = min(*m.ghosts(t, i)+1, byte(m.losses))
		case *came >= acquired && !m.loses(i): // there was nothing to fail of
			return on
		}
		*came = undecided
		kept[string(t)] = true
		return on
	})
	m.calls[i] = lock.Called{}
	m.settle(kept)
}

// settle makes those of the tables the present ones that come of no other.
func (m *linearizable) settle(all map[string]bool) {
	var next []string
	for text := range all {
		m.moments(table(text), func(t table) { next = append(next, string(t)) })
	}
	m.reach(next, func(t table) bool {
		delete(all, string(t))
		return true
	})
	m.tables = slices.Sorted(maps.Keys(all))
}

// reach visits tables, each once, and what may come of them while calls, slots that lapse, and acquires that failed have their moments in any order, but of those
// for which on says false. A table that on gets is its own.
func (m *linearizable) reach(todo []string, on func(table) bool) {
	seen := map[string]bool{}
	todo = slices.Clone(todo)
	for len(todo) > 0 {
		text := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[text] {
			continue
		}
		seen[text] = true
		if on(table(text)) {
			m.moments(table(text), func(t table) { todo = append(todo, string(t)) })
		}
	}
}

// moments visits what may come of a table in one moment.
func (m *linearizable) moments(t table, visit func(table)) {
	gone := &t[len(t)-1]
	free := func(slot int) bool {
		n := int(*gone)
		for i := range m.pairs {
			n += int(*m.held(t, i, slot))
		}
		return n < m.room && m.exist.isThere(slot)
	}
	with := func(where *byte, value byte, came *byte, what byte) {
		before, was := *where, *came
		*where, *came = value, what
		visit(slices.Clone(t))
		*came, *where = was, before
	}
	for i := range m.pairs {
		came, ghosts := m.came(t, i), m.ghosts(t, i)
		busy := true
		for slot := range m.slots {
			held := m.held(t, i, slot)
			if free(slot) {
				busy = false
				if m.calls[i].Op == lock.Acquire && *came == undecided {
					with(held, *held+1, came, acquired+byte(slot))
				}
				if *ghosts > 0 {
					with(held, *held+1, ghosts, *ghosts-1)
				}
			}
			if *held > 0 && m.loses(i) {
				with(held, *held-1, came, *came)
			}
		}
		if *came != undecided {
			continue
		}
		held := m.held(t, i, m.index(m.calls[i].Slot))
		switch m.calls[i].Op {
		case lock.Acquire:
			if busy {
				with(came, wasBusy, came, wasBusy)
			}
		case lock.Verify:
			if *held > 0 {
				with(came, wasHeld, came, wasHeld)
			}
			if *held == 0 || m.loses(i) || !m.exist.isThere(m.index(m.calls[i].Slot)) {
				with(came, wasLost, came, wasLost)
			}
		case lock.Release:
			with(held, *held-min(1, *held), came, wasReleased)
		}
	}
	if int(*gone) < m.shrinks && free(0) {
		with(gone, *gone+1, gone, *gone+1)
	}
}

func (m *linearizable) Clone() model.Machine {
	c := *m
	c.calls = slices.Clone(m.calls)
	return &c
}

func (m *linearizable) AppendState(dst []byte) []byte {
	for _, c := range m.calls {
		dst = model.AppendInt(model.AppendInt(dst, c.Op), c.Slot)
	}
	dst = model.AppendInt(model.AppendInt(model.AppendInt(dst, m.struck), m.exist.there), len(m.tables))
	for _, t := range m.tables {
		dst = append(dst, t...)
	}
	return dst
}

func (m *linearizable) Rename(to func(model.ID) model.ID) model.Machine {
	c := m.Clone().(*linearizable)
	image, n := make([]int, len(m.pairs)), m.stride()
	for i, p := range m.pairs {
		image[i] = slices.IndexFunc(m.pairs, func(o pair) bool { return o.client == to(p.client) })
		c.calls[image[i]] = m.calls[i]
	}
	c.struck = m.struck.renamed(image)
	c.tables = make([]string, len(m.tables))
	for k, text := range m.tables {
		t := table(text)
		for i, j := range image {
			copy(t[j*n:(j+1)*n], text[i*n:(i+1)*n])
		}
		c.tables[k] = string(t)
	}
	slices.Sort(c.tables)
	return c
}
