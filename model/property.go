package model

// Kind says how a property is to be read.
type Kind uint8

// The kinds of property.
const (
	Invariant    Kind = iota // Holds is true of every reachable state
	Monitored                // Monitor never reports a violation
	Reachable                // Holds is true of some reachable state: a witness, or "it can work at all"
	DeadlockFree             // every reachable state without an enabled action satisfies Holds (nil: there is none)

	// The rest speak of whole runs, under the system's [Fairness]. A run that stops for ever in a state is one, unless an
	// action that is fair is enabled there: what is not declared fair need not happen.

	Eventually      // in every run Holds is true at some time
	InfinitelyOften // in every run Holds is true again and again, for ever
	LeadsTo         // in every run, whenever When is true, Holds is true then or later
)

// OfRuns reports whether the kind speaks of infinite runs, so that its counterexamples are lassos.
func (k Kind) OfRuns() bool { return k >= Eventually }

// Property is one promise about a system.
type Property struct {
	Name    string          // "belief-exclusion"
	Kind    Kind            // how to read the rest
	Holds   func(View) bool // all but Monitored
	When    func(View) bool // LeadsTo
	Monitor Machine         // Monitored: the initial state of the machine that listens

	// Symmetric says that the property treats the columns of the system's [Symmetry] alike: Holds gives one answer for a
	// state and its images, Monitor is a [Renamer] where it stores IDs. Only then is it checked under symmetry.
	Symmetric bool

	// Apart says that Monitor remembers much of the past, so that the property is better explored without others that have monitors: together
	// they have as many states as the product of what they remember, one after the other the sum.
	Apart bool

	// Reads lists the machines that Holds and When look at; nil: any. Where it is given, the View that they get holds nil for
	// every other machine, and partial-order reduction is free to reorder what the listed ones do not see.
	Reads []ID
}

// MonitorName is the name that the monitor of a property has as a member of the system.
func (p Property) MonitorName() string { return "monitor/" + p.Name }

// Verdict is the answer to a property, or what somebody claims the answer to be.
type Verdict uint8

// The verdicts. Unknown is the zero value, so that what was never decided is never mistaken for a result.
const (
	Unknown Verdict = iota // a bound was hit, the model was cut, or the run was interrupted
	Proved                 // the exact exploration of the stated system is exhausted and the property holds
	Refuted                // there is a counterexample (for Reachable: the exhausted exploration met no such state)
)

// String is the verdict's word in reports and traces.
func (v Verdict) String() string {
	switch v {
	case Proved:
		return "proved"
	case Refuted:
		return "refuted"
	default:
		return "unknown"
	}
}

// ParseVerdict is the inverse of String.
func ParseVerdict(s string) (Verdict, bool) {
	for _, v := range []Verdict{Unknown, Proved, Refuted} {
		if v.String() == s {
			return v, true
		}
	}
	return Unknown, false
}
