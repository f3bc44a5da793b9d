package broker

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// What a broker with Options.Tenures lets the world see of who has something of a queue. What a queue had that is gone is over; that is said
// before anything new.
type (
	// Consumes says how many consumers the client of a link has now.
	Consumes struct {
		Queue string
		Link  model.ID
		Whose string // the link's name
		N     int
	}
	// Unsettled says how many messages have been delivered to the client of a link, in the queue's books, and are not settled.
	Unsettled struct {
		Queue string
		Link  model.ID
		Whose string
		N     int
	}
	// Stores says how many messages that bear the property app-id a queue has, ready or not settled, from that application.
	Stores struct {
		Queue string
		AppID string
		N     int
	}
)

func (c Consumes) String() string {
	return fmt.Sprintf("queue %s has %d of %s's consumers", c.Queue, c.N, c.Whose)
}

func (u Unsettled) String() string {
	return fmt.Sprintf("queue %s waits for %s to settle %d", u.Queue, u.Whose, u.N)
}

func (s Stores) String() string {
	return fmt.Sprintf("queue %s has %d messages from %s", s.Queue, s.N, s.AppID)
}

// tenure is what a client has of a queue, by its link, or an application by its name.
type tenure struct {
	queue                        string
	link                         model.ID
	app                          string
	consumers, unsettled, stored int
}

func (t tenure) compare(o tenure) int {
	return cmp.Or(cmp.Compare(t.queue, o.queue), cmp.Compare(t.link, o.link), cmp.Compare(t.app, o.app))
}

// tenures lists what clients have, by queue and link, and then applications.
func (b *Broker) tenures() (all []tenure) {
	for _, h := range b.hosts {
		for _, q := range h.queues {
			count := func(t tenure) {
				t.queue = q.title()
				i, ok := slices.BinarySearchFunc(all, t, tenure.compare)
				if !ok {
					all = slices.Insert(all, i, t)
					return
				}
				all[i].consumers += t.consumers
				all[i].unsettled += t.unsettled
				all[i].stored += t.stored
			}
			store := func(m message) {
				if p := m.message.Properties; p.Present&amqp.HasAppID != 0 {
					count(tenure{link: nobody, app: p.AppID, stored: 1})
				}
			}
			for _, c := range slices.Concat(q.consumers, q.blocked) {
				count(tenure{link: c.link, consumers: 1})
			}
			for _, m := range q.ready {
				store(m)
			}
			for _, m := range q.unacked {
				count(tenure{link: m.holder.link, unsettled: 1})
				store(m.message)
			}
		}
	}
	return all
}

// nobody is the link of what an application has by its name.
const nobody model.ID = -1

// observeTenures lets the world see what has changed since then.
func (b *Broker) observeTenures(before []tenure, out *model.Out) {
	after := b.tenures()
	at := func(all []tenure, t tenure) tenure {
		if i, ok := slices.BinarySearchFunc(all, t, tenure.compare); ok {
			return all[i]
		}
		return tenure{queue: t.queue, link: t.link, app: t.app}
	}
	changed := slices.Concat(before, after)
	slices.SortFunc(changed, tenure.compare)
	changed = slices.CompactFunc(changed, func(x, y tenure) bool { return x.compare(y) == 0 })
	for _, more := range []bool{false, true} {
		for _, t := range changed {
			was, is := at(before, t), at(after, t)
			if was.consumers != is.consumers && was.consumers < is.consumers == more {
				out.Observe(Consumes{t.queue, t.link, b.opts.Name(t.link), is.consumers})
			}
			if was.unsettled != is.unsettled && was.unsettled < is.unsettled == more {
				out.Observe(Unsettled{t.queue, t.link, b.opts.Name(t.link), is.unsettled})
			}
			if was.stored != is.stored && was.stored < is.stored == more {
				out.Observe(Stores{t.queue, t.app, is.stored})
			}
		}
	}
}
