package prover

// outbox sorts the successors that a worker finds into shards: a row of words for each. First they gather in the order in which they
// are found; when some have, they are scattered in one go, which writes to every row and so had better not be mixed with anything.
type outbox struct {
	layout  *layout
	words   int      // of a state
	found   []uint64 // not scattered yet
	rows    []uint64
	stride  int // words of a row
	fill    [shards]uint32
	recent  [1 << recentBits]uint64 // words found of late, by hash
	gather  int                     // how many words are found before they are scattered
	room    int                     // words that a row should hold
	full    bool                    // a row has so many
	longest int                     // words in the longest row
}

const recentBits = 12

// mostGathered is how many words are found at most before they are scattered.
const mostGathered = 1 << 9

// open makes the outbox ready for a round.
func (o *outbox) open(l *layout, room int) {
	if o.layout != l {
		clear(o.recent[:])
	}
	o.layout, o.words, o.room, o.full, o.longest = l, l.words, room, false, 0
	o.gather = min(room, mostGathered)
	if o.stride < room+o.gather {
		o.stride = room + room/8 + o.gather
		o.rows = make([]uint64, shards*o.stride)
	}
	if cap(o.found) == 0 {
		o.found = make([]uint64, 0, mostGathered+64)
	}
}

// scatter moves what was found to the rows.
func (o *outbox) scatter() {
	if o.longest+len(o.found) > o.stride { // all of it might be of one shard
		o.enlarge(2*o.stride + len(o.found))
	}
	if o.words == 1 {
		o.scatterWords()
	} else {
		for i := 0; i < len(o.found); i += o.words {
			p := o.found[i : i+o.words]
			s := shardOf(hash(p))
			copy(o.rows[s*o.stride+int(o.fill[s]):], p)
			o.fill[s] += uint32(o.words)
			o.longest = max(o.longest, int(o.fill[s]))
		}
	}
	o.full = o.full || o.longest >= o.room
	o.found = o.found[:0]
}

func (o *outbox) scatterWords() {
	rows, stride, longest := o.rows, o.stride, uint32(0)
	for _, w := range o.found {
		h := hashWord(w)
		s := shardOf(h)
		n := o.fill[s]
		rows[s*stride+int(n)] = w
		r := &o.recent[h>>(64-shardBits-recentBits)&(1<<recentBits-1)]
		other := *r ^ w
		*r = w
		n += uint32((other | -other) >> 63) // one more, unless it was found a short while ago
		o.fill[s] = n
		longest = max(longest, n)
	}
	o.longest = max(o.longest, int(longest))
}

// enlarge makes the rows longer.
func (o *outbox) enlarge(stride int) {
	rows := make([]uint64, shards*stride)
	for s, n := range o.fill {
		copy(rows[s*stride:], o.rows[s*o.stride:s*o.stride+int(n)])
	}
	o.rows, o.stride = rows, stride
}

// row is what was found for a shard.
func (o *outbox) row(shard int) []uint64 {
	return o.rows[shard*o.stride : shard*o.stride+int(o.fill[shard])]
}

// taken drops the first words of a row.
func (o *outbox) taken(shard, words int) {
	row := o.row(shard)
	o.fill[shard] = uint32(copy(row, row[words:]))
}
