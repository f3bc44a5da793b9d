package certificate

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// certified is one property under check.
type certified struct {
	model.Property
	monitor model.ID   // the machine that listens, or Self
	sight   model.View // what of a state the property sees, where it says what it reads
}

// certify takes a property of a kind that an inductive set establishes.
func certify(p model.Property) (*certified, error) {
	missing := false
	switch p.Kind {
	case model.Invariant:
		missing = p.Holds == nil
	case model.Monitored:
		missing = p.Monitor == nil
	case model.DeadlockFree:
	default:
		return nil, fmt.Errorf("property %q is not about every state or step: no set of states proves it", p.Name)
	}
	if missing {
		return nil, fmt.Errorf("property %q does not say what holds", p.Name)
	}
	return &certified{Property: p, monitor: model.Self}, nil
}

// fails says why the state is not one that Holds allows, no state being allowed where there is no Holds; "" if it is one.
func (p *certified) fails(v model.View) string {
	if p.Holds == nil {
		return p.Name + " allows no such state"
	}
	if p.Reads != nil {
		for _, m := range p.Reads {
			p.sight[m] = v[m]
		}
		v = p.sight
	}
	holds := false
	if broken := guard(func() { holds = p.Holds(v) }); broken != "" {
		return p.Name + " " + broken
	}
	if !holds {
		return p.Name + " does not hold"
	}
	return ""
}

// objects returns what the property's monitor said in the last step, or "".
func (p *certified) objects(said []objection) string {
	for _, o := range said {
		if o.machine == p.monitor {
			return o.reason
		}
	}
	return ""
}
