package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// letter is what a queue's mailbox holds: something that was sent to the queue and that nobody waits for.
type letter struct {
	kind      letterKind
	content   *content // publishLetter
	receipt   receipt  // publishLetter
	from      client   // settleLetter, departLetter, resumeLetter; publishLetter, if the queue wants to know
	settle    settlement
	positions []uint64 // settleLetter: which messages, in the order of their delivery
	tags      []string // departLetter, to a quorum queue: the channel's consumers, oldest first
	waits     bool     // departLetter: the channel is there until the queue has taken it
}

type letterKind uint8

const (
	publishLetter letterKind = iota
	settleLetter
	departLetter // a channel is no more
	resumeLetter // a channel is below its limit again, or has none any more
)

// settlement is what happens to messages that a client has had.
type settlement uint8

const (
	acknowledge settlement = iota
	putBack
	rejectBack // put back, by basic.reject
	leaveBack  // put back, by the end of the channel
	discard    // and dead-letter
	rejectAway // discard, by basic.reject
)

// receipt says to whom a publish is confirmed; the zero value: to nobody.
type receipt struct {
	client
	seq uint64 // of the publish on its channel, 0 for one of a transaction
}

func (l letter) String() string {
	switch l.kind {
	case publishLetter:
		return "a message"
	case settleLetter:
		return [...]string{
			acknowledge: "an acknowledgement", putBack: "messages back", rejectBack: "messages back", discard: "a rejection", rejectAway: "a rejection",
		}[l.settle]
	case departLetter:
		if l.waits {
			return "notice of a closing channel"
		}
		return "notice of a closed channel"
	}
	return "leave to deliver again"
}

// departs reports whether what is taken is word of a channel that is no more, or closes.
func (t Take) departs() bool {
	return t.What == letter{kind: departLetter}.String() || t.What == letter{kind: departLetter, waits: true}.String()
}

// send puts a letter into a queue's mailbox.
func (b *Broker) send(q *queue, l letter) {
	q.mailbox = append(q.mailbox, l)
	b.list(q)
}

// list enters a queue into the list of those that may have something to do.
func (b *Broker) list(q *queue) {
	if !q.listed {
		q.listed = true
		b.mail = append(b.mail, q)
	}
}

// busy reports whether the queue has an action of its own, reaping left out.
func (q *queue) busy() bool { return len(q.mailbox) > 0 || len(q.unsynced) > 0 || q.running }

// catchUp has a queue take what is in its mailbox before a method that it is asked to do; what it sends itself thereby, a dead letter, comes later. A
// quorum queue does publishes later than anything else, so that they may be overtaken.
func (b *Broker) catchUp(q *queue, in call, out *model.Out) {
	if q.quorum && in.late {
		return
	}
	i := 0 // so many are left for later: word that channels are no more, which comes in its own time
	for n := len(q.mailbox); n > 0 && i < len(q.mailbox) && !q.hasStopped(); n-- {
		if l := q.mailbox[i]; l.kind == departLetter && !l.waits && b.opts.Grain == Process {
			i++
			continue
		}
		b.take(q, i, out)
	}
}

// open has a queue take all that is in its mailbox.
func (b *Broker) open(q *queue, out *model.Out) {
	for len(q.mailbox) > 0 && !q.hasStopped() {
		b.take(q, 0, out)
	}
}

// settleMail has every queue take what is in its mailbox, and what that leads to, if the grain is Atomic.
func (b *Broker) settleMail(out *model.Out) {
	if b.opts.Grain == Atomic {
		for again := true; again; {
			again = false
			for i := 0; i < len(b.mail); i++ { // which may grow
				if q := b.mail[i]; len(q.mailbox)+len(q.unsynced) > 0 {
					b.open(q, out)
					b.sync(q, out)
					again = true
				}
			}
		}
	}
	b.mail = slices.DeleteFunc(b.mail, func(q *queue) bool {
		q.listed = q.busy() && !q.removed
		return !q.listed
	})
	b.travels = nil
}

// let tells a channel that waits for it that a queue has let go of it.
func (b *Broker) let(l letter) {
	if ch := b.channelOf(l.from); ch != nil && l.waits {
		ch.leaving--
		b.watch(ch)
	}
}

// turns are the letters of which a queue may take one next: the oldest, and if that is a publish to a quorum queue, the oldest of the others. Word of a channel
// that leaves its queues, one after the other, or is no more, may come later than what is there.
func (q *queue) turns() []int {
	if q.mailbox[0].kind == departLetter {
		if i := slices.IndexFunc(q.mailbox, func(l letter) bool { return l.kind != departLetter }); i > 0 {
			return []int{0, i}
		}
		return []int{0}
	}
	if !q.quorum || q.mailbox[0].kind != publishLetter {
		return []int{0}
	}
	if i := slices.IndexFunc(q.mailbox, func(l letter) bool { return l.kind != publishLetter }); i > 0 {
		return []int{0, i}
	}
	return []int{0}
}

// take has a queue take a letter of its mailbox.
func (b *Broker) take(q *queue, i int, out *model.Out) {
	l := q.mailbox[i]
	if i == 0 {
		q.mailbox[0] = letter{} // for the collector
		q.mailbox = q.mailbox[1:]
	} else {
		q.mailbox = slices.Delete(q.mailbox, i, i+1)
	}
	if len(q.mailbox) == 0 {
		q.mailbox = nil
	}
	defer q.watch()
	switch l.kind {
	case publishLetter:
		b.enqueue(q, l, out)
	case settleLetter:
		b.settled(q, l, out)
	case departLetter:
		b.depart(q, l.from, l.tags, out)
		b.let(l)
		if l.from.lost == departed { // all channels of that number that are no more, of which nothing is left
			q.mailbox = slices.DeleteFunc(q.mailbox, func(x letter) bool { return x.kind == departLetter && x.from == l.from })
		}
	case resumeLetter:
		q.suspended = slices.DeleteFunc(q.suspended, func(c client) bool { return c == l.from })
		b.unblock(q, func(c *consumer) bool { return c.client == l.from }, out)
	}
}
