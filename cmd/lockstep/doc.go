// Lockstep proves or refutes what distributed lock protocols promise, and shows every refutation happening on a broker.
//
//	lockstep list      what there is to prove
//	lockstep prove     explores systems and prints a table of verdicts; refutations become traces
//	lockstep show      draws a trace
//	lockstep replay    makes a trace happen on a broker
//	lockstep broker    serves the embedded broker
//	lockstep version   versions of the program and of its formats
//
// Each verb explains itself with --help. Results go to stdout, progress and diagnostics to stderr, one line for an error;
// colour is used on a terminal only, and not where NO_COLOR is set.
//
// # Exit status
//
//	0  every verdict is the claimed one
//	1  a verdict is not the claimed one, or a replay diverged or did not reproduce
//	2  wrong usage: an unknown name or value, a trace that cannot be read
//	3  unknown: a bound was hit, or the run was interrupted
//	4  broken environment: no broker there, refused by it, cannot write
//
// Where several apply, 1 counts before 4, and 4 before 3.
//
// # JSON
//
// With --json a verb prints one object, with a field "schema" that names its kind and version, and no progress. Fields are
// only ever added to a version. An error leaves stdout empty unless something was found out before it. Parameters are an object:
// numbers for integer parameters, booleans for those that are false or true, strings for all others. A verdict is "proved",
// "refuted" or "unknown".
//
//	prove    {"schema": "lockstep/prove/v1", "results": [{
//	           "system", "parameters",   what was explored
//	           "property", "clause",     what was decided, and where SPEC.md states it
//	           "claim", "verdict",       what SPEC.md says, and what was found
//	           "reason",                 why it is unknown; of a refutation, what a monitor said; else ""
//	           "states", "transitions", "depth",
//	                                     distinct states, steps taken from them, the deepest level, when the verdict was reached
//	           "exact",                  states were compared, not fingerprints
//	           "reductions",             array of those used: "symmetry"
//	           "seconds",                from the start of the exploration
//	           "length",                 steps of the shortest run that refutes, or that shows a witness; absent without one
//	           "trace"}]}                path of the trace of a refutation; absent without one
//
//	prove --tightest
//	         {"schema": "lockstep/tightest/v1", "results": [{
//	           "system", "parameters", "property", "clause",
//	           "bound",                  the parameter that bounds the property, which is not among the parameters
//	           "verdict", "reason",      proved: there is a least bound; refuted: the largest does not hold either
//	           "least",                  the least bound that holds; absent without one
//	           "fails", "length", "trace",
//	                                     the largest bound that is refuted, in how many steps, and the trace; absent without one
//	           "as_claimed",             whether every verdict on the way was the claimed one
//	           "tried", "seconds"}]}     explorations
//
//	list     {"schema": "lockstep/list/v1", "systems": [{"name", "summary",
//	           "parameters": [{"name", "help", "default", "values" or else "min" and "max"}],
//	           "properties": [{"name", "clause", "says", "claim" (every parameter having its default)}],
//	           "cases": [{"parameters", "claims" (an object: verdicts by property)}]}]}
//
//	show     {"schema": "lockstep/show/v1", "system", "parameters", "property", "clause", "says", "verdict",
//	           "ending" (in words), "steps": [{"machine", "event", "notes"}]}
//
//	replay   {"schema": "lockstep/replay/v1", "system", "parameters", "property", "clause", "broker" (in words),
//	           "outcome" ("reproduced", "not reproduced" or "diverged"), "step" and "action" (the last one taken),
//	           "where", "predicted", "observed" (of a divergence, else ""), "reason" (why not reproduced, else ""), "seconds",
//	           "steps": [{"number", "action", "seconds", "checks": [{"where", "predicted", "observed", "ok"}]}]}
//
//	broker   {"schema": "lockstep/broker/v1", "url"}
//
//	version  {"schema": "lockstep/version/v1", "version", "revision", "modified", "go", "platform", "trace", "schemas"}
package main
