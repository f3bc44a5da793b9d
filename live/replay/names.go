package replay

import (
	"strings"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// names are those that brokers make up: the broker's, by the model's. A name of the model's may stand for one queue after another.
type names struct{ real map[string]string }

// madeUp is how such names begin.
const madeUp = "amq."

// learn takes note of the name that the broker has made up where the model predicts one.
func (n *names) learn(predicted, observed amqp.Frame) {
	switch p := predicted.Method.(type) {
	case amqp.QueueDeclareOk:
		if o, ok := observed.Method.(amqp.QueueDeclareOk); ok {
			n.add(p.Queue, o.Queue)
		}
	case amqp.BasicConsumeOk:
		if o, ok := observed.Method.(amqp.BasicConsumeOk); ok {
			n.add(p.ConsumerTag, o.ConsumerTag)
		}
	}
}

func (n *names) add(model, real string) {
	if n.real[model] == "" && strings.HasPrefix(model, madeUp) && strings.HasPrefix(real, madeUp) {
		n.real[model] = real
	}
}

// forget says that what had the model's name is gone.
func (n *names) forget(model string) { delete(n.real, model) }

// of is the broker's name for what the model calls so.
func (n *names) of(model string) string {
	if real := n.real[model]; real != "" {
		return real
	}
	return model
}

// toBroker is a frame of the model's with the broker's names.
func (n *names) toBroker(f amqp.Frame) amqp.Frame {
	if len(n.real) > 0 {
		f.Method = wire.Rename(f.Method, n.of)
	}
	return f
}

// fromBroker is a frame of the broker's with the model's names.
func (n *names) fromBroker(f amqp.Frame) amqp.Frame {
	if len(n.real) == 0 {
		return f
	}
	f.Method = wire.Rename(f.Method, func(s string) string {
		for model, real := range n.real {
			if s == real {
				return model
			}
		}
		return s
	})
	return f
}
