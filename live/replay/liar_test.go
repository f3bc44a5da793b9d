package replay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/model/network"
)

// liar is the broker's machine, but for what a lie makes of its inputs and of what it does.
type liar struct {
	*broker.Broker
	hears func(model.Event) model.Event     // nil: as it is
	says  func(model.Effect) []model.Effect // nil: as it is
}

func (l liar) Step(from model.ID, e model.Event, out *model.Out) {
	if l.hears != nil {
		e = l.hears(e)
	}
	var inner model.Out
	l.Broker.Step(from, e, &inner)
	for _, effect := range inner.Effects() {
		told := []model.Effect{effect}
		if l.says != nil {
			told = l.says(effect)
		}
		for _, e := range told {
			switch e.Kind {
			case model.Send:
				out.Send(e.To, e.Event)
			case model.Observe:
				out.Observe(e.Event)
			case model.Arm:
				out.Arm(e.Timer, e.Window)
			case model.Cancel:
				out.Cancel(e.Timer)
			}
		}
	}
}

func (l liar) Clone() model.Machine {
	l.Broker = l.Broker.Clone().(*broker.Broker)
	return l
}

// method returns the method that an effect sends, nil if it sends none.
func method(e model.Effect) amqp.Method {
	f, _ := e.Event.(amqp.Frame)
	return f.Method
}

// lying is a mutex of two clients on a broker that lies.
func lying(t *testing.T, l liar, p lock.Protocol) *model.System {
	t.Helper()
	l.Broker = broker.New(broker.Options{Lean: true})
	members := []model.Member{{Name: "broker", Machine: l, Timers: []model.Timer{broker.HeartbeatTimer(2), broker.HeartbeatTimer(4)}}}
	for i, name := range []string{"a", "b"} {
		client, link := model.ID(1+2*i), model.ID(2+2*i)
		members = append(members,
			model.Member{Name: "client/" + name, Machine: lock.New(link, p, lock.Options{}), Timers: []model.Timer{lock.HeartbeatTimer}},
			model.Member{Name: "link/" + name, Machine: network.NewLink(client, 0, network.Options{Faults: network.Faults{Reset: 1}})})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

// TestWrongModels: a model that is wrong about the broker is found out, at the step at which it is, and both sides are told.
func TestWrongModels(t *testing.T) {
	t.Parallel()
	const held = `
		client/a acquire
		link/a to broker: ch1 queue.declare lock exclusive
		link/a to client: ch1 queue.declare-ok lock messages=0 consumers=0
	`
	for _, c := range []struct {
		name   string
		liar   liar
		script string
		want   replay.Outcome
	}{
		{
			"another answer",
			liar{says: func(e model.Effect) []model.Effect {
				if m, ok := method(e).(amqp.ChannelClose); ok {
					m.Code = amqp.NotFound
					e.Event = amqp.Frame{Channel: 1, Method: m}
				}
				return []model.Effect{e}
			}},
			held + `
				client/b acquire
				link/b to broker: ch1 queue.declare lock exclusive
			`,
			replay.Outcome{Step: 5, Action: "link/b to broker: ch1 queue.declare lock exclusive", Where: "broker to link/b",
				Predicted: "ch1 channel.close 404 NOT_FOUND", Observed: "ch1 channel.close 405 RESOURCE_LOCKED"},
		},
		{
			"the same words for another answer",
			liar{says: func(e model.Effect) []model.Effect {
				if m, ok := method(e).(amqp.ChannelClose); ok {
					m.MethodID++
					e.Event = amqp.Frame{Channel: 1, Method: m}
				}
				return []model.Effect{e}
			}},
			held + `
				client/b acquire
				link/b to broker: ch1 queue.declare lock exclusive
			`,
			replay.Outcome{Step: 5, Action: "link/b to broker: ch1 queue.declare lock exclusive", Where: "broker to link/b",
				Predicted: `amqp.Frame{Channel:0x1, Method:amqp.ChannelClose{Code:0x195, Text:"", ClassID:0x32, MethodID:0xb}}`,
				Observed:  `amqp.Frame{Channel:0x1, Method:amqp.ChannelClose{Code:0x195, Text:"", ClassID:0x32, MethodID:0xa}}`},
		},
		{
			"no answer",
			liar{says: func(e model.Effect) []model.Effect {
				if _, ok := method(e).(amqp.QueueDeclareOk); ok {
					return nil
				}
				return []model.Effect{e}
			}},
			`
				client/a acquire
				link/a to broker: ch1 queue.declare lock exclusive
			`,
			replay.Outcome{Step: 2, Action: "link/a to broker: ch1 queue.declare lock exclusive", Where: "broker to link/a",
				Predicted: "nothing", Observed: "ch1 queue.declare-ok lock messages=0 consumers=0"},
		},
		{
			"two answers",
			liar{says: func(e model.Effect) []model.Effect {
				if _, ok := method(e).(amqp.QueueDeclareOk); ok {
					return []model.Effect{e, e}
				}
				return []model.Effect{e}
			}},
			`
				client/a acquire
				link/a to broker: ch1 queue.declare lock exclusive
			`,
			replay.Outcome{Step: 2, Action: "link/a to broker: ch1 queue.declare lock exclusive", Where: "broker to link/a",
				Predicted: "ch1 queue.declare-ok lock messages=0 consumers=0", Observed: "nothing within 500ms"},
		},
		{
			"a broker that hangs up",
			liar{says: func(e model.Effect) []model.Effect {
				if _, ok := method(e).(amqp.QueueDeclareOk); ok {
					return []model.Effect{e, {Kind: model.Send, To: e.To, Event: amqp.Hangup{}}}
				}
				return []model.Effect{e}
			}},
			`
				client/a acquire
				link/a to broker: ch1 queue.declare lock exclusive
			`,
			replay.Outcome{Step: 2, Action: "link/a to broker: ch1 queue.declare lock exclusive", Where: "broker to link/a",
				Predicted: "hang up", Observed: "nothing within 500ms"},
		},
		{
			"a lock that is granted twice, to a connection that is lost",
			liar{hears: func(e model.Event) model.Event {
				if read, ok := e.(broker.Read); ok {
					read.Next.Method = amqp.ConfirmSelect{}
					return read
				}
				return e
			}},
			`
				client/a acquire
				link/a reset
				broker reads on after the loss of link 2's connection: ch1 queue.declare lock exclusive
			`,
			replay.Outcome{Step: 3, Action: "broker reads on after the loss of link 2's connection: ch1 queue.declare lock exclusive", Where: "broker",
				Predicted: "a refusal", Observed: "answered ch1 queue.declare-ok lock messages=0 consumers=0, which reaches nobody"},
		},
		{
			"a queue that stays",
			liar{hears: func(e model.Event) model.Event {
				if f, ok := e.(amqp.Frame); ok {
					if _, ok := f.Method.(amqp.QueueDelete); ok {
						f.Method = amqp.QueueDelete{Queue: "another"}
						return f
					}
				}
				return e
			}},
			held + `
				client/a release
				link/a to broker: ch1 queue.delete lock
			`,
			replay.Outcome{Step: 5, Action: "link/a to broker: ch1 queue.delete lock", Where: "broker",
				Predicted: "queue lock declared: locked by its owner (405)", Observed: "not there (404)"},
		},
		{
			"a queue that goes",
			liar{says: func(e model.Effect) []model.Effect {
				if _, ok := method(e).(amqp.ChannelCloseOk); ok {
					return []model.Effect{e, {Kind: model.Observe, Event: broker.Deleted{Queue: "lock"}}}
				}
				return []model.Effect{e}
			}},
			held + `
				client/a release
				link/a to broker: ch1 channel.close 200 OK
			`,
			replay.Outcome{Step: 5, Action: "link/a to broker: ch1 channel.close 200 OK", Where: "broker",
				Predicted: "queue lock is gone: not there (404)", Observed: "locked by its owner (405)"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := lock.ExclusiveQueue{Verify: lock.VerifyPassive}
			if strings.Contains(c.script, "channel.close 200") {
				p.Release = lock.ReleaseChannel
			}
			r := script(t, lying(t, c.liar, p), c.script)
			onBrokers(t, func(t *testing.T, url string) {
				last := replay.Step{}
				got := replayed(t, r, replay.Options{Broker: url, Limit: 500 * time.Millisecond, Each: func(s replay.Step) { last = s }})
				want := c.want
				want.Verdict, want.Elapsed = replay.Diverged, got.Elapsed
				failed := last.Checks[len(last.Checks)-1]
				if diff := cmp.Diff(replay.Check{Where: got.Where, Predicted: got.Predicted, Observed: got.Observed}, failed); diff != "" {
					t.Errorf("(-outcome +last check):\n%s", diff)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}
