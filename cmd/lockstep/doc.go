// Lockstep proves or refutes what distributed lock protocols promise, and shows every refutation happening on a broker.
//
//	lockstep list      what there is to prove
//	lockstep prove     explores systems and prints a table of verdicts; refutations become traces
//	lockstep show      draws a trace, or says why each step of it is there
//	lockstep shrink    makes a trace as small as it can be
//	lockstep replay    makes a trace happen on a broker
//	lockstep verify    checks a certificate, without the prover
//	lockstep broker    serves the embedded broker
//	lockstep version   versions of the program and of its formats
//
// Each verb explains itself with --help. Results go to stdout, progress and diagnostics to stderr, one line for an error;
// colour is used on a terminal only, and not where NO_COLOR is set.
//
// # Exit status
//
//	0  every verdict is the claimed one
//	1  a verdict is not the claimed one, a replay diverged or did not reproduce, or a certificate does not hold
//	2  wrong usage: an unknown name or value, a trace or a certificate that cannot be read
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
//	           "reason",                 why it is unknown; of a refutation, what a monitor said; of a proof, that nothing ever asks for
//	                                     what is proved; else ""
//	           "states", "transitions", "depth",
//	                                     distinct states, steps taken from them, the deepest level, when the verdict was reached
//	           "exact",                  states were compared, not fingerprints
//	           "reductions",             array of those used: "symmetry"
//	           "seconds",                from the start of the exploration
//	           "length",                 steps of the shortest run that refutes, or that shows a witness; absent without one
//	           "loop",                   of an infinite run: how many of them come before those that are repeated for ever; as
//	                                     many as "length": it stops there; absent of a finite run
//	           "trace"}]}                path of the trace of a refutation; absent without one
//
//	prove --frontier
//	         {"schema": "lockstep/frontier/v1", "results": [{
//	           "system", "parameters",   all parameters but the budgets
//	           "budgets",                the largest of each (an object, as all budgets below)
//	           "property", "clause",
//	           "witness",                a run proves it: "proved" has the least budgets and "refuted" the largest
//	           "pointwise",              nothing was concluded from one budget to another: the lists have all of them
//	           "proved", "refuted",      the largest budgets for which it is proved, the least that refute it
//	           "unknown",                all budgets for which it is unknown
//	           "unlike",                 all budgets for which the verdict is not the claimed one
//	                                     (each of the four: [{"budgets", "reason", "length", "trace"}], the last three where they apply)
//	           "explored", "seconds"}]}  explorations made for the system, and what they took
//
//	list     {"schema": "lockstep/list/v1", "systems": [{"name", "summary",
//	           "parameters": [{"name", "help", "default", "values" or else "min" and "max"}],
//	           "properties": [{"name", "clause", "says", "claim" (every parameter having its default)}],
//	           "cases": [{"parameters", "claims" (an object: verdicts by property)}]}]}
//
//	show     {"schema": "lockstep/show/v1", "system", "parameters", "property", "clause", "says", "verdict",
//	           "ending" (in words), "steps": [{"machine", "event", "notes", and with --why
//	           "needed", "why" (what happens without the step, in words)}],
//	           "loop" (as in prove)}
//
//	shrink   {"schema": "lockstep/shrink/v1", "system", "parameters", "property", "clause", "verdict",
//	           "smaller" (the parameters that became smaller, with their values before), "before", "after" (steps),
//	           "minimal" (false only if it was interrupted), "trace" (path; absent without --out),
//	           "steps": [{"machine", "event", "notes"}]}
//
//	replay   {"schema": "lockstep/replay/v1", "system", "parameters", "property", "clause", "broker" (in words),
//	           "outcome" ("reproduced", "not reproduced" or "diverged"), "step" and "action" (the last one taken),
//	           "where", "predicted", "observed" (of a divergence, else ""), "reason" (why not reproduced, else ""), "seconds",
//	           "steps": [{"number", "action", "seconds", "checks": [{"where", "predicted", "observed", "ok"}]}]}
//
//	verify   {"schema": "lockstep/verify/v1", "system", "parameters", "properties": [{"name", "clause", "says"}], "symmetry",
//	           "holds",                  the states prove the properties
//	           "states", "steps",        of the certificate, and how many steps were taken from them
//	           "seconds",
//	           "failure": {              absent if it holds
//	             "line", "action",       of the state in the file (0: the initial state is missing); what was done there, else ""
//	             "reason",               in words
//	             "machines": [{"machine", "state", "successor"}]}}
//	                                     the encodings of local states, in hexadecimal; "" where there is no such state
//
//	broker   {"schema": "lockstep/broker/v1", "url"}
//
//	version  {"schema": "lockstep/version/v1", "version", "revision", "modified", "go", "platform", "trace", "schemas"}
package main
