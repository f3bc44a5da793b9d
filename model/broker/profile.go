package broker

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Profile is a version of RabbitMQ, named for the release that was measured. What differs between versions is asked here and
// nowhere else.
type Profile uint8

// The profiles, oldest first.
const (
	RabbitMQ310 Profile = iota // 3.10.8
	RabbitMQ40                 // 4.0.5
	RabbitMQ43                 // 4.3.6
)

var profileNames = [...]string{"rabbitmq-3.10", "rabbitmq-4.0", "rabbitmq-4.3"}

// String is the profile's name: rabbitmq-3.10, rabbitmq-4.0, rabbitmq-4.3.
func (p Profile) String() string { return profileNames[p] }

// ProfileNames are the names of all profiles, oldest first.
func ProfileNames() []string { return profileNames[:] }

// ParseProfile returns the profile of that name.
func ParseProfile(name string) (Profile, error) {
	for i, n := range profileNames {
		if n == name {
			return Profile(i), nil
		}
	}
	return 0, fmt.Errorf("no profile %q; there are %v", name, profileNames)
}

// Version is the version of the RabbitMQ that was measured.
func (p Profile) Version() string { return [...]string{"3.10.8", "4.0.5", "4.3.6"}[p] }

// compareReturns orders what a channel that is no more had of a quorum queue, by the tags of its consumers, of which those are known, oldest first; "" is of
// basic.get. Up to 3.10 the tags' order counts, since then that of consuming, with what was got last.
func (p Profile) compareReturns(x, y string, oldestFirst []string) int {
	if p < RabbitMQ40 {
		return cmp.Compare(x, y)
	}
	rank := func(tag string) int {
		if tag == "" {
			return len(oldestFirst)
		}
		return slices.Index(oldestFirst, tag)
	}
	return cmp.Compare(rank(x), rank(y))
}

// limitsAcks: channels end that have something unsettled for too long.
func (p Profile) limitsAcks() bool { return p < RabbitMQ43 }

// namesOutliveQueues: the name of a classic queue that goes because nobody uses it any more is there for a while after its end.
func (p Profile) namesOutliveQueues() bool { return p >= RabbitMQ43 }

// exclusiveOutlivesClose: connection.close-ok comes before the connection's exclusive queues are gone (RABBITMQ 4.3).
func (p Profile) exclusiveOutlivesClose() bool { return p >= RabbitMQ43 }

// unknownExchangeType is the code for a declare of an exchange of a type that is not there.
func (p Profile) unknownExchangeType() amqp.Code {
	if p < RabbitMQ40 {
		return amqp.CommandInvalid
	}
	return amqp.PreconditionFailed
}

// deliveryLimit is how often a message in a quorum queue may fail, unless the queue says otherwise.
func (p Profile) deliveryLimit() int64 {
	if p < RabbitMQ40 {
		return forever
	}
	return 20
}

// commitNeedsQueues: a transaction fails if a queue that one of its messages was routed to is gone when it is committed.
func (p Profile) commitNeedsQueues() bool { return p >= RabbitMQ40 }

// commitStopsAtLostQueue: such a commit ends the connection at that message.
func (p Profile) commitStopsAtLostQueue() bool { return p >= RabbitMQ43 }

// routesAtOnce: what is published in a transaction goes to the queues that are there when it is published, and not to those of its names that
// are there when it is committed.
func (p Profile) routesAtOnce() bool { return p >= RabbitMQ40 }

// checksDeliveryMode: a delivery mode other than 1 and 2 is refused.
func (p Profile) checksDeliveryMode() bool { return p < RabbitMQ40 }

// checksFailover: x-cancel-on-ha-failover is an argument of basic.consume, a bool.
func (p Profile) checksFailover() bool { return p < RabbitMQ40 }

// consumesAgain: a channel that hears that a consumer's queue is gone consumes from the queue of that name, if there is one again by then.
func (p Profile) consumesAgain() bool { return p < RabbitMQ40 }

// failsOnEarlyCancel: a channel that has cancelled a consumer before it heard that it consumes ends the connection when it does hear.
func (p Profile) failsOnEarlyCancel() bool { return p < RabbitMQ43 }

// limitsChannels: basic.qos with global limits the channel; without that it is taken as if it were not global.
func (p Profile) limitsChannels() bool { return p < RabbitMQ43 }

// fails: a message that is settled so has failed once more. A quorum queue counts that until 3.10 for its delivery limit, from 4.0 on also for
// the queues where the message goes from there, and from 4.3 on a classic queue counts it too.
func (p Profile) fails(s settlement, quorum bool) bool {
	switch {
	case p >= RabbitMQ43:
		return s == rejectBack || s == rejectAway || s == leaveBack
	case p >= RabbitMQ40:
		return quorum && (s == leaveBack || s == discard)
	}
	return quorum
}

// rejected is what basic.reject does to a message: until 4.0 the same as basic.nack.
func (p Profile) rejected(requeue bool) settlement {
	switch {
	case p < RabbitMQ43:
		return nacked(requeue)
	case requeue:
		return rejectBack
	}
	return rejectAway
}

// limitsReturns: the delivery limit of a quorum queue is one of returns, not of failures, and returns are what it tells.
func (p Profile) limitsReturns() bool { return p == RabbitMQ40 }

// requeuesToTheEnd: what a client gives back to a quorum queue without a delivery limit goes to its end.
func (p Profile) requeuesToTheEnd() bool { return p < RabbitMQ40 }

// weighsProperties: what a quorum queue's octets are limited to includes the properties of messages.
func (p Profile) weighsProperties() bool { return p >= RabbitMQ43 }

// weighsPriorities: a quorum queue has two priorities, of which the higher one is served twice as often.
func (p Profile) weighsPriorities() bool { return p == RabbitMQ40 }

// activeYieldsToPriority: the active consumer of a single-active-consumer quorum queue makes way for one of higher priority.
func (p Profile) activeYieldsToPriority() bool { return p >= RabbitMQ40 }

// countsTravel: a dead letter remembers how often it has failed, which quorum queues tell.
func (p Profile) countsTravel() bool { return p >= RabbitMQ40 }

// dropsCC: a message that is dead-lettered under a key of the queue's loses its header CC.
func (p Profile) dropsCC() bool { return p < RabbitMQ40 }

// failuresSeemRedelivered: a dead letter that has failed is marked as redelivered whenever it has to wait in a classic queue.
func (p Profile) failuresSeemRedelivered() bool { return p >= RabbitMQ43 }

// reversesDeaths: the deaths that a dead letter has behind it are listed in the reverse order after each further one.
func (p Profile) reversesDeaths() bool { return p < RabbitMQ40 }

// countsAnswers: an answer by direct reply-to takes a delivery tag. Else it bears the next one, and leaves it to the next delivery.
func (p Profile) countsAnswers() bool { return p >= RabbitMQ43 }

// routesAnswers: a mandatory answer by direct reply-to is not returned, also if its asker is gone.
func (p Profile) routesAnswers() bool { return p >= RabbitMQ43 }

// tellsLastDeath: the headers x-last-death-… stand beside x-death.
func (p Profile) tellsLastDeath() bool { return p >= RabbitMQ40 }

// BodyMax is the largest body, in octets, that this RabbitMQ takes.
func (p Profile) BodyMax() int {
	if p < RabbitMQ40 {
		return 128 << 20
	}
	return 16 << 20
}

// refusesMasterLocator: a queue with x-queue-master-locator ends the connection.
func (p Profile) refusesMasterLocator() bool { return p >= RabbitMQ43 }

// impossible says which property a queue of that type cannot have, "" if all is well.
func (p Profile) impossible(m amqp.QueueDeclare, quorum bool) string {
	switch {
	case quorum && !m.Durable:
		return "invalid property 'non-durable'"
	case quorum && m.AutoDelete:
		return "invalid property 'auto-delete'"
	case quorum && m.Exclusive:
		return "invalid property 'exclusive-owner'"
	}
	return ""
}
