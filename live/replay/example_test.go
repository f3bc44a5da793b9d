package replay_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// A lock whose release closes the channel is still held by the broker afterwards. (Instead of the embedded broker it could be
// any RabbitMQ.)
func Example() {
	trace, err := traces.Parse(strings.NewReader(`lockstep trace v1
system: mutex/exclusive-queue
parameters: release=channel
property: release-effective
expect: refuted
steps: 6

client/a acquire
link/a to broker: ch1 queue.declare lock exclusive
link/a to client: ch1 queue.declare-ok lock messages=0 consumers=0
client/a release
link/a to broker: ch1 channel.close 200 OK
link/a to client: ch1 channel.close-ok
`))
	if err != nil {
		panic(err)
	}
	entry, err := spec.Find(trace.System)
	if err != nil {
		panic(err)
	}
	settings, err := entry.Settings(spec.Setting(trace.Parameters[0]))
	if err != nil {
		panic(err)
	}
	sys, claims, err := entry.Instance(settings)
	if err != nil {
		panic(err)
	}
	broker := amqptest.NewServer(amqptest.Options{})
	defer broker.Close()

	for _, claim := range claims {
		if claim.Name != trace.Property {
			continue
		}
		outcome, err := replay.Run(context.Background(), sys, trace, claim.Property, replay.Options{
			Broker: broker.URL(),
			Each: func(s replay.Step) {
				if s.Number == len(trace.Lines) {
					fmt.Println(s.Action)
					for _, check := range s.Checks {
						fmt.Println("  ", check)
					}
				}
			},
		})
		fmt.Println(outcome, err)
	}
	// Output:
	// link/a to client: ch1 channel.close-ok
	//    link/a to client/a: ch1 channel.close-ok
	//    client/a: release returned released
	//    broker: queue lock declared (locked by its owner (405))
	// reproduced, 6 steps <nil>
}
