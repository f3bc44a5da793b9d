package spec

import (
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// tokenMutants are those of a semaphore of tokens, whose clients take them by basic.get unless a setting says otherwise.
func tokenMutants(l amqpLock) map[string]broken {
	of := func(property string, settings []Setting, m mutant) broken { return broken{l, property, settings, m} }
	// takesNothing takes an empty queue for a token.
	takesNothing := mutant{hear: func(_ *lock.Client, m amqp.Method) amqp.Method {
		if _, empty := m.(amqp.BasicGetEmpty); empty {
			return amqp.BasicGetOk{Tag: 1}
		}
		return m
	}}
	neverGets := says(func(amqp.BasicGet) amqp.Method { return nil })
	return map[string]broken{
		"takes an empty queue for a token, and believes to hold it": of("verify-truth", calm, takesNothing),
		"takes an empty queue for a token, whenever it verifies":    of("release-on-verify", calm, takesNothing),
		"never gets":                          of("deadlock-freedom", calm, neverGets),
		"never gets a token":                  of("can-hold", calm, neverGets),
		"leaves the lock to the first client": of("can-contend", calm, mutant{idle: true}),
	}
}

func tokenSemaphoreMutants() map[string]broken {
	l := tokenSemaphore()
	of := func(property string, settings []Setting, m mutant) broken { return broken{l, property, settings, m} }
	all := tokenMutants(l)
	all["makes a token instead of giving its own back"] = of("broker-exclusion", calm, says(func(amqp.BasicNack) amqp.Method {
		return amqp.BasicPublish{RoutingKey: "tokens"}
	}))
	all["takes an empty queue for a token"] = of("belief-exclusion", calm, mutant{hear: all["takes an empty queue for a token, and believes to hold it"].hear})
	all["closes nothing"] = of("release-effective", set("reset", "0", "blackhole", "0", "take", "subscribe", "release", "channel"), closesNothing)
	all["takes as many tokens as there are"] = of("not-greedy", set("reset", "0", "blackhole", "0", "take", "subscribe", "release", "channel", "slots", "2"),
		says(func(m amqp.BasicQos) amqp.Method {
			m.PrefetchCount = 0
			return m
		}))
	return all
}

func tokenRaceMutants() map[string]broken {
	l := tokenRace()
	all := tokenMutants(l)
	all["takes another token when it should give its own back"] = broken{l, "not-greedy", calm, says(func(amqp.BasicNack) amqp.Method {
		return amqp.BasicGet{Queue: "tokens"}
	})}
	return all
}

func decrementMutants() map[string]broken {
	l := decrement()
	all := tokenMutants(l)
	alone := set("reset", "0", "blackhole", "0", "slots", "1")
	all["makes a token instead of giving its own back"] = broken{l, "broker-exclusion", calm, says(func(amqp.BasicNack) amqp.Method { return amqp.BasicPublish{RoutingKey: "tokens"} })}
	all["takes an empty queue for a token"] = broken{l, "belief-exclusion", alone, all["takes an empty queue for a token, and believes to hold it"].mutant}
	all["uses up a token at every release"] = broken{l, "decrement-at-most-once", calm, says(func(m amqp.BasicNack) amqp.Method { return amqp.BasicAck{Tag: m.Tag} })}
	all["gives its token back when it takes the decrement"] = broken{l, "decrement-at-least-once", calm, says(func(m amqp.BasicAck) amqp.Method {
		if m.Tag == 1 { // got first
			return amqp.BasicNack{Tag: 1, Requeue: true}
		}
		return m
	})}
	all["takes a token for a decrement"] = broken{l, "not-greedy", calm, says(func(m amqp.BasicGet) amqp.Method {
		m.Queue = "tokens"
		return m
	})}
	all["settles nothing"] = broken{l, "can-decrement", calm, says(func(amqp.BasicAck) amqp.Method { return nil })}
	return all
}
