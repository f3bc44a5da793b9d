package lock

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The persistent semaphore (amqp-locks). A durable queue SLOT-L says that there is a slot L, and who owns the exclusive queue HOLDER-L has it. Nothing is consumed, and
// an administrator ([Administrator]) adds and removes slots while clients go on.
//
//	create   0. The administrator: queue.declare SLOT-L durable, for each slot L from 1 on.
//	acquire  1. Open connection and channel, as far as they are not; confirm.select or tx.select, as probes need it. L is 1.
//	         2. Probe SLOT-L. Absent: there are no more slots, busy. (With an overshoot of T, only the next absent slot behind T others ends the search.)
//	         3. Probe HOLDER-L. Present: L is one more, and step 2.
//	         4. queue.declare HOLDER-L exclusive. channel.close 405: somebody else was faster; answer it, open the channel again, and step 2 with L = 1, or, when
//	            that has happened RETRIES times, busy.
//	         5. Held, slot L. With Recheck: probe SLOT-L first; absent: it was removed meanwhile; queue.delete HOLDER-L, busy.
//	verify   6. slot: probe SLOT-L. holder: probe HOLDER-L.
//	         7. Present: held. Absent, or present and another connection's: lost.
//	release  8. delete: queue.delete HOLDER-L. connection: connection.close. channel: channel.close, of which the document says that it is enough.
//	         9. The answer (delete-ok, close-ok): released. channel.close 405: answer it, failed.
//	loss    10. As step 8 of [ExclusiveQueue].
//	hint    11. With Hint: before step 2, basic.get HINT no-ack. get-ok: L begins behind the slot that the message names, and after the last slot there is comes
//	            slot 1; get-empty: L begins at 1. After step 5: basic.publish of L to HINT, a queue with room for one message that drops the oldest one.
//
// A probe is a basic.publish, mandatory, and its confirm; the same in a transaction; or queue.declare passive, of which a no costs the channel. Where probes are
// published, queues have x-max-length=0, lest probes pile up in them.

// Persistent are the protocol's parameters.
type Persistent struct {
	Slot, Holder string // the names before the number; "slot" and "holder" if empty
	Probe        ProbeMode
	Verify       SlotVerify
	Release      ReleaseMode // ReleaseDelete, ReleaseConnection or ReleaseChannel
	Recheck      bool
	Retries      int
	Overshoot    int
	Hint         string // HINT; "": there is none
}

// SlotVerify is what verify probes.
type SlotVerify uint8

// The ways.
const (
	VerifySlot SlotVerify = iota
	VerifyHolder
)

var slotVerifies = []string{"slot", "holder"}

// String is the way's name in parameters.
func (v SlotVerify) String() string { return slotVerifies[v] }

// ParseSlotVerify returns the way of that name.
func ParseSlotVerify(name string) (SlotVerify, error) {
	i, err := parse("way to verify", name, slotVerifies)
	return SlotVerify(i), err
}

// Prelude is what the administrator does before anybody acquires: step 0, and the queue of step 11.
func (p Persistent) Prelude(slots int) (all []amqp.Method) {
	for slot := range slots {
		all = append(all, p.slotDeclare(slot+1))
	}
	if p.Hint != "" {
		last := amqp.MustTable(amqp.Field{Name: "x-queue-type", Value: "classic"}, amqp.Field{Name: "x-max-length", Value: int32(1)})
		all = append(all, amqp.QueueDeclare{Queue: p.Hint, Durable: true, Arguments: last})
	}
	return all
}

// SlotQueue and HolderQueue are the queues of a slot, from 1 on.
func (p Persistent) SlotQueue(slot int) string {
	return fmt.Sprintf("%s-%d", cmp.Or(p.Slot, "slot"), slot)
}

// HolderQueue see SlotQueue.
func (p Persistent) HolderQueue(slot int) string {
	return fmt.Sprintf("%s-%d", cmp.Or(p.Holder, "holder"), slot)
}

func (p Persistent) slotDeclare(slot int) amqp.QueueDeclare {
	return amqp.QueueDeclare{Queue: p.SlotQueue(slot), Durable: true, Arguments: p.Probe.arguments()}
}

func (p Persistent) selects() selection { return p.Probe.selects() }

func (p Persistent) methods() []amqp.Method {
	methods := append(append(p.Probe.methods(), p.Release.methods()...), amqp.QueueDeclareOk{})
	if p.Recheck {
		methods = append(methods, amqp.QueueDeleteOk{})
	}
	if p.Hint != "" {
		methods = append(methods, amqp.BasicGetOk{}, amqp.BasicGetEmpty{})
	}
	return methods
}

func (p Persistent) start() part {
	return &persistent{Persistent: p, probe: prober{mode: p.Probe}}
}

// persistent is a client's part.
type persistent struct {
	Persistent
	probe   prober
	step    persistentStep
	at      int  // L; 0: an acquire has not begun
	from    int  // the slot that the search began at
	wrapped bool // the search has come to its last slot, and gone on with slot 1
	missing int  // slots in a row that were absent
	tries   int  // that were in vain
}

// persistentStep is what an acquire does next or waits for.
type persistentStep uint8

const (
	hintStep    persistentStep = iota // 11
	slotStep                          // 2
	holderStep                        // 3
	claimStep                         // 4
	recheckStep                       // 5
	undoStep                          // 5
	storeStep                         // 11
)

func (p *persistent) bare(op Op) bool { return op == Release && p.Release == ReleaseConnection }

// begin is the next step of acquire, 6 or 8.
func (p *persistent) begin(c *Client, out *model.Out) {
	switch c.op {
	case Acquire:
		if p.at == 0 {
			p.at, p.from, p.step = 1, 1, slotStep
			if p.Hint != "" {
				p.step = hintStep
			}
		}
		p.proceed(c, out)
	case Verify:
		queue := p.SlotQueue(c.slot)
		if p.Verify == VerifyHolder {
			queue = p.HolderQueue(c.slot)
		}
		p.probe.ask(queue, &c.session, out)
	case Release:
		if !c.session.release(p.Release, out) {
			c.session.send(amqp.QueueDelete{Queue: p.HolderQueue(c.slot)}, out)
		}
	}
}

// proceed sends what the step of acquire asks.
func (p *persistent) proceed(c *Client, out *model.Out) {
	switch p.step {
	case hintStep:
		c.session.send(amqp.BasicGet{Queue: p.Hint, NoAck: true}, out)
	case slotStep, recheckStep:
		p.probe.ask(p.SlotQueue(p.at), &c.session, out)
	case holderStep:
		p.probe.ask(p.HolderQueue(p.at), &c.session, out)
	case claimStep:
		c.session.send(amqp.QueueDeclare{Queue: p.HolderQueue(p.at), Exclusive: true, Arguments: p.Probe.arguments()}, out)
	case undoStep:
		c.session.send(amqp.QueueDelete{Queue: p.HolderQueue(p.at)}, out)
	case storeStep:
		p.store(c, out)
	}
}

// store is the end of step 11.
func (p *persistent) store(c *Client, out *model.Out) {
	m := amqp.BasicPublish{RoutingKey: p.Hint, Message: amqp.Message{Properties: amqp.Properties{Present: amqp.HasMessageID, MessageID: strconv.Itoa(p.at)}}}
	switch p.Probe {
	case ProbePublish:
		m.Seq = 1
		c.session.send(m, out)
	case ProbeTx:
		c.session.send(m, out)
		c.session.send(amqp.TxCommit{}, out)
	case ProbePassive:
		c.session.send(m, out)
		p.held(c, out)
	}
}

// goTo goes on with a step of acquire, when the channel is open.
func (p *persistent) goTo(step persistentStep, c *Client, out *model.Out) {
	p.step = step
	if c.session.prepare(out) {
		p.proceed(c, out)
	}
}

// take goes on with the step that the broker has answered, or ends the operation.
func (p *persistent) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.BasicGetOk:
		if last, err := strconv.Atoi(m.Message.Properties.MessageID); err == nil && last > 0 { // what is there is anybody's
			p.at, p.from = last+1, last+1
		}
		p.goTo(slotStep, c, out)
		return
	case amqp.BasicGetEmpty:
		p.goTo(slotStep, c, out)
		return
	case amqp.QueueDeleteOk:
		if c.op == Release {
			c.finish(Released, out)
			return
		}
		p.end(Busy, c, out)
		return
	}
	if c.op == Acquire && p.step == claimStep {
		p.claimed(c, out)
		return
	}
	p.found(p.probe.hear(m), c, out)
}

// claimed is step 5.
func (p *persistent) claimed(c *Client, out *model.Out) {
	switch {
	case p.Recheck:
		p.goTo(recheckStep, c, out)
	case p.Hint != "":
		p.goTo(storeStep, c, out)
	default:
		p.held(c, out)
	}
}

func (p *persistent) held(c *Client, out *model.Out) {
	c.slot = p.at
	p.end(Held, c, out)
}

// found goes on with what a probe has found.
func (p *persistent) found(f finding, c *Client, out *model.Out) {
	switch {
	case f == nothingYet:
	case c.op == Verify && f == present:
		c.finish(Held, out)
	case c.op == Verify:
		c.finish(NotHeld, out)
	case p.step == storeStep: // a confirm
		p.held(c, out)
	case p.step == slotStep && f == present:
		p.missing = 0
		p.goTo(holderStep, c, out)
	case p.step == slotStep && f == absent:
		p.missing++
		p.next(c, out)
	case p.step == holderStep && f == absent:
		p.goTo(claimStep, c, out)
	case p.step == holderStep:
		p.next(c, out)
	case p.step == recheckStep && f == present && p.Hint != "":
		p.goTo(storeStep, c, out)
	case p.step == recheckStep && f == present:
		p.held(c, out)
	case p.step == recheckStep:
		p.goTo(undoStep, c, out)
	default:
		p.end(Failed, c, out)
	}
}

// next is what comes behind a slot that is absent or taken.
func (p *persistent) next(c *Client, out *model.Out) {
	p.at++
	if p.missing > p.Overshoot {
		if p.wrapped || p.from == 1 {
			p.end(Busy, c, out)
			return
		}
		p.at, p.missing, p.wrapped = 1, 0, true
	}
	if p.wrapped && p.at == p.from {
		p.end(Busy, c, out)
		return
	}
	p.goTo(slotStep, c, out)
}

// end ends an acquire.
func (p *persistent) end(r Result, c *Client, out *model.Out) {
	p.lost()
	c.finish(r, out)
}

// refused goes on with what a probe has found that cost the channel, tries again, or is the end of an operation whose channel the broker closed.
func (p *persistent) refused(c *Client, code amqp.Code, out *model.Out) {
	switch {
	case c.op == Release:
		c.finish(Failed, out)
	case c.op == Verify || p.step == slotStep || p.step == holderStep || p.step == recheckStep:
		p.found(p.probe.refused(code), c, out)
	case p.step != claimStep:
		p.end(Failed, c, out)
	case p.tries == p.Retries:
		p.end(Busy, c, out)
	default:
		p.tries++
		p.at, p.from, p.missing, p.wrapped = 1, 1, 0, false
		p.goTo(slotStep, c, out)
	}
}

func (p *persistent) closed(c *Client, out *model.Out) { c.finish(Released, out) }

func (p *persistent) lost() {
	*p = persistent{Persistent: p.Persistent, probe: prober{mode: p.Probe}}
}

func (p *persistent) clone() part { d := *p; return &d }

func (p *persistent) appendState(dst []byte) []byte {
	dst = model.AppendBool(model.AppendInt(model.AppendBool(dst, p.probe.returned), p.step), p.wrapped)
	for _, n := range []int{p.at, p.from, p.missing, p.tries} {
		dst = model.AppendInt(dst, n)
	}
	return dst
}
