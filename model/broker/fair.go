package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// Fair says that the processes of a broker get on, each in its own time: that none of the channels of these links is put off for ever, no loss of their
// connections goes unnoticed for ever, and each of these queues, and one of those that are not named, comes to everything that is its to do, among it what it
// has to hear of channels that are no more.
func Fair(theBroker model.ID, queues []string, links []model.ID) []model.Fairness {
	var all []model.Fairness
	class := func(of func(model.Event) bool) { all = append(all, model.Fairness{Machine: theBroker, Class: of}) }
	ofQueues := func(mine func(queue string) bool) {
		class(func(e model.Event) bool { t, ok := e.(Take); return ok && mine(t.Queue) && !t.departs() })
		class(func(e model.Event) bool { t, ok := e.(Take); return ok && mine(t.Queue) && t.departs() })
		class(func(e model.Event) bool { d, ok := e.(Deliver); return ok && mine(d.Queue) })
		class(func(e model.Event) bool { s, ok := e.(Sync); return ok && mine(s.Queue) })
		class(func(e model.Event) bool { r, ok := e.(Reap); return ok && mine(r.Queue) })
		class(func(e model.Event) bool { f, ok := e.(Finish); return ok && mine(f.Queue) })
	}
	for _, name := range queues {
		ofQueues(func(queue string) bool { return queue == name })
	}
	ofQueues(func(queue string) bool { return !slices.Contains(queues, queue) })
	for _, link := range links {
		class(func(e model.Event) bool { a, ok := e.(Handle); return ok && a.Link == link })
		class(func(e model.Event) bool { a, ok := e.(Inform); return ok && a.Link == link })
		class(func(e model.Event) bool { a, ok := e.(Relay); return ok && a.Link == link })
		class(func(e model.Event) bool { a, ok := e.(End); return ok && a.Link == link })
		class(func(e model.Event) bool { // each of these happens once for each loss
			switch a := e.(type) {
			case Read:
				return a.Link == link
			case Notice:
				return a.Link == link
			case Depart:
				return a.Link == link
			}
			return false
		})
	}
	return all
}
