package conform

import "math/rand/v2"

// DefaultPipelined is how much of a run is pipelined, in percent, unless [Options] say otherwise.
const DefaultPipelined = 10

// pipeline makes bursts of operations, each of 2 to 4, that do not wait for each other, so that about so many percent of all do not.
func pipeline(ops []Op, seed uint64, number, percent int) {
	d := &dice{rand.New(rand.NewPCG(seed^0x70697065, uint64(number)))}
	for i := 0; i < len(ops); i++ {
		// A burst of n has n-1 that do not wait: 2 of 3, on average.
		if d.Float64()*2 >= float64(percent)/max(1, float64(100-percent)) {
			continue
		}
		for n := 1 + d.IntN(3); n > 0 && i < len(ops)-1; n-- {
			ops[i].Async = true
			i++
		}
	}
}
