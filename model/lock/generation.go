package lock

import (
	"cmp"
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// The generation mutex (amqp-locks: "add a UID queue?"). The lock is an exclusive queue, as in [ExclusiveQueue], and every tenure has a mark of its own
// that nobody else can guess: verify asks for the mark and not for the lock. A token, if one is wanted, is the length of a queue that every
// holder lengthens.
//
//	acquire  1. Open connection and channel, as far as they are not, and confirm.select.
//	         2. queue.declare NAME exclusive. channel.close 405: answer it, busy; the next operation opens the channel again.
//	         3. The mark. queue: queue.declare of a queue that the broker names, exclusive. binding: queue.bind NAME to amq.direct, with a
//	            routing key that nobody else knows.
//	         4. With a token: basic.publish, persistent, to EPOCH, and wait for the confirm.
//	         5. queue.declare EPOCH passive: its length is the token. Held.
//	verify   6. publish: basic.publish to the mark, mandatory, and wait for the confirm. passive: queue.declare MARK passive.
//	         7. Not returned, declare-ok: held. Returned; channel.close 404 or 405, and answer it: lost.
//	release  8. delete: queue.delete NAME, and then the mark, if that is a queue. connection: connection.close.
//	         9. The answer (both delete-ok, close-ok): released.
//	loss    10. As step 8 of [ExclusiveQueue].
//
// In verify mode publish what the probe goes to is declared with x-max-length=0, lest probes pile up in it. EPOCH is a durable queue that an
// administrator has declared, and from which nobody takes anything.

// Mark is what tells one tenure of the generation mutex from another.
type Mark uint8

// The marks.
const (
	MarkQueue Mark = iota
	MarkBinding
)

// Generation are the protocol's parameters.
type Generation struct {
	Queue   string // NAME; "lock" if empty
	Mark    Mark
	Verify  VerifyMode  // VerifyPublish or, with MarkQueue, VerifyPassive
	Release ReleaseMode // ReleaseDelete or ReleaseConnection
	Epoch   string      // EPOCH; "": there are no tokens
}

// EpochDeclare is what the administrator does to make EPOCH.
func EpochDeclare(epoch string) amqp.QueueDeclare { return Token{Queue: epoch}.declare() }

// marks is the exchange to which marks are bound.
const marks = "amq.direct"

func (p Generation) selects() selection {
	return confirmsIf(p.Verify == VerifyPublish || p.Epoch != "")
}

func (p Generation) methods() []amqp.Method {
	methods := append(append(p.Verify.methods(), p.Release.methods()...), amqp.QueueDeclareOk{})
	if p.Mark == MarkBinding {
		methods = append(methods, amqp.QueueBindOk{})
	}
	if p.Epoch != "" && p.Verify != VerifyPublish {
		methods = append(methods, amqp.BasicAck{}, amqp.BasicNack{})
	}
	return methods
}

func (p Generation) start() part {
	p.Queue = cmp.Or(p.Queue, "lock")
	return &generation{Generation: p}
}

// generation is a client's part.
type generation struct {
	Generation
	step     generationStep
	returned bool // the probe came back
}

// generationStep is what an acquire or a release waits for.
type generationStep uint8

const (
	lockStep   generationStep = iota // step 2; in a release, step 8: the answer for NAME
	markStep                         // step 3; in a release, step 8: the answer for the mark
	countStep                        // step 4: the confirm
	lengthStep                       // step 5
	probeStep                        // step 6
)

func (g *generation) bare(op Op) bool { return op == Release && g.Release == ReleaseConnection }

// begin is step 2, 6 or 8.
func (g *generation) begin(c *Client, out *model.Out) {
	g.step = lockStep
	switch c.op {
	case Acquire:
		c.session.send(amqp.QueueDeclare{Queue: g.Queue, Exclusive: true, Arguments: g.arguments(MarkBinding)}, out)
	case Verify:
		g.probe(c, out)
	case Release:
		if !c.session.release(g.Release, out) {
			c.session.send(amqp.QueueDelete{Queue: g.Queue}, out)
		}
	}
}

// arguments are those of what a mark of this kind is probed through.
func (g *generation) arguments(probed Mark) (none amqp.Table) {
	if g.Verify == VerifyPublish && g.Mark == probed {
		return noRoom
	}
	return none
}

// mark is step 3.
func (g *generation) mark(c *Client, out *model.Out) {
	g.step = markStep
	if g.Mark == MarkBinding {
		c.mark = secret(c.session.link)
		c.session.send(amqp.QueueBind{Queue: g.Queue, Exchange: marks, RoutingKey: c.mark}, out)
		return
	}
	c.session.send(amqp.QueueDeclare{Exclusive: true, Arguments: g.arguments(MarkQueue)}, out)
}

// secret is a routing key that only the client of a link knows. One for all its tenures is as good as one for each: a binding ends with its queue, and who
// acquires anew asks for the old mark no more.
func secret(link model.ID) string { return fmt.Sprintf("secret-%d", link) }

// probe is step 6.
func (g *generation) probe(c *Client, out *model.Out) {
	g.step = probeStep
	switch {
	case g.Verify == VerifyPassive:
		c.session.send(amqp.QueueDeclare{Queue: c.mark, Passive: true}, out)
	case g.Mark == MarkBinding:
		c.session.send(amqp.BasicPublish{Exchange: marks, RoutingKey: c.mark, Mandatory: true, Seq: 1}, out)
	default:
		c.session.send(amqp.BasicPublish{RoutingKey: c.mark, Mandatory: true, Seq: 1}, out)
	}
}

// take goes on with the step that the broker has answered.
func (g *generation) take(c *Client, m amqp.Method, out *model.Out) {
	switch m := m.(type) {
	case amqp.QueueDeclareOk:
		switch g.step {
		case lockStep:
			g.mark(c, out)
		case markStep:
			c.mark = m.Queue
			g.marked(c, out)
		case lengthStep:
			c.token = int(m.MessageCount)
			g.answer(c, Held, out)
		case probeStep:
			g.answer(c, Held, out)
		}
	case amqp.QueueBindOk:
		g.marked(c, out)
	case amqp.QueueDeleteOk:
		if g.Mark == MarkQueue && g.step == lockStep {
			g.step = markStep
			c.session.send(amqp.QueueDelete{Queue: c.mark}, out)
			return
		}
		g.answer(c, Released, out)
	case amqp.BasicReturn:
		g.returned = true
	case amqp.BasicAck:
		switch {
		case g.step == countStep:
			g.step = lengthStep
			c.session.send(amqp.QueueDeclare{Queue: g.Epoch, Passive: true}, out)
		case g.returned:
			g.answer(c, g.no(c), out)
		default:
			g.answer(c, Held, out)
		}
	case amqp.BasicNack:
		g.answer(c, g.no(c), out)
	default:
		panic(unasked(m))
	}
}

// marked goes on with step 4.
func (g *generation) marked(c *Client, out *model.Out) {
	if g.Epoch == "" {
		g.answer(c, Held, out)
		return
	}
	g.step = countStep
	c.session.send(amqp.BasicPublish{RoutingKey: g.Epoch, Seq: 1, Message: amqp.Message{Properties: amqp.Properties{Present: amqp.HasDeliveryMode, DeliveryMode: 2}}}, out)
}

// no is what an operation returns that the broker has answered in the negative.
func (g *generation) no(c *Client) Result {
	if c.op == Acquire && g.step == lockStep {
		return Busy
	}
	return c.no()
}

// answer ends the operation.
func (g *generation) answer(c *Client, r Result, out *model.Out) {
	g.lost()
	c.finish(r, out)
}

func (g *generation) refused(c *Client, _ amqp.Code, out *model.Out) { g.answer(c, g.no(c), out) }
func (g *generation) closed(c *Client, out *model.Out)               { g.answer(c, Released, out) }
func (g *generation) lost()                                          { g.step, g.returned = lockStep, false }
func (g *generation) clone() part                                    { d := *g; return &d }
func (g *generation) appendState(dst []byte) []byte {
	return model.AppendBool(model.AppendInt(dst, g.step), g.returned)
}
