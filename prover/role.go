package prover

import (
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// role is a machine, or several that the system's symmetry interchanges.
type role struct {
	name     string // "client/*"
	kind     roleKind
	machines []model.ID
}

type roleKind uint8

const (
	aMember roleKind = iota
	aTimer
	aMonitor
)

// roles is who plays which.
type roles struct {
	all []*role // by the first machine of each
	of  []*role // by machine
}

func newRoles(sys *model.System) *roles {
	r := &roles{of: make([]*role, sys.Len())}
	for _, group := range sys.Symmetry {
		for k := range group[0] {
			alike := &role{}
			for _, column := range group {
				alike.machines = append(alike.machines, column[k])
				r.of[column[k]] = alike
			}
			slices.Sort(alike.machines)
		}
	}
	for id := range model.ID(sys.Len()) {
		if r.of[id] == nil {
			r.of[id] = &role{machines: []model.ID{id}}
		}
		if role := r.of[id]; role.machines[0] == id {
			r.all = append(r.all, role)
			role.describe(sys)
		}
	}
	return r
}

func (r *role) describe(sys *model.System) {
	var names []string
	for _, id := range r.machines {
		names = append(names, sys.Name(id))
	}
	r.name = pattern(names)
	if _, ok := sys.TimerOwner(r.machines[0]); ok {
		r.kind = aTimer
	} else if sys.IsMonitor(r.machines[0]) {
		r.kind = aMonitor
	}
}

// pattern is what names begin and end with, with a star for what is between.
func pattern(names []string) string {
	begin, end := names[0], names[0]
	for _, name := range names[1:] {
		for !strings.HasPrefix(name, begin) {
			begin = begin[:len(begin)-1]
		}
		for !strings.HasSuffix(name, end) {
			end = end[1:]
		}
	}
	if len(names) == 1 {
		return names[0]
	}
	shortest := len(slices.MinFunc(names, func(x, y string) int { return len(x) - len(y) }))
	if overlap := len(begin) + len(end) - shortest; overlap > 0 { // 1 and 11 begin and end alike
		end = end[overlap:]
	}
	return begin + "*" + end
}
