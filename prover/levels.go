package prover

// levels is the states met, level by level: from files if there are any, sorted by level in memory, or, where a bound on memory
// forbids that, looked for in the visited set anew for each level.
type levels struct {
	explore *exploration
	states  [][]uint64 // packed in the present layout, without a level
	files   []*levelFile
}

// collect makes the states of the levels up to n accessible by level.
func (e *exploration) collect(n int) *levels {
	l := &levels{explore: e}
	if e.disk != nil {
		l.files = e.disk.levels
	}
	if e.disk != nil || e.opts.Memory > 0 {
		return l
	}
	size := make([]int, n+1)
	e.each(func(entry []uint64) {
		if i := e.layout.level(entry[0]); i <= n {
			size[i] += len(entry)
		}
	})
	l.states = make([][]uint64, n+1)
	for i := range l.states {
		l.states[i] = make([]uint64, 0, size[i])
	}
	e.each(func(entry []uint64) {
		if i := e.layout.level(entry[0]); i <= n {
			l.states[i] = append(l.states[i], entry...)
			l.states[i][len(l.states[i])-len(entry)] &= e.layout.state
		}
	})
	return l
}

// each calls f for every entry of the visited set; the first word carries the level.
func (e *exploration) each(f func(entry []uint64)) {
	for _, s := range e.visited {
		s.each(f)
	}
}

// each calls f with the states of level i, part by part, packed in the present layout without a level.
func (l *levels) each(i int, f func(states []uint64)) error {
	switch {
	case l.files != nil:
		return l.eachOnDisk(i, f)
	case l.states != nil:
		f(l.states[i])
		return nil
	}
	e := l.explore
	for _, s := range e.visited {
		var states []uint64
		s.each(func(entry []uint64) {
			if e.layout.level(entry[0]) == i {
				states = append(states, entry...)
				states[len(states)-len(entry)] &= e.layout.state
			}
		})
		f(states)
	}
	return nil
}

func (l *levels) eachOnDisk(i int, f func(states []uint64)) error {
	const part = 1 << 18 // words
	if i >= len(l.files) {
		return nil
	}
	r := newRepacker(l.explore, l.files[i].layout)
	return l.files[i].blocks(part, func(block []uint64) bool {
		states := make([]uint64, 0, len(block)/r.old.words*len(r.p))
		for at := 0; at < len(block); at += r.old.words {
			r.take(block[at : at+r.old.words])
			states = append(states, r.p...)
		}
		f(states)
		return true
	})
}
