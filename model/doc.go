// Package model is the vocabulary in which every other package of Lockstep speaks: machines, the events they exchange, the
// systems they form, and the properties that are checked of them.
//
// The one idea: everything that can happen is a [Machine], a deterministic state machine that takes one event and emits
// others, with no clock, socket, goroutine or random source inside. A [System] is a list of machines that send to each
// other: a composition of I/O automata (Lynch and Tuttle, "An introduction to input/output automata", 1989).
//
//	           Actions: what it could do next            chosen by a driver: the prover takes all,
//	          ┌───────────┐                             the simulator one, a replay the trace's
//	inputs ──►│  Machine  │──► effects: send, observe, arm, cancel, cut, violate
//	          └───────────┘
//
// One atomic step of a system: one machine takes one of its enabled actions, then everything sent is delivered at once,
// first in first out, until nothing is left to deliver. A machine never waits for another one. Asynchrony exists only
// where a machine puts it: a network link accepts a frame as an input and delivers it later as an action of its own.
//
// Nondeterminism is only ever the choice between enabled actions. Time is an effect: a machine arms and cancels timers,
// each timer is a small machine beside its owner. Untimed, an armed timer may fire at any moment, so that what is proved holds
// for every timing. Under a [Clock] ([System.Timed]) time passes by one more action, the tick, that all armed timers take
// together and any may refuse; a timer then fires only inside its window, and what is proved holds under the stated timing.
//
// The package deliberately knows no protocol, no network and no way of exploring. [State] runs a system concretely, one
// step after the other; the prover has its own, interned representation of the same semantics, and both route effects by
// [System.Route].
package model
