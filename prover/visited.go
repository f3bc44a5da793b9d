package prover

// The visited set is split into shards by hash; while states are inserted each shard has one owner, so nothing is atomic, and a
// shard grows on its own, in memory that a processor's cache can hold for as long as the shard is worked on.
const (
	shardBits = 8
	shards    = 1 << shardBits
	firstSize = 16 // entries of a new shard
	batch     = 64 // entries whose slots are touched before the first is inserted
)

// set is an open-addressing table of packed states, linear probing, the empty slot being a zero first word. Each entry carries
// the level it was first met in. A state's home is its hash scaled to the number of entries, so that the table is all but sorted
// by hash and growing it passes once through the old and the new one.
type set struct {
	layout *layout
	slots  []uint64
	size   int // entries
	count  int
	warm   uint64 // what the touching loads read, so that they are not optimised away
}

func newSet(l *layout) *set {
	return &set{layout: l, slots: allocate(firstSize * l.words), size: firstSize}
}

// bytes is the memory of the table.
func (s *set) bytes() int64 { return int64(len(s.slots)) * 8 }

// full reports whether that many insertions could fill the table beyond three quarters.
func (s *set) full(more int) bool { return (s.count+more)*4 > s.size*3 }

// growth is how many entries grow adds.
func (s *set) growth() int { return s.size }

func (s *set) grow() {
	old := s.slots
	s.size += s.growth()
	s.slots = allocate(s.size * s.layout.words)
	if s.layout.words == 1 {
		for _, entry := range old {
			if entry != 0 {
				w := entry & s.layout.state
				s.slots[s.findWord(s.home(hashWord(w)), w)] = entry
			}
		}
		release(old)
		return
	}
	p := make([]uint64, s.layout.words)
	for i := 0; i < len(old); i += s.layout.words {
		if old[i] == 0 {
			continue
		}
		copy(p, old[i:i+s.layout.words])
		p[0] &= s.layout.state
		copy(s.slots[s.find(hash(p), p):], old[i:i+s.layout.words])
	}
	release(old)
}

func (s *set) free() { release(s.slots); s.slots = nil }

// home is where a state of that hash belongs.
func (s *set) home(h uint64) int {
	return int((h << shardBits >> 32) * uint64(s.size) >> 32)
}

// find returns where p, which has no level and this hash, is or belongs.
func (s *set) find(h uint64, p []uint64) int {
	if s.layout.words == 1 {
		return s.findWord(s.home(h), p[0])
	}
	at := s.home(h) * s.layout.words
	for s.slots[at] != 0 && !s.equal(at, p) {
		if at += s.layout.words; at == len(s.slots) {
			at = 0
		}
	}
	return at
}

func (s *set) findWord(at int, w uint64) int {
	slots, state := s.slots, s.layout.state
	for slots[at] != 0 && slots[at]&state != w {
		if at++; at == len(slots) {
			at = 0
		}
	}
	return at
}

func (s *set) equal(at int, p []uint64) bool {
	if s.slots[at]&s.layout.state != p[0] {
		return false
	}
	for i := 1; i < len(p); i++ {
		if s.slots[at+i] != p[i] {
			return false
		}
	}
	return true
}

// levelOf returns the level that p was first met in; -1 if it was not.
func (s *set) levelOf(h uint64, p []uint64) int {
	w := s.slots[s.find(h, p)]
	if w == 0 {
		return -1
	}
	return s.layout.level(w)
}

// insert adds one state, met in that level, and reports whether it is new. The caller has seen to it that the table is not full.
func (s *set) insert(h uint64, p []uint64, level int) bool {
	at := s.find(h, p)
	if s.slots[at] != 0 {
		return false
	}
	copy(s.slots[at:], p)
	s.slots[at] = s.layout.withLevel(p[0], level)
	s.count++
	return true
}

// insertAll adds packed states, met in that level, and calls fresh with those that are new, some at a time. It stops where mayGrow
// refuses more memory, and returns how many words it has added: all of them, or less. It overwrites what it has added.
func (s *set) insertAll(states []uint64, level int, mayGrow func(bytes int64) bool, fresh func(p []uint64)) (done int) {
	words := s.layout.words
	for done < len(states) {
		n := min((len(states)-done)/words, batch)
		for s.full(n) {
			if !mayGrow(int64(s.growth()*words) * 8) {
				return done
			}
			s.grow()
		}
		part := states[done : done+n*words]
		if words == 1 {
			s.insertWords(part, level, fresh)
		} else {
			s.insertStates(part, level, fresh)
		}
		done += n * words
	}
	return done
}

// insertWords inserts a batch of states of one word. Those that are found where they belong, which are most, are dropped first, by
// loads that depend on nothing and without a branch, so that the cache misses overlap.
func (s *set) insertWords(states []uint64, level int, fresh func(p []uint64)) {
	var homes [batch]int
	for i, w := range states {
		homes[i&(batch-1)] = s.home(hashWord(w))
	}
	slots, mask := s.slots, s.layout.state
	var left [batch]uint8
	n := 0
	for i, w := range states {
		left[n&(batch-1)] = uint8(i)
		other := slots[homes[i&(batch-1)]]&mask ^ w
		n += int((other | -other) >> 63) // one more, unless it is there
	}
	m := 0
	for _, i := range left[:n] {
		w, at := states[i], homes[i&(batch-1)]
		for slots[at] != 0 && slots[at]&mask != w {
			if at++; at == len(slots) {
				at = 0
			}
		}
		if slots[at] == 0 {
			slots[at] = s.layout.withLevel(w, level)
			states[m] = w // what is before has been read
			m++
		}
	}
	if m > 0 {
		s.count += m
		fresh(states[:m])
	}
}

// insertStates is the same for states of several words.
func (s *set) insertStates(states []uint64, level int, fresh func(p []uint64)) {
	words := s.layout.words
	var hashes [batch]uint64
	for i := range len(states) / words {
		hashes[i] = hash(states[i*words : (i+1)*words])
		s.warm += s.slots[s.home(hashes[i])*words]
	}
	for i := range len(states) / words {
		if p := states[i*words : (i+1)*words]; s.insert(hashes[i], p, level) {
			fresh(p)
		}
	}
}

// each calls f for every entry; the first word carries the level.
func (s *set) each(f func(entry []uint64)) {
	for i := 0; i < len(s.slots); i += s.layout.words {
		if s.slots[i] != 0 {
			f(s.slots[i : i+s.layout.words])
		}
	}
}

func shardOf(h uint64) int { return int(h >> (64 - shardBits)) }
