package broker

import (
	"fmt"

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

// tellsLastDeath: the headers x-last-death-… stand beside x-death.
func (p Profile) tellsLastDeath() bool { return p >= RabbitMQ40 }

// bodyMax is the largest body, in octets.
func (p Profile) bodyMax() int {
	if p < RabbitMQ40 {
		return 128 << 20
	}
	return 16 << 20
}

// quorumRefusesExclusive: an exclusive consumer of a quorum queue is refused, where others ignore that it is exclusive.
func (p Profile) quorumRefusesExclusive() bool { return false }

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
