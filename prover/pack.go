package prover

import "math/bits"

// layout says where each slot of a vector lies in a packed state. The top bit of the first word is always set, so that no
// packed state is zero. A slot never crosses a word.
type layout struct {
	words int
	slots []slot
}

type slot struct {
	word  int
	shift uint
	limit uint32 // ids below it fit
}

const occupied = 1 << 63

// newLayout gives each table the bits for the ids it has, and at least one id more. Slots are placed first fit, so that
// few words do.
func newLayout(t *tables) *layout {
	l := &layout{slots: make([]slot, len(t.machines))}
	used := []uint{1} // the occupied bit
	for i, m := range t.machines {
		width := uint(bits.Len(uint(m.len())))
		word := 0
		for word < len(used) && used[word]+width > 64 {
			word++
		}
		if word == len(used) {
			used = append(used, 0)
		}
		shift := used[word]
		if word == 0 {
			shift--
		}
		l.slots[i] = slot{word: word, shift: shift, limit: 1 << width}
		used[word] += width
	}
	l.words = len(used)
	return l
}

// pack writes the vector to dst, which has l.words words; false if an id does not fit.
func (l *layout) pack(dst []uint64, v []uint32) bool {
	clear(dst)
	dst[0] = occupied
	for i, s := range l.slots {
		if v[i] >= s.limit {
			return false
		}
		dst[s.word] |= uint64(v[i]) << s.shift
	}
	return true
}

// unpack is the inverse of pack.
func (l *layout) unpack(v []uint32, src []uint64) {
	for i, s := range l.slots {
		v[i] = uint32(src[s.word]>>s.shift) & (s.limit - 1)
	}
}

// mix is the finalizer of a strong 64-bit hash over all words.
func mix(p []uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, w := range p {
		hi, lo := bits.Mul64(h^w, 0xd6e8feb86659fd93)
		h = hi ^ lo
		h ^= h >> 29
		h *= 0xbf58476d1ce4e5b9
	}
	return h ^ h>>32
}
