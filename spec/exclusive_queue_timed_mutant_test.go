package spec

import (
	"slices"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// timeMutant is a client that is wrong about time.
type timeMutant struct {
	*lock.Client
	patient bool // it waits for ever on a silent connection
	haunts  bool // when it has crashed, it still has something to do before the next tick
}

func (m *timeMutant) Step(from model.ID, e model.Event, out *model.Out) {
	var said model.Out
	m.Client.Step(from, e, &said)
	for _, x := range said.Effects() {
		switch {
		case x.Kind == model.Arm && m.patient:
			out.Arm(x.Timer, model.Window{Earliest: model.Forever, Latest: model.Forever})
		case x.Kind == model.Arm:
			out.Arm(x.Timer, x.Window)
		case x.Kind == model.Cancel:
			out.Cancel(x.Timer)
		case x.Kind == model.Observe:
			out.Observe(x.Event)
		default:
			out.Send(x.To, x.Event)
		}
	}
	if m.haunts && m.Dead() {
		out.Arm(lock.HeartbeatTimer, model.Window{Earliest: model.Forever, Latest: 0})
	}
}

func (m *timeMutant) Clone() model.Machine {
	return &timeMutant{m.Client.Clone().(*lock.Client), m.patient, m.haunts}
}

func (m *timeMutant) Rename(to func(model.ID) model.ID) model.Machine {
	return &timeMutant{m.Client.Rename(to).(*lock.Client), m.patient, m.haunts}
}

// Every property under the clock can fail where the protocol keeps it, which is the control.
func TestTimeMutants(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		property string
		settings []Setting
		mutate   func(*lock.Client) model.Machine
		also     []Setting // what breaks it in place of a mutant
	}{
		"waits for ever on a silent connection": {"belief-exclusion", []Setting{{"patience", "10000"}},
			func(q *lock.Client) model.Machine { return &timeMutant{Client: q, patient: true} }, nil},
		"leaves a deadline behind when it crashes": {"time-passes", []Setting{{"clients", "1"}, {"crash", "1"}},
			func(q *lock.Client) model.Machine { return &timeMutant{Client: q, haunts: true} }, nil},
		"never declares": {"can-hold", nil, func(q *lock.Client) model.Machine {
			return &mutant{Client: q, say: func(_ *lock.Client, m amqp.Method) amqp.Method {
				if _, ok := m.(amqp.QueueDeclare); ok {
					return nil
				}
				return m
			}}
		}, nil},
		// No client can break this one: it is the broker that keeps it, by its heartbeats.
		"agrees on no heartbeats": {"bounded-release", nil, nil, []Setting{{"heartbeat", "false"}}},
	} {
		t.Run(name, func(t *testing.T) {
			verdict := func(client func(*lock.Client) model.Machine, more ...Setting) model.Verdict {
				e := exclusiveQueueTimed()
				s, err := e.Settings(slices.Concat(c.settings, more)...)
				if err != nil {
					t.Fatal(err)
				}
				sys, properties, err := exclusiveQueueTimedSystem(s, client)
				if err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(properties, func(p model.Property) bool { return p.Name == c.property })
				return eitherWay(t, sys, properties[i])
			}
			same := func(q *lock.Client) model.Machine { return q }
			mutate := c.mutate
			if mutate == nil {
				mutate = same
			}
			if control, broken := verdict(same), verdict(mutate, c.also...); control != model.Proved || broken != model.Refuted {
				t.Errorf("%s is %v of the protocol and %v of the mutant; want proved and refuted", c.property, control, broken)
			}
		})
	}
}
