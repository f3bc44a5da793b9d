package broker

import (
	"cmp"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// transaction is what a channel in tx mode has done since it began, or since the last commit or rollback. Only publishing and
// settling are part of it.
//
//	tx.select ──► open ──tx.commit──► committing ──the queues have all of it──► open
//	               └────tx.rollback──► open                └──one refuses──► the channel is closed
type transaction struct {
	publications []publication
	settlements  []collected
	committing   bool
	left         int // queues that have not taken their message
	failed       bool
}

// collected are deliveries that a transaction settles.
type collected struct {
	settlement settlement
	deliveries []delivery
}

// collect keeps deliveries to be settled at the commit; with those before them, if they are settled alike: a queue is told of them at once.
func (tx *transaction) collect(s settlement, all []delivery) {
	last := len(tx.settlements) - 1
	if last < 0 || tx.settlements[last].settlement != s {
		tx.settlements = append(tx.settlements, collected{s, all})
		return
	}
	together := slices.Concat(tx.settlements[last].deliveries, all)
	slices.SortFunc(together, func(x, y delivery) int { return cmp.Compare(x.order, y.order) })
	tx.settlements[last].deliveries = together
}

// selectTx answers tx.select (§1.9.2.1).
func (b *Broker) selectTx(in call, out *model.Out) {
	if in.ch.confirm {
		b.exception(in, amqp.PreconditionFailed, "cannot switch from confirm to tx mode", out)
		return
	}
	if in.ch.tx == nil {
		in.ch.tx = &transaction{}
	}
	in.reply(amqp.TxSelectOk{}, out)
}

// commit answers tx.commit (§1.9.2.3): it publishes, then settles, and is done when all queues have taken what was published. Where
// messages go was decided when they were published; a queue that is gone by now is an error to RabbitMQ 4, whether or not there is another one of its name. In 4.0 all else is done before the
// channel ends; 4.3 ends the connection there and then, and neither publishes nor settles anything more.
func (b *Broker) commit(in call, out *model.Out) {
	tx := in.ch.tx
	if tx == nil {
		b.exception(in, amqp.PreconditionFailed, "channel is not transactional", out)
		return
	}
	publications, settlements := tx.publications, tx.settlements
	*tx = transaction{committing: true}
	for _, p := range publications {
		tx.left += len(in.conn.host.those(p.queues))
	}
	for _, p := range publications {
		if len(p.gone) > 0 {
			if b.opts.Profile.commitStopsAtLostQueue() && len(in.conn.host.those(p.gone)) < len(p.gone) {
				tx.settlements = settlements
				b.connException(in, amqp.ResourceError, "queue of a transaction not found", out)
				return
			}
			tx.failed = true
			p.mandatory = false // it had been routed
		}
		b.distribute(in, p, receipt{client: client{in.key, in.channel}}, out)
	}
	for _, s := range settlements {
		b.settleAll(in, s.deliveries, s.settlement, out)
	}
}

// loseRoutes lets open transactions know that a queue is gone. One that is declared again under its name is another one.
func (b *Broker) loseRoutes(q *queue) {
	if !b.opts.Profile.commitNeedsQueues() {
		return
	}
	for _, c := range b.conns {
		for _, ch := range c.channels {
			if ch.tx == nil || c.host != q.host {
				continue
			}
			for i := range ch.tx.publications {
				p := &ch.tx.publications[i]
				if at := slices.Index(p.queues, q.name); at >= 0 {
					p.queues = slices.Concat(p.queues[:at], p.queues[at+1:])
					p.gone = slices.Concat(p.gone, []string{q.name})
				}
			}
		}
	}
}

// settleTx is a queue's word on a message of a transaction.
func (b *Broker) settleTx(ch *channel, taken bool, out *model.Out) {
	ch.tx.left--
	ch.tx.failed = ch.tx.failed || !taken
	if ch.tx.complete() {
		b.watch(ch)
	}
}

// inTx reports whether it is a transaction that wants to hear of a publish. RabbitMQ forgets there that a quorum queue has refused it.
func (b *Broker) inTx(c client) bool {
	ch := b.channelOf(c)
	return ch != nil && ch.tx != nil
}

// complete reports whether a commit has nothing outstanding any more.
func (tx *transaction) complete() bool { return tx.committing && tx.left <= 0 }

// completeTx ends a commit.
func (b *Broker) completeTx(ch *channel, out *model.Out) {
	tx := ch.tx
	failed := tx.failed
	*tx = transaction{}
	if failed {
		in := call{key: ch.conn.key, channel: ch.num, method: amqp.TxCommit{}, conn: ch.conn, ch: ch}
		b.exception(in, amqp.PreconditionFailed, "partial tx completion", out)
		return
	}
	ch.conn.reply(ch.num, amqp.TxCommitOk{}, out)
}

// rollback answers tx.rollback (§1.9.2.5): nothing is published, and what was settled is unsettled again.
func (b *Broker) rollback(in call, out *model.Out) {
	tx := in.ch.tx
	if tx == nil {
		b.exception(in, amqp.PreconditionFailed, "channel is not transactional", out)
		return
	}
	in.ch.undo()
	in.reply(amqp.TxRollbackOk{}, out)
}

// undo ends a transaction without effect.
func (ch *channel) undo() {
	for _, s := range ch.tx.settlements {
		ch.unsettled = append(ch.unsettled, s.deliveries...)
	}
	slices.SortStableFunc(ch.unsettled, func(x, y delivery) int { return cmp.Compare(x.order, y.order) })
	*ch.tx = transaction{}
}
