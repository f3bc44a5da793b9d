package prover

// widen gives the tables and the level more bits, packs everything that is still needed anew, and inserts what did not fit. The
// level being expanded keeps its layout until it is done.
func (e *exploration) widen() {
	old := e.layout
	e.layout = newLayout(e.tabs, e.depth+1)
	v, p := make([]uint32, len(old.slots)), make([]uint64, e.layout.words)
	before, fresh := e.visited, e.next
	for _, s := range before {
		e.memory.Add(-s.bytes())
	}
	e.newVisited()
	for i, s := range before {
		s.each(func(entry []uint64) {
			old.unpack(v, entry)
			e.layout.pack(p, v)
			e.add(p, old.level(entry[0]))
		})
		s.free()
		before[i] = nil
	}
	e.next = e.newLevel()
	for _, b := range fresh.all() {
		for i := 0; i < len(b); i += old.words {
			old.unpack(v, b[i:i+old.words])
			e.layout.pack(p, v)
			e.next.add(shardOf(hash(p)), p)
		}
	}
	fresh.recycle()
	for _, w := range e.workers {
		n := len(old.slots)
		for i := 0; i < len(w.overflow); i += n {
			e.layout.pack(p, w.overflow[i:i+n])
			if h, fresh := e.add(p, e.depth+1); fresh {
				e.next.add(shardOf(h), p)
				e.workers[0].judge(p)
			}
		}
		w.overflow = w.overflow[:0]
		w.resize(e.layout.words)
	}
	e.gather()
}

// add inserts one state into its shard, whatever the memory bound says: it is looked at after the round.
func (e *exploration) add(p []uint64, level int) (h uint64, fresh bool) {
	h = hash(p)
	s := e.visited[shardOf(h)]
	if s.full(1) {
		e.memory.Add(int64(s.growth()*e.layout.words) * 8)
		s.grow()
	}
	return h, s.insert(h, p, level)
}
