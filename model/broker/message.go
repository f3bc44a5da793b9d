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
	deliveries    int   // of a dead letter: how many have failed, as far as that is remembered ([Profile.countsTravel])
	changed       bool  // is not as it was published: a dead letter
}

// forever is a time-to-live that never ends.
const forever = model.Forever

func (c *content) persistent() bool { return c.message.Properties.DeliveryMode == 2 }

func (c *content) priority() uint8 { return c.message.Properties.Priority }

// weight is the size of the properties as RabbitMQ 4.3 counts it: in octets as they came, flags included; of a message that the broker has
// changed a guess, by the number of headers.
func (c *content) weight() int {
	p := c.message.Properties
	if c.changed {
		const guess = 100
		return guess * len(p.Headers.Fields())
	}
	n := 2
	for _, s := range []struct {
		flag amqp.PropertyFlags
		size int
	}{
		{amqp.HasContentType, 1 + len(p.ContentType)}, {amqp.HasContentEncoding, 1 + len(p.ContentEncoding)}, {amqp.HasHeaders, 4 + len(p.Headers)},
		{amqp.HasDeliveryMode, 1}, {amqp.HasPriority, 1}, {amqp.HasCorrelationID, 1 + len(p.CorrelationID)}, {amqp.HasReplyTo, 1 + len(p.ReplyTo)},
		{amqp.HasExpiration, 1 + len(p.Expiration)}, {amqp.HasMessageID, 1 + len(p.MessageID)}, {amqp.HasTimestamp, 8}, {amqp.HasType, 1 + len(p.Type)},
		{amqp.HasUserID, 1 + len(p.UserID)}, {amqp.HasAppID, 1 + len(p.AppID)}, {amqp.HasClusterID, 1 + len(p.ClusterID)},
	} {
		if p.Present&s.flag != 0 {
			n += s.size
		}
	}
	return n
}

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
	deliveries  int // how many have failed, here and where it comes from, as far as that counts: [Profile.fails]

	// In a quorum queue:
	returned bool // stands before all that have never been delivered
	acquired int  // deliveries that have ended with its return
}

// persists reports whether a restart of the broker keeps the message in that queue.
func (q *queue) persists(m message) bool { return q.durable && (q.quorum || m.persistent()) }

func (c *content) appendState(dst []byte) []byte {
	dst = model.AppendString(model.AppendString(dst, c.exchange), c.key)
	dst = model.AppendBool(dst, c.changed)
	for _, keys := range [][]string{c.cc, c.bcc} {
		dst = model.AppendInt(dst, len(keys))
		for _, key := range keys {
			dst = model.AppendString(dst, key)
		}
	}
	return amqp.AppendMessage(model.AppendInt(dst, c.deliveries), c.message)
}

// appendState leaves the position to whoever knows the order.
func (m message) appendState(dst []byte) []byte {
	dst = model.AppendInt(model.AppendInt(model.AppendInt(m.content.appendState(dst), m.timer), m.deliveries), m.acquired)
	return model.AppendBool(model.AppendBool(model.AppendBool(dst, m.expired), m.redelivered), m.returned)
}
