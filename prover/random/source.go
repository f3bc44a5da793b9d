package random

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// source is where the choices of one run come from: ChaCha8 (the C2SP chacha8rand specification, which math/rand/v2 follows
// for good) under the key
//
//	bytes 0–7    the seed, little-endian
//	bytes 8–15   the number of the run, little-endian
//	bytes 16–31  "lockstep/random1"
//
// so that runs are as independent as the cipher's streams, whoever makes them, and any one can be made again.
type source struct{ stream *rand.ChaCha8 }

func newSource() *source { return &source{rand.NewChaCha8([32]byte{})} }

func (s *source) start(seed uint64, run int) {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(run))
	copy(key[16:], "lockstep/random1")
	s.stream.Seed(key)
}

// below draws a number in [0, n), each with the same probability (Lemire, "Fast random integer generation in an interval",
// 2019). It is spelled out here because a run has to stay the same run.
func (s *source) below(n int) int {
	if n == 1 {
		return 0
	}
	high, low := bits.Mul64(s.stream.Uint64(), uint64(n))
	if low < uint64(n) {
		for least := -uint64(n) % uint64(n); low < least; {
			high, low = bits.Mul64(s.stream.Uint64(), uint64(n))
		}
	}
	return int(high)
}
