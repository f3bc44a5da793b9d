package network_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/network"
)

const (
	client model.ID = iota + 1
	broker
)

// frames are those that the scripts send.
var frames = map[string]amqp.Frame{
	"open":    {Method: amqp.ConnectionOpen{VirtualHost: "/"}},
	"open-ok": {Method: amqp.ConnectionOpenOk{}},
	"declare": {Channel: 1, Method: amqp.QueueDeclare{Queue: "q", Exclusive: true}},
	"delete":  {Channel: 1, Method: amqp.QueueDelete{Queue: "q"}},
	"ok":      {Channel: 1, Method: amqp.QueueDeclareOk{Queue: "q"}},
	"gone":    {Channel: 1, Method: amqp.QueueDeleteOk{}},
}

// The scripts drive one link by hand: "new" makes it, "client" and "broker" are inputs from its ends, one a line, "act" takes its own
// actions by their text. Each prints what the link sent and, at the end, what it could do next.
func TestLink(t *testing.T) {
	var link model.Machine
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var b strings.Builder
			step := func(from model.ID, e model.Event) {
				var out model.Out
				link.Step(from, e, &out)
				for _, x := range out.Effects() {
					whom := map[model.ID]string{client: "to client", broker: "to broker"}[x.To]
					if x.Kind == model.Observe {
						whom = "observed"
					}
					fmt.Fprintf(&b, "%s: %v\n", whom, x.Event)
				}
			}
			for _, line := range strings.Split(d.Input, "\n") {
				switch d.Cmd {
				case "new":
					var o network.Options
					d.MaybeScanArgs(t, "reset", &o.Faults.Reset)
					d.MaybeScanArgs(t, "blackhole", &o.Faults.Blackhole)
					d.MaybeScanArgs(t, "crash", &o.Faults.Crash)
					d.MaybeScanArgs(t, "pause", &o.Faults.Pause)
					d.MaybeScanArgs(t, "heartbeat", &o.Heartbeat)
					o.Stepwise = d.HasArg("stepwise")
					link = network.NewLink(client, broker, o)
				case "client", "broker":
					from := map[string]model.ID{"client": client, "broker": broker}[d.Cmd]
					switch f, isFrame := frames[line]; {
					case isFrame:
						step(from, f)
					case line == "dial":
						step(from, amqp.Dial{})
					case line == "hang up":
						step(from, amqp.Hangup{})
					default:
						d.Fatalf(t, "no event %q", line)
					}
				case "act":
					found := false
					for _, e := range link.Actions(nil) {
						if e.String() == line {
							step(model.Self, e)
							found = true
						}
					}
					if !found {
						d.Fatalf(t, "%q is not enabled; enabled: %q", line, link.Actions(nil))
					}
				}
			}
			fmt.Fprintf(&b, "next: %q\n", link.Actions(nil))
			return b.String()
		})
	})
}
