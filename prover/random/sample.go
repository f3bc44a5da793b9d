package random

// sample is a bounded set of global states with a tally each: all of them while they are few, then those whose hash ends in so
// many zero bits that they stay few (Flajolet, "On adaptive sampling", 1990, after Wegman). What is in it does not depend on
// the order in which states came, so that the samples of several workers merge into the one that a single worker would have.
type sample struct {
	limit   int
	level   int // hashes that end in this many zero bits are kept
	index   map[hash]int32
	tallies []tally
}

func newSample(limit int) sample { return sample{limit: limit, index: map[hash]int32{}} }

func (s *sample) wants(h hash) bool { return h.low&(1<<s.level-1) == 0 }

func (s *sample) has(h hash) bool {
	_, ok := s.index[h]
	return ok
}

// tally returns the tally of a hash that the sample wants. It is valid until the next call. Where the sample became too large by
// it, the hash may no longer be wanted, and the tally is then of no meaning.
func (s *sample) tally(h hash) *tally {
	if i, ok := s.index[h]; ok {
		return &s.tallies[i]
	}
	if len(s.index) >= s.limit {
		s.thin()
		if !s.wants(h) {
			return &tally{last: -1}
		}
		return s.tally(h)
	}
	s.index[h] = int32(len(s.tallies))
	s.tallies = append(s.tallies, tally{last: -1})
	return &s.tallies[len(s.tallies)-1]
}

// thin halves the sample, about.
func (s *sample) thin() {
	s.level++
	old, tallies := s.index, s.tallies
	s.index, s.tallies = map[hash]int32{}, nil
	for h, i := range old {
		if s.wants(h) {
			s.index[h] = int32(len(s.tallies))
			s.tallies = append(s.tallies, tallies[i])
		}
	}
}

func (s *sample) merge(o *sample) {
	for s.level < o.level {
		s.thin()
	}
	for h, i := range o.index {
		if s.wants(h) {
			if sum := s.tally(h); s.wants(h) {
				sum.add(&o.tallies[i])
			}
		}
	}
}

func (s *sample) distinct() int64 { return int64(len(s.index)) << s.level }
