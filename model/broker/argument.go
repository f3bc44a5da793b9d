package broker

import (
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

// The arguments that RabbitMQ gives a meaning, for each type of queue. It compares them in a second declare. Those of other types are
// refused, and whatever else is ignored.
var (
	ofClassic = []string{
		"x-expires", "x-message-ttl", "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-max-length", "x-max-length-bytes",
		"x-max-priority", "x-overflow", "x-queue-mode", "x-queue-version", "x-single-active-consumer", queueType, "x-queue-master-locator",
	}
	ofQuorum = []string{
		"x-dead-letter-exchange", "x-dead-letter-routing-key", "x-dead-letter-strategy", "x-expires", "x-max-length", "x-max-length-bytes",
		"x-max-in-memory-length", "x-max-in-memory-bytes", "x-overflow", "x-single-active-consumer", queueType, "x-quorum-initial-group-size",
		"x-delivery-limit", "x-message-ttl", locator,
	}
	ofStreams   = []string{"x-max-age", "x-stream-max-segment-size-bytes", "x-initial-cluster-size"}
	ofStreams4  = []string{"x-stream-filter-size-bytes"}
	ofQuorum43  = []string{"x-consumer-timeout", "x-consumer-disconnected-timeout", "x-delayed-retry-type", "x-delayed-retry-min", "x-delayed-retry-max"}
	locators    = []string{"client-local", "balanced"}
	strategies  = []string{"at-most-once", "at-least-once"}
	overflows   = []string{"drop-head", "reject-publish", "reject-publish-dlx"}
	classicMode = []string{"default", "lazy"}
)

const locator = "x-queue-leader-locator"

// known reports whether an argument has a meaning for that type of queue.
func (p Profile) known(name string, quorum bool) bool {
	if quorum {
		return slices.Contains(ofQuorum, name) || p >= RabbitMQ43 && slices.Contains(ofQuorum43, name)
	}
	return slices.Contains(ofClassic, name) || p >= RabbitMQ40 && name == locator
}

// foreign reports whether an argument has a meaning for other types of queue only.
func (p Profile) foreign(name string, quorum bool) bool {
	elsewhere := p.known(name, !quorum) || slices.Contains(ofStreams, name) || p >= RabbitMQ40 && slices.Contains(ofStreams4, name)
	return elsewhere && !p.known(name, quorum)
}

// effective returns those arguments of a queue that make a difference, in one form: integers of all widths are the same, and a queue
// without a type has the default one.
func (p Profile) effective(t amqp.Table, quorum bool) amqp.Table {
	var fields []amqp.Field
	for _, f := range t.Fields() {
		if !p.known(f.Name, quorum) || f.Name == queueType {
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
		return false, "invalid arg '" + queueType + "'"
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
		if b.opts.Profile.foreign(f.Name, quorum) || b.opts.Profile.known(f.Name, quorum) && !s.set(f, t, b.opts.Profile) {
			return s, "invalid arg '" + f.Name + "'"
		}
	}
	return s, ""
}

// set takes one argument of those that the type of queue knows, and reports whether it is valid.
func (s *settings) set(f amqp.Field, t amqp.Table, p Profile) (valid bool) {
	n, isInt := amqp.Integer(f.Value)
	text, isText := f.Value.(string)
	switch f.Name {
	case "x-max-length":
		s.maxLength, valid = n, isInt && n >= 0
	case "x-max-length-bytes":
		s.maxBytes, valid = n, isInt && n >= 0
	case "x-max-in-memory-length", "x-max-in-memory-bytes":
		valid = isInt && n >= 0
	case "x-quorum-initial-group-size":
		valid = isInt && n > 0
	case "x-message-ttl":
		s.ttl, valid = n, isInt && validExpiry(n)
	case "x-expires":
		s.expires, valid = n, isInt && n > 0 && validExpiry(n)
	case "x-overflow":
		valid = slices.Contains(overflows, text)
		s.reject = text == "reject-publish" || text == "reject-publish-dlx" && !s.quorum // a quorum queue takes the latter for drop-head
		s.rejectDeadly = text == "reject-publish-dlx"
	case "x-max-priority":
		s.prioritised, s.maxPriority, valid = true, uint8(n), isInt && n >= 0 && n <= 255
	case "x-single-active-consumer":
		s.single, valid = f.Value.(bool)
	case "x-dead-letter-exchange":
		s.deadLetter, valid = &text, isText
	case "x-dead-letter-routing-key":
		_, exchange := t.Lookup("x-dead-letter-exchange")
		s.deadKey, valid = &text, isText && exchange
	case "x-delivery-limit": // which RabbitMQ does not check
		if s.deliveryLimit = forever; isInt && n >= 0 {
			s.deliveryLimit = n
		}
		valid = true
	case "x-queue-mode":
		valid = p >= RabbitMQ43 || slices.Contains(classicMode, text)
	case "x-queue-version":
		valid = isInt && (n == 2 || n == 1 && p < RabbitMQ43)
	case "x-dead-letter-strategy":
		valid = slices.Contains(strategies, text)
	case locator:
		valid = slices.Contains(locators, text)
	default: // of no consequence on a single node
		valid = true
	}
	return valid
}
