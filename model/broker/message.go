package broker

import (
	"strconv"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// content is a message as it was published, or dead-lettered. It never changes, and the queues that it was routed to share it.
type content struct {
	exchange, key string
	cc, bcc       []string // further routing keys, from the headers of these names
	message       amqp.Message
	ttl           int64 // in milliseconds; forever: none
}

// forever is a time-to-live that never ends.
const forever = model.Forever

func (c *content) persistent() bool { return c.message.Properties.DeliveryMode == 2 }

func (c *content) priority() uint8 { return c.message.Properties.Priority }

// lifetime parses the property expiration (RabbitMQ): a number of milliseconds.
func lifetime(p amqp.Properties) (ms int64, ok bool) {
	if p.Present&amqp.HasExpiration == 0 {
		return forever, true
	}
	ms, err := strconv.ParseInt(p.Expiration, 10, 64)
	return ms, err == nil && validExpiry(ms)
}

// maxExpiry is the longest time that RabbitMQ takes, ten years.
const maxExpiry = 315_360_000_000

func validExpiry(ms int64) bool { return ms >= 0 && ms <= maxExpiry }

// message is a content in a queue.
type message struct {
	*content
	pos         uint64 // orders the queue; unique in it
	timer       int    // the number of the timer that runs for it; 0: none
	expired     bool
	redelivered bool

	// In a quorum queue:
	returned   bool // stands before all that have never been delivered
	acquired   int  // deliveries that have ended with its return
	deliveries int  // those of them that count as failed
}

// persists reports whether a restart of the broker keeps the message in that queue.
func (q *queue) persists(m message) bool { return q.durable && (q.quorum || m.persistent()) }

func (c *content) appendState(dst []byte) []byte {
	dst = model.AppendString(model.AppendString(dst, c.exchange), c.key)
	for _, keys := range [][]string{c.cc, c.bcc} {
		dst = model.AppendInt(dst, len(keys))
		for _, key := range keys {
			dst = model.AppendString(dst, key)
		}
	}
	return amqp.AppendMessage(dst, c.message)
}

// appendState leaves the position to whoever knows the order.
func (m message) appendState(dst []byte) []byte {
	dst = model.AppendInt(model.AppendInt(model.AppendInt(m.content.appendState(dst), m.timer), m.deliveries), m.acquired)
	return model.AppendBool(model.AppendBool(model.AppendBool(dst, m.expired), m.redelivered), m.returned)
}
