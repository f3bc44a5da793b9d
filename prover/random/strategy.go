package random

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// Strategy is how a run chooses among enabled actions.
type Strategy uint8

// The strategies. The package comment says what each is worth.
const (
	Walk Strategy = iota // every enabled action with the same probability
	PCT                  // the machine of highest priority, with random priorities and Depth-1 changes
)

// String is the strategy's name on the command line.
func (s Strategy) String() string {
	if s == PCT {
		return "pct"
	}
	return "walk"
}

// candidate is an action that is offered.
type candidate struct {
	machine model.ID
	index   int
}

// chooser picks the actions of one run.
type chooser struct {
	source     *source
	candidates []candidate
	putOff     func(class string) bool // nil: nothing is

	// PCT
	priority []int      // by machine
	order    []model.ID // from the highest priority down
	changes  []int      // changes[i]: the step after which its machine gets priority i, below all initial ones
}

// prioritize draws the initial priorities, a random order above all that changes give, and the change points.
func (c *chooser) prioritize(sys *model.System, depth, steps int) {
	n := sys.Len()
	c.priority, c.order, c.changes = c.priority[:0], c.order[:0], c.changes[:0]
	for id := range n {
		c.priority = append(c.priority, 0)
		if !sys.IsMonitor(model.ID(id)) {
			c.order = append(c.order, model.ID(id))
		}
	}
	for i := len(c.order) - 1; i > 0; i-- {
		j := c.source.below(i + 1)
		c.order[i], c.order[j] = c.order[j], c.order[i]
	}
	for i, id := range c.order {
		c.priority[id] = depth + len(c.order) - i
	}
	for range depth - 1 {
		c.changes = append(c.changes, 1+c.source.below(steps))
	}
}

// take makes the n-th step of a run. The result is false where no action is enabled. Classes that are put off come into it where
// nothing else is enabled.
func (c *chooser) take(s *stepper, strategy Strategy, n int) (candidate, bool) {
	if c.putOff != nil {
		if a, ok := c.takeOf(s, strategy, n, false); ok {
			return a, true
		}
	}
	return c.takeOf(s, strategy, n, true)
}

func (c *chooser) takeOf(s *stepper, strategy Strategy, n int, all bool) (candidate, bool) {
	c.candidates = c.candidates[:0]
	if strategy == Walk {
		for m := range s.state {
			c.offer(s, model.ID(m), all)
		}
		return c.draw(s)
	}
	for _, m := range c.order {
		c.offer(s, m, all)
		if a, ok := c.draw(s); ok {
			c.change(m, n)
			return a, true
		}
	}
	return candidate{}, false
}

func (c *chooser) offer(s *stepper, m model.ID, all bool) {
	own := s.state[m].own
	for k := range own {
		if all || !c.putOff(own[k].class) {
			c.candidates = append(c.candidates, candidate{m, k})
		}
	}
}

// draw takes one of the candidates that are enabled, each with the same probability: where one is refused, another is drawn.
func (c *chooser) draw(s *stepper) (candidate, bool) {
	for n := len(c.candidates); n > 0; n-- {
		i := c.source.below(n)
		a := c.candidates[i]
		if s.step(a.machine, a.index) {
			return a, true
		}
		c.candidates[i] = c.candidates[n-1]
		c.candidates = c.candidates[:n-1]
	}
	return candidate{}, false
}

// change gives the machine that took the n-th step the priority of each change point that stands there.
func (c *chooser) change(m model.ID, n int) {
	changed := false
	for i, at := range c.changes {
		if at == n {
			c.priority[m], changed = i, true
		}
	}
	if changed {
		slices.SortStableFunc(c.order, func(a, b model.ID) int { return c.priority[b] - c.priority[a] })
	}
}
