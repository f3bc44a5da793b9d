package model

// Fairness is an assumption about runs: certain actions of a machine are not put off for ever.
//
// The action class is enabled in a state if one of its actions is enabled there, and taken by a step that takes one of them.
// Weak fairness: if the class is enabled in all states from some time on, it is taken infinitely often. Strong fairness: if it
// is enabled infinitely often, it is taken infinitely often. (Lamport, "Specifying Systems", section 8.4 and 8.6.)
type Fairness struct {
	Machine ID
	Class   func(Event) bool // which of the machine's actions; nil: all
	Strong  bool
}

// Covers reports whether the action belongs to the class.
func (f Fairness) Covers(a Action) bool {
	return a.Machine == f.Machine && (f.Class == nil || f.Class(a.Event))
}

// WeaklyFair assumes of each machine that it does something in the end, if it can go on doing something until then.
func WeaklyFair(machines ...ID) []Fairness {
	all := make([]Fairness, len(machines))
	for i, m := range machines {
		all[i] = Fairness{Machine: m}
	}
	return all
}
