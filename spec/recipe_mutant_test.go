package spec

import (
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/lock"
)

func maxLengthMutants() map[string]broken {
	of := func(property string, m mutant) broken { return broken{maxLength(), property, calm, m} }
	// takesRefusal takes a message that is refused for one that is not.
	takesRefusal := mutant{hear: func(_ *lock.Client, m amqp.Method) amqp.Method {
		if _, refused := m.(amqp.BasicNack); refused {
			return amqp.BasicAck{Tag: 1}
		}
		return m
	}}
	return map[string]broken{
		"gets a message and does not settle it": of("broker-exclusion", says(func(m amqp.BasicGet) amqp.Method {
			m.NoAck = false
			return m
		})),
		"takes a refused message for its own":                   of("belief-exclusion", takesRefusal),
		"takes a refused message for its own, when it verifies": of("verify-truth", takesRefusal),
		"takes a refused message for its own, always":           of("release-on-verify", takesRefusal),
		"leaves its message": of("release-effective", mutant{
			say: func(_ *lock.Client, m amqp.Method) amqp.Method {
				if _, gets := m.(amqp.BasicGet); gets {
					return amqp.BasicQos{}
				}
				return m
			},
			hear: func(_ *lock.Client, m amqp.Method) amqp.Method {
				if _, ok := m.(amqp.BasicQosOk); ok {
					return amqp.BasicGetOk{Tag: 1}
				}
				return m
			},
		}),
		"loses the message that it has got":   {lock: maxLength(), property: "release-on-detection", settings: set("clients", "1", "blackhole", "0", "keep", "unsettled"), mutant: mutant{broker: forgets}},
		"never gets":                          of("deadlock-freedom", says(func(amqp.BasicGet) amqp.Method { return nil })),
		"never publishes":                     of("can-hold", says(func(amqp.BasicPublish) amqp.Method { return nil })),
		"leaves the lock to the first client": of("can-contend", mutant{idle: true}),
	}
}

func singleActiveConsumerMutants() map[string]broken {
	l := singleActiveConsumer()
	of := func(property string, m mutant) broken { return broken{l, property, calm, m} }
	two := set("reset", "0", "blackhole", "0", "messages", "2", "release", "channel")
	neverConsumes := says(func(amqp.BasicConsume) amqp.Method { return nil })
	hasNothing := onConsume(func(m *amqp.BasicConsume) { m.NoAck = true })
	return map[string]broken{
		"makes a message instead of giving its own back": of("broker-exclusion", says(func(amqp.BasicNack) amqp.Method { return amqp.BasicPublish{RoutingKey: "lock"} })),
		"cancels when it verifies": {l, "belief-exclusion", two, mutant{
			say: func(c *lock.Client, m amqp.Method) amqp.Method {
				if _, asks := m.(amqp.BasicQos); asks && c.InProgress() == lock.Verify {
					return amqp.BasicCancel{ConsumerTag: "holder"}
				}
				return m
			},
			hear: func(_ *lock.Client, m amqp.Method) amqp.Method {
				if _, ok := m.(amqp.BasicCancelOk); ok {
					return amqp.BasicQosOk{}
				}
				return m
			},
		}},
		"takes messages that it need not settle, and verifies": of("verify-truth", hasNothing),
		"takes messages that it need not settle":               of("release-on-verify", hasNothing),
		"closes nothing":                                       {l, "release-effective", two, closesNothing},
		"never consumes":                                       of("deadlock-freedom", neverConsumes),
		"never consumes at all":                                of("can-hold", neverConsumes),
		"leaves the lock to the first client":                  of("can-contend", mutant{idle: true}),
		"takes as many messages as there are": {l, "not-greedy", two, says(func(m amqp.BasicQos) amqp.Method {
			m.PrefetchCount = 0
			return m
		})},
	}
}

// closesNothing asks for something else in place of channel.close, and takes the answer for the other one.
var closesNothing = mutant{
	say: func(_ *lock.Client, m amqp.Method) amqp.Method {
		if _, closes := m.(amqp.ChannelClose); closes {
			return amqp.BasicQos{}
		}
		return m
	},
	hear: func(c *lock.Client, m amqp.Method) amqp.Method {
		if _, ok := m.(amqp.BasicQosOk); ok && c.InProgress() == lock.Release {
			return amqp.ChannelCloseOk{}
		}
		return m
	},
}
