package prover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lockstep-prover/lockstep/model"
)

// check is one property on its way to a verdict.
type check struct {
	model.Property
	monitor int  // the machine that listens, or -1
	nothing bool // stands for no property: nothing to judge, "proved" means explored
	settled bool // nothing more is to be found out about it in this exploration
	result  Result
}

// checkProperties says what is wrong with properties of whatever kind.
func checkProperties(machines int, properties []model.Property) error {
	for _, p := range properties {
		if p.Name == "" {
			return errors.New("a property has no name")
		}
		if p.Kind > model.LeadsTo {
			return fmt.Errorf("property %q is of no kind that there is (%d)", p.Name, p.Kind)
		}
		for _, m := range p.Reads {
			if m < 0 || int(m) >= machines {
				return fmt.Errorf("property %q reads machine %d, of %d", p.Name, m, machines)
			}
		}
	}
	return nil
}

// newChecks adds the monitors to the system.
func newChecks(sys *model.System, properties []model.Property) (*model.System, []*check, error) {
	var checks []*check
	if len(properties) == 0 {
		checks = []*check{{monitor: -1, nothing: true}}
	}
	for _, p := range properties {
		c := &check{Property: p, monitor: -1}
		if p.Kind == model.Monitored {
			if p.Monitor == nil {
				return nil, nil, fmt.Errorf("property %q has no monitor", p.Name)
			}
			var err error
			c.monitor = sys.Len()
			if sys, err = sys.With(model.Member{Name: p.MonitorName(), Machine: p.Monitor}); err != nil {
				return nil, nil, err
			}
		} else if p.Holds == nil && p.Kind != model.DeadlockFree {
			return nil, nil, fmt.Errorf("property %q does not say what holds", p.Name)
		}
		checks = append(checks, c)
	}
	return sys, checks, nil
}

func allSymmetric(properties []model.Property) bool {
	for _, p := range properties {
		if !p.Symmetric {
			return false
		}
	}
	return true
}

func (c *check) decided() bool { return c.settled || c.result.Verdict != model.Unknown }

// hit reports whether the state decides the property: a violation, or the witness. For DeadlockFree the state is one without
// an enabled action. The view is what the property sees.
func (c *check) hit(v model.View) bool {
	if c.Holds == nil {
		return c.Kind == model.DeadlockFree
	}
	defer explain(&c.Property, v)
	return c.Holds(v) == (c.Kind == model.Reachable)
}

// explain names the property whose predicate has just panicked, and says what it saw: most likely it looked at a machine that it does
// not declare.
func explain(p *model.Property, v model.View) {
	reason := recover()
	if reason == nil {
		return
	}
	for m := range v {
		if v[m] == nil {
			panic(fmt.Sprintf("prover: %q declares that it reads the machines %v, sees nil for all others, and panics: %v", p.Name, p.Reads, reason))
		}
	}
	panic(fmt.Sprintf("prover: %q panics in a reachable state: %v", p.Name, reason))
}

// settle turns what was found while the level n was expanded, or in the initial state (-1), into verdicts. It reports whether
// all are decided.
func (e *exploration) settle(n int) bool {
	all := true
	var found *levels // of all hits of this level
	for i, c := range e.properties {
		var h hit
		for _, w := range e.workers {
			f := &w.hits[i]
			h.state = h.state || f.state
			if f.step && (!h.step || f.reason < h.reason) {
				h.step, h.reason = true, f.reason
			}
			*f = hit{}
		}
		if !c.decided() && (h.state || h.step) {
			if found == nil {
				found = e.collect(n + 1)
			}
			last := n
			if h.state {
				last = n + 1
			}
			e.decide(c, found, last)
		}
		all = all && c.decided()
	}
	for _, w := range e.workers {
		w.undecided()
	}
	return all
}

// decide rebuilds the run that decides c and makes the verdict of it.
func (e *exploration) decide(c *check, found *levels, last int) {
	trace, reason, ok := e.shortest(c, found, last)
	if !ok { // c stays undecided, and so unknown
		if e.err != nil {
			return
		}
		e.stopped = context.Cause(e.ctx).Error() + fmt.Sprintf("; %s is decided within %d steps, and the run to show it was not rebuilt", c.Name, last+1)
		return
	}
	verdict := model.Refuted
	if c.Kind == model.Reachable {
		verdict = model.Proved
	}
	c.result = e.result(c, verdict)
	c.result.Trace, c.result.Reason = trace, reason
}

// result is the account of the exploration as it stands.
func (e *exploration) result(c *check, v model.Verdict) Result {
	r := Result{
		Property: c.Property, Verdict: v, States: e.states, Transitions: e.transitions, Depth: e.reached,
		Exact: true, Elapsed: time.Since(e.start),
	}
	if e.symmetry != nil {
		r.Reductions = append(r.Reductions, "symmetry")
	}
	if e.reduced > 0 {
		r.Reductions = append(r.Reductions, "partial order")
	}
	return r
}

// results decides what the exploration has left open.
func (e *exploration) results() []Result {
	open := slices.ContainsFunc(e.properties, func(c *check) bool { return !c.decided() }) // else it may have ended early
	vacuity := e.vacuity(open && e.stopped == "" && e.cut == "")
	var all []Result
	for _, c := range e.properties {
		if !c.decided() {
			verdict, reason := model.Proved, ""
			switch {
			case e.stopped != "":
				verdict, reason = model.Unknown, e.stopped
			case e.cut != "":
				verdict, reason = model.Unknown, "cut: "+e.cut
			case c.Kind == model.Reachable:
				verdict, reason = model.Refuted, "no reachable state shows it"
			}
			c.result = e.result(c, verdict)
			c.result.Reason = reason
		}
		c.result.Vacuity = vacuity
		all = append(all, c.result)
	}
	return all
}
