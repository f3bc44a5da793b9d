package wire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

func TestConfirms(t *testing.T) {
	on := func(ch amqp.Channel, m amqp.Method) amqp.Frame { return amqp.Frame{Channel: ch, Method: m} }
	publish := func(seq uint64) amqp.Method { return amqp.BasicPublish{RoutingKey: "q", Seq: seq} }
	ack := func(tag uint64) amqp.Method { return amqp.BasicAck{Tag: tag} }
	upTo := func(tag uint64) amqp.Method { return amqp.BasicAck{Tag: tag, Multiple: true} }

	var c wire.Confirms
	for i, s := range []struct {
		sent     amqp.Frame // if it has a method
		received amqp.Frame
		want     []amqp.Frame // nil: an error
	}{
		{sent: on(1, publish(0))}, // not counted
		{sent: on(1, amqp.ConfirmSelect{})},
		{sent: on(2, amqp.ConfirmSelect{})},
		{sent: on(1, publish(1))},
		{received: on(1, ack(1)), want: []amqp.Frame{on(1, ack(1))}},
		{received: on(1, ack(1))}, // once only
		{sent: on(1, publish(1))}, // the number is free again; on the wire it is 2
		{sent: on(1, amqp.ConfirmSelect{})},
		{sent: on(1, publish(2))},
		{sent: on(2, publish(7))},
		{sent: on(1, publish(3))},
		{received: on(1, ack(1))},
		{received: on(1, ack(3)), want: []amqp.Frame{on(1, ack(2))}},
		{received: on(1, upTo(4)), want: []amqp.Frame{on(1, ack(1)), on(1, ack(3))}},
		{received: on(1, upTo(4)), want: []amqp.Frame{}},
		{received: on(2, amqp.BasicNack{Tag: 1}), want: []amqp.Frame{on(2, amqp.BasicNack{Tag: 7})}},
		{sent: on(1, publish(4))},
		{sent: on(1, publish(5))},
		{received: on(1, amqp.BasicNack{Multiple: true}), want: []amqp.Frame{on(1, amqp.BasicNack{Tag: 4}), on(1, amqp.BasicNack{Tag: 5})}},
		{received: on(1, amqp.QueueDeleteOk{}), want: []amqp.Frame{on(1, amqp.QueueDeleteOk{})}},
		{received: on(3, ack(1))},
		{sent: on(1, amqp.ChannelOpen{})}, // again: it counts from the beginning, when it is told to
		{sent: on(1, publish(1))},
		{received: on(1, ack(1))},
		{sent: on(1, amqp.ConfirmSelect{})},
		{sent: on(1, publish(1))},
		{received: on(1, ack(1)), want: []amqp.Frame{on(1, ack(1))}},
	} {
		if s.sent.Method != nil {
			c.Sent(s.sent)
			continue
		}
		before := c.Clone()
		got, err := c.Received(s.received)
		if again, _ := before.Received(s.received); !cmp.Equal(got, again) {
			t.Errorf("%d: a clone takes %v for %v, and not for %v", i, s.received, again, got)
		}
		if (err != nil) != (s.want == nil) {
			t.Errorf("%d: %v: %v, %v", i, s.received, got, err)
		}
		if len(s.want) > 0 || len(got) > 0 {
			if diff := cmp.Diff(s.want, got); diff != "" {
				t.Errorf("%d: %v (-want +got):\n%s", i, s.received, diff)
			}
		}
	}
}
