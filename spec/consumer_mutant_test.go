package spec

import (
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// consumerMutants are those of a mutex whose holder is an exclusive consumer.
func consumerMutants(l amqpLock) map[string]broken {
	of := func(property string, settings []Setting, m mutant) broken { return broken{l, property, settings, m} }
	once := set("verify", "passive", "blackhole", "0", "reconnect", "true", "clients", "1")
	return map[string]broken{
		"consumes beside others":                    of("broker-exclusion", calm, onConsume(func(m *amqp.BasicConsume) { m.Exclusive = false })),
		"takes a refused acquire for a granted one": of("belief-exclusion", calm, takesRefusal),
		"takes any answer for a yes":                of("verify-truth", once, countsAnybody),
		"takes any answer for a yes, always":        of("release-on-verify", once, countsAnybody),
		"cancels another consumer":                  of("release-effective", set("reset", "0", "blackhole", "0", "release", "cancel"), cancelsAnother),
		"asks for no answer and waits for it":       of("deadlock-freedom", calm, onConsume(func(m *amqp.BasicConsume) { m.NoWait = true })),
		"never consumes":                            of("can-hold", calm, says(func(amqp.BasicConsume) amqp.Method { return nil })),
		"leaves the lock to the first client":       of("can-contend", calm, mutant{idle: true}),
	}
}

func consumerCountMutants() map[string]broken {
	all := consumerMutants(consumerCount())
	all["consumes once more when it should cancel"] = broken{consumerCount(), "not-greedy", calm, says(func(amqp.BasicCancel) amqp.Method {
		return amqp.BasicConsume{Queue: "slot-2", ConsumerTag: "another"}
	})}
	return all
}

// countsAnybody takes whatever comes for a consumer of its own when it verifies by a passive declare.
var countsAnybody = mutant{hear: func(c *lock.Client, m amqp.Method) amqp.Method {
	switch m.(type) {
	case amqp.QueueDeclareOk, amqp.ChannelClose:
		if c.InProgress() == lock.Verify {
			return amqp.QueueDeclareOk{Queue: "lock", Consumers: 1}
		}
	}
	return m
}}

// takesRefusal takes a consumer that is refused for one that is not.
var takesRefusal = mutant{hear: func(_ *lock.Client, m amqp.Method) amqp.Method {
	if closed, ok := m.(amqp.ChannelClose); ok && closed.Code == amqp.AccessRefused {
		return amqp.BasicConsumeOk{ConsumerTag: "holder"}
	}
	return m
}}

// onConsume returns a mutant that sends something else in place of basic.consume.
func onConsume(change func(*amqp.BasicConsume)) mutant {
	return says(func(m amqp.BasicConsume) amqp.Method {
		change(&m)
		return m
	})
}

// cancelsAnother cancels a consumer that it does not have.
var cancelsAnother = says(func(m amqp.BasicCancel) amqp.Method {
	m.ConsumerTag += "s"
	return m
})
