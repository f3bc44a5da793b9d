package prover

import "sync/atomic"

// level is the states first met after the same number of steps, packed without a level, in blocks. While it is filled, each
// shard has blocks of its own, so that the owner of the shard adds to it without asking anybody.
type level struct {
	layout *layout
	blocks [shards][][]uint64
	count  [shards]int
	spare  *spareBlocks
	memory *atomic.Int64 // bytes of the blocks of all levels, among others
}

// spareBlocks are full-size blocks of earlier levels, by shard.
type spareBlocks [shards][][]uint64

const (
	firstBlock = 16   // words
	fullBlock  = 1024 // words
)

// add appends states to their shard.
func (l *level) add(shard int, states []uint64) {
	words := l.layout.words
	for len(states) > 0 {
		last := len(l.blocks[shard]) - 1
		room := 0
		if last >= 0 {
			b := l.blocks[shard][last]
			room = (cap(b) - len(b)) / words * words
		}
		if room == 0 {
			size := firstBlock
			if last >= 0 {
				size = min(2*cap(l.blocks[shard][last]), fullBlock)
			}
			l.blocks[shard] = append(l.blocks[shard], l.block(shard, max(size, words)))
			continue
		}
		n := min(room, len(states))
		b := &l.blocks[shard][last]
		*b = append(*b, states[:n]...)
		l.count[shard] += n / words
		states = states[n:]
	}
}

func (l *level) block(shard, size int) []uint64 {
	if spare := l.spare[shard]; size == fullBlock && len(spare) > 0 {
		l.spare[shard] = spare[:len(spare)-1]
		return spare[len(spare)-1][:0]
	}
	l.memory.Add(int64(size) * 8)
	return make([]uint64, 0, size)
}

// recycle ends the level's life.
func (l *level) recycle() {
	for s := range l.blocks {
		for _, b := range l.blocks[s] {
			if cap(b) == fullBlock {
				l.spare[s] = append(l.spare[s], b)
			} else {
				l.memory.Add(-int64(cap(b)) * 8)
			}
		}
	}
}

// len returns the number of states.
func (l *level) len() (n int) {
	for _, c := range l.count {
		n += c
	}
	return n
}

// drop gives up the memory of the level's blocks and of the spare ones.
func (l *level) drop() {
	l.recycle()
	for s, blocks := range l.spare {
		l.memory.Add(-int64(len(blocks)) * fullBlock * 8)
		l.spare[s] = nil
	}
}

// all returns the blocks of all shards.
func (l *level) all() (blocks [][]uint64) {
	for s := range l.blocks {
		blocks = append(blocks, l.blocks[s]...)
	}
	return blocks
}
