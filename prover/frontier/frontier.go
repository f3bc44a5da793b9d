package frontier

import (
	"cmp"
	"slices"
)

// Point is a vector of budgets.
type Point []int

// Below reports whether no budget of p is larger than that of q. A point is below itself.
func (p Point) Below(q Point) bool {
	for i := range p {
		if p[i] > q[i] {
			return false
		}
	}
	return true
}

// Sum is all budgets together: the order in which points are asked about.
func (p Point) Sum() (n int) {
	for _, v := range p {
		n += v
	}
	return n
}

// Answer is what there is to say of a question at a point.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota
	Shown          // a run shows it
	Absent         // no run shows it
)

// Frontier is the answer to one question over the whole box.
type Frontier struct {
	// Pointwise says that nothing was concluded from one point for another one. Shown and Absent are then all points.
	Pointwise bool
	Shown     []Point // the minimal points of those where a run shows it
	Absent    []Point // the maximal points of those where none does
	Unknown   []Point // all points about which nothing is known
}

// At is the answer at a point of the box.
func (f *Frontier) At(p Point) Answer {
	for _, q := range f.Shown {
		if f.reaches(q, p) {
			return Shown
		}
	}
	for _, q := range f.Absent {
		if f.reaches(p, q) {
			return Absent
		}
	}
	return Unknown
}

// reaches reports whether p's being shown tells of q, and so the other way round whether q's being absent tells of p.
func (f *Frontier) reaches(p, q Point) bool {
	return p.Below(q) && (!f.Pointwise || q.Below(p))
}

// Search finds the frontiers of several questions in the box of all points from zero to top. pointwise says of each question
// whether it may not be concluded from one point to another.
//
// decide is called with a point and the questions, by index, that are open there, at least one, and returns an answer for each of
// them. Points come in the order of their sums, and among those with one sum the first budget is spent first; so no
// point is asked about after one above it, and a point where a question is shown has none below it where it is. What is
// unknown at a point does not keep the points above it from being asked about: a run may be easier to find there.
func Search(top Point, pointwise []bool, decide func(p Point, open []int) []Answer) []Frontier {
	all := make([]Frontier, len(pointwise))
	for i := range all {
		all[i].Pointwise = pointwise[i]
	}
	points := Box(top)
	for _, p := range points {
		var open []int
		for i := range all {
			if all[i].At(p) == Unknown {
				open = append(open, i)
			}
		}
		if open == nil {
			continue
		}
		for k, a := range decide(p, open) {
			f := &all[open[k]]
			switch a {
			case Shown:
				f.Shown = append(f.Shown, p)
			case Absent:
				f.Absent = slices.DeleteFunc(f.Absent, func(q Point) bool { return f.reaches(q, p) })
				f.Absent = append(f.Absent, p)
			}
		}
	}
	for i := range all {
		for _, p := range points {
			if all[i].At(p) == Unknown {
				all[i].Unknown = append(all[i].Unknown, p)
			}
		}
	}
	return all
}

// Box returns the points from zero to top in the order in which Search asks about them.
func Box(top Point) []Point {
	all := []Point{make(Point, len(top))}
	for i, most := range top {
		for _, p := range all {
			for v := 1; v <= most; v++ {
				q := slices.Clone(p)
				q[i] = v
				all = append(all, q)
			}
		}
	}
	slices.SortFunc(all, func(p, q Point) int {
		return cmp.Or(cmp.Compare(p.Sum(), q.Sum()), slices.Compare(q, p))
	})
	return all
}
