package model

import (
	"fmt"
	"iter"
	"slices"
)

// Symmetry declares interchangeable machines.
type Symmetry []Group

// Group is a set of interchangeable columns, all of one shape: a client with its link and its timers is a column, and any
// permutation of the columns maps runs of the system to runs.
type Group [][]ID

// Permutations yields every renaming that the symmetry allows, the identity first, as a table: machine i becomes to[i].
// The table is valid until the next iteration.
func (s Symmetry) Permutations(machines int) iter.Seq[[]ID] {
	return func(yield func([]ID) bool) {
		to := make([]ID, machines)
		for i := range to {
			to[i] = ID(i)
		}
		s.permute(to, yield)
	}
}

func (s Symmetry) permute(to []ID, yield func([]ID) bool) bool {
	if len(s) == 0 {
		return yield(to)
	}
	group := s[0]
	order := make([]int, len(group))
	for i := range order {
		order[i] = i
	}
	for {
		for from, onto := range order {
			for k, id := range group[from] {
				to[id] = group[onto][k]
			}
		}
		if !s[1:].permute(to, yield) {
			return false
		}
		if !nextPermutation(order) {
			return true
		}
	}
}

// nextPermutation steps p to its successor in lexicographic order; false after the last one.
func nextPermutation(p []int) bool {
	i := len(p) - 2
	for i >= 0 && p[i] >= p[i+1] {
		i--
	}
	if i < 0 {
		return false
	}
	j := len(p) - 1
	for p[j] <= p[i] {
		j--
	}
	p[i], p[j] = p[j], p[i]
	slices.Reverse(p[i+1:])
	return true
}

// Renaming makes a function of a table, which leaves what is no machine as it is.
func Renaming(to []ID) func(ID) ID {
	return func(id ID) ID {
		if id < 0 {
			return id
		}
		return to[id]
	}
}

// Permute returns the image of a state: machine i, renamed, stands at to[i].
func Permute(v View, to []ID) View {
	image := make(View, len(v))
	rename := Renaming(to)
	for i, m := range v {
		image[to[i]] = Rename(m, rename)
	}
	return image
}

// Check says what is wrong with the declaration for a system of that many machines: columns of one group have to be of one
// length, and no machine may stand in two of them.
func (s Symmetry) Check(machines int) error {
	seen := make([]bool, machines)
	for g, group := range s {
		for _, column := range group {
			if len(column) != len(group[0]) {
				return fmt.Errorf("symmetry group %d: columns of %d and %d machines", g, len(group[0]), len(column))
			}
			for _, id := range column {
				if id < 0 || int(id) >= machines || seen[id] {
					return fmt.Errorf("symmetry group %d: machine %d is not there, or named twice", g, id)
				}
				seen[id] = true
			}
		}
	}
	return nil
}

// CheckSymmetry says what is wrong with the declared symmetry as far as the initial state shows: columns that do not match, machines of
// different types in one place of them, or an exchange of two columns that changes the initial state.
func (s *System) CheckSymmetry() error {
	if err := s.Symmetry.Check(s.Len()); err != nil {
		return err
	}
	st := s.Start()
	before := st.AppendState(nil)
	for _, group := range s.Symmetry {
		for c := 1; c < len(group); c++ { // neighbours: their exchanges generate all permutations
			to := make([]ID, s.Len())
			for i := range to {
				to[i] = ID(i)
			}
			for k, id := range group[c] {
				to[id], to[group[c-1][k]] = group[c-1][k], id
			}
			image := &State{system: s, machines: Permute(st.machines, to)}
			for i, m := range image.machines {
				if was, is := fmt.Sprintf("%T", st.machines[i]), fmt.Sprintf("%T", m); was != is {
					return fmt.Errorf("the symmetry maps a %s to %s, which is a %s", is, s.Name(ID(i)), was)
				}
			}
			if !slices.Equal(image.AppendState(nil), before) {
				return fmt.Errorf("the symmetry maps the initial state to another one (permutation %v)", to)
			}
		}
	}
	return nil
}
