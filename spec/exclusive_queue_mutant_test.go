package spec

import (
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// queueMutants are those of a mutex whose holder owns an exclusive queue.
func queueMutants(l amqpLock) map[string]broken {
	of := func(property string, settings []Setting, m mutant) broken { return broken{l, property, settings, m} }
	return map[string]broken{
		"declares a queue that is not exclusive": of("broker-exclusion", calm, says(func(d amqp.QueueDeclare) amqp.Method {
			d.Exclusive = false
			return d
		})),
		"takes any queue of the name for its own": of("verify-truth", reconnecting, mutant{hear: lockedIsHeld(lock.Verify)}),
		"verifies by declaring again": of("release-on-verify", reconnecting, says(func(d amqp.QueueDeclare) amqp.Method {
			if d.Passive {
				return amqp.QueueDeclare{Queue: d.Queue, Exclusive: true}
			}
			return d
		})),
		"misspells the queue that it deletes": of("release-effective", calm, says(func(d amqp.QueueDelete) amqp.Method {
			d.Queue += "k"
			return d
		})),
		"asks for no answer and waits for it": of("deadlock-freedom", calm, says(func(d amqp.QueueDeclare) amqp.Method {
			d.NoWait = true
			return d
		})),
		"never declares":                      of("can-hold", calm, says(func(amqp.QueueDeclare) amqp.Method { return nil })),
		"leaves the lock to the first client": of("can-contend", calm, mutant{idle: true}),
	}
}

func exclusiveQueueMutants() map[string]broken {
	all := queueMutants(exclusiveQueue())
	all["takes a refused acquire for a granted one"] = broken{exclusiveQueue(), "belief-exclusion", calm, mutant{hear: lockedIsHeld(lock.Acquire)}}
	return all
}

// lockedIsHeld takes 405 RESOURCE_LOCKED in answer to op for a yes.
func lockedIsHeld(op lock.Op) func(*lock.Client, amqp.Method) amqp.Method {
	return func(c *lock.Client, m amqp.Method) amqp.Method {
		if closed, ok := m.(amqp.ChannelClose); ok && closed.Code == amqp.ResourceLocked && c.InProgress() == op {
			return amqp.QueueDeclareOk{Queue: "lock"}
		}
		return m
	}
}
