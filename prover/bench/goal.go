package main

import "fmt"

// goal is a figure to reach.
type goal struct {
	what  string
	limit float64
	least bool // the limit is the least, not the most
	unit  string

	value  float64
	reason string // not "": why there is no value
}

func (g goal) met() bool {
	switch {
	case g.reason != "":
		return false
	case g.least:
		return g.value >= g.limit
	}
	return g.value <= g.limit
}

func (g goal) verdict() string {
	switch {
	case g.reason != "":
		return "not measured: " + g.reason
	case g.met():
		return "met"
	}
	return "**not met**"
}

func (g goal) wanted() string {
	if g.least {
		return fmt.Sprintf("at least %s%s", figure(g.limit), g.unit)
	}
	return fmt.Sprintf("at most %s%s", figure(g.limit), g.unit)
}

func (g goal) got() string {
	if g.reason != "" {
		return "–"
	}
	return figure(g.value) + g.unit
}

// goals evaluates what was measured. A goal whose runs were not made is not met.
func goals(tasks []*task, missing []string) []goal {
	const n = 9
	ours, two, packed := find(tasks, oursLine, n), find(tasks, oursTwo, n), best(find(tasks, spinPacked, n), find(tasks, spinNatural, n))
	ten, mutex := find(tasks, oursLine, 10), find(tasks, oursMutex, 0)
	mutexSpin := best(find(tasks, mutexPacked, 0), find(tasks, mutexChan, 0))
	start := find(tasks, oursTrivial, 0)
	all := []goal{
		{what: "two-phase commit, 9: CPU, ours / SPIN's best", limit: 1. / 4},
		{what: "two-phase commit, 9: memory above start-up, one worker", limit: 24, unit: " bytes a state"},
		{what: "two-phase commit, 9: wall time, one worker / two workers", limit: 1.7, least: true},
		{what: "two-phase commit, 10: peak of the resident set", limit: 2, unit: " GiB"},
		{what: "AMQP mutex, 4 clients, 2 drops: CPU, ours / SPIN's best", limit: 1. / 3},
	}
	if ours == nil || packed == nil || two == nil || start == nil {
		for i := range 3 {
			all[i].reason = "it takes -rm 9"
		}
	} else {
		all[0].value = ours.cpu() / packed.cpu()
		all[1].value = above(ours, start)
		all[2].value = ours.inner() / two.inner()
	}
	if ten == nil {
		all[3].reason = "it takes -ten"
	} else {
		all[3].value = ten.peak() / (1 << 30)
	}
	if mutex == nil || mutexSpin == nil {
		all[4].reason = fmt.Sprintf("%v not in the catalogue yet", missing)
	} else {
		all[4].value = mutex.cpu() / mutexSpin.cpu()
	}
	return all
}

// best returns the task with the least CPU; nil is not in the running.
func best(tasks ...*task) *task {
	var b *task
	for _, t := range tasks {
		if t != nil && (b == nil || t.cpu() < b.cpu()) {
			b = t
		}
	}
	return b
}

// above is the memory of a run above that of the trivial one, in bytes a state.
func above(t, trivial *task) float64 { return (t.peak() - trivial.peak()) / float64(t.want.distinct) }
