package conform

import (
	"fmt"
	"math/rand/v2"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// conns is how many connections a sequence has at a time.
const conns = 3

// Mixed draws sequences of all that there is, each with a leaning of its own. Names are few, so that operations meet.
func Mixed(seed uint64, prefix string, number int) []Op {
	d := &dice{rand.New(rand.NewPCG(seed, uint64(number)))}
	g := &mixed{dice: d, prefix: prefix, lean: pick(d, leanings)}
	for i := range 2 + d.IntN(3) {
		g.queues = append(g.queues, g.shape(i))
	}
	for i := range 1 + d.IntN(3) {
		g.exchanges = append(g.exchanges, g.exchange(i))
	}
	g.width = 1 + d.IntN(conns)
	g.channels = 1 + d.IntN(2)
	n := 10 + d.IntN(50)
	ops := make([]Op, 0, n+len(g.queues))
	for _, q := range g.queues {
		if d.chance(80) {
			ops = append(ops, g.on(Op{Method: q}))
		}
	}
	for len(ops) < n {
		ops = append(ops, g.op())
	}
	return ops
}

// dice are a source of chance.
type dice struct{ *rand.Rand }

func (d *dice) chance(percent int) bool { return d.IntN(100) < percent }

func pick[T any](d *dice, all []T) T { return all[d.IntN(len(all))] }

// leaning is what a sequence has more of: percentages.
type leaning struct {
	name                                                                  string
	exclusive, durable, autoDelete, quorum, length, letters, time, single int // of queues
	routing, confirms, tx, prefetch, wrong, drop                          int // of operations
}

var leanings = []leaning{
	{name: "plain"},
	{name: "exclusive", exclusive: 60, drop: 5, autoDelete: 10},
	{name: "confirms", confirms: 12, length: 40, durable: 40},
	{name: "transactions", tx: 25, length: 20},
	{name: "consumers", prefetch: 15, autoDelete: 20, single: 20},
	{name: "routing", routing: 50, letters: 10},
	{name: "letters", letters: 60, length: 50, routing: 15, time: 10},
	{name: "time", time: 60, letters: 40},
	{name: "quorum", quorum: 60, letters: 20, length: 20, single: 20, prefetch: 8},
	{name: "wrong", wrong: 40},
	{name: "losses", drop: 12, exclusive: 20, prefetch: 5},
	{name: "everything", exclusive: 10, durable: 30, autoDelete: 15, quorum: 15, length: 25, letters: 25, time: 10, single: 10, routing: 15,
		confirms: 5, tx: 3, prefetch: 8, wrong: 5, drop: 3},
}

type mixed struct {
	*dice
	prefix          string
	lean            leaning
	queues          []amqp.QueueDeclare
	exchanges       []amqp.ExchangeDeclare
	width, channels int
	bodies          int
}

// on gives an operation a place.
func (g *mixed) on(o Op) Op {
	o.Conn, o.Channel = g.IntN(g.width), amqp.Channel(1+g.IntN(g.channels))
	o.Plain = g.chance(10)
	return o
}

func (g *mixed) send(m amqp.Method) Op { return g.on(Op{Method: m}) }

// shape draws what the i-th queue is declared as.
func (g *mixed) shape(i int) amqp.QueueDeclare {
	m := amqp.QueueDeclare{Queue: fmt.Sprintf("%sq%d", g.prefix, i)}
	l := g.lean
	var fields []amqp.Field
	arg := func(percent int, name string, values ...any) {
		if g.chance(percent) {
			fields = append(fields, amqp.Field{Name: name, Value: pick(g.dice, values)})
		}
	}
	if g.chance(l.quorum) {
		fields = append(fields, amqp.Field{Name: "x-queue-type", Value: "quorum"})
		m.Durable = true
		arg(15, "x-delivery-limit", int32(0), int32(1), int32(2))
	} else {
		m.Exclusive, m.Durable, m.AutoDelete = g.chance(l.exclusive), g.chance(l.durable), g.chance(l.autoDelete)
		arg(5, "x-queue-type", "classic")
		arg(l.single/2, "x-max-priority", int32(1), int32(3))
	}
	arg(l.length, "x-max-length", int32(0), int32(1), int32(2), int32(3))
	arg(l.length/4, "x-max-length-bytes", int32(0), int32(2), int32(5))
	arg(l.length/2, "x-overflow", "drop-head", "reject-publish", "reject-publish-dlx")
	arg(l.single, "x-single-active-consumer", true, true, false)
	arg(l.letters, "x-dead-letter-exchange", "", g.prefix+"x0", g.prefix+"x1", "amq.fanout")
	if len(fields) > 0 && fields[len(fields)-1].Name == "x-dead-letter-exchange" {
		arg(50, "x-dead-letter-routing-key", g.prefix+"q0", g.prefix+"q1", "a.b")
	}
	arg(l.time, "x-message-ttl", int32(0), int32(40), int32(100), int32(3600000))
	arg(l.time/3, "x-expires", int32(100), int32(3600000))
	m.Arguments = amqp.MustTable(fields...)
	return m
}

func (g *mixed) exchange(i int) amqp.ExchangeDeclare {
	m := amqp.ExchangeDeclare{
		Exchange: fmt.Sprintf("%sx%d", g.prefix, i), Type: pick(g.dice, []string{"direct", "fanout", "topic", "headers"}),
		Durable: g.chance(30), AutoDelete: g.chance(20), Internal: g.chance(8),
	}
	if g.chance(20) {
		m.Arguments = amqp.MustTable(amqp.Field{Name: "alternate-exchange", Value: g.prefix + pick(g.dice, []string{"x0", "x1", "x2"})})
	}
	return m
}

func (g *mixed) queue() string {
	if g.chance(3) {
		return ""
	}
	return pick(g.dice, g.queues).Queue
}

// exchangeName draws a source of bindings or a goal of publishes other than the default exchange.
func (g *mixed) exchangeName() string {
	if g.chance(30) {
		return pick(g.dice, []string{"amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match"})
	}
	return pick(g.dice, g.exchanges).Exchange
}

func (g *mixed) key() string {
	if g.chance(30) {
		return g.queue()
	}
	return pick(g.dice, []string{"a", "a.b", "a.b.c", "b", "", "a..b"})
}

func (g *mixed) pattern() string {
	if g.chance(40) {
		return g.key()
	}
	return pick(g.dice, []string{"#", "*", "a.*", "a.#", "#.b", "*.b.#", "a.*.c", "#.#"})
}

func (g *mixed) tag() string { return pick(g.dice, []string{"", "t0", "t0", "t1", "t2"}) }

func (g *mixed) noWait() bool { return g.chance(6) }

// op draws an operation.
func (g *mixed) op() Op {
	n := g.IntN(100)
	if n -= g.lean.wrong; n < 0 {
		return g.mistake()
	}
	n = g.IntN(100)
	l := g.lean
	for _, c := range []struct {
		percent int
		draw    func() Op
	}{
		{l.drop, func() Op { return Op{Do: Drop, Conn: g.IntN(g.width)} }},
		{l.tx, func() Op {
			return g.send(pick(g.dice, []amqp.Method{amqp.TxSelect{}, amqp.TxSelect{}, amqp.TxCommit{}, amqp.TxCommit{}, amqp.TxRollback{}}))
		}},
		{l.confirms, func() Op { return g.send(amqp.ConfirmSelect{NoWait: g.noWait()}) }},
		{l.prefetch, func() Op {
			return g.send(amqp.BasicQos{PrefetchCount: uint16(g.IntN(4)), Global: g.chance(40)})
		}},
		{l.routing, g.route},
		{l.time / 8, func() Op { return Op{Do: Pause, Wait: pick(g.dice, []int{10, 60, 160})} }},
	} {
		if n -= c.percent; n < 0 {
			return c.draw()
		}
	}
	switch n := g.IntN(100); {
	case n < 30:
		return g.publish()
	case n < 40:
		return g.send(amqp.BasicGet{Queue: g.queue(), NoAck: g.chance(40)})
	case n < 50:
		return g.consume()
	case n < 55:
		return g.send(amqp.BasicCancel{ConsumerTag: g.tag(), NoWait: g.noWait()})
	case n < 72:
		return g.settle()
	case n < 74:
		if g.chance(30) {
			return g.send(amqp.BasicRecoverAsync{Requeue: true})
		}
		return g.send(amqp.BasicRecover{Requeue: g.chance(90)})
	case n < 84:
		return g.declare()
	case n < 87:
		return g.send(amqp.QueuePurge{Queue: g.queue(), NoWait: g.noWait()})
	case n < 90:
		return g.send(amqp.QueueDelete{Queue: g.queue(), IfUnused: g.chance(30), IfEmpty: g.chance(30), NoWait: g.noWait()})
	case n < 95:
		return g.route()
	case n < 97:
		return g.send(amqp.ChannelClose{Code: amqp.Success})
	case n < 98:
		return Op{Conn: g.IntN(g.width), Method: amqp.ConnectionClose{Code: amqp.Success}}
	case n < 99:
		return g.send(amqp.ChannelFlow{Active: true})
	}
	return g.mistake()
}

func (g *mixed) declare() Op {
	m := pick(g.dice, g.queues)
	switch n := g.IntN(100); {
	case n < 40:
		m = amqp.QueueDeclare{Queue: m.Queue, Passive: true}
	case n < 48:
		other := pick(g.dice, g.queues)
		other.Queue = m.Queue
		m = other
	case n < 52:
		m.Queue, m.Exclusive = "", true
	case n < 55:
		m.Exclusive = !m.Exclusive
	case n < 57:
		m.AutoDelete = !m.AutoDelete
	}
	m.NoWait = g.noWait()
	return g.send(m)
}

func (g *mixed) publish() Op {
	g.bodies++
	m := amqp.BasicPublish{RoutingKey: g.queue(), Mandatory: g.chance(20), Message: amqp.Message{Body: fmt.Sprint("m", g.bodies)}}
	if g.chance(20 + g.lean.routing) {
		m.Exchange, m.RoutingKey = g.exchangeName(), g.key()
	}
	p := &m.Message.Properties
	set := func(percent int, flag amqp.PropertyFlags, put func()) {
		if g.chance(percent) {
			p.Present |= flag
			put()
		}
	}
	set(15, amqp.HasDeliveryMode, func() { p.DeliveryMode = uint8(1 + g.IntN(2)) })
	set(g.lean.single, amqp.HasPriority, func() { p.Priority = uint8(g.IntN(5)) })
	set(g.lean.time/4, amqp.HasExpiration, func() { p.Expiration = pick(g.dice, []string{"0", "30", "100", "3600000"}) })
	set(5, amqp.HasCorrelationID, func() { p.CorrelationID = "c" })
	set(2, amqp.HasReplyTo, func() { p.ReplyTo = "r" })
	set(2, amqp.HasUserID, func() { p.UserID = "guest" })
	set(2, amqp.HasTimestamp, func() { p.Timestamp = 1700000000 })
	if m.Exchange != "" || g.chance(3) {
		set(25, amqp.HasHeaders, func() { p.Headers = g.headers() })
	}
	return g.send(m)
}

// headers draws some of a message, for bindings of the same.
func (g *mixed) headers() amqp.Table {
	var fields []amqp.Field
	for _, name := range []string{"h", "i"} {
		if g.chance(50) {
			fields = append(fields, amqp.Field{Name: name, Value: pick(g.dice, []any{"v", int32(1), true, "w"})})
		}
	}
	if g.chance(15) {
		fields = append(fields, amqp.Field{Name: pick(g.dice, []string{"CC", "BCC"}), Value: amqp.MustArray(g.key(), g.queue())})
	}
	return amqp.MustTable(fields...)
}

func (g *mixed) consume() Op {
	m := amqp.BasicConsume{
		Queue: g.queue(), ConsumerTag: g.tag(), NoAck: g.chance(30), Exclusive: g.chance(8), NoLocal: g.chance(5), NoWait: g.noWait(),
	}
	if m.ConsumerTag == "" {
		m.NoWait = false // nobody would know its tag
	}
	if g.chance(15) {
		m.Arguments = amqp.MustTable(amqp.Field{Name: "x-priority", Value: int32(g.IntN(3))})
	}
	return g.send(m)
}

func (g *mixed) settle() Op {
	o := g.on(Op{Tag: Tag{Outstanding, g.IntN(3)}})
	multiple := g.chance(20)
	switch n := g.IntN(100); {
	case n < 2:
		o.Tag.Kind = Settled
	case n < 3:
		o.Tag.Kind = Future
	case n < 8 && multiple:
		o.Tag.Kind = All
	}
	switch n := g.IntN(10); {
	case n < 5:
		o.Method = amqp.BasicAck{Multiple: multiple}
	case n < 8:
		o.Method = amqp.BasicNack{Multiple: multiple, Requeue: g.chance(60)}
	default:
		o.Method = amqp.BasicReject{Requeue: g.chance(60)}
	}
	return o
}

func (g *mixed) route() Op {
	var arguments amqp.Table
	if g.chance(30) {
		arguments = g.matching()
	}
	switch n := g.IntN(100); {
	case n < 20:
		m := pick(g.dice, g.exchanges)
		m.NoWait = g.noWait()
		switch n := g.IntN(100); {
		case n < 25:
			m.Passive = true
		case n < 30:
			m.Type = pick(g.dice, []string{"direct", "fanout", "topic", "headers"})
		}
		return g.send(m)
	case n < 60:
		return g.send(amqp.QueueBind{Queue: g.queue(), Exchange: g.exchangeName(), RoutingKey: g.pattern(), NoWait: g.noWait(), Arguments: arguments})
	case n < 70:
		return g.send(amqp.QueueUnbind{Queue: g.queue(), Exchange: g.exchangeName(), RoutingKey: g.pattern(), Arguments: arguments})
	case n < 85:
		return g.send(amqp.ExchangeBind{
			Destination: pick(g.dice, g.exchanges).Exchange, Source: g.exchangeName(), RoutingKey: g.pattern(), NoWait: g.noWait(), Arguments: arguments,
		})
	case n < 92:
		return g.send(amqp.ExchangeUnbind{
			Destination: pick(g.dice, g.exchanges).Exchange, Source: g.exchangeName(), RoutingKey: g.pattern(), NoWait: g.noWait(), Arguments: arguments,
		})
	}
	return g.send(amqp.ExchangeDelete{Exchange: pick(g.dice, g.exchanges).Exchange, IfUnused: g.chance(40), NoWait: g.noWait()})
}

// matching draws the arguments of a binding to a headers exchange.
func (g *mixed) matching() amqp.Table {
	fields := []amqp.Field{}
	if g.chance(70) {
		fields = append(fields, amqp.Field{Name: "x-match", Value: pick(g.dice, []any{"all", "any", "all-with-x", "any-with-x"})})
	}
	for _, name := range []string{"h", "i"} {
		if g.chance(50) {
			fields = append(fields, amqp.Field{Name: name, Value: pick(g.dice, []any{"v", int32(1), nil})})
		}
	}
	return amqp.MustTable(fields...)
}
