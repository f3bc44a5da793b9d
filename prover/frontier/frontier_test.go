package frontier_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/prover/frontier"
)

// truth is what a question's answer is at each point: at and above any of its seeds it is shown.
type truth struct {
	seeds     []frontier.Point
	scattered bool // at the seeds only: no larger budget helps
	blind     []frontier.Point
}

func (q truth) shown(p frontier.Point) bool {
	return slices.ContainsFunc(q.seeds, func(s frontier.Point) bool {
		if q.scattered {
			return slices.Equal(s, p)
		}
		return below(s, p)
	})
}

// known reports whether the decider gets to an answer at p.
func (q truth) known(p frontier.Point) bool {
	return !slices.ContainsFunc(q.blind, func(b frontier.Point) bool { return slices.Equal(b, p) })
}

func (q truth) answer(p frontier.Point) frontier.Answer {
	switch {
	case !q.known(p):
		return frontier.Unknown
	case q.shown(p):
		return frontier.Shown
	}
	return frontier.Absent
}

func below(p, q frontier.Point) bool {
	for i := range p {
		if p[i] > q[i] {
			return false
		}
	}
	return true
}

// each calls f with every point of the box, in no order that matters.
func each(top frontier.Point, f func(frontier.Point)) {
	p := make(frontier.Point, len(top))
	for {
		f(slices.Clone(p))
		i := 0
		for ; i < len(p) && p[i] == top[i]; i++ {
			p[i] = 0
		}
		if i == len(p) {
			return
		}
		p[i]++
	}
}

func anyPoint(t *rapid.T, top frontier.Point) frontier.Point {
	p := make(frontier.Point, len(top))
	for i := range p {
		p[i] = rapid.IntRange(0, top[i]).Draw(t, "budget")
	}
	return p
}

func anyPoints(t *rapid.T, top frontier.Point, most int) (all []frontier.Point) {
	for range rapid.IntRange(0, most).Draw(t, "points") {
		all = append(all, anyPoint(t, top))
	}
	return all
}

// What Search concludes is what brute force finds at every point that is known, whether directly or from another one; and it
// asks only what it cannot conclude, small sums first, each point once.
func TestSearchAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := make(frontier.Point, rapid.IntRange(0, 4).Draw(t, "kinds"))
		for i := range top {
			top[i] = rapid.IntRange(0, 3).Draw(t, "top")
		}
		questions := make([]truth, rapid.IntRange(1, 4).Draw(t, "questions"))
		pointwise := make([]bool, len(questions))
		for i := range questions {
			scattered := rapid.IntRange(0, 3).Draw(t, "scattered") == 0
			questions[i] = truth{anyPoints(t, top, 4), scattered, anyPoints(t, top, 3)}
			pointwise[i] = scattered
		}
		type asked struct {
			question int
			point    string
		}
		before := map[asked]bool{}
		var points []frontier.Point
		got := frontier.Search(top, pointwise, func(p frontier.Point, open []int) []frontier.Answer {
			if len(points) > 0 && p.Sum() < points[len(points)-1].Sum() {
				t.Errorf("%v is asked about after %v", p, points[len(points)-1])
			}
			var answers []frontier.Answer
			for _, i := range open {
				if key := (asked{i, fmt.Sprint(p)}); before[key] {
					t.Errorf("question %d is asked twice of %v", i, p)
				} else {
					before[key] = true
				}
				for _, q := range points {
					if !pointwise[i] && below(q, p) && questions[i].answer(q) == frontier.Shown {
						t.Errorf("question %d is asked of %v, and shown at %v", i, p, q)
					}
				}
				answers = append(answers, questions[i].answer(p))
			}
			if len(open) == 0 {
				t.Errorf("nothing is asked of %v", p)
			}
			points = append(points, p)
			return answers
		})
		for i, q := range questions {
			f := got[i]
			each(top, func(p frontier.Point) {
				want := frontier.Unknown
				each(top, func(o frontier.Point) { // what is known of p by brute force, from itself or any other point
					tells := slices.Equal(o, p) || !pointwise[i] && (q.shown(o) && below(o, p) || !q.shown(o) && below(p, o))
					if tells && q.known(o) {
						if want = frontier.Absent; q.shown(p) {
							want = frontier.Shown
						}
					}
				})
				if a := f.At(p); a != want {
					t.Errorf("question %d at %v is %v, want %v", i, p, a, want)
				}
				if listed := slices.ContainsFunc(f.Unknown, func(u frontier.Point) bool { return slices.Equal(u, p) }); listed != (want == frontier.Unknown) {
					t.Errorf("question %d: %v among the unknown: %t", i, p, listed)
				}
			})
			if pointwise[i] {
				continue
			}
			for _, list := range [][]frontier.Point{f.Shown, f.Absent} {
				for k, p := range list {
					for l, o := range list {
						if k != l && below(p, o) {
							t.Errorf("question %d: %v is no antichain", i, list)
						}
					}
				}
			}
		}
	})
}

// The example of the package comment: a lock that one reset or one pause breaks, and crashes do not.
func TestSearchAsksLittle(t *testing.T) {
	lock := truth{seeds: []frontier.Point{{1, 0, 0}, {0, 0, 1}}} // reset, crash, pause
	var asked []frontier.Point
	got := frontier.Search(frontier.Point{2, 1, 2}, []bool{false}, func(p frontier.Point, open []int) []frontier.Answer {
		asked = append(asked, p)
		return []frontier.Answer{lock.answer(p)}
	})
	want := []frontier.Frontier{{Shown: []frontier.Point{{1, 0, 0}, {0, 0, 1}}, Absent: []frontier.Point{{0, 1, 0}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// By hand: nothing; then each fault alone; everything else is above a reset or a pause.
	if diff := cmp.Diff([]frontier.Point{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}
