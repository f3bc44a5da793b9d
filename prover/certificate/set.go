package certificate

import "math/bits"

// set holds the states in the order of the file, packed into as few words as the tables allow, and finds them: an exact set,
// no fingerprints.
//
//	packed  │ state 0 │ state 1 │ state 2 │ …        slots  │ 2 │ 0 │ 3 │ 1 │ 0 │ …   index plus one, open addressing
type set struct {
	fields []field // by machine
	words  int     // of one state
	packed []uint64
	slots  []uint32 // a power of two of them, at most half of them used
	count  int
	query  []uint64
}

// field is where a packed state has a machine's number.
type field struct {
	word, shift int
	limit       uint32 // numbers from here on are in no state
}

// newSet makes a set for numbers below the limits.
func newSet(limits []uint32) *set {
	s := &set{words: 1, slots: make([]uint32, 16)}
	shift := 0
	for _, limit := range limits {
		width := bits.Len32(limit - 1)
		if shift+width > 64 {
			s.words++
			shift = 0
		}
		s.fields = append(s.fields, field{s.words - 1, shift, limit})
		shift += width
	}
	s.query = make([]uint64, s.words)
	return s
}

// pack puts v into the query. It reports whether every number is below its limit.
func (s *set) pack(v []uint32) bool {
	clear(s.query)
	for m, n := range v {
		f := &s.fields[m]
		if n >= f.limit {
			return false
		}
		s.query[f.word] |= uint64(n) << f.shift
	}
	return true
}

// unpack puts state i into v.
func (s *set) unpack(v []uint32, i int) {
	state := s.packed[i*s.words:]
	for m := range v {
		f := &s.fields[m]
		v[m] = uint32(state[f.word] >> f.shift & (1<<bits.Len32(f.limit-1) - 1))
	}
}

// has reports whether v is in the set.
func (s *set) has(v []uint32) bool { return s.pack(v) && s.slots[s.slot(s.query)] != 0 }

// add adds v, whose numbers are below their limits, and returns its index; or that of the equal state already there, and false.
func (s *set) add(v []uint32) (int, bool) {
	if 2*s.count >= len(s.slots) {
		s.slots = make([]uint32, 2*len(s.slots))
		for i := range s.count {
			s.slots[s.slot(s.packed[i*s.words:(i+1)*s.words])] = uint32(i + 1)
		}
	}
	s.pack(v)
	at := s.slot(s.query)
	if i := s.slots[at]; i != 0 {
		return int(i - 1), false
	}
	s.packed = append(s.packed, s.query...)
	s.count++
	s.slots[at] = uint32(s.count)
	return s.count - 1, true
}

// slot returns where a packed state is or belongs.
func (s *set) slot(state []uint64) int {
	var h uint64
	for _, w := range state {
		h = (h ^ w) * 0x9e3779b97f4a7c15
		h ^= h >> 32
	}
	for at := int(h) & (len(s.slots) - 1); ; at = (at + 1) & (len(s.slots) - 1) {
		if i := int(s.slots[at]); i == 0 || s.equal(i-1, state) {
			return at
		}
	}
}

func (s *set) equal(i int, state []uint64) bool {
	for k, w := range s.packed[i*s.words : (i+1)*s.words] {
		if w != state[k] {
			return false
		}
	}
	return true
}
