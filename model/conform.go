package model

import (
	"fmt"
	"slices"
	"strings"
)

// Conform is the conformance kit: it walks at random through a system and holds every machine it meets against the
// contract of [Machine]. It checks, in each state of the walk, that
//
//   - clones are independent: stepping a copy leaves the original's encoding alone;
//   - Step is deterministic: two copies that take one event end in equal encodings with equal effects;
//   - Actions is deterministic, and every action's text occurs once;
//   - equal encodings mean equal behaviour: a state met earlier under the same encoding offered the same actions, and every
//     step of it had the same effects and led to the same encoding;
//   - a machine with a [Vocabulary] takes nothing that is not in it;
//   - the declared symmetry is one: the successors of a permuted state are the permuted successors.
//
// choose returns a number in [0, n) and is the only source of chance (a test passes rapid's or math/rand's); steps bounds
// the walk, which begins anew where nothing is enabled or the model is cut. The error names the machine and the rule.
func Conform(s *System, choose func(n int) int, steps int) error {
	if err := s.CheckSymmetry(); err != nil {
		return err
	}
	c := conformance{system: s, offers: map[string]string{}, results: map[string]string{}, words: map[ID][]string{}}
	for id := range ID(s.Len()) {
		if v, ok := s.Initial(id).(Vocabulary); ok {
			c.words[id] = []string{}
			for _, e := range v.Vocabulary() {
				c.words[id] = append(c.words[id], ClassOf(e))
			}
		}
	}
	st, twin := s.Start(), s.Start()
	for to := c.anyPermutation(choose); steps > 0; steps-- {
		actions := st.Actions(nil)
		if len(actions) == 0 {
			st, twin = s.Start(), s.Start()
			continue
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
			st, twin = s.Start(), s.Start()
			continue
		}
		if to != nil {
			if twin, err = c.mirror(st, next, twin, to); err != nil {
				return err
			}
		}
		st = next
	}
	return nil
}

type conformance struct {
	system  *System
	offers  map[string]string // machine and encoding → its actions as text
	results map[string]string // machine, encoding, sender and event → what the step did
	words   map[ID][]string   // the classes in a machine's vocabulary
	odd     error             // what observe found
}

// offer checks a machine's Actions against its encoding.
func (c *conformance) offer(id ID, m Machine) error {
	name := c.system.Name(id)
	events := m.Actions(nil)
	if again := m.Actions(nil); !slices.Equal(events, again) {
		return fmt.Errorf("%s: Actions gives %q, then %q", name, events, again)
	}
	if !strings.HasPrefix(string(m.AppendState([]byte("kept"))), "kept") {
		return fmt.Errorf("%s: AppendState does not append to what it is given", name)
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

// observe holds one step of one machine against an earlier one from the same encoding.
func (c *conformance) observe(d Delivery, before, after []byte, out *Out) {
	key := fmt.Sprintf("%d\x00%x\x00%d\x00%#v", d.To, before, d.From, d.Event)
	result := fmt.Sprintf("%x, %#v, refused %t, cut %q, violation %q", after, out.Effects(), out.Refused(), out.CutReason(), out.Violation())
	if was, met := c.results[key]; met && was != result && c.odd == nil {
		c.odd = fmt.Errorf("%s: from one encoding %x, %v leads to two results: %s and %s", c.system.Name(d.To), before, d.Event, was, result)
	}
	c.results[key] = result
	if words, ok := c.words[d.To]; ok && c.odd == nil {
		_, tick := d.Event.(Tick) // which Deliver answers for it
		class := ClassOf(d.Event)
		if !tick && !slices.ContainsFunc(words, func(w string) bool { return Includes(w, class) }) {
			c.odd = fmt.Errorf("%s: %v (%s) is not in its vocabulary", c.system.Name(d.To), d.Event, class)
		}
	}
}

// step takes the action on two copies and compares them; it returns the successor, nil where the model is cut.
func (c *conformance) step(st *State, a Action) (*State, error) {
	before := st.AppendState(nil)
	left, right := st.Clone(), st.Clone()
	if !slices.Equal(left.AppendState(nil), before) {
		return nil, fmt.Errorf("the encoding of a clone differs from the original's")
	}
	l := left.step(a, c.observe)
	if c.odd != nil {
		return nil, c.odd
	}
	if !slices.Equal(st.AppendState(nil), before) || !slices.Equal(right.AppendState(nil), before) {
		return nil, fmt.Errorf("stepping a clone changed the original")
	}
	r := right.Step(a)
	if !slices.Equal(l.Happenings, r.Happenings) || !slices.Equal(l.Violations, r.Violations) || l.Cut != r.Cut {
		return nil, fmt.Errorf("two clones had different effects:\n%v\n%v", l, r)
	}
	if l.Cut != "" {
		return nil, nil
	}
	if !slices.Equal(left.AppendState(nil), right.AppendState(nil)) {
		return nil, fmt.Errorf("two clones ended in different states")
	}
	after := left.AppendState(nil)
	for _, other := range st.Actions(nil) { // what they share shows where they do different things
		st.Clone().Step(other)
		if !slices.Equal(left.AppendState(nil), after) {
			return nil, fmt.Errorf("stepping another clone by %v changed the first one: Clone shares memory", other.Event)
		}
	}
	return left, nil
}

// anyPermutation picks one of the declared permutations other than the identity; nil where there is none.
func (c *conformance) anyPermutation(choose func(n int) int) []ID {
	var all [][]ID
	for to := range c.system.Symmetry.Permutations(c.system.Len()) {
		all = append(all, slices.Clone(to))
	}
	if len(all) < 2 {
		return nil
	}
	return all[1+choose(len(all)-1)]
}

// mirror takes twin, a run of the system itself that has come to the image of st, to the image of next. The machines of the
// twin are not renamed ones, so a machine that stores an ID and forgets to rename it is found out.
func (c *conformance) mirror(st, next, twin *State, to []ID) (*State, error) {
	if want, got := c.successors(st, to), c.successors(twin, nil); !slices.Equal(want, got) {
		return nil, fmt.Errorf("the permutation %v is no symmetry: the %d successors of a state do not map to the %d of its image",
			to, len(want), len(got))
	}
	image := &State{system: c.system, machines: Permute(next.machines, to)}
	want := image.AppendState(nil)
	for _, a := range twin.Actions(nil) {
		follow := twin.Clone()
		if step := follow.Step(a); step.Cut == "" && slices.Equal(follow.AppendState(nil), want) {
			return follow, nil
		}
	}
	panic("model: a successor is among the successors and is not")
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
