// Package certificate checks a proof without the prover. A certificate is a set of states that somebody claims to be
// inductive; Check establishes that it contains the initial state, that no step of the system leads out of it, and that every
// certified property holds in each of its states and on each of its steps. So it holds in every reachable state. The set need
// not be the reachable states: a larger inductive set is a proof too.
//
// The package shares nothing with the explorer but the vocabulary of package model, and is written for the reader: one
// goroutine, one pass, no reduction but the declared symmetry. It does not believe the file. Nothing in a certificate is
// decoded into a state: all local states are made by running the machines' own code as the log says, and the log does no more
// than give them numbers. What has to be believed instead is in SPEC.md, section Trust.
//
// # Format
//
// Text, one item a line, each line ended by one line feed, parts of a line separated by one space. A number is decimal without
// sign or leading zeros and less than 2³²−1. A certificate has one text: nothing is optional but the line of parameters, which a
// system without parameters does not have.
//
//	lockstep certificate 1
//	system: classic/two-phase-commit
//	parameters: rm=3
//	property: consistent          one line for each certified property
//	symmetry: no                  yes: a state stands for its images under the system's declared symmetry
//	log 2                         the number of lines that follow
//	step 0 0 own 1                machine 0 in its local state 0 takes its second action
//	step 4 0 input 0              machine 4 in its local state 0 takes message 0
//	image 4 1 3                   machine 4's local state 1 is renamed by permutation 3 (only where symmetry is yes)
//	states 2                      the number of lines that follow
//	0 0 0 0 0                     a state: the local state of each machine
//	1 0 0 0 0
//	end 9f86d0…                   SHA-256 of all bytes before this line, 64 lower-case hexadecimal digits; then the file ends
//
// The machines are those of the system by their IDs, then the monitors of the certified properties that have one, in the order
// of the property lines (model.System.With).
//
// # Numbers
//
// Local state 0 of each machine is its initial state. The log is replayed line by line, and whatever a line brings up for the
// first time gets the next number:
//
//   - step: the machine is cloned and takes the event. Its new local state, told apart by AppendState, gets the next number of
//     that machine if its encoding is new; then each delivery that its effects cause (model.System.Route), in order, gets the
//     next message number if the pair of sender and event is new. A step that is refused or cut gives no numbers.
//   - image: the renamed machine (model.Rename), told apart by AppendState, gets the next number of the machine to[M] if its
//     encoding is new there, where to is the table that model.Symmetry.Permutations yields after P others; 0 is the identity.
//
// A line that brings up nothing new is allowed. The log must name every local state that a state line uses, and no more: what
// comes up only inside a step, or is refused in the end, needs no line. Numbers are the file's own. A writer whose tables
// grew in another order (two threads that numbered messages at once) gives them anew in the order of the lines.
//
// The sum finds accidents. It is no seal: who edits a certificate can compute it again, and has then to face the check.
package certificate
