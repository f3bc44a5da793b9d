package model

import (
	"bytes"
	"fmt"
	"slices"
)

// Conform is the conformance kit: it walks at random through a system and holds every machine it meets against the
// contract of [Machine]. It checks, in each state of the walk, that
//
//   - clones are independent: stepping a copy leaves the original's encoding alone;
//   - Step is deterministic: two copies that take one event end in equal encodings with equal effects;
//   - Actions is deterministic, and every action's text occurs once;
//   - equal encodings mean equal behaviour: states met earlier under the same encoding offer the same actions;
//   - the declared symmetry is one: the successors of a permuted state are the permuted successors.
//
// choose returns a number in [0, n) and is the only source of chance (a test passes rapid's or math/rand's); steps bounds
// the walk. The error names the machine and the rule.
func Conform(s *System, choose func(n int) int, steps int) error {
	if err := s.Symmetry.check(s.Len()); err != nil {
		return err
	}
	c := conformance{system: s, offers: map[string]string{}}
	st := s.Start()
	if err := c.symmetric(st, nil); err != nil {
		return fmt.Errorf("initial state: %w", err)
	}
	for range steps {
		actions := st.Actions(nil)
		if len(actions) == 0 {
			return nil
		}
		for id, m := range st.machines {
			if err := c.offer(ID(id), m); err != nil {
				return err
			}
		}
		a := actions[choose(len(actions))]
		next, err := c.step(st, a)
		if err != nil {
			return fmt.Errorf("%s %v: %w", s.Name(a.Machine), a.Event, err)
		}
		if next == nil { // cut
			return nil
		}
		if len(s.Symmetry) > 0 {
			perms := [][]ID{}
			for p := range s.Symmetry.Permutations(s.Len()) {
				perms = append(perms, slices.Clone(p))
			}
			if err := c.symmetric(st, perms[choose(len(perms))]); err != nil {
				return err
			}
		}
		st = next
	}
	return nil
}

type conformance struct {
	system *System
	offers map[string]string // machine and encoding → its actions as text
}

// offer checks a machine's Actions against its encoding.
func (c *conformance) offer(id ID, m Machine) error {
	name := c.system.Name(id)
	events := m.Actions(nil)
	if again := m.Actions(nil); !slices.Equal(events, again) {
		return fmt.Errorf("%s: Actions gives %q, then %q", name, events, again)
	}
	texts := map[string]bool{}
	for _, e := range events {
		if texts[e.String()] {
			return fmt.Errorf("%s: two enabled actions read %q", name, e)
		}
		texts[e.String()] = true
	}
	key, offer := name+"\x00"+string(m.AppendState(nil)), fmt.Sprintf("%q", events)
	if before, met := c.offers[key]; met && before != offer {
		return fmt.Errorf("%s: one encoding %x, two behaviours: %s and %s", name, m.AppendState(nil), before, offer)
	}
	c.offers[key] = offer
	return nil
}

// step takes the action on two copies and compares them; it returns the successor, nil where the model is cut.
func (c *conformance) step(st *State, a Action) (*State, error) {
	before := st.AppendState(nil)
	left, right := st.Clone(), st.Clone()
	if !bytes.Equal(left.AppendState(nil), before) {
		return nil, fmt.Errorf("the encoding of a clone differs from the original's")
	}
	l := left.Step(a)
	if !bytes.Equal(st.AppendState(nil), before) || !bytes.Equal(right.AppendState(nil), before) {
		return nil, fmt.Errorf("stepping a clone changed the original")
	}
	r := right.Step(a)
	if !slices.Equal(l.Happenings, r.Happenings) || !slices.Equal(l.Violations, r.Violations) || l.Cut != r.Cut {
		return nil, fmt.Errorf("two clones had different effects:\n%v\n%v", l, r)
	}
	if l.Cut != "" {
		return nil, nil
	}
	if !bytes.Equal(left.AppendState(nil), right.AppendState(nil)) {
		return nil, fmt.Errorf("two clones ended in different states")
	}
	return left, nil
}

// symmetric checks one permutation in one state; nil means every one, and that the state is its own image.
func (c *conformance) symmetric(st *State, to []ID) error {
	if to == nil {
		for p := range c.system.Symmetry.Permutations(c.system.Len()) {
			image := &State{system: c.system, machines: Permute(st.machines, p)}
			if !bytes.Equal(image.AppendState(nil), st.AppendState(nil)) {
				return fmt.Errorf("the symmetry maps it to another state (permutation %v)", p)
			}
		}
		return nil
	}
	image := &State{system: c.system, machines: Permute(st.machines, to)}
	want, got := c.successors(st, to), c.successors(image, nil)
	if !slices.Equal(want, got) {
		return fmt.Errorf("the permutation %v is no symmetry: %d successors of the image, %d images of successors, or they differ",
			to, len(got), len(want))
	}
	return nil
}

// successors returns the sorted encodings of all successors, each first mapped by to unless that is nil.
func (c *conformance) successors(st *State, to []ID) []string {
	var all []string
	for _, a := range st.Actions(nil) {
		next := st.Clone()
		if step := next.Step(a); step.Cut != "" {
			all = append(all, "cut: "+step.Cut)
			continue
		}
		if to != nil {
			next.machines = Permute(next.machines, to)
		}
		all = append(all, string(next.AppendState(nil)))
	}
	slices.Sort(all)
	return all
}
