package broker

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// settings are what a queue's arguments ask for.
type settings struct {
	quorum        bool
	maxLength     int64 // ready messages; forever: no limit
	maxBytes      int64 // of the bodies of ready messages; likewise
	reject        bool  // what is too much is refused, not dropped from the head
	rejectDeadly  bool  // and dead-lettered
	ttl, expires  int64 // in milliseconds; forever: never
	maxPriority   uint8
	prioritised   bool
	single        bool    // one consumer at a time is active
	deadLetter    *string // the exchange for dead letters
	deadKey       *string // their routing key, instead of their own
	deliveryLimit int64   // of a quorum queue; forever: none
}

const queueType = "x-queue-type"

// known are the arguments that RabbitMQ gives a meaning, by type of queue. It compares them in a second declare, and ignores all others.
var knownClassic = []string{
	"x-expires", "x-message-ttl", "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-max-length", "x-max-length-bytes", "x-max-priority",
	"x-overflow", "x-queue-mode", "x-queue-version", "x-single-active-consumer", queueType, "x-queue-master-locator",
}

var knownQuorum = []string{
	"x-dead-letter-exchange", "x-dead-letter-routing-key", "x-dead-letter-strategy", "x-expires", "x-max-length", "x-max-length-bytes",
	"x-max-in-memory-length", "x-max-in-memory-bytes", "x-overflow", "x-single-active-consumer", queueType, "x-quorum-initial-group-size",
	"x-delivery-limit", "x-message-ttl", "x-queue-leader-locator",
}

// foreign are arguments of streams only.
var foreign = []string{"x-max-age", "x-stream-max-segment-size-bytes", "x-initial-cluster-size"}

func known(quorum bool) []string {
	if quorum {
		return knownQuorum
	}
	return knownClassic
}

// effective returns those arguments of a queue that make a difference, in one form: integers of all widths are the same, and a queue
// without a type has the default one.
func effective(t amqp.Table, quorum bool) amqp.Table {
	var fields []amqp.Field
	for _, f := range t.Fields() {
		if !slices.Contains(known(quorum), f.Name) || f.Name == queueType {
			continue
		}
		if n, ok := amqp.Integer(f.Value); ok {
			f.Value = n
		}
		fields = append(fields, f)
	}
	return amqp.MustTable(fields...)
}

// isQuorum returns the type of queue that a declare asks for. The text says what is wrong with it.
func (b *Broker) isQuorum(m amqp.QueueDeclare) (quorum bool, wrong string) {
	value, present := m.Arguments.Lookup(queueType)
	switch value {
	case "classic":
		return false, ""
	case "quorum":
		return true, ""
	}
	if present {
		return false, "unsupported queue type"
	}
	return b.opts.Quorum && m.Durable && !m.Exclusive && !m.AutoDelete, ""
}

// read parses the arguments of a declare for a new queue. The text says which is wrong, in words of RabbitMQ's, "" if none is.
func (b *Broker) read(t amqp.Table, quorum bool) (s settings, wrong string) {
	s = settings{quorum: quorum, maxLength: forever, maxBytes: forever, ttl: forever, expires: forever, deliveryLimit: forever}
	if quorum {
		s.deliveryLimit = b.opts.Profile.deliveryLimit()
	}
	for _, f := range t.Fields() {
		n, isInt := amqp.Integer(f.Value)
		text, isText := f.Value.(string)
		valid := true
		switch f.Name {
		case "x-max-length":
			s.maxLength, valid = n, isInt && n >= 0
		case "x-max-length-bytes":
			s.maxBytes, valid = n, isInt && n >= 0
		case "x-message-ttl":
			s.ttl, valid = n, isInt && validExpiry(n)
		case "x-expires":
			s.expires, valid = n, isInt && n > 0 && validExpiry(n)
		case "x-overflow":
			valid = text == "drop-head" || text == "reject-publish" || text == "reject-publish-dlx"
			s.reject, s.rejectDeadly = text != "drop-head", text == "reject-publish-dlx"
		case "x-max-priority":
			s.prioritised, s.maxPriority, valid = !quorum, uint8(n), isInt && n >= 0 && n <= 255
		case "x-single-active-consumer":
			s.single, valid = f.Value.(bool)
		case "x-dead-letter-exchange":
			s.deadLetter, valid = &text, isText
		case "x-dead-letter-routing-key":
			_, exchange := t.Lookup("x-dead-letter-exchange")
			s.deadKey, valid = &text, isText && exchange
		case "x-delivery-limit":
			if quorum {
				s.deliveryLimit, valid = n, isInt
				if n < 0 {
					s.deliveryLimit = forever
				}
			}
		case "x-queue-mode":
			valid = quorum || text == "default" || text == "lazy"
		case "x-queue-version":
			valid = quorum || isInt && (n == 1 || n == 2)
		case "x-dead-letter-strategy":
			valid = !quorum || text == "at-most-once" || text == "at-least-once"
		}
		if !valid {
			return s, fmt.Sprintf("invalid arg '%s'", f.Name)
		}
	}
	for _, f := range t.Fields() {
		elsewhere := slices.Contains(foreign, f.Name) || slices.Contains(known(!quorum), f.Name)
		if elsewhere && !slices.Contains(known(quorum), f.Name) {
			return s, fmt.Sprintf("invalid arg '%s'", f.Name)
		}
	}
	return s, ""
}
