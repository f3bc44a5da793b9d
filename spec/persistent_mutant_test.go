package spec

import (
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/lock"
)

func persistentMutants() map[string]broken {
	l := persistentSemaphore()
	all := queueMutants(l)
	of := func(property string, settings []Setting, m mutant) broken { return broken{l, property, settings, m} }
	holds := set("blackhole", "0", "reconnect", "true", "slots", "1", "probe", "passive", "verify", "holder", "clients", "1")
	removing := set("reset", "0", "blackhole", "0", "slots", "1", "job", "remove", "recheck", "true", "probe", "publish")
	takesAny := mutant{hear: func(c *lock.Client, m amqp.Method) amqp.Method {
		if _, closed := m.(amqp.ChannelClose); closed && c.InProgress() == lock.Verify {
			return amqp.QueueDeclareOk{Queue: "holder-1"}
		}
		return m
	}}
	seesAnySlot := says(func(m amqp.BasicPublish) amqp.Method {
		m.Mandatory = m.Mandatory && !strings.HasPrefix(m.RoutingKey, "slot-")
		return m
	})
	all["takes a refused acquire for a granted one"] = of("belief-exclusion", calm, mutant{hear: lockedIsHeld(lock.Acquire)})
	delete(all, "takes any queue of the name for its own")
	delete(all, "verifies by declaring again")
	all["takes any answer for a yes"] = of("verify-truth", holds, takesAny)
	all["takes any answer for a yes, always"] = of("release-on-verify", holds, takesAny)
	all["deletes its slot when it releases"] = of("slots", calm, says(func(m amqp.QueueDelete) amqp.Method {
		m.Queue = strings.Replace(m.Queue, "holder", "slot", 1)
		return m
	}))
	all["takes any slot for one that is there"] = of("no-false-hold", removing, seesAnySlot)
	all["takes any slot for one that is there, for good"] = of("removal-final", removing, seesAnySlot)
	return all
}
