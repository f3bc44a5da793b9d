package amqptest

import (
	"slices"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// With Options.Dir a client is promised nothing that is not on disk: the frames that promise something stay with their connection, and
// so does what was left with it after them, until the batch of changes is durable that was being collected when they were sent.

// wait is of the frame at an index of conn.fresh, for a batch.
type wait struct {
	index int
	until uint64
}

// promises reports whether a method tells a client that something will survive a restart.
func promises(m amqp.Method) bool {
	switch m.(type) {
	case amqp.BasicAck, amqp.TxCommitOk, amqp.QueueDeclareOk, amqp.QueueDeleteOk, amqp.QueueBindOk, amqp.QueueUnbindOk, amqp.QueuePurgeOk,
		amqp.ExchangeDeclareOk, amqp.ExchangeDeleteOk, amqp.ExchangeBindOk, amqp.ExchangeUnbindOk:
		return true
	}
	return false
}

// ripe is how many of the frames left with a connection may be written when the batch durable is on disk; submitted is the last that the
// store has.
func (c *conn) ripe(durable, submitted uint64) int {
	done := 0
	for done < len(c.waits) && min(c.waits[done].until, submitted) <= durable {
		done++
	}
	if c.waits = c.waits[done:]; len(c.waits) == 0 {
		c.waits = nil
		return len(c.fresh)
	}
	return c.waits[0].index
}

// submit gives the store the changes collected, and says what is on disk.
func (k *core) submit() (durable uint64) {
	if k.store == nil {
		return 0
	}
	if len(k.journal) > 0 {
		k.batch = k.store.submit(k.journal)
		clear(k.journal)
		k.journal = k.journal[:0]
	}
	durable, _ = k.store.progress()
	return durable
}

// committed lets go of what waited for the store. It is called without the lock.
func (k *core) committed() {
	_, err := k.store.progress()
	k.do(func() {
		for c := range k.waiting {
			k.touch(c)
		}
		clear(k.waiting)
		if err != nil {
			k.fail(err)
		}
	})
}

// fail is the end of the store: nothing can be promised any more, so nobody is served.
func (k *core) fail(err error) {
	if k.failed != nil {
		return
	}
	k.failed = err
	for _, c := range k.conns {
		k.turnAway(c)
	}
	close(k.broken)
}

// turnAway closes a connection because the store has failed. What waited for the store is never said.
func (k *core) turnAway(c *conn) {
	if len(c.waits) > 0 {
		c.fresh = c.fresh[:c.waits[0].index]
		c.waits = nil
	}
	if c.stage != greeting {
		k.refuse(c, k.offence())
	}
}

// offence is what clients are told when the store has failed.
func (k *core) offence() *wire.Error {
	return &wire.Error{Code: amqp.InternalError, Text: k.failed.Error()}
}

// reload begins again with what is on disk, as after a crash.
func (k *core) reload() {
	for c := range k.waiting {
		c.fresh, c.waits = nil, nil
	}
	clear(k.waiting)
	for t := range k.timers {
		k.disarm(t)
	}
	k.journal = nil
	entries, err := k.store.abandon()
	if err == nil {
		k.machine, err = newMachine(k.opts, entries)
	}
	if err != nil {
		k.fail(err)
		return
	}
	k.input(model.Self, broker.Started{})
}

// note collects what the machine lets the world see, if it is about what survives a restart.
func (k *core) note(e model.Event) {
	switch e := e.(type) {
	case broker.Kept:
		k.journal = append(k.journal, change{entry: e.Entry})
	case broker.Gone:
		k.journal = append(k.journal, change{entry: e.Entry, gone: true})
	}
}

// putFirst puts the first frames left with the connection into the outbox.
func (c *conn) putFirst(n int) {
	if n == 0 {
		return
	}
	ripe := slices.Clone(c.fresh[:n])
	c.fresh = slices.Delete(c.fresh, 0, n)
	for i := range c.waits {
		c.waits[i].index -= n
	}
	c.out.put(&ripe, c.write)
}
