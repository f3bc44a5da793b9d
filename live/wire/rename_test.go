package wire_test

import (
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

func TestRename(t *testing.T) {
	message := func(s string) amqp.Message {
		return amqp.Message{
			Properties: amqp.Properties{ReplyTo: s, Headers: amqp.MustTable(
				amqp.Field{Name: "amq.name", Value: s},
				amqp.Field{Name: "n", Value: int32(1)},
				amqp.Field{Name: "t", Value: amqp.MustTable(amqp.Field{Name: "a", Value: amqp.MustArray(s, true, amqp.MustArray(s))})},
			)},
			Body: "amq.body",
		}
	}
	publish := func(s string) amqp.Method {
		return amqp.BasicPublish{Exchange: "e", RoutingKey: s, Mandatory: true, Seq: 2, Message: message(s)}
	}
	to := func(s string) string {
		if strings.HasPrefix(s, "amq.") {
			return "renamed"
		}
		return s
	}
	for from, want := range map[amqp.Method]amqp.Method{
		publish("amq.gen-1"):                             publish("renamed"),
		amqp.QueueDeclare{Queue: "amq.q", Passive: true}: amqp.QueueDeclare{Queue: "renamed", Passive: true},
		amqp.ChannelOpen{}:                               amqp.ChannelOpen{},
	} {
		if got := wire.Rename(from, to); got != want {
			t.Errorf("%v is renamed %#v; want %#v", from, got, want)
		}
	}
}
