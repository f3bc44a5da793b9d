package amqptest_test

import (
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// body removes body=B or size=N, N octets of no interest.
func (a *arguments) body() string {
	if a.has("size") {
		return strings.Repeat("x", int(a.number("size")))
	}
	return a.value("body", "")
}

// properties removes the properties of a message, each of which is there if it is named.
func (a *arguments) properties() (p amqp.Properties) {
	text := func(flag amqp.PropertyFlags, name string, to *string) {
		if a.has(name) {
			p.Present |= flag
			*to = a.value(name, "")
		}
	}
	number := func(flag amqp.PropertyFlags, name string) uint64 {
		if !a.has(name) {
			return 0
		}
		p.Present |= flag
		return a.number(name)
	}
	text(amqp.HasContentType, "content-type", &p.ContentType)
	text(amqp.HasContentEncoding, "content-encoding", &p.ContentEncoding)
	text(amqp.HasCorrelationID, "correlation-id", &p.CorrelationID)
	text(amqp.HasReplyTo, "reply-to", &p.ReplyTo)
	text(amqp.HasExpiration, "expiration", &p.Expiration)
	text(amqp.HasMessageID, "message-id", &p.MessageID)
	text(amqp.HasType, "type", &p.Type)
	text(amqp.HasUserID, "user-id", &p.UserID)
	text(amqp.HasAppID, "app-id", &p.AppID)
	text(amqp.HasClusterID, "cluster-id", &p.ClusterID)
	p.DeliveryMode = uint8(number(amqp.HasDeliveryMode, "delivery-mode"))
	p.Priority = uint8(number(amqp.HasPriority, "priority"))
	p.Timestamp = number(amqp.HasTimestamp, "timestamp")
	if a.has("headers") {
		p.Present |= amqp.HasHeaders
		p.Headers = a.makeTable(a.values("headers"))
	}
	return p
}
