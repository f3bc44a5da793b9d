// Lockstep proves or refutes what distributed lock protocols promise, and shows every refutation happening on a broker.
//
//	lockstep list      what there is to prove
//	lockstep prove     explores systems and prints a table of verdicts; refutations become traces
//	lockstep show      draws a trace, or says why each step of it is there
//	lockstep shrink    makes a trace as small as it can be
//	lockstep replay    makes a trace happen on a broker
//	lockstep conform   holds the broker machine against a broker, at random
//	lockstep verify    checks a certificate, without the prover
//	lockstep broker    serves the embedded broker
//	lockstep version   versions of the program and of its formats
//
// Each verb explains itself with --help. Results go to stdout, progress and diagnostics to stderr, one line for an error;
// colour is used on a terminal only, and not where NO_COLOR is set.
//
// # Exit status
//
//	0  every verdict is the claimed one, a broker conforms
//	1  a verdict is not the claimed one, a replay diverged or did not reproduce, a certificate does not hold or cannot be made,
//	   a broker does what the machine does not
//	2  wrong usage: an unknown name or value, a trace, a certificate, a checkpoint or a history that cannot be read
//	3  unknown: a bound was hit, or the run was interrupted
//	4  broken environment: no broker there, refused by it, cannot write
//
// Where several apply, 1 counts before 2, 2 before 4, and 4 before 3.
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
//	           "reductions",             array of those used: "symmetry", "partial order"
//	           "seconds",                from the start of the exploration
//	           "length",                 steps of the shortest run that refutes, or that shows a witness; absent without one
//	           "loop",                   of an infinite run: how many of them come before those that are repeated for ever; as
//	                                     many as "length": it stops there; absent of a finite run
//	           "trace"}],                path of the trace of a refutation; absent without one
//	         "vacuous": [{"system",      systems in which something had no part, so that what is proved may say less than it seems
//	           "never"}]}                in sentences: what never happened in any of its explorations, of those that came to their
//	                                     end; what a later version says of the same may read otherwise
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
//	prove --random
//	         {"schema": "lockstep/random/v1", "strategy", "seed", "steps" (the most of a run), "samples": [{  one for each choice, or swarm
//	           "system", "runs" (counted), "stopped" (why they are fewer than asked for, else ""), "total_steps",
//	           "deadlocks", "cuts" (runs that ended so), "depth_chance" (pct: the guarantee for one run), "seconds",
//	           "local_transitions", "global_states": {
//	             "distinct", "sampled" (one of 2^sampled was kept; 0: distinct is exact), "observations",
//	             "once" (observed once), "one_run" (met in one run only),
//	             "new_step", "new_run"     estimates: the share of new ones in a further run; the probability that it has one
//	             "new_step_upper", "new_run_upper"},     95 % bounds on these; 1 where nothing can be said
//	           "curve": [{"runs", "local_states", "local_transitions", "global_states"}],     after 1, 2, 4, … runs
//	           "results": [{"parameters", "property", "clause", "claim", "verdict", "reason",
//	             "judged" (false: finite runs do not judge it), "runs", "hits" (violations, or what a witness asks for),
//	             "interval" (two-sided, 95 %), "upper" (one-sided, 95 %): of the probability that a run hits,
//	             "run" (the first that hits), "length", "trace"}]}]}
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
//	conform  {"schema": "lockstep/conform/v1", "broker" (product and version), "profile", "generator", "seed", "pipelined" (percent),
//	           "sequences", "operations", "replies" (objects: counts by method), "codes" (likewise, by number), "seconds",
//	           "unknown" (sequences that were too much to follow), "flaky" (differences that did not show again),
//	           "repeated" (differences that look like one of those listed),
//	           "known" (object: differences that SPEC.md lists, by clause), "differences": [{"sequence",
//	           "script" (a broker script), "history" (its items, as in a file), "observed" (the last of them),
//	           "instead" (array: what the machine has in place of it)}]}
//	conform --history
//	         {"schema": "lockstep/conform/v1", "histories": [{"number", "profile", "items",
//	           "verdict" ("admitted", "inadmissible" or "unknown"), "item" (the first that is not admitted, from 1; else 0),
//	           "observed" (that item), "instead", "reason" (why it is unknown)}]}
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
//	ask      {"schema": "lockstep/ask/v1", "broker" (absent of a list), "questions": [{"number", "text", "answer",
//	           "claims": [{"system", "parameters", "property", "claim", "verdict", "length" (of the counterexample, in steps), "outcome" (of its replay), "reason"}],
//	           "costs": [those of cost], "experiments": [{"text", "wanted", "observed"}]}]}   each absent where there are none
//
//	cost     {"schema": "lockstep/cost/v1", "broker" (absent without --broker), "locks": [
//	           {"system", "parameters", "calls": [{"operation", "result",
//	             "best", "worst", "mean", each {"methods", "round_trips", "channels", "connections"}; absent where the model has no such call, or random runs none
//	             "measured": {"calls", "median_seconds", "p95_seconds", "in_model"}}]}]}   absent without --broker
//
//	broker   {"schema": "lockstep/broker/v1", "url", "profile", "metrics" (a URL; absent without --metrics)}
//
//	version  {"schema": "lockstep/version/v1", "version", "revision", "modified", "go", "platform", "trace", "schemas"}
package main
