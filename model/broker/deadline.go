package broker

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// Deadlines make a broker keep time. A connection that is lost with its end unannounced, because the announcement is lost too, is one
// that nothing arrives on: the heartbeat timer finds it, three intervals after the last byte at the latest. Which of the
// losses are announced the model leaves open, so [Notice] may come at any time; the deadline says by when it has come.
//
// Each silent or lost connection of a link runs a deadline of its own, from the beginning of its silence or from its loss,
// whichever comes first. Without a clock this is of no use: every moment is before the deadline.
type Deadlines struct {
	Interval int64 // the heartbeat interval, in milliseconds; 0: the broker never finds out by itself
	Losses   int   // how many connections of one link may be silent or lost at once
}

// DeadlineTimers are the timers for the deadlines of a link.
func (d Deadlines) DeadlineTimers(link model.ID) []model.Timer {
	var all []model.Timer
	if d.Interval > 0 {
		for n := range d.Losses {
			all = append(all, deadlineTimer(link, n+1))
		}
	}
	return all
}

func deadlineTimer(link model.ID, n int) model.Timer {
	return model.Timer{Name: fmt.Sprintf("deadline-%d", n), Peer: link}
}

// setDeadline starts the deadline of a connection, unless it runs already.
func (b *Broker) setDeadline(k key, out *model.Out) {
	c := b.conn(k)
	if b.opts.Deadlines.Interval == 0 || c == nil || c.deadline > 0 {
		return
	}
	n := 1
	for slices.ContainsFunc(b.conns, func(x *conn) bool { return x.link == k.link && x.deadline == n }) {
		n++
	}
	if n > b.opts.Deadlines.Losses {
		out.Cut("a broker has no deadline left for a lost connection")
		return
	}
	c.deadline = n
	out.Arm(deadlineTimer(k.link, n), model.Window{Earliest: model.Forever, Latest: 3 * b.opts.Deadlines.Interval})
}

// liftDeadline stops the deadline of a connection, if it runs.
func (c *conn) liftDeadline(out *model.Out) {
	if c.deadline > 0 {
		out.Cancel(deadlineTimer(c.link, c.deadline))
		c.deadline = 0
	}
}
