// Package prover explores every reachable state of a [model.System], breadth first, and decides its properties: an
// explicit-state model checker. It knows no protocol. [Check] is for tests, [Explore] for everything else.
//
// It never explores Go objects. Each machine's local states are interned (canonical encoding → small integer) and its local
// transitions memoised (local state, event) → (local state, what it sent). A global state is a vector of small integers, a
// step a few table look-ups, and a machine's own code runs once for each distinct local transition:
//
//	local tables             a step                         visited set, in shards
//	machine 0: s0 s1 s2 …    vector ─► look up the action   packed vector, exact:
//	machine 1: s0 s1 …         └► deliver what it sent,     up to 63 bits in one word,
//	…                              again by look-up         then as many words as it takes
//
// Guarantees:
//
//   - Exact. The visited set holds the states themselves, packed, not fingerprints of them.
//   - The verdicts, the counts and the counterexamples of an exploration that no bound ends do not depend on the number of
//     workers. A level is finished before anything is decided in it, so a refutation's counts are those of whole levels.
//   - A counterexample has the fewest steps possible, and among those is the first in the order of actions
//     ([model.State.Actions]). It is found by expanding the levels again, from the last to the first; no state keeps its parent.
//     Before anyone sees it, it is run on the machines themselves.
//   - "Proved" is said only of an exhausted exploration. A bound, a cut or an interruption makes it unknown, with the reason.
//
// Under symmetry one state stands for all its images under the system's declared permutations: the least of their vectors.
// It is used where every property in hand says that it is symmetric, and each result names it.
package prover
