package broker

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// bind answers queue.bind (§1.7.2.3) and exchange.bind (RabbitMQ): bd is to stand at the exchange source.
func (b *Broker) bind(in call, source string, bd binding, wait bool, ok amqp.Method, out *model.Out) {
	x, allowed := b.bindable(in, source, &bd, out)
	if !allowed {
		return
	}
	if x.kind == headers {
		if match, present := bd.arguments.Lookup("x-match"); present {
			switch match {
			case "all", "any", "all-with-x", "any-with-x":
			default:
				b.exception(in, amqp.PreconditionFailed, fmt.Sprintf("Invalid x-match field value %v; expected all, any, all-with-x, or any-with-x", match), out)
				return
			}
		}
	}
	if x.addBinding(bd) && b.lasting(in.conn.host, x, bd) {
		b.kept(stored(in.conn.host, x, bd), out)
	}
	in.answer(wait, ok, out)
}

// unbind answers queue.unbind (§1.7.2.5) and exchange.unbind. To RabbitMQ it is a success whatever is missing; whose the queue is
// matters only if there is something to unbind.
func (b *Broker) unbind(in call, source string, bd binding, wait bool, ok amqp.Method, out *model.Out) {
	bd.destination, source = withoutLineBreaks(bd.destination), withoutLineBreaks(source)
	if source == "" || bd.toExchange && bd.destination == "" {
		b.defaultExchange(in, out)
		return
	}
	if x := in.conn.host.exchange(source); x != nil {
		_, there := slices.BinarySearchFunc(x.bindings, bd, binding.compare)
		if q := in.conn.host.queue(bd.destination); there && !bd.toExchange && q.lockedTo(in.key) {
			b.lockedQueue(in, bd.destination, out)
			return
		}
		b.removeBinding(in.conn.host, x, bd, out)
	}
	in.answer(wait, ok, out)
}

// bindable looks up the two ends of a binding; if either cannot be bound it has answered.
func (b *Broker) bindable(in call, source string, bd *binding, out *model.Out) (*exchange, bool) {
	h := in.conn.host
	bd.destination, source = withoutLineBreaks(bd.destination), withoutLineBreaks(source)
	if source == "" || bd.toExchange && bd.destination == "" {
		b.defaultExchange(in, out)
		return nil, false
	}
	x := h.exchange(source)
	q := h.queue(bd.destination)
	switch {
	case x == nil:
		b.noExchange(in, source, out)
	case bd.toExchange && h.exchange(bd.destination) == nil:
		b.noExchange(in, bd.destination, out)
	case !bd.toExchange && q == nil:
		b.noQueue(in, bd.destination, out)
	case !bd.toExchange && q.lockedTo(in.key):
		b.lockedQueue(in, bd.destination, out)
	default:
		return x, true
	}
	return nil, false
}

// removeBinding deletes a binding, if it is there, and its exchange if that was to last only as long as its bindings.
func (b *Broker) removeBinding(h *host, x *exchange, bd binding, out *model.Out) {
	i, exists := slices.BinarySearchFunc(x.bindings, bd, binding.compare)
	if !exists {
		return
	}
	x.bindings = slices.Delete(x.bindings, i, i+1)
	b.dropBinding(h, x, bd, out)
	if x.autoDelete && len(x.bindings) == 0 {
		b.removeExchange(h, x, out)
	}
}

// unbindDestination deletes all bindings to a queue or an exchange.
func (b *Broker) unbindDestination(h *host, isExchange bool, name string, out *model.Out) {
	type place struct {
		x  *exchange
		bd binding
	}
	var there []place // few, among many
	for _, x := range h.exchanges {
		for i := range x.bindings {
			if bd := &x.bindings[i]; bd.toExchange == isExchange && bd.destination == name {
				there = append(there, place{x, *bd})
			}
		}
	}
	for _, p := range there {
		b.removeBinding(h, p.x, p.bd, out)
	}
}

// lasting reports whether a binding survives a restart: both its ends do.
func (b *Broker) lasting(h *host, x *exchange, bd binding) bool {
	if !x.durable || !b.opts.Journal {
		return false
	}
	if bd.toExchange {
		d := h.exchange(bd.destination)
		return d != nil && d.durable
	}
	q := h.queue(bd.destination)
	return q != nil && q.durable
}

func (b *Broker) dropBinding(h *host, x *exchange, bd binding, out *model.Out) {
	if x.durable {
		b.gone(stored(h, x, bd), out)
	}
}

func stored(h *host, x *exchange, bd binding) StoredBinding {
	return StoredBinding{
		Host: h.name, Source: x.name, RoutingKey: bd.key, ToExchange: bd.toExchange, Destination: bd.destination, Arguments: bd.arguments,
	}
}
