package broker

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// effective returns those arguments of a queue that make a difference to RabbitMQ, in one form: it ignores the ones that it does
// not know, takes integers of all widths for the same, and calls a queue of no type a classic one.
func effective(t amqp.Table) amqp.Table {
	var fields []amqp.Field
	for _, f := range t.Fields() {
		if !known(f.Name) || f.Name == queueType && f.Value == "classic" {
			continue
		}
		if n, ok := t.Int(f.Name); ok {
			f.Value = n
		}
		fields = append(fields, f)
	}
	return amqp.MustTable(fields...)
}

// The arguments that this machine understands.
const (
	maxLength = "x-max-length"
	overflow  = "x-overflow"
	queueType = "x-queue-type"
)

// known reports whether RabbitMQ gives the argument a meaning for classic queues.
func known(name string) bool {
	switch name {
	case maxLength, overflow, queueType, "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-expires", "x-max-length-bytes",
		"x-max-priority", "x-message-ttl", "x-single-active-consumer":
		return true
	}
	return false
}

// argumentsAllow reports whether a queue can be new with the effective arguments of a declare; if not it has answered.
func (b *Broker) argumentsAllow(in call, t amqp.Table, out *model.Out) bool {
	for _, f := range t.Fields() {
		valid, implemented := true, true
		switch f.Name {
		case maxLength:
			n, ok := f.Value.(int64)
			valid = ok && n >= 0
		case overflow:
			valid = f.Value == "drop-head" || f.Value == "reject-publish" || f.Value == "reject-publish-dlx"
			implemented = f.Value == "drop-head"
		case queueType:
			valid = f.Value == "quorum" || f.Value == "stream"
			implemented = false
		default:
			implemented = false
		}
		switch {
		case !valid:
			b.exception(in, amqp.PreconditionFailed, fmt.Sprintf("invalid arg '%s' in vhost '/'", f.Name), out)
			return false
		case !implemented:
			b.connException(in.key, amqp.NotImplemented, "queue argument "+f.Name, in.method, out)
			return false
		}
	}
	return true
}
