package broker

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
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
)

func (c Consumes) String() string {
	return fmt.Sprintf("queue %s has %d of %s's consumers", c.Queue, c.N, c.Whose)
}

func (u Unsettled) String() string {
	return fmt.Sprintf("queue %s waits for %s to settle %d", u.Queue, u.Whose, u.N)
}

// tenure is what a client has of a queue.
type tenure struct {
	queue                string
	link                 model.ID
	consumers, unsettled int
}

func (t tenure) compare(o tenure) int {
	return cmp.Or(cmp.Compare(t.queue, o.queue), cmp.Compare(t.link, o.link))
}

// tenures lists what clients have, by queue and link.
func (b *Broker) tenures() (all []tenure) {
	for _, h := range b.hosts {
		for _, q := range h.queues {
			count := func(link model.ID, consumers, unsettled int) {
				t := tenure{q.title(), link, consumers, unsettled}
				i, ok := slices.BinarySearchFunc(all, t, tenure.compare)
				if !ok {
					all = slices.Insert(all, i, t)
					return
				}
				all[i].consumers += consumers
				all[i].unsettled += unsettled
			}
			for _, c := range slices.Concat(q.consumers, q.blocked) {
				count(c.link, 1, 0)
			}
			for _, m := range q.unacked {
				count(m.holder.link, 0, 1)
			}
		}
	}
	return all
}

// observeTenures lets the world see what has changed since then.
func (b *Broker) observeTenures(before []tenure, out *model.Out) {
	after := b.tenures()
	at := func(all []tenure, t tenure) tenure {
		if i, ok := slices.BinarySearchFunc(all, t, tenure.compare); ok {
			return all[i]
		}
		return tenure{queue: t.queue, link: t.link}
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
		}
	}
}
