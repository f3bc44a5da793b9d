package broker

import "slices"

// tags gives out the smallest numbers that are free, so that channels without end have finitely many states: on the wire a
// session translates them to the count of deliveries.
type tags struct {
	top  uint64   // none greater has been given out
	free []uint64 // those up to top that are free, in descending order
}

func (t *tags) take() uint64 {
	if n := len(t.free); n > 0 {
		tag := t.free[n-1]
		t.free = t.free[:n-1]
		return tag
	}
	t.top++
	return t.top
}

// give frees the tags of deliveries.
func (t *tags) give(all []delivery) {
	for _, d := range all {
		i, _ := slices.BinarySearchFunc(t.free, d.tag, func(x, tag uint64) int {
			if x > tag {
				return -1
			}
			return 1
		})
		t.free = slices.Insert(t.free, i, d.tag)
	}
	if uint64(len(t.free)) == t.top {
		*t = tags{free: t.free[:0]}
	}
}

// deliver enters a delivery into the channel's books, unless nobody has to settle it, and returns its tag.
func (ch *channel) deliver(d delivery, noAck bool) uint64 {
	ch.delivered++
	d.tag, d.order = ch.tags.take(), ch.delivered
	if noAck {
		ch.tags.give([]delivery{d})
	} else {
		ch.unsettled = append(ch.unsettled, d)
	}
	return d.tag
}

// disown lets the channel settle what it has of a queue that is gone without effect.
func (ch *channel) disown(q *queue) {
	for i := range ch.unsettled {
		if ch.unsettled[i].queue == q.name {
			ch.unsettled[i].queue = ""
		}
	}
	if ch.tx != nil {
		for _, s := range ch.tx.settlements {
			for i := range s.deliveries {
				if s.deliveries[i].queue == q.name {
					s.deliveries[i].queue = ""
				}
			}
		}
	}
}
