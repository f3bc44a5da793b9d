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
	"connection.open-ok":        {Method: amqp.ConnectionOpenOk{}},
	"connection.close":          {Method: amqp.ConnectionClose{Code: amqp.ConnectionForced}},
	"connection.close-ok":       {Method: amqp.ConnectionCloseOk{}},
	"channel.open-ok":           {Channel: 1, Method: amqp.ChannelOpenOk{}},
	"channel.close 403":         {Channel: 1, Method: amqp.ChannelClose{Code: amqp.AccessRefused}},
	"channel.close 404":         {Channel: 1, Method: amqp.ChannelClose{Code: amqp.NotFound}},
	"channel.close 405":         {Channel: 1, Method: amqp.ChannelClose{Code: amqp.ResourceLocked}},
	"channel.close-ok":          {Channel: 1, Method: amqp.ChannelCloseOk{}},
	"confirm.select-ok":         {Channel: 1, Method: amqp.ConfirmSelectOk{}},
	"queue.declare-ok":          {Channel: 1, Method: amqp.QueueDeclareOk{Queue: "lock"}},
	"queue.declare-ok mark":     {Channel: 1, Method: amqp.QueueDeclareOk{Queue: "amq.gen-a-1"}},
	"queue.declare-ok consumed": {Channel: 1, Method: amqp.QueueDeclareOk{Queue: "lock", Consumers: 1}},
	"queue.declare-ok 3":        {Channel: 1, Method: amqp.QueueDeclareOk{Queue: "epoch", MessageCount: 3}},
	"queue.bind-ok":             {Channel: 1, Method: amqp.QueueBindOk{}},
	"queue.delete-ok":           {Channel: 1, Method: amqp.QueueDeleteOk{}},
	"basic.qos-ok":              {Channel: 1, Method: amqp.BasicQosOk{}},
	"basic.consume-ok":          {Channel: 1, Method: amqp.BasicConsumeOk{ConsumerTag: "holder"}},
	"basic.cancel-ok":           {Channel: 1, Method: amqp.BasicCancelOk{ConsumerTag: "holder"}},
	"basic.deliver":             {Channel: 1, Method: amqp.BasicDeliver{ConsumerTag: "holder", Tag: 1, RoutingKey: "lock"}},
	"basic.get-ok":              {Channel: 1, Method: amqp.BasicGetOk{Tag: 1, RoutingKey: "tokens"}},
	"basic.get-ok 2":            {Channel: 1, Method: amqp.BasicGetOk{Tag: 2, RoutingKey: "decrement"}},
	"basic.get-ok hint":         {Channel: 1, Method: amqp.BasicGetOk{Tag: 1, RoutingKey: "hint", Message: amqp.Message{Properties: amqp.Properties{Present: amqp.HasMessageID, MessageID: "1"}}}},
	"tx.select-ok":              {Channel: 1, Method: amqp.TxSelectOk{}},
	"tx.commit-ok":              {Channel: 1, Method: amqp.TxCommitOk{}},
	"basic.get-empty":           {Channel: 1, Method: amqp.BasicGetEmpty{}},
	"channel.close 406":         {Channel: 1, Method: amqp.ChannelClose{Code: amqp.PreconditionFailed}},
	"basic.return":              {Channel: 1, Method: amqp.BasicReturn{Code: amqp.NoRoute, RoutingKey: "lock"}},
	"basic.ack":                 {Channel: 1, Method: amqp.BasicAck{Tag: 1}},
	"basic.nack":                {Channel: 1, Method: amqp.BasicNack{Tag: 1}},
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
		ok := word == "" || modes(word, &q.Verify, &q.Release)
		return q, ok
	},
	"generation": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		g, _ := p.(lock.Generation)
		switch word {
		case "binding":
			g.Mark = lock.MarkBinding
		case "token":
			g.Epoch = "epoch"
		default:
			ok := word == "" || modes(word, &g.Verify, &g.Release)
			return g, ok
		}
		return g, true
	},
	"exclusive-consumer": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		e, made := p.(lock.ExclusiveConsumer)
		if !made {
			e = lock.ExclusiveConsumer{Verify: lock.VerifyPassive, Release: lock.ReleaseCancel}
		}
		ok := word == "" || modes(word, &e.Verify, &e.Release)
		return e, ok
	},
	"publish-consume": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		c, made := p.(lock.PublishConsume)
		if !made {
			c.Release = lock.ReleaseChannel
		}
		ok := word == "" || modes(word, &c.Verify, &c.Release)
		return c, ok
	},
	"token": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		t, made := p.(lock.Token)
		if !made {
			t = lock.Token{Slots: 2, Release: lock.ReleaseNack}
		}
		var unused lock.VerifyMode
		take, err := lock.ParseTake(word)
		switch {
		case err == nil:
			t.Take = take
		case word == "fill":
			t.Fill = true
		default:
			ok := word == "" || modes(word, &unused, &t.Release)
			return t, ok
		}
		return t, true
	},
	"consumer-count": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		n, made := p.(lock.ConsumerCount)
		if !made {
			n = lock.ConsumerCount{Slots: 2, Verify: lock.VerifyPassive, Release: lock.ReleaseCancel}
		}
		return n, word == "" || modes(word, &n.Verify, &n.Release)
	},
	"max-length": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		l, _ := p.(lock.MaxLength)
		if word == "unsettled" {
			l.Keep = lock.KeepUnsettled
			return l, true
		}
		return l, word == ""
	},
	"single-active-consumer": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		a, made := p.(lock.SingleActiveConsumer)
		if !made {
			a.Release = lock.ReleaseCancel
		}
		var unused lock.VerifyMode
		ok := word == "" || modes(word, &unused, &a.Release)
		return a, ok
	},
	"expiring-queue": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		q, made := p.(lock.ExpiringQueue)
		if !made {
			q = lock.ExpiringQueue{Lease: 3000, Exclusive: true}
		}
		if word == "shared" {
			q.Exclusive = false
			return q, true
		}
		return q, word == ""
	},
	"persistent": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		s, made := p.(lock.Persistent)
		if !made {
			s.Retries = 1
		}
		probe, err := lock.ParseProbe(word)
		switch {
		case err == nil:
			s.Probe = probe
		case word == "holder":
			s.Verify = lock.VerifyHolder
		case word == "recheck":
			s.Recheck = true
		case word == "hint":
			s.Hint = "hint"
		default:
			var unused lock.VerifyMode
			ok := word == "" || modes(word, &unused, &s.Release)
			return s, ok
		}
		return s, true
	},
	"decrement": func(word string, p lock.Protocol) (lock.Protocol, bool) {
		d, _ := p.(lock.Decrement)
		order, err := lock.ParseOrder(word)
		switch {
		case err == nil:
			d.Order = order
		case word == "auto-delete":
			d.AutoDelete = true
		}
		return d, word == "" || err == nil || d.AutoDelete
	},
}

// modes sets the mode that a word names: a verify mode, or "release-" and a release mode.
func modes(word string, v *lock.VerifyMode, r *lock.ReleaseMode) bool {
	var err error
	if name, releases := strings.CutPrefix(word, "release-"); releases {
		*r, err = lock.ParseRelease(name)
	} else {
		*v, err = lock.ParseVerify(word)
	}
	return err == nil
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
