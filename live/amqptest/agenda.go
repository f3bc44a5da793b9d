package amqptest

import (
	"container/heap"
	"time"
)

// agenda is what is to be done when, in the core's time. Of what is due at the same moment comes first what was entered first.
type agenda struct {
	heap    appointments
	entered uint64
}

// appointment is an entry of an agenda.
type appointment struct {
	at    time.Duration
	order uint64
	do    func()
	index int // in the heap, -1 when it is over
}

func (a *agenda) add(at time.Duration, do func()) *appointment {
	a.entered++
	e := &appointment{at: at, order: a.entered, do: do}
	heap.Push(&a.heap, e)
	return e
}

func (a *agenda) cancel(e *appointment) {
	if e != nil && e.index >= 0 {
		heap.Remove(&a.heap, e.index)
	}
}

// first is when the next appointment is, never if there is none.
func (a *agenda) first() time.Duration {
	if len(a.heap) == 0 {
		return never
	}
	return a.heap[0].at
}

// keep keeps the appointments that are due.
func (a *agenda) keep(now time.Duration) {
	for a.first() <= now {
		heap.Pop(&a.heap).(*appointment).do()
	}
}

// appointments is the heap, see container/heap.
type appointments []*appointment

func (h appointments) Len() int { return len(h) }

func (h appointments) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].order < h[j].order
}

func (h appointments) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *appointments) Push(x any) {
	e := x.(*appointment)
	e.index = len(*h)
	*h = append(*h, e)
}

func (h *appointments) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.index = -1
	return e
}
