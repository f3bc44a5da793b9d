package broker

// tags gives out the smallest numbers that are free, so that channels without end have finitely many states: on the wire a
// session translates them to the count of deliveries.
type tags struct {
	top  uint64   // none greater has been given out
	free []uint64 // those up to top that are free, as a heap with the smallest first
}

func (t *tags) take() uint64 {
	n := len(t.free)
	if n == 0 {
		t.top++
		return t.top
	}
	tag := t.free[0]
	last := t.free[n-1]
	t.free = t.free[:n-1]
	for i := 0; n > 1; {
		child := 2*i + 1
		if child+1 < n-1 && t.free[child+1] < t.free[child] {
			child++
		}
		if child >= n-1 || last < t.free[child] {
			t.free[i] = last
			break
		}
		t.free[i], i = t.free[child], child
	}
	return tag
}

// give frees a number.
func (t *tags) give(tag uint64) {
	t.free = append(t.free, tag)
	for i := len(t.free) - 1; i > 0; {
		parent := (i - 1) / 2
		if t.free[parent] < t.free[i] {
			break
		}
		t.free[parent], t.free[i], i = t.free[i], t.free[parent], parent
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
		ch.tags.give(d.tag)
	} else {
		ch.unsettled = append(ch.unsettled, d)
	}
	return d.tag
}

// disown lets the channel settle what it has of a queue that is gone without effect.
func (ch *channel) disown(q *queue) {
	disown := func(all []delivery) {
		for i := range all {
			if all[i].queue == q.name {
				all[i].queue = ""
			}
		}
	}
	disown(ch.unsettled)
	for i := range ch.news {
		if ch.news[i].delivery.queue == q.name {
			ch.news[i].delivery.queue = ""
		}
	}
	if ch.tx != nil {
		for _, s := range ch.tx.settlements {
			disown(s.deliveries)
		}
	}
}
