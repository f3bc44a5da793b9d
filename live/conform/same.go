package conform

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// same reports whether what was seen is what the machine predicted. Not compared are the texts that explain a reply, and the moments at
// which messages died.
func same(predicted, observed model.Event) bool {
	return predicted == observed || essence(predicted) == essence(observed)
}

// essence leaves out what is not compared.
func essence(e model.Event) model.Event {
	s, ok := e.(seen)
	if !ok {
		return e
	}
	f := s.Frame
	switch m := f.Method.(type) {
	case amqp.ChannelClose:
		m.Text = ""
		f.Method = m
	case amqp.ConnectionClose:
		m.Text = ""
		f.Method = m
	case amqp.BasicReturn:
		m.Text = ""
		m.Message = timeless(m.Message)
		f.Method = m
	case amqp.BasicDeliver:
		m.Message = timeless(m.Message)
		f.Method = m
	case amqp.BasicGetOk:
		m.Message = timeless(m.Message)
		f.Method = m
	}
	return f
}

func timeless(m amqp.Message) amqp.Message {
	m.Properties.Headers = m.Properties.Headers.Map(func(v any) any {
		if _, ok := v.(amqp.Timestamp); ok {
			return amqp.Timestamp(0)
		}
		return v
	})
	return m
}
