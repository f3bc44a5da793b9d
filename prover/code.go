package prover

// For states of one word, what the tables know is compiled into differences of words. Nearly every step is a chain: one machine acts
// and sends at most one input, whoever takes that sends at most one, and so on; each link of the chain is then an addition. Each
// worker compiles for itself, as it goes; another layout makes it begin anew.

// code is a local state compiled.
type code struct {
	acts  []op     // by action
	takes []op     // by input
	quiet []uint64 // by input: what it adds where it sends nothing, else notQuiet
}

// notQuiet is no difference of words: those leave the bits of the level alone, or borrow from all above.
const notQuiet = 1 << 62

// op is a local transition: what it adds to the word, and the one input that it sends, if any.
type op struct {
	delta uint64
	next  uint32 // the local state
	input uint32
	to    uint16
	kind  opKind
}

type opKind uint8

const (
	opUnknown opKind = iota
	opSlow           // anything else
	opRefused        // the step is not enabled
	opQuiet          // nothing is sent
	opSends          // one input is sent, to another machine
	opTalks          // one input is sent, to itself
)

// compiled returns the code of machine m in a local state.
func (w *worker) compiled(m int, id uint32) *code {
	if list := w.codes[m]; int(id) < len(list) && list[id] != nil {
		return list[id]
	}
	known := w.explore.tabs.machines[m].len()
	for len(w.codes[m]) < known {
		w.codes[m] = append(w.codes[m], nil)
	}
	c := &code{acts: make([]op, len(w.step.at(m, id).acts))}
	w.codes[m][id] = c
	return c
}

// forget drops all code.
func (w *worker) forget() {
	w.codes = make([][]*code, len(w.explore.tabs.machines))
	w.codesFor = w.explore.layout
}

// compile makes an op of what machine m does in the local state id.
func (w *worker) compile(m int, id uint32, r *result) op {
	slot := &w.explore.layout.slots[m]
	switch {
	case r == nil:
		return op{}
	case r.refused:
		return op{kind: opRefused}
	case !r.quiet && !r.single || r.next >= slot.limit:
		return op{kind: opSlow}
	}
	o := op{delta: (uint64(r.next) - uint64(id)) << slot.shift, next: r.next, kind: opQuiet}
	if r.single {
		o.kind, o.to, o.input = opSends, uint16(r.first.to), r.first.input
		if int(o.to) == m {
			o.kind = opTalks
		}
	}
	return o
}

// expandWord is expand for states of one word.
func (w *worker) expandWord(parent uint64) {
	now, v, slots := w.now, w.step.v, w.explore.layout.slots
	for m, list := range w.codes {
		id := uint32(parent>>slots[m].shift) & (slots[m].limit - 1)
		v[m] = id
		if int(id) < len(list) && list[id] != nil {
			now[m] = list[id]
		} else {
			now[m] = w.compiled(m, id)
		}
	}
	w.parent[0], w.lazy = parent, true
	steps := int64(0)
	for m, c := range now {
		for k := range c.acts {
			o := &c.acts[k]
			word := parent + o.delta
			switch o.kind {
			case opQuiet:
			case opSends, opTalks:
				// The usual answer is nothing but another local state.
				if to := now[o.to].quiet; o.kind == opSends && int(o.input) < len(to) && to[o.input] != notQuiet {
					word += to[o.input]
					break
				}
				sum, kind := w.chain(m, o)
				if kind == opRefused {
					continue
				}
				if kind == opSlow {
					w.takeSlowly(m, k)
					continue
				}
				word = parent + sum
			case opRefused:
				continue
			default:
				w.takeSlowly(m, k)
				continue
			}
			steps++
			if word != parent {
				w.emitWord(word)
			}
		}
	}
	w.transitions += steps
}

// longest is how many machines a chain may move; a machine may come up in it again.
const longest = 4

// chain adds up what follows from machine m's doing o. The kind is opSlow where it cannot tell, else opQuiet or opRefused.
func (w *worker) chain(m int, o *op) (sum uint64, kind opKind) {
	var moved [longest]struct{ machine, local uint32 }
	n := 1
	moved[0].machine, moved[0].local, sum = uint32(m), o.next, o.delta
	for links := 0; o.kind == opSends || o.kind == opTalks; links++ {
		if links == 16*longest {
			return 0, opSlow // if it never comes to an end, the tables say so
		}
		to, input := int(o.to), o.input
		at := 0
		for at < n && int(moved[at].machine) != to {
			at++
		}
		if at == n {
			if n == longest {
				return 0, opSlow
			}
			moved[n].machine, moved[n].local = uint32(to), w.step.v[to]
			n++
		}
		c := w.compiled(to, moved[at].local)
		for int(input) >= len(c.takes) {
			c.takes, c.quiet = append(c.takes, op{}), append(c.quiet, notQuiet)
		}
		o = &c.takes[input]
		if o.kind == opUnknown {
			if *o = w.compile(to, moved[at].local, w.step.at(to, moved[at].local).known(input)); o.kind == opUnknown {
				return 0, opSlow
			}
			if o.kind == opQuiet {
				c.quiet[input] = o.delta
			}
		}
		sum += o.delta
		moved[at].local = o.next
	}
	return sum, o.kind
}

// takeSlowly takes a step by the tables, and compiles its beginning.
func (w *worker) takeSlowly(m, k int) {
	if w.lazy {
		w.step.loaded()
		w.lazy = false
	}
	w.take(m, k, true)
	if o := &w.now[m].acts[k]; o.kind == opUnknown {
		*o = w.compile(m, w.step.v[m], w.step.at(m, w.step.v[m]).acts[k].Load())
	}
}
