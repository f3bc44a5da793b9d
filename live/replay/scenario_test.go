package replay_test

import (
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/live/replay"
)

const (
	aHolds = `
		client/a acquire
		link/a to broker: ch1 queue.declare lock exclusive
		link/a to client: ch1 queue.declare-ok lock messages=0 consumers=0
	`
	bHolds = `
		client/b acquire
		link/b to broker: ch1 queue.declare lock exclusive
		link/b to client: ch1 queue.declare-ok lock messages=0 consumers=0
	`
)

// TestScenarios replays what no shortest counterexample contains.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, settings, script string }{
		{
			// Both connections wait with the same frame. Which of them the broker reads first makes no difference; that it is
			// the same one that is noticed and whose queue goes, does.
			"two lost connections of one link", "reset=3 reconnect=false verify=redeclare", `
				client/a acquire
				link/a reset
				link/a client notices
				client/a acquire
				link/a reset
				link/a client notices
				broker reads on after the loss of a's connection: ch1 queue.declare lock exclusive
				broker reads on after the loss of a's connection 2: ch1 queue.declare lock exclusive
				broker notices the loss of a's connection
				broker deletes queue lock of a lost connection
			` + bHolds,
		},
		{
			"frames that make no difference are dropped", "reset=3 reconnect=true verify=passive", `
				client/a acquire
				link/a to broker: ch1 queue.declare lock exclusive
				link/a reset
				link/a to client: ch1 queue.declare-ok lock messages=0 consumers=0
				link/a client notices
				client/a verify
				link/a reset
				link/a client notices
				broker notices the loss of a's connection
				broker deletes queue lock of a lost connection
			` + bHolds,
		},
		{
			"a frame is sent into a lost connection", "reset=1 reconnect=false verify=passive", aHolds + `
				link/a reset
				client/a verify
				broker notices the loss of a's connection
				link/a client notices
				broker deletes queue lock of a lost connection
				client/a acquire
				link/a to broker: ch1 queue.declare lock exclusive
				link/a to client: ch1 queue.declare-ok lock messages=0 consumers=0
			`,
		},
		{
			"a black hole heals", "blackhole=1 verify=publish", `
				client/a acquire
				link/a blackhole
				link/a heal
				link/a to broker: ch1 queue.declare lock exclusive {x-max-length: 0}
				link/a to client: ch1 queue.declare-ok lock messages=0 consumers=0
				client/a verify
				link/a to broker: ch1 basic.publish lock mandatory seq=1
				broker queue lock takes a message
				broker informs a's channel 1
				link/a to client: ch1 basic.ack 1
				client/a verify
				link/a to broker: ch1 basic.publish lock mandatory seq=1
				broker queue lock takes a message
				broker informs a's channel 1
				link/a to client: ch1 basic.ack 1
			`,
		},
		{
			"a client gives up a black hole and dials in the same step", "blackhole=1 reconnect=true verify=publish", `
				client/a acquire
				link/a to broker: ch1 queue.declare lock exclusive {x-max-length: 0}
				link/a to client: ch1 queue.declare-ok lock messages=0 consumers=0
				client/a verify
				link/a blackhole
				client/a.heartbeat fires
				broker reads on after the loss of a's connection: ch1 basic.publish lock mandatory seq=1
				broker notices the loss of a's connection
				broker deletes queue lock of a lost connection
				client/a acquire
				link/a to broker: ch1 queue.declare lock exclusive {x-max-length: 0}
				link/a to client: ch1 queue.declare-ok lock messages=0 consumers=0
			`,
		},
		{
			"a pause, and a crash", "pause=1 crash=1", `
				client/a acquire
				link/a to broker: ch1 queue.declare lock exclusive
				link/a pause client
				link/a resume client
				link/a to client: ch1 queue.declare-ok lock messages=0 consumers=0
				client/b acquire
				link/b to broker: ch1 queue.declare lock exclusive
				link/b to client: ch1 channel.close 405 RESOURCE_LOCKED
				client/a verify
				link/a crash client
				broker notices the loss of a's connection
				broker deletes queue lock of a lost connection
				client/b acquire
				link/b to broker: ch1 queue.declare lock exclusive
				link/b to client: ch1 queue.declare-ok lock messages=0 consumers=0
			`,
		},
		{
			"a publish comes back", "reset=1 reconnect=true verify=publish", `
				client/a acquire
				link/a to broker: ch1 queue.declare lock exclusive {x-max-length: 0}
				link/a to client: ch1 queue.declare-ok lock messages=0 consumers=0
				link/a reset
				broker notices the loss of a's connection
				broker deletes queue lock of a lost connection
				link/a client notices
				client/a verify
				link/a to broker: ch1 basic.publish lock mandatory seq=1
				link/a to client: ch1 basic.return 312 NO_ROUTE lock
				link/a to client: ch1 basic.ack 1
			`,
		},
		{
			"a session opens frame by frame", "reset=1 opening=stepwise", `
				client/a acquire
				link/a to broker: connection.open vhost=/
				link/a to client: connection.open-ok
				link/a to broker: ch1 channel.open
				link/a reset
				link/a to client: ch1 channel.open-ok
				link/a client notices
			`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sys, _ := instance(t, c.settings)
			r := script(t, sys, c.script)
			onBrokers(t, func(t *testing.T, url string) { reproduce(t, r, replay.Options{Broker: url}) })
		})
	}
}

// TestTimersExpireInTheOrderOfTheTrace: both connections are silent from the same moment on.
func TestTimersExpireInTheOrderOfTheTrace(t *testing.T) {
	t.Parallel()
	sys, _ := instance(t, "clients=3 reset=0")
	r := script(t, sys, aHolds+`
		client/b acquire
		link/b to broker: ch1 queue.declare lock exclusive
		link/a blackhole
		link/b blackhole
		broker.heartbeat[link/b] fires
		client/c acquire
		link/c to broker: ch1 queue.declare lock exclusive
		link/c to client: ch1 channel.close 405 RESOURCE_LOCKED
		client/c acquire
		broker.heartbeat[link/a] fires
		broker deletes queue lock of a lost connection
		link/c to broker: ch1 queue.declare lock exclusive
	`)
	onBrokers(t, func(t *testing.T, url string) { reproduce(t, r, replay.Options{Broker: url}) })
}

// TestRace: a broker that has noticed a loss deletes the queue when it likes. This one has had two seconds for it when the trace
// wants it not to have done it yet.
func TestRace(t *testing.T) {
	t.Parallel()
	sys, _ := instance(t, "clients=3 reset=1")
	r := script(t, sys, aHolds+`
		client/b acquire
		client/c acquire
		link/a reset
		broker notices the loss of a's connection
		link/c blackhole
		broker.heartbeat[link/c] fires
		link/b to broker: ch1 queue.declare lock exclusive
		link/b to client: ch1 channel.close 405 RESOURCE_LOCKED
	`)
	onBrokers(t, func(t *testing.T, url string) {
		o := replayed(t, r, replay.Options{Broker: url})
		if o.Verdict != replay.NotReproduced || o.Step != 10 || !strings.Contains(o.Reason, "broker deletes queue lock of a lost connection") {
			t.Error(o)
		}
	})
}
