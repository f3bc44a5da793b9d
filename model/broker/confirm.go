package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// outstanding is a publish that is not confirmed yet.
type outstanding struct {
	seq  uint64
	left int // queues that have not taken it
}

// selectConfirms answers confirm.select.
func (b *Broker) selectConfirms(in call, m amqp.ConfirmSelect, out *model.Out) {
	if in.ch.tx != nil {
		b.exception(in, amqp.PreconditionFailed, "cannot switch from tx to confirm mode", out)
		return
	}
	in.ch.confirm = true
	in.answer(!m.NoWait, amqp.ConfirmSelectOk{}, out)
}

// settleReceipt is a queue's word on a publish: it has taken it, or it refuses it. A publish is confirmed when all its queues have
// taken it, and refused when one refuses it.
func (b *Broker) settleReceipt(r receipt, taken bool, out *model.Out) {
	if !r.somebody() {
		return
	}
	ch := b.channelOf(r.client)
	if ch == nil || ch.closing {
		return
	}
	if ch.tx != nil {
		b.settleTx(ch, taken, out)
		return
	}
	i := slices.IndexFunc(ch.unconfirmed, func(o outstanding) bool { return o.seq == r.seq })
	if i < 0 {
		return // refused by another queue
	}
	o := &ch.unconfirmed[i]
	o.left--
	switch {
	case !taken:
		ch.rejected = append(ch.rejected, r.seq)
	case o.left <= 0:
		ch.confirmed = append(ch.confirmed, r.seq)
	default:
		return
	}
	if i == 0 {
		ch.unconfirmed = ch.unconfirmed[1:]
	} else {
		ch.unconfirmed = slices.Delete(ch.unconfirmed, i, i+1)
	}
	if len(ch.unconfirmed) == 0 {
		ch.unconfirmed = nil
	}
	b.watch(ch)
}

// forgetReceipts is the end of those who wanted to hear of publishes.
func (b *Broker) forgetReceipts(of func(client) bool) {
	for _, q := range b.mail {
		for i := range q.mailbox {
			if of(q.mailbox[i].receipt.client) {
				q.mailbox[i].receipt = receipt{}
			}
		}
		q.unsynced = slices.DeleteFunc(q.unsynced, func(r receipt) bool { return of(r.client) })
		if q.futile() {
			q.mailbox = slices.DeleteFunc(q.mailbox, func(l letter) bool { return l.kind == publishLetter && !l.receipt.somebody() })
		}
		if len(q.mailbox) == 0 {
			q.mailbox = nil
		}
	}
}
