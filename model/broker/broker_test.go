package broker_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

const (
	owner model.ID = iota + 1
	other
)

func method(ch amqp.Channel, m amqp.Method) amqp.Frame { return amqp.Frame{Channel: ch, Method: m} }

var (
	open    = method(0, amqp.ConnectionOpen{VirtualHost: "/"})
	channel = method(1, amqp.ChannelOpen{})
	noRoom  = amqp.MustTable(amqp.Field{Name: "x-max-length", Value: int32(0)})
)

// step feeds the broker inputs over a link; after each one the broker reads, notices, takes and reaps whatever it can.
func step(t *testing.T, b *broker.Broker, link model.ID, events ...model.Event) {
	t.Helper()
	var out model.Out
	for _, e := range events {
		b.Step(link, e, &out)
		for actions := b.Actions(nil); len(actions) > 0; actions = b.Actions(nil) {
			b.Step(model.Self, actions[0], &out)
		}
		out.Reset()
	}
}

// What leaves nothing behind leaves the encoding as it was: a state that differs in nothing is the same state to the prover.
// The behaviour itself is in the broker scripts of live/amqptest.
func TestWhatLeavesNothingBehindIsForgotten(t *testing.T) {
	b := broker.New(broker.Options{Lean: true})
	step(t, b, owner, open, channel, method(1, amqp.ConfirmSelect{}), method(1, amqp.QueueDeclare{Queue: "lock", Exclusive: true, Arguments: noRoom}))
	before := b.AppendState(nil)
	publish := method(1, amqp.BasicPublish{RoutingKey: "lock", Mandatory: true, Seq: 1})
	theirs := method(1, amqp.QueueDeclare{Queue: "theirs", Exclusive: true})
	for name, c := range map[string]struct {
		link   model.ID
		events []model.Event
	}{
		"a publish that is not kept":             {owner, []model.Event{publish}},
		"a queue declared and deleted":           {owner, []model.Event{method(1, amqp.QueueDeclare{Queue: "q"}), method(1, amqp.QueueDelete{Queue: "q"})}},
		"a channel opened and closed":            {owner, []model.Event{method(2, amqp.ChannelOpen{}), method(2, amqp.ChannelClose{})}},
		"a passive declare":                      {owner, []model.Event{method(1, amqp.QueueDeclare{Queue: "lock", Passive: true})}},
		"a connection opened and closed":         {other, []model.Event{open, channel, theirs, method(0, amqp.ConnectionClose{})}},
		"a connection lost with nothing":         {other, []model.Event{open, channel, amqp.Broken{}}},
		"a connection lost with a queue":         {other, []model.Event{open, channel, theirs, amqp.Broken{}}},
		"a connection lost with a late declare":  {other, []model.Event{open, channel, amqp.Late{Frame: theirs}, amqp.Broken{}}},
		"a connection lost with a late publish":  {other, []model.Event{open, channel, method(1, amqp.ConfirmSelect{}), amqp.Late{Frame: publish}, amqp.Broken{}}},
		"a connection lost with a late question": {other, []model.Event{open, channel, amqp.Late{Frame: method(1, amqp.QueueDeclare{Queue: "lock", Passive: true})}, amqp.Broken{}}},
		"a connection given up in silence":       {other, []model.Event{open, channel, theirs, amqp.Silent{Interval: 1}, model.Expired{Timer: broker.HeartbeatTimer(other)}}},
	} {
		t.Run(name, func(t *testing.T) {
			c0 := b.Clone().(*broker.Broker)
			step(t, c0, c.link, c.events...)
			if after := c0.AppendState(nil); !bytes.Equal(before, after) {
				t.Errorf("the encoding was\n%q\nand is\n%q", before, after)
			}
		})
	}
}

// Two lost connections are told apart by what is known of them, not by which was lost first.
func TestTheOrderOfLossesIsForgotten(t *testing.T) {
	lose := func(names ...string) []byte {
		b := broker.New(broker.Options{Lean: true})
		var out model.Out
		for _, name := range names {
			for _, e := range []model.Event{open, channel, method(1, amqp.QueueDeclare{Queue: name, Exclusive: true}), amqp.Broken{}} {
				b.Step(owner, e, &out)
			}
		}
		if n := len(b.Actions(nil)); n != len(names) {
			t.Errorf("%d connections lost, %d actions: %v", len(names), n, b.Actions(nil))
		}
		return fmt.Appendf(b.AppendState(nil), "%v", b.Actions(nil))
	}
	if x, y := lose("p", "q", "r"), lose("r", "p", "q"); !bytes.Equal(x, y) {
		t.Errorf("lost in one order\n%q\nand in another\n%q", x, y)
	}
}
