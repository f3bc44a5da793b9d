package random

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// member is one system of a swarm with what it is judged by.
type member struct {
	system *model.System // with the monitors
	checks []*check
	used   bool // a counted run is of it
}

// check is one property of a member.
type check struct {
	model.Property
	monitor model.ID // the machine that listens, or Self
}

func newMember(build Member) (*member, error) {
	sys, properties, err := build()
	if err != nil {
		return nil, err
	}
	m := &member{system: sys}
	for _, p := range properties {
		c := &check{Property: p, monitor: model.Self}
		switch {
		case p.Kind == model.Monitored && p.Monitor == nil:
			return nil, fmt.Errorf("property %q has no monitor", p.Name)
		case p.Kind == model.Monitored:
			c.monitor = model.ID(m.system.Len())
			if m.system, err = m.system.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor}); err != nil {
				return nil, err
			}
		case p.Holds == nil && (p.Kind == model.Invariant || p.Kind == model.Reachable):
			return nil, fmt.Errorf("property %q does not say what holds", p.Name)
		}
		m.checks = append(m.checks, c)
	}
	return m, nil
}

// judged reports whether a finite run says anything of the property.
func (c *check) judged() bool { return !c.Kind.OfRuns() }

// judge notes which properties the last step, or the initial state, decides for the first time in this run.
func (m *member) judge(s *stepper, step int, hits []hit) {
	if step > 0 && len(s.changes) == 0 && len(s.objects) == 0 {
		return
	}
	for i, c := range m.checks {
		if hits[i].step >= 0 {
			continue
		}
		switch c.Kind {
		case model.Monitored:
			if step == 0 {
				continue
			}
			for _, o := range s.objects {
				if o.monitor == c.monitor {
					hits[i] = hit{step, o.reason}
					break
				}
			}
		case model.Invariant, model.Reachable:
			if c.sees(s, step) && c.Holds(c.sight(s.view)) == (c.Kind == model.Reachable) {
				hits[i] = hit{step, ""}
			}
		}
	}
}

// judgeDeadlock notes the properties that a state without an enabled action violates.
func (m *member) judgeDeadlock(s *stepper, step int, hits []hit) {
	for i, c := range m.checks {
		if c.Kind == model.DeadlockFree && (c.Holds == nil || !c.Holds(c.sight(s.view))) {
			hits[i] = hit{step, ""}
		}
	}
}

// sees reports whether the last step changed anything that the property looks at.
func (c *check) sees(s *stepper, step int) bool {
	if c.Reads == nil || step == 0 {
		return true
	}
	for _, ch := range s.changes {
		for _, r := range c.Reads {
			if ch.machine == r {
				return true
			}
		}
	}
	return false
}

// sight is what of a state the property sees.
func (c *check) sight(v model.View) model.View {
	if c.Reads == nil {
		return v
	}
	seen := make(model.View, len(v))
	for _, m := range c.Reads {
		seen[m] = v[m]
	}
	return seen
}
