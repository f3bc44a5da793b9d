package amqptest

import "github.com/lockstep-prover/lockstep/model/broker"

// burst is how many messages a queue hands out before the server looks at whether their connections can take more.
const burst = 64

// newMachine makes the machine that a server serves, with what is to be there at the start.
func newMachine(o Options, entries []broker.Entry) (*broker.Broker, error) {
	return broker.Restore(broker.Options{
		Profile: o.Machine.Profile, Grain: o.Machine.grain(), Quorum: o.Machine.Quorum, Hosts: o.Login.Hosts, BodyMax: int(o.Limits.Body),
		Burst: burst, Journal: o.Dir != "", AckChecks: o.Machine.ackChecks(),
	}, entries)
}
