// Package shrink makes counterexamples small, from wherever they come: the prover, a random run, a simulation, a person. And
// it says of each step of one why it is there.
//
// The one idea: a run is a list of wishes, each a machine and the text of an action, as in a trace. A wish that is not enabled
// when its turn comes is left out and the rest is followed all the same; what has been taken by the first violation is a
// run of the system that violates the property. So any list of wishes is worth trying, and dropping one drops what hangs on
// it: without the dial there is no frame to deliver.
//
// [Trace] tries, until nothing makes the run shorter: to leave out what leads back to a state it comes from; one party after
// the other (a client with its link and its timers); the faults; then ever smaller pieces (delta debugging: Zeller and
// Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2), 2002); and last a bounded search for
// shorter ways from a state of the run to a later one, or to a violation. [Why] is the same question asked of one step at
// a time. [Refit] follows a run in another system, such as the same one with fewer clients.
//
// What it is not: a prover. A shrunk run is short, and minimal in that no step can be spared; a shortest one is found by
// exploring. Runs that refute a property of infinite runs are lassos, which this package does not shrink: see [Trace].
package shrink
