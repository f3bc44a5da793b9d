package lock_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// frames are the broker's, as the scripts name them.
var frames = map[string]amqp.Frame{
	"connection.open-ok":    {Method: amqp.ConnectionOpenOk{}},
	"connection.close":      {Method: amqp.ConnectionClose{Code: amqp.ConnectionForced}},
	"connection.close-ok":   {Method: amqp.ConnectionCloseOk{}},
	"channel.open-ok":       {Channel: 1, Method: amqp.ChannelOpenOk{}},
	"channel.close 404":     {Channel: 1, Method: amqp.ChannelClose{Code: amqp.NotFound}},
	"channel.close 405":     {Channel: 1, Method: amqp.ChannelClose{Code: amqp.ResourceLocked}},
	"channel.close-ok":      {Channel: 1, Method: amqp.ChannelCloseOk{}},
	"confirm.select-ok":     {Channel: 1, Method: amqp.ConfirmSelectOk{}},
	"queue.declare-ok":      {Channel: 1, Method: amqp.QueueDeclareOk{Queue: "lock"}},
	"queue.declare-ok mark": {Channel: 1, Method: amqp.QueueDeclareOk{Queue: "amq.gen-a-1"}},
	"queue.declare-ok 3":    {Channel: 1, Method: amqp.QueueDeclareOk{Queue: "epoch", MessageCount: 3}},
	"queue.bind-ok":         {Channel: 1, Method: amqp.QueueBindOk{}},
	"queue.delete-ok":       {Channel: 1, Method: amqp.QueueDeleteOk{}},
	"basic.return":          {Channel: 1, Method: amqp.BasicReturn{Code: amqp.NoRoute, RoutingKey: "lock"}},
	"basic.ack":             {Channel: 1, Method: amqp.BasicAck{Tag: 1}},
	"basic.nack":            {Channel: 1, Method: amqp.BasicNack{Tag: 1}},
}

// events are what a link and a timer tell the client.
var events = map[string]model.Event{
	"lost":    amqp.Lost{},
	"silence": amqp.Silent{Interval: 10_000},
	"sound":   amqp.Heard{},
	"expired": model.Expired{Timer: lock.HeartbeatTimer},
	"pause":   model.Pause{},
	"resume":  model.Resume{},
	"crash":   model.Crash{},
}

// protocols are those that scripts name, with what they say of them.
var protocols = map[string]func(word string, p lock.Protocol) (lock.Protocol, bool){
	"exclusive-queue": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		q, _ := p.(lock.ExclusiveQueue)
		switch word {
		case "publish":
			q.Verify = lock.VerifyPublish
		case "passive":
			q.Verify = lock.VerifyPassive
		case "redeclare":
			q.Verify = lock.VerifyRedeclare
		case "release-connection":
			q.Release = lock.ReleaseConnection
		case "release-channel":
			q.Release = lock.ReleaseChannel
		default:
			return q, word == ""
		}
		return q, true
	},
	"generation": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		g, _ := p.(lock.Generation)
		switch word {
		case "binding":
			g.Mark = lock.MarkBinding
		case "passive":
			g.Verify = lock.VerifyPassive
		case "release-connection":
			g.Release = lock.ReleaseConnection
		case "token":
			g.Epoch = "epoch"
		default:
			return g, word == ""
		}
		return g, true
	},
}

// The scripts play the link to one client, and are in a folder for each protocol: "new" makes it, "do" gives it one event a line (a call of the application, a frame of
// the broker, what a link tells) and prints what the client did about it, what it believes, and what its application may
// do next.
func TestProtocols(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var c *lock.Client
		read := protocols[filepath.Base(filepath.Dir(path))]
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "new" {
				var o lock.Options
				p, _ := read("", nil)
				for _, arg := range d.CmdArgs {
					if arg.Key == "reconnect" {
						o.Reconnect = true
						continue
					}
					var ok bool
					if p, ok = read(arg.String(), p); !ok {
						d.Fatalf(t, "no option %q", arg)
					}
				}
				c = lock.New(7, p, o)
				return ""
			}
			var b strings.Builder
			for _, line := range strings.Split(d.Input, "\n") {
				var e model.Event
				actions := c.Actions(nil)
				if f, ok := frames[line]; ok {
					e = f
				} else if x, ok := events[line]; ok {
					e = x
				} else if i := slices.IndexFunc(actions, func(a model.Event) bool { return a.String() == line }); i >= 0 {
					e = actions[i]
				} else {
					d.Fatalf(t, "no event %q here; the application may %q", line, actions)
				}
				var out model.Out
				c.Step(model.Self, e, &out)
				for _, x := range out.Effects() {
					fmt.Fprintln(&b, strings.TrimPrefix(x.String(), "send 7: "))
				}
			}
			fmt.Fprintf(&b, "%s; may %q\n", c.Status(), c.Actions(nil))
			return b.String()
		})
	})
}
