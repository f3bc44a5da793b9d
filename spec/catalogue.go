package spec

import (
	"fmt"
	"strings"
)

// Catalogue returns every named system.
func Catalogue() []*Entry {
	var all []*Entry
	for _, l := range locks() {
		all = append(all, l.entry())
	}
	return append(all,
		exclusiveQueueTimed(),
		twoPhaseCommit(), transactionCommit(), paxos(),
		peterson(), bakery(), diningPhilosophers(),
		ewd840(), alternatingBit(), amqpMutex(), fischer(),
	)
}

// locks are the locks on AMQP.
func locks() []amqpLock {
	return []amqpLock{exclusiveQueue(), generation(), exclusiveConsumer(), publishConsume(), tokenSemaphore(), tokenRace(), decrement(), consumerCount(), maxLength(), singleActiveConsumer(), expiringQueue(), persistentSemaphore()}
}

// Find returns the entry of that name. The error lists the names there are.
func Find(name string) (*Entry, error) {
	var names []string
	for _, e := range Catalogue() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return nil, fmt.Errorf("unknown system %q; there are: %s", name, strings.Join(names, ", "))
}
