// Package prover explores every reachable state of a [model.System], breadth first, and decides its properties: an
// explicit-state model checker. It knows no protocol. [Check] is for tests, [Explore] for everything else.
//
// It never explores Go objects. Each machine's local states are interned (canonical encoding → small integer) and its local
// transitions memoised (local state, event) → (local state, what it sent). A global state is a vector of small integers, a
// step a few table look-ups, and a machine's own code runs once for each distinct local transition.
//
// Guarantees:
//
//   - Exact. The visited set holds the states themselves, packed, not fingerprints of them.
//   - Verdicts, counts and counterexamples of an exploration that no bound ends do not depend on the number of workers. A level
//     is finished before anything is decided in it.
//   - A counterexample has the fewest steps possible, and among those is the first in the order of actions. It is rebuilt from
//     the levels, and run on the machines themselves before anyone sees it.
//   - "Proved" is said only of an exhausted exploration. A bound, a cut or an interruption makes it unknown, with the reason.
//
// Symmetry lets one state stand for its images under the declared permutations. Partial order takes the steps of one machine
// where nobody can interfere; ample.go argues why that is enough. Each result names what was used.
// Properties of runs are decided on the whole graph: liveness.go.
//
// What memory has no room for goes to disk, as sorted runs (spill.go). A checkpoint is taken between two levels
// (checkpoint.go). A certificate lists the states of a proof for a checker that shares no code: package prover/certificate.
package prover
