package prover

// The visited set is split into shards by hash; while states are inserted each shard has one owner, so nothing is
// atomic, and a shard grows on its own, so that memory grows in small steps.
const (
	shardBits = 6
	shards    = 1 << shardBits
	firstSize = 32 // entries of a new shard
	batch     = 64 // entries whose slots are touched before the first is inserted
)

// set is an open-addressing table of packed states, linear probing, the empty slot being a zero first word.
type set struct {
	words int
	slots []uint64
	count int
	warm  uint64 // what the touching loads read, so that they are not optimised away
}

func newSet(words int) *set { return &set{words: words, slots: make([]uint64, firstSize*words)} }

// bytes is the memory of the table, which is also what its next growth adds.
func (s *set) bytes() int64 { return int64(len(s.slots)) * 8 }

// full reports whether the next insertions could fill the table beyond three quarters.
func (s *set) full(more int) bool { return (s.count+more)*4*s.words > len(s.slots)*3 }

func (s *set) grow() {
	old := s.slots
	s.slots = make([]uint64, 2*len(old))
	for i := 0; i < len(old); i += s.words {
		if old[i] != 0 {
			copy(s.slots[s.find(old[i:i+s.words]):], old[i:i+s.words])
		}
	}
}

func (s *set) home(p []uint64) int {
	return int(mix(p)&uint64(len(s.slots)/s.words-1)) * s.words
}

// find returns where p is or belongs.
func (s *set) find(p []uint64) int {
	at := s.home(p)
	if s.words == 1 {
		for s.slots[at] != 0 && s.slots[at] != p[0] {
			if at++; at == len(s.slots) {
				at = 0
			}
		}
		return at
	}
	for s.slots[at] != 0 && !equal(s.slots[at:at+s.words], p) {
		if at += s.words; at == len(s.slots) {
			at = 0
		}
	}
	return at
}

func equal(a, b []uint64) bool {
	for i, w := range b {
		if a[i] != w {
			return false
		}
	}
	return true
}

func (s *set) has(p []uint64) bool { return s.slots[s.find(p)] != 0 }

// insert adds one state and reports whether it is new. The caller has seen to it that the table is not full.
func (s *set) insert(p []uint64) bool {
	at := s.find(p)
	if s.slots[at] != 0 {
		return false
	}
	copy(s.slots[at:], p)
	s.count++
	return true
}

// insertAll adds packed states, appends the new ones to fresh and returns it. It stops where grow refuses more memory.
func (s *set) insertAll(states, fresh []uint64, mayGrow func(bytes int64) bool) ([]uint64, bool) {
	for len(states) > 0 {
		n := min(len(states), batch*s.words)
		for s.full(n / s.words) {
			if !mayGrow(s.bytes()) {
				return fresh, false
			}
			s.grow()
		}
		for i := 0; i < n; i += s.words { // independent loads: the cache misses overlap
			s.warm += s.slots[s.home(states[i:i+s.words])]
		}
		for i := 0; i < n; i += s.words {
			if p := states[i : i+s.words]; s.insert(p) {
				fresh = append(fresh, p...)
			}
		}
		states = states[n:]
	}
	return fresh, true
}

// each calls f for every state.
func (s *set) each(f func(p []uint64)) {
	for i := 0; i < len(s.slots); i += s.words {
		if s.slots[i] != 0 {
			f(s.slots[i : i+s.words])
		}
	}
}

// shardOf uses hash bits that home does not.
func shardOf(p []uint64) int { return int(mix(p) >> (64 - shardBits)) }
