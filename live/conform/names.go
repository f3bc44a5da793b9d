package conform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// names are those that a broker made up for one connection's sake, and what the comparison calls them: by the kind, the connection, and
// how many there were before. So two brokers that make up different names are compared.
type names struct {
	conn int
	made []madeUp
}

type madeUp struct{ real, called string }

// The beginnings of names that RabbitMQ makes up.
var made = []string{"amq.gen-", "amq.ctag-", "amq.rabbitmq.reply-to."}

// learn takes note of a name that a frame from the broker tells its client for the first time, and returns the frame with all
// names as the comparison calls them.
func (n *names) learn(f amqp.Frame) amqp.Frame {
	switch m := f.Method.(type) {
	case amqp.QueueDeclareOk:
		n.add(m.Queue)
	case amqp.BasicConsumeOk:
		n.add(m.ConsumerTag)
	case amqp.BasicDeliver:
		n.add(m.ConsumerTag) // of a basic.consume with no-wait
		n.add(m.Message.Properties.ReplyTo)
	case amqp.BasicGetOk:
		n.add(m.Message.Properties.ReplyTo)
	case amqp.BasicReturn:
		n.add(m.Message.Properties.ReplyTo)
	}
	return rename(f, n.made, func(m madeUp) (string, string) { return m.real, m.called })
}

func (n *names) add(real string) {
	if !strings.HasPrefix(real, "amq.") {
		return
	}
	for _, kind := range made {
		if strings.HasPrefix(real, kind) && !slices.ContainsFunc(n.made, func(m madeUp) bool { return m.real == real }) {
			n.made = append(n.made, madeUp{real, fmt.Sprintf("%s%d-%d", kind, n.conn, len(n.made)+1)})
		}
	}
}

// real returns a frame from a client with the names that the broker made up.
func (n *names) real(f amqp.Frame) amqp.Frame {
	return rename(f, n.made, func(m madeUp) (string, string) { return m.called, m.real })
}

func (n *names) clone() names { return names{n.conn, slices.Clone(n.made)} }

func (n *names) appendState(dst []byte) []byte {
	dst = model.AppendInt(dst, len(n.made))
	for _, m := range n.made {
		dst = model.AppendString(dst, m.real)
	}
	return dst
}

// rename replaces names, wherever a method has strings.
func rename(f amqp.Frame, all []madeUp, pair func(madeUp) (from, to string)) amqp.Frame {
	if len(all) == 0 {
		return f
	}
	to := func(s string) string {
		if strings.HasPrefix(s, "amq.") {
			for _, m := range all {
				if from, to := pair(m); s == from {
					return to
				}
			}
		}
		return s
	}
	return amqp.Frame{Channel: f.Channel, Method: wire.Rename(f.Method, to)}
}
