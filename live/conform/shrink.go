package conform

import (
	"context"
	"errors"
	"slices"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// How often a difference is looked at again.
const (
	confirmTries = 3
	shrinkTries  = 400
)

// confirm does a sequence again, and again without as much of it as can be left out. It is flaky if it does not show the difference
// again.
func (b *bench) confirm(ctx context.Context, d Difference) (Difference, bool) {
	b.patience = impatience
	defer func() { b.patience = patience }()
	look := d.look()
	again := func(ops []Op) (Difference, bool) {
		got := b.run(ctx, ops)
		if !errors.Is(got.err, errDifference) {
			return Difference{}, false
		}
		n := b.difference(ops, got.feed, d.Sequence)
		return n, n.look() == look
	}
	for range confirmTries {
		if n, ok := again(d.Ops); ok {
			return b.shrink(ctx, n, again), false
		}
	}
	return d, true
}

// shrink leaves out operations, ever smaller pieces of the sequence, and then simplifies those that are left.
func (b *bench) shrink(ctx context.Context, d Difference, again func([]Op) (Difference, bool)) Difference {
	tries := shrinkTries
	try := func(ops []Op) bool {
		if tries--; tries < 0 || ctx.Err() != nil {
			return false
		}
		n, ok := again(ops)
		if ok {
			d = n
		}
		return ok
	}
	for size := len(d.Ops) / 2; size > 0; size /= 2 {
		for at := len(d.Ops) - size; at >= 0; at -= size {
			if at+size <= len(d.Ops) {
				try(slices.Delete(slices.Clone(d.Ops), at, at+size))
			}
		}
	}
	for i := range d.Ops {
		for _, simpler := range simplify(d.Ops[i]) {
			ops := slices.Clone(d.Ops)
			ops[i] = simpler
			try(ops)
		}
	}
	for at := len(d.Ops) - 1; at >= 0; at-- {
		try(slices.Delete(slices.Clone(d.Ops), at, at+1))
	}
	return d
}

// simplify returns operations that are like o and simpler.
func simplify(o Op) (all []Op) {
	with := func(change func(*Op)) {
		c := o
		if change(&c); c != o {
			all = append(all, c)
		}
	}
	with(func(c *Op) { c.Async = false })
	with(func(c *Op) { c.Plain = false })
	with(func(c *Op) { c.Tag = Tag{} })
	with(func(c *Op) { c.Channel = min(c.Channel, 1) })
	with(func(c *Op) { c.Conn = 0 })
	switch m := o.Method.(type) {
	case amqp.QueueDeclare:
		for _, f := range m.Arguments.Fields() {
			with(func(c *Op) { n := m; n.Arguments = without(m.Arguments, f.Name); c.Method = n })
		}
		with(func(c *Op) { n := m; n.Durable = false; c.Method = n })
		with(func(c *Op) { n := m; n.AutoDelete = false; c.Method = n })
		with(func(c *Op) { n := m; n.Exclusive = false; c.Method = n })
		with(func(c *Op) { n := m; n.NoWait = false; c.Method = n })
	case amqp.ExchangeDeclare:
		with(func(c *Op) { n := m; n.Arguments = ""; c.Method = n })
		with(func(c *Op) { n := m; n.Durable, n.AutoDelete, n.Internal = false, false, false; c.Method = n })
		with(func(c *Op) { n := m; n.NoWait = false; c.Method = n })
	case amqp.BasicPublish:
		with(func(c *Op) { n := m; n.Message = amqp.Message{}; c.Method = n })
		with(func(c *Op) { n := m; n.Message.Properties = amqp.Properties{}; c.Method = n })
		with(func(c *Op) { n := m; n.Mandatory = false; c.Method = n })
	case amqp.BasicConsume:
		with(func(c *Op) { n := m; n.Arguments = ""; c.Method = n })
		with(func(c *Op) { n := m; n.NoLocal, n.NoWait = false, false; c.Method = n })
		with(func(c *Op) { n := m; n.Exclusive = false; c.Method = n })
		with(func(c *Op) { n := m; n.NoAck = true; c.Method = n })
	case amqp.BasicNack:
		with(func(c *Op) { n := m; n.Multiple = false; c.Method = n })
	case amqp.BasicAck:
		with(func(c *Op) { n := m; n.Multiple = false; c.Method = n })
	case amqp.QueueBind:
		with(func(c *Op) { n := m; n.Arguments = ""; c.Method = n })
	}
	return all
}

func without(t amqp.Table, name string) amqp.Table {
	return amqp.MustTable(slices.DeleteFunc(t.Fields(), func(f amqp.Field) bool { return f.Name == name })...)
}
