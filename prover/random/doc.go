// Package random explores a [model.System] by runs drawn at random, for systems too large for package prover, and says what it is
// worth that nothing was found. It never proves, but for witnesses that it meets; a run that violates refutes.
//
// The one idea: runs are independent and of one distribution, so that they are trials in the sense of statistics. Run i draws
// all its choices from a stream of its own, keyed by the seed and i. What a report says does not depend on the number of workers,
// and any run can be made again. "No violation in N runs" then is "with 95% confidence at most p of such runs violate" (the exact
// bound of Clopper and Pearson), where "such" means drawn by this strategy with this length: a bound on runs, not on bugs. A
// violation that one schedule in 10^12 shows is beyond it; exhausting the states is the business of package prover.
//
// # Walk
//
// Each step takes one of the enabled actions, each with the same probability.
//
// # PCT
//
// After Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding bugs"
// (2010). A thread is a machine that is no monitor (timers and links are threads; one that never acts does no harm but to the
// bound). A run draws a random order of priorities and d-1 change points among its k steps; each step is one of the enabled machine of
// highest priority; after the step at change point i that machine's priority becomes i, below all initial ones. Of the enabled
// actions of the machine each has the same probability.
//
// The guarantee: a bug has depth d if d orderings of steps, all k steps long at most, force it. One run finds a bug of depth d
// with probability at least 1/(n·k^(d-1)) where every machine has one action at a time, as the paper's threads have.
//
// How it transfers to machines that choose: let each machine take its choices from a tape of its own, drawn beforehand. Under fixed
// tapes the system is one of the paper's, so a run finds the bug with probability at least
//
//	P(the tapes are such that the bug has depth d) / (n·k^(d-1))
//
// If it takes c choices, of at most b actions each, to go one way, and the others do not matter, the first factor is at least
// b^-c. [Report.DepthChance] is the bound without that factor, and a swarm divides it further. Two things to know before
// it is quoted: a bug that takes longer than k steps has no depth; and under strict priorities a machine that can go on for ever
// starves the others until a change point, so that in systems without rest few bugs have a small depth, and Walk may do better.
//
// # Coverage
//
// Distinct local states, local transitions (machine, local state, event with its sender) and global states are counted, and
// [Species] says how much further runs are likely to meet that none has met. Local ones are compared exactly. Global states are
// compared by 128-bit hashes, and above a number of them only a sample is kept, which the report says. Memory is proportional to the
// distinct local transitions and to the sample; nothing bounds the first.
//
// # What runs do not judge
//
// Invariants, monitors, deadlocks and witnesses are judged at every step. Properties of infinite runs are not, and their results
// say so. A step that the model cuts ends its run and is not judged.
package random
