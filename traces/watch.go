package traces

import "github.com/lockstep-prover/lockstep/model"

// Watch returns the system with the monitor of each Monitored property in it, but for those that it has already.
func Watch(sys *model.System, properties ...model.Property) (*model.System, error) {
	for _, p := range properties {
		var err error
		if sys, err = watched(sys, p); err != nil {
			return nil, err
		}
	}
	return sys, nil
}

// Shows reports whether the state st, or the step that led to it, decides the property, and says how: an invariant that is false
// there, a monitor's report, the state that a witness asks for, a deadlock. The system of st has the property's monitor (see
// [Watch]). No single state decides a property of infinite runs.
func Shows(p model.Property, st *model.State, s model.Step) (reason string, ok bool) {
	if p.Kind.OfRuns() {
		return "", false
	}
	return shown(p, st, s)
}
