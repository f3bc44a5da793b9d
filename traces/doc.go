// Package traces keeps runs: as text, as evidence for a verdict, and as pictures for people.
//
// A trace names a system, a property of it, and the actions of one run that shows something about that property. The prover
// and the simulator [Record] it, [Judge] decides whether it still shows what it claims, a live replay drives it against
// a broker with [Trace.Run], and [Diagram] draws it for somebody who was not there.
//
// The one idea: a line of a trace is never parsed into an event. It is matched, by the name of the machine and the text of the
// action, against what the running system could do at that point. So the package needs to know no protocol, the text can
// be read and edited, and an old trace fails loudly where the model has changed.
//
// It is deliberately no log: it has no times and no states, only choices; everything else follows from running them.
//
// # Text
//
//	lockstep trace v1
//	system: mutex/exclusive-queue
//	parameters: clients=2 verify=publish
//	property: belief-exclusion
//	expect: refuted
//	steps: 2
//
//	client/a acquire
//	  # observed of client/a: acquire called
//	  # client/a to link/a: queue.declare lock exclusive
//	link/a to broker: queue.declare lock exclusive
//	  # link/a to broker: queue.declare lock exclusive
//
// In UTF-8, of printable characters, spaces and line feeds only, at most [MaxBytes] long; every line ends in a line feed:
//
//	trace      = "lockstep trace v1" LF  { key ": " value LF }  LF  { note }  steps [ lasso ] .
//	steps      = { action { note } } .
//	lasso      = "repeat:" LF { note } action { note } steps  |  "stop:" LF { note } .
//	action     = machine " " event LF .
//	note       = { " " } [ "#" text ] LF .
//	parameters = name "=" value { " " name "=" value } .
//
// The keys are system, parameters, property, expect (proved, refuted or unknown), seed (of the random run that found it)
// and steps (the number of actions). Each stands at most once, in any order on reading and in this order on writing; parameters and seed may be
// left out. A value neither begins nor ends with a space. With the number of steps a file truncated between two lines is
// noticed. The first space of an action ends the machine's name; the rest of the line is the event's text,
// spaces included. A note is a comment or an empty line: it belongs to the action above it, is kept, and is never
// compared with anything. Notes are written with an indent of two spaces.
//
// # Lassos
//
// What refutes a property of infinite runs is a lasso. After "repeat:" stand the steps that are repeated for ever, which
// lead back to the state in which they begin; "stop:" at the end says that the run stops for ever, where nothing that is
// assumed to happen is possible:
//
//	steps: 3
//
//	client/a waits
//	repeat:
//	light changes
//	light changes
package traces
