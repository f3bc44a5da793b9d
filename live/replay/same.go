package replay

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// same reports whether what the broker did is what the model predicted. Both are an amqp.Frame or an amqp.Hangup.
func same(predicted, observed model.Event) bool {
	return essence(predicted) == essence(observed)
}

// essence leaves out what is not compared: the texts that explain a reply, the counts that RabbitMQ keeps asynchronously, and
// the number of a publish, which is not on the wire.
func essence(e model.Event) model.Event {
	f, ok := e.(amqp.Frame)
	if !ok {
		return e
	}
	switch m := f.Method.(type) {
	case amqp.ChannelClose:
		m.Text = ""
		f.Method = m
	case amqp.ConnectionClose:
		m.Text = ""
		f.Method = m
	case amqp.BasicReturn:
		m.Text = ""
		f.Method = m
	case amqp.QueueDeclareOk:
		m.MessageCount, m.Consumers = 0, 0
		f.Method = m
	case amqp.BasicPublish:
		m.Seq = 0
		f.Method = m
	}
	return f
}

// describe puts two events that differ into words that differ.
func describe(predicted, observed model.Event) (string, string) {
	p, o := predicted.String(), observed.String()
	if p == o && predicted != observed {
		return fmt.Sprintf("%#v", essence(predicted)), fmt.Sprintf("%#v", essence(observed))
	}
	return p, o
}
