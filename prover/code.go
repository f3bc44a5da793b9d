package prover

// For states of one word, what the tables know is compiled into differences of words: nearly every step changes one machine, or one
// and another that answers nothing, and is then an addition or two. Each worker compiles for itself, as it goes; another layout
// makes it begin anew.

// code is a local state compiled.
type code struct {
	ops     []op     // by action
	answers []answer // by input
}

// op is an action: what it adds to the word, and the one input that it sends, if any.
type op struct {
	delta uint64
	input uint32
	to    int16
	kind  opKind
}

type opKind uint8

const (
	opUnknown opKind = iota
	opSlow           // anything else
	opQuiet          // nothing is sent
	opSends          // one input is sent to another machine
)

// answer is what an input adds to the word.
type answer struct {
	delta uint64
	kind  opKind // opUnknown, opSlow or opQuiet
}

// compiled returns the code of machine m in a local state.
func (w *worker) compiled(m int, id uint32) *code {
	if list := w.codes[m]; int(id) < len(list) && list[id] != nil {
		return list[id]
	}
	known := w.explore.tabs.machines[m].len()
	for len(w.codes[m]) < known {
		w.codes[m] = append(w.codes[m], nil)
	}
	c := &code{ops: make([]op, len(w.step.at(m, id).acts))}
	w.codes[m][id] = c
	return c
}

// forget drops all code.
func (w *worker) forget() {
	w.codes = make([][]*code, len(w.explore.tabs.machines))
	w.codesFor = w.explore.layout
}

// compile makes an op of what machine m's k-th action in the local state id does.
func (w *worker) compile(m int, id uint32, k int) (o op) {
	o.kind = opSlow
	r := w.step.at(m, id).acts[k].Load()
	slot := &w.explore.layout.slots[m]
	if r == nil || r.next >= slot.limit || m > 1<<14 {
		return o
	}
	o.delta = (uint64(r.next) - uint64(id)) << slot.shift
	switch {
	case r.quiet:
		o.kind = opQuiet
	case r.single && int(r.first.to) != m:
		o.kind, o.to, o.input = opSends, int16(r.first.to), r.first.input
	}
	return o
}

// compileAnswer makes an answer of what machine m does with an input in the local state id.
func (w *worker) compileAnswer(c *code, m int, id, input uint32) {
	for len(c.answers) <= int(input) {
		c.answers = append(c.answers, answer{})
	}
	a := &c.answers[input]
	a.kind = opSlow
	slot := &w.explore.layout.slots[m]
	if r := w.step.at(m, id).known(input); r == nil {
		a.kind = opUnknown
	} else if r.quiet && r.next < slot.limit {
		*a = answer{delta: (uint64(r.next) - uint64(id)) << slot.shift, kind: opQuiet}
	}
}

// expandWord is expand for states of one word.
func (w *worker) expandWord(parent uint64) {
	v, now := w.step.v, w.now
	for m, id := range v {
		if list := w.codes[m]; int(id) < len(list) && list[id] != nil {
			now[m] = list[id]
		} else {
			now[m] = w.compiled(m, id)
		}
	}
	steps := int64(0)
	w.parent[0], w.lazy = parent, true
	for m, c := range now {
		for k := range c.ops {
			o := &c.ops[k]
			word := parent + o.delta
			switch o.kind {
			case opQuiet:
			case opSends:
				other := now[o.to]
				if int(o.input) >= len(other.answers) || other.answers[o.input].kind != opQuiet {
					w.takeSlowly(m, k)
					continue
				}
				word += other.answers[o.input].delta
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

// takeSlowly takes a step by the tables, and compiles what can be.
func (w *worker) takeSlowly(m, k int) {
	if w.lazy {
		w.step.loaded()
		w.lazy = false
	}
	w.take(m, k, true)
	v := w.step.v
	o := &w.now[m].ops[k]
	if o.kind == opUnknown {
		*o = w.compile(m, v[m], k)
	}
	if o.kind == opSends {
		if c := w.now[o.to]; int(o.input) >= len(c.answers) || c.answers[o.input].kind == opUnknown {
			w.compileAnswer(c, int(o.to), v[o.to], o.input)
		}
	}
}
