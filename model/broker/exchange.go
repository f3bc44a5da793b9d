package broker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// exchangeType is how an exchange routes.
type exchangeType uint8

const (
	direct exchangeType = iota
	fanout
	topic
	headers
)

var exchangeTypes = [...]string{"direct", "fanout", "topic", "headers"}

func (t exchangeType) String() string { return exchangeTypes[t] }

// exchange is an exchange with the bindings that it is the source of.
type exchange struct {
	name                          string
	kind                          exchangeType
	durable, autoDelete, internal bool
	given                         bool   // by RabbitMQ itself
	alternate                     string // takes what is routed nowhere; "": none
	arguments                     amqp.Table
	bindings                      []binding // sorted
}

// declareExchange answers exchange.declare (§1.6.2.1). RabbitMQ checks the type first, even where the exchange exists.
func (b *Broker) declareExchange(in call, m amqp.ExchangeDeclare, out *model.Out) {
	m.Exchange = withoutLineBreaks(m.Exchange)
	h := in.conn.host
	if m.Passive {
		switch {
		case m.Exchange == "":
			b.defaultExchange(in, out)
		case h.exchange(m.Exchange) == nil:
			b.noExchange(in, m.Exchange, out)
		default:
			in.answer(!m.NoWait, amqp.ExchangeDeclareOk{}, out)
		}
		return
	}
	kind := slices.Index(exchangeTypes[:], m.Type)
	if kind < 0 {
		b.fail(in, b.opts.Profile.unknownExchangeType(), fmt.Sprintf("unknown exchange type '%s'", m.Type), out)
		return
	}
	if m.Exchange == "" {
		b.defaultExchange(in, out)
		return
	}
	alternate, _ := m.Arguments.Lookup("alternate-exchange")
	x := h.exchange(m.Exchange)
	if x == nil {
		if reserved(m.Exchange) {
			b.exception(in, amqp.AccessRefused, fmt.Sprintf("exchange name '%s' contains reserved prefix 'amq.*'", m.Exchange), out)
			return
		}
		if _, valid := alternate.(string); alternate != nil && !valid {
			b.exception(in, amqp.PreconditionFailed, "invalid type for arg 'alternate-exchange' in "+h.here("exchange", m.Exchange), out)
			return
		}
		x = &exchange{
			name: m.Exchange, kind: exchangeType(kind), durable: m.Durable, autoDelete: m.AutoDelete, internal: m.Internal,
			alternate: alternateOf(m.Arguments), arguments: m.Arguments,
		}
		h.addExchange(x)
		b.keepExchange(h, x, out)
	}
	before, _ := x.arguments.Lookup("alternate-exchange")
	if x.kind != exchangeType(kind) || x.durable != m.Durable || x.autoDelete != m.AutoDelete || x.internal != m.Internal || before != alternate {
		b.exception(in, amqp.PreconditionFailed, "inequivalent arg for "+h.here("exchange", m.Exchange), out)
		return
	}
	in.answer(!m.NoWait, amqp.ExchangeDeclareOk{}, out)
}

// deleteExchange answers exchange.delete (§1.6.2.3). To delete what does not exist is a success.
func (b *Broker) deleteExchange(in call, m amqp.ExchangeDelete, out *model.Out) {
	m.Exchange = withoutLineBreaks(m.Exchange)
	h := in.conn.host
	switch x := h.exchange(m.Exchange); {
	case m.Exchange == "":
		b.defaultExchange(in, out)
		return
	case reserved(m.Exchange):
		b.exception(in, amqp.AccessRefused, "deletion of system "+h.here("exchange", m.Exchange)+" not allowed", out)
		return
	case x == nil:
	case m.IfUnused && len(x.bindings) > 0:
		b.exception(in, amqp.PreconditionFailed, h.here("exchange", m.Exchange)+" in use", out)
		return
	default:
		b.removeExchange(h, x, out)
	}
	in.answer(!m.NoWait, amqp.ExchangeDeleteOk{}, out)
}

// removeExchange deletes an exchange and all bindings from it and to it.
func (b *Broker) removeExchange(h *host, x *exchange, out *model.Out) {
	i, ok := h.findExchange(x.name)
	if !ok || h.exchanges[i] != x {
		return // deleted meanwhile, by its own bindings
	}
	h.exchanges = slices.Delete(h.exchanges, i, i+1)
	for _, bd := range x.bindings {
		b.dropBinding(h, x, bd, out)
	}
	if x.durable {
		b.gone(StoredExchange{Host: h.name, Name: x.name}, out)
	}
	b.unbindDestination(h, true, x.name, out)
}

func (b *Broker) defaultExchange(in call, out *model.Out) {
	b.exception(in, amqp.AccessRefused, "operation not permitted on the default exchange", out)
}

func (b *Broker) noExchange(in call, name string, out *model.Out) {
	b.exception(in, amqp.NotFound, "no "+in.conn.host.here("exchange", name), out)
}

// reserved reports whether a name is one that only the broker gives.
func reserved(name string) bool { return strings.HasPrefix(name, "amq.") }

// withoutLineBreaks is what RabbitMQ does to names.
func withoutLineBreaks(name string) string {
	if strings.ContainsAny(name, "\r\n") {
		return strings.NewReplacer("\r", "", "\n", "").Replace(name)
	}
	return name
}

// alternateOf returns the alternate exchange that the arguments name, "" if none.
func alternateOf(t amqp.Table) string {
	value, _ := t.Lookup("alternate-exchange")
	name, _ := value.(string)
	return name
}

// addBinding adds a binding, and reports whether it was not there.
func (x *exchange) addBinding(bd binding) bool {
	i, exists := slices.BinarySearchFunc(x.bindings, bd, binding.compare)
	if !exists {
		x.bindings = slices.Insert(x.bindings, i, bd)
	}
	return !exists
}

// dull reports whether the exchange is as every broker has it: such a one is no part of the encoded state.
func (x *exchange) dull() bool { return x.given && len(x.bindings) == 0 }

func (x *exchange) appendState(dst []byte) []byte {
	dst = model.AppendInt(model.AppendString(dst, x.name), x.kind)
	for _, flag := range []bool{x.durable, x.autoDelete, x.internal} {
		dst = model.AppendBool(dst, flag)
	}
	dst = model.AppendInt(model.AppendString(dst, x.arguments), len(x.bindings))
	for _, bd := range x.bindings {
		dst = model.AppendBool(model.AppendString(model.AppendString(dst, bd.key), bd.destination), bd.toExchange)
		dst = model.AppendString(dst, bd.arguments)
	}
	return dst
}

// binding is a binding of a queue, or of another exchange, to the exchange that holds it.
type binding struct {
	key         string
	toExchange  bool
	destination string
	arguments   amqp.Table
}

// compare orders by key first, which is what a direct exchange looks up.
func (x binding) compare(y binding) int {
	if c := cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.destination, y.destination), cmp.Compare(x.arguments, y.arguments)); c != 0 {
		return c
	}
	switch {
	case x.toExchange == y.toExchange:
		return 0
	case y.toExchange:
		return -1
	}
	return 1
}
