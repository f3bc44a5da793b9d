package prover

import "math/bits"

// layout says where each slot of a vector lies in a packed state, and where a packed state in the visited set carries the level
// that it was first met in:
//
//	first word:  1 │ level │ slots …          the top bit is always set, so that no packed state is zero
//	others:      slots …                      a slot never crosses a word
type layout struct {
	words      int
	slots      []slot
	levelWidth uint
	levelShift uint
	levelLimit int    // levels below it fit
	state      uint64 // the bits of the first word that are not the level
}

type slot struct {
	width uint
	word  int
	shift uint
	limit uint32 // ids below it fit
}

const (
	occupied   = 1 << 63
	levelWidth = 6 // bits of the level at first
	slack      = 3 // bits more than needed for each slot where that costs no word
)

// newLayout gives each table the bits for the numbers it has, and at least one number more; likewise the level. Slots are placed
// first fit, so that few words do, and get more bits than they need now as long as no word is added for it.
func newLayout(t *tables, level int) *layout {
	width := make([]uint, len(t.machines))
	for i, m := range t.machines {
		width[i] = uint(bits.Len(uint(m.len())))
	}
	deep := max(levelWidth, uint(bits.Len(uint(level+1))))
	best := place(width, deep)
	for range slack {
		for i := range width {
			width[i]++
		}
		wider := place(width, deep)
		if wider == nil || wider.words > best.words {
			break
		}
		best = wider
	}
	return best
}

// place returns the layout of slots of these widths.
func place(width []uint, level uint) *layout {
	l := &layout{slots: make([]slot, len(width)), levelWidth: level, levelShift: 63 - level, levelLimit: 1 << level}
	l.state = ^(uint64(l.levelLimit-1) << l.levelShift)
	used := []uint{1 + level}
	for i, w := range width {
		if w > 31 || level > 31 {
			return nil
		}
		word := 0
		for word < len(used) && used[word]+w > 64 {
			word++
		}
		if word == len(used) {
			used = append(used, 0)
		}
		shift := used[word]
		if word == 0 {
			shift -= 1 + level
		}
		l.slots[i] = slot{width: w, word: word, shift: shift, limit: 1 << w}
		used[word] += w
	}
	l.words = len(used)
	return l
}

// pack writes the vector to dst, which has l.words words; false if a number does not fit. The level is 0.
func (l *layout) pack(dst []uint64, v []uint32) bool {
	clear(dst)
	dst[0] = occupied
	for i := range l.slots {
		s := &l.slots[i]
		if v[i] >= s.limit {
			return false
		}
		dst[s.word] |= uint64(v[i]) << s.shift
	}
	return true
}

// unpack is the inverse of pack; the level is ignored.
func (l *layout) unpack(v []uint32, src []uint64) {
	for i := range l.slots {
		s := &l.slots[i]
		v[i] = uint32(src[s.word]>>s.shift) & (s.limit - 1)
	}
}

// level returns the level in a first word.
func (l *layout) level(word uint64) int {
	return int(word>>l.levelShift) & (l.levelLimit - 1)
}

// withLevel puts the level into a first word without one.
func (l *layout) withLevel(word uint64, level int) uint64 {
	return word | uint64(level)<<l.levelShift
}

// hash mixes a packed state without a level. The high bits are the good ones: the first shardBits choose the shard, the next 32
// the place in it.
func hash(p []uint64) uint64 {
	h := hashWord(p[0])
	for _, w := range p[1:] {
		h = hashWord(h ^ w)
	}
	return h
}

func hashWord(w uint64) uint64 {
	w *= 0xd6e8feb86659fd93
	w ^= w >> 32
	return w * 0x9e3779b97f4a7c15
}
