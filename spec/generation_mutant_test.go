package spec

import (
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/lock"
)

func generationMutants() map[string]broken {
	of := func(property string, settings []Setting, m mutant) broken {
		return broken{generation(), property, settings, m}
	}
	// asksForTheLock probes the lock's queue, and so whether anybody has it.
	asksForTheLock := says(func(p amqp.BasicPublish) amqp.Method {
		p.Exchange, p.RoutingKey = "", "lock"
		return p
	})
	tokens := set("blackhole", "0", "reset", "0", "token", "count")
	return map[string]broken{
		"declares a queue that is not exclusive": of("broker-exclusion", calm, says(func(d amqp.QueueDeclare) amqp.Method {
			d.Exclusive = false
			return d
		})),
		"lets the broker make the lock's name up": of("belief-exclusion", set("reset", "0", "blackhole", "0", "mark", "queue"), says(func(d amqp.QueueDeclare) amqp.Method {
			d.Queue = ""
			return d
		})),
		"asks for the lock and not for its mark":    of("verify-truth", reconnecting, asksForTheLock),
		"asks for the lock, which may be another's": of("release-on-verify", reconnecting, asksForTheLock),
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
		"lengthens another queue": of("fenced-exclusion", tokens, says(func(p amqp.BasicPublish) amqp.Method {
			if p.RoutingKey == epoch {
				p.RoutingKey = "elsewhere"
			}
			return p
		})),
		"takes the queue for longer than it is": of("fenced-exclusion", tokens, mutant{hear: func(_ *lock.Client, m amqp.Method) amqp.Method {
			if ok, is := m.(amqp.QueueDeclareOk); is && ok.Queue == epoch {
				ok.MessageCount = 9 - ok.MessageCount
				return ok
			}
			return m
		}}),
	}
}
