package traces

import (
	"strconv"

	"github.com/lockstep-prover/lockstep/model"
)

// layout is where things stand, in cells:
//
//	 left                at(1)               at(2)  margin
//	  ▼                    ▼                    ▼    ▼
//	1 ● acquire            │                    │    ▌ client/a: waits
//	  │◄──────── gap ─────►│
//
// A lane's own text stands at its right, that of the last lane at its left, so that nothing is written outside.
type layout struct {
	lanes       []model.ID
	lane        map[model.ID]int
	left        int // the column of the first lane
	gap         int // from lane to lane
	margin      int // the column where changes of status are told
	marginWidth int // 0: nothing to tell
	width       int // of everything
}

const (
	narrowestGap    = 24
	narrowestMargin = 18
)

// arrange fits the story into width cells, or into as many as it needs.
func arrange(sys *model.System, s *story, width int) layout {
	l := layout{lanes: s.lanes, lane: map[model.ID]int{}}
	for i, id := range s.lanes {
		l.lane[id] = i
	}
	l.left = len(strconv.Itoa(len(s.beats))) + 2

	widest, longest := 0, 0
	for _, b := range s.beats {
		for _, m := range b.marks {
			widest = max(widest, cells(m.text)+cells("├╌  ▷ │"))
		}
		for _, c := range b.changes {
			longest = max(longest, cells(sys.Name(c.who)+": "+c.status))
		}
	}
	if longest > 0 {
		l.marginWidth = min(longest+2, max(narrowestMargin, width/4))
	}
	room := width - l.left - 1
	if l.marginWidth > 0 {
		room -= 2 + l.marginWidth
	}
	gaps := max(1, len(s.lanes)-1)
	l.gap = max(narrowestGap, min(room/gaps, widest))
	l.margin = l.left + gaps*l.gap + 1 + 2
	l.width = l.margin - 2
	if l.marginWidth > 0 {
		l.width = l.margin + l.marginWidth
	}
	return l
}

// at is the column of a lane.
func (l *layout) at(lane int) int { return l.left + lane*l.gap }

// mirrored reports whether the lane's own text stands at its left.
func (l *layout) mirrored(lane int) bool { return lane > 0 && lane == len(l.lanes)-1 }

// headWidth is the room for the text at the top of a lane: inner lanes have theirs on both sides, and each gap is shared.
func (l *layout) headWidth(lane int) int {
	switch {
	case len(l.lanes) == 1:
		return l.gap
	case len(l.lanes) == 2:
		return l.gap / 2
	case lane == 0 || lane == len(l.lanes)-1:
		return l.gap*3/5 - 1
	default:
		return l.gap*4/5 - 1
	}
}
