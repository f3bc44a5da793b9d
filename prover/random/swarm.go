package random

import (
	"context"
	"errors"
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Member builds one configuration of a swarm: a system and its properties.
type Member func() (*model.System, []model.Property, error)

// Swarm makes runs of many configurations (Holzmann, Joshi, Groce, "Tackling large verification problems with the swarm tool",
// 2008): each run draws one of the family, all being equally likely, and tosses a fair coin for each class of events, that is
// for each Go type of them; the actions of half the classes are put off in that run until nothing else is enabled. So one run
// sees no fault before everything has come to rest, another one nothing but faults, a third one starves the timers. Putting
// off, where leaving out would be the paper's way, changes no system: a run of the swarm is a run of its configuration, and a
// deadlock in it is one.
//
// A report's bounds are about runs that are drawn in this way, in all members together or in one.
func Swarm(ctx context.Context, family []Member, opts Options) (*Report, error) {
	if len(family) == 0 {
		return nil, errors.New("swarm: the family has no member")
	}
	return explore(ctx, family, opts, true)
}

// classOf is the class of an event: its Go type.
func classOf(e model.Event) string { return fmt.Sprintf("%T", e) }
