package prover

import (
	"math"
	"slices"
)

// entries is where a fair run may stop or go round for ever.
type entries struct {
	any  bool
	dist int32    // the least of a state on a fair cycle, or where a fair run may stop
	at   bitset   // those states that have it
	part []uint32 // by state: equal numbers for the states of one fair component
}

// components finds the fair components among the pending states by the recursion of Emerson and Lei (1987), which is also the
// one for Streett automata: a strongly connected component on which no cycle is fair, because a strongly fair class is
// enabled in some of its states and taken by none of its steps, is searched again without those states; one where a weakly
// fair class is enabled in all states and never taken has no fair cycle in any part of it either. What is found are the
// largest fair ones, and the states of any fair cycle are in one of them.
func (l *liveness) components(q *pursuit) (*entries, error) {
	c := &componentSearch{
		liveness: l, q: q, v: make([]uint32, l.machines()), parts: 1,
		entries: &entries{dist: math.MaxInt32, at: newBitset(l.states())},
	}
	if err := c.stops(); err != nil {
		return nil, err
	}
	if err := l.claim(int64(l.states())*4*2 + int64(len(q.order))*4*4); err != nil {
		return nil, err
	}
	c.part, c.low = make([]uint32, l.states()), make([]uint32, l.states())
	for _, s := range q.order {
		c.part[s] = 1
	}
	c.work = []task{{1, q.order}}
	for len(c.work) > 0 {
		t := c.work[len(c.work)-1]
		c.work = c.work[:len(c.work)-1]
		if err := c.split(t); err != nil {
			return nil, err
		}
	}
	return c.entries, nil
}

// componentSearch is a search in progress.
type componentSearch struct {
	*liveness
	*entries
	q     *pursuit
	v     []uint32
	parts uint32   // the last number given to one
	low   []uint32 // by state: Tarjan's low link; 0: not yet met
	stack []uint32
	calls []call
	work  []task
}

// task is a set of states whose part is of no other state, still to be searched.
type task struct {
	part   uint32
	states []uint32
}

// call is a state on the way from the root of the depth-first search, in the place of a recursion that could be as deep as
// there are states.
type call struct {
	state  uint32
	number uint32 // in the order of discovery
	next   uint32 // the step to look at
	top    uint32 // where the state lies on the stack
}

// stops finds the pending states in which no fair class is enabled.
func (c *componentSearch) stops() error {
	enabled := c.fair.none()
	for i, s := range c.q.order {
		if i&(1<<16-1) == 0 {
			if err := c.interrupted(); err != nil {
				return err
			}
		}
		clear(enabled)
		if c.enabled(s, c.v, enabled); enabled.empty() {
			c.found(s)
		}
	}
	return nil
}

// found notes a state on a fair cycle.
func (c *componentSearch) found(s uint32) {
	switch d := c.q.dist[s]; {
	case d < c.dist:
		clear(c.at)
		c.any, c.dist = true, d
		fallthrough
	case d == c.dist:
		c.at.set(s)
	}
}

// split finds the strongly connected components of a task's states, by Tarjan's algorithm (1972), and judges each.
func (c *componentSearch) split(t task) error {
	for _, s := range t.states {
		c.low[s] = 0
	}
	number, ticks := uint32(0), 0
	for _, root := range t.states {
		if c.low[root] != 0 {
			continue
		}
		c.enter(root, &number)
		for len(c.calls) > 0 {
			if ticks++; ticks&(1<<20-1) == 0 {
				if err := c.interrupted(); err != nil {
					return err
				}
			}
			now := &c.calls[len(c.calls)-1]
			steps := c.steps(now.state)
			for int(now.next) < len(steps) {
				to := steps[now.next]
				if to >= mostStates || c.part[to] != t.part {
					now.next++
					continue
				}
				if c.low[to] == 0 {
					break // into it; the step is looked at again afterwards
				}
				c.low[now.state] = min(c.low[now.state], c.low[to])
				now.next++
			}
			if int(now.next) < len(steps) {
				c.enter(steps[now.next], &number)
				continue
			}
			if c.low[now.state] == now.number {
				c.close(now.top)
			}
			c.calls = c.calls[:len(c.calls)-1]
		}
	}
	return nil
}

func (c *componentSearch) enter(s uint32, number *uint32) {
	*number++
	c.low[s] = *number
	c.calls = append(c.calls, call{state: s, number: *number, top: uint32(len(c.stack))})
	c.stack = append(c.stack, s)
}

// close takes a component from the stack and judges it. Its part is another one from then on, so that no step into it is
// followed again.
func (c *componentSearch) close(top uint32) {
	states := c.stack[top:]
	c.stack = c.stack[:top]
	if s := states[0]; len(states) == 1 && !slices.Contains(c.steps(s), s) {
		c.part[s] = 0 // no cycle
		return
	}
	c.judge(c.task(slices.Clone(states)))
}

// task gives the states a part of their own.
func (c *componentSearch) task(states []uint32) task {
	c.parts++
	for _, s := range states {
		c.part[s] = c.parts
	}
	return task{c.parts, states}
}

// judge decides whether a strongly connected component is fair; if it is not, what may be fair of it is work.
func (c *componentSearch) judge(t task) {
	some, all, taken, here := c.fair.none(), c.fair.none(), c.fair.none(), c.fair.none()
	for i := range all {
		all[i] = math.MaxUint64
	}
	for _, s := range t.states {
		clear(here)
		c.each(s, c.v, func(_ int, to uint32, of classes) {
			here.add(of)
			if to < mostStates && c.part[to] == t.part {
				taken.add(of)
			}
		})
		some.add(here)
		all.keep(here)
	}
	missed := c.fair.none() // strongly fair, enabled and never taken
	for i := range some {
		if all[i]&^taken[i] != 0 {
			return // by what is strong as much as by what is weak
		}
		missed[i] = some[i] &^ taken[i] & c.fair.strong[i]
	}
	if missed.empty() {
		for _, s := range t.states {
			c.found(s)
		}
		return
	}
	rest := t.states[:0]
	for _, s := range t.states {
		clear(here)
		if c.enabled(s, c.v, here); !here.meets(missed) {
			rest = append(rest, s)
		}
	}
	c.work = append(c.work, c.task(rest))
}
