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
//
// # Liveness
//
// Properties of runs (eventually, infinitely often, leads to) are decided on the whole reachable graph, explored without any
// reduction: no result of theirs names one. A run that breaks such a property is, from some state on in which it is owed, in
// states where Holds is false, for ever, and fair. As there are finitely many states there is then one that ends in a cycle,
// or stops: a lasso. So among the pending states, those that are reached from one in which the property is owed by way of
// states where Holds is false, the prover looks for a strongly connected component that is fair as a whole:
//
//	for each class     enabled in all its states, taken by no step inside    nothing fair in it, nor in any part
//	strongly fair      enabled in some, taken by no step inside              search again without these states
//	otherwise                                                                a cycle through all of it is fair
//
// and for states where nothing fair is enabled, in which a run may stop. That is the recursion of Emerson and Lei ("Modalities
// for model checking: branching time logic strikes back", 1987), which decides Streett automata too; fairness and stuttering
// are those of Lamport ("Specifying Systems", chapter 8). A system without fairness proves next to nothing of this kind, as a
// run may stop anywhere.
//
// The lasso that is returned has the shortest prefix, and among those the first in the order of actions; the cycle after it
// is put together of shortest ways to one witness of fairness after the other, short but not the shortest there is. It
// too is run on the machines before anyone sees it: [model.System.CheckLasso]. A cut is a step that the model does not
// know: a lasso that avoids it refutes, but without a lasso the verdict is unknown. Every bound leaves it unknown.
package prover
