// Package schedule lets [pgregory.net/rapid] choose what happens next in a system, so that a property test of a few lines runs it at
// random, and rapid shrinks and replays the schedule that breaks something. It is for systems, and for sizes of them, that are too
// large to explore; where [github.com/lockstep-prover/lockstep/prover.Check] comes to an end, it says more.
//
// The one idea: a draw names a machine, not a place in the list of what is enabled. If that machine can do nothing just then, the draw
// is void, and the next one follows. So a draw means the same thing whatever is left out before it, and rapid, which shrinks by leaving
// out draws and lowering numbers, comes to a short run; the list of enabled actions is another one after each step left out.
package schedule
