package spec

import (
	"context"
	"slices"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/prover"
)

// mutant is a client of the exclusive-queue mutex that gets one thing wrong: what it hears or what it says.
type mutant struct {
	*lock.Client
	hear func(c *lock.Client, m amqp.Method) amqp.Method // what it takes a method of the broker for
	say  func(m amqp.Method) amqp.Method                 // what it sends instead; nil: nothing
	idle bool                                            // it does nothing; the first client is not mutated then
}

func (m *mutant) Actions(dst []model.Event) []model.Event {
	if m.idle {
		return dst
	}
	return m.Client.Actions(dst)
}

func (m *mutant) Step(from model.ID, e model.Event, out *model.Out) {
	if f, ok := e.(amqp.Frame); ok && m.hear != nil {
		f.Method = m.hear(m.Client, f.Method)
		e = f
	}
	var said model.Out
	m.Client.Step(from, e, &said)
	for _, x := range said.Effects() {
		switch f, ok := x.Event.(amqp.Frame); {
		case x.Kind == model.Arm:
			out.Arm(x.Timer, x.Window)
		case x.Kind == model.Cancel:
			out.Cancel(x.Timer)
		case x.Kind == model.Observe:
			out.Observe(x.Event)
		case ok && m.say != nil:
			if f.Method = m.say(f.Method); f.Method != nil {
				out.Send(x.To, f)
			}
		default:
			out.Send(x.To, x.Event)
		}
	}
}

func (m *mutant) Clone() model.Machine {
	return &mutant{m.Client.Clone().(*lock.Client), m.hear, m.say, m.idle}
}

func (m *mutant) Rename(to func(model.ID) model.ID) model.Machine {
	return &mutant{m.Client.Rename(to).(*lock.Client), m.hear, m.say, m.idle}
}

// lockedIsHeld takes 405 RESOURCE_LOCKED in answer to op for a yes.
func lockedIsHeld(op lock.Op) func(*lock.Client, amqp.Method) amqp.Method {
	return func(c *lock.Client, m amqp.Method) amqp.Method {
		if closed, ok := m.(amqp.ChannelClose); ok && closed.Code == amqp.ResourceLocked && c.InProgress() == op {
			return amqp.QueueDeclareOk{Queue: "lock"}
		}
		return m
	}
}

// eitherWay returns the verdict, which symmetry does not change, and the length of a counterexample neither.
func eitherWay(t *testing.T, sys *model.System, p model.Property) model.Verdict {
	t.Helper()
	var all [2]prover.Result
	for i := range all {
		results, err := prover.Explore(context.Background(), sys, []model.Property{p}, prover.Options{NoSymmetry: i == 0})
		if err != nil {
			t.Fatal(err)
		}
		all[i] = results[0]
	}
	if all[0].Verdict != all[1].Verdict || len(all[0].Trace) != len(all[1].Trace) || len(sys.Symmetry) > 0 && all[1].Reductions == nil {
		t.Errorf("%s: %v in %d steps; %v in %d by %v", p.Name, all[0].Verdict, len(all[0].Trace), all[1].Verdict, len(all[1].Trace), all[1].Reductions)
	}
	return all[0].Verdict
}

// Every property can fail: a mutant breaks it in a system where the protocol itself keeps it, with the unmutated protocol as
// the control.
func TestMutants(t *testing.T) {
	calm := []Setting{{"reset", "0"}, {"blackhole", "0"}}
	reconnecting := []Setting{{"blackhole", "0"}, {"reconnect", "true"}}
	for name, c := range map[string]struct {
		property string
		settings []Setting
		mutant
	}{
		"declares a queue that is not exclusive": {"broker-exclusion", calm, mutant{say: func(m amqp.Method) amqp.Method {
			if d, ok := m.(amqp.QueueDeclare); ok {
				d.Exclusive = false
				return d
			}
			return m
		}}},
		"takes a refused acquire for a granted one": {"belief-exclusion", calm, mutant{hear: lockedIsHeld(lock.Acquire)}},
		"takes any queue of the name for its own":   {"verify-truth", reconnecting, mutant{hear: lockedIsHeld(lock.Verify)}},
		"verifies by declaring again": {"release-on-verify", reconnecting, mutant{say: func(m amqp.Method) amqp.Method {
			if d, ok := m.(amqp.QueueDeclare); ok && d.Passive {
				return amqp.QueueDeclare{Queue: d.Queue, Exclusive: true}
			}
			return m
		}}},
		"misspells the queue that it deletes": {"release-effective", calm, mutant{say: func(m amqp.Method) amqp.Method {
			if d, ok := m.(amqp.QueueDelete); ok {
				d.Queue += "k"
				return d
			}
			return m
		}}},
		"asks for no answer and waits for it": {"deadlock-freedom", calm, mutant{say: func(m amqp.Method) amqp.Method {
			if d, ok := m.(amqp.QueueDeclare); ok {
				d.NoWait = true
				return d
			}
			return m
		}}},
		"never declares": {"can-hold", calm, mutant{say: func(m amqp.Method) amqp.Method {
			if _, ok := m.(amqp.QueueDeclare); ok {
				return nil
			}
			return m
		}}},
		"leaves the lock to the first client": {"can-contend", calm, mutant{idle: true}},
	} {
		t.Run(name, func(t *testing.T) {
			verdict := func(client func(*lock.Client) model.Machine) model.Verdict {
				e := exclusiveQueue().entry()
				s, err := e.Settings(c.settings...)
				if err != nil {
					t.Fatal(err)
				}
				sys, properties, err := exclusiveQueue().system(s, client)
				if err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(properties, func(p model.Property) bool { return p.Name == c.property })
				if c.idle { // the first client is unlike the others
					sys.Symmetry = nil
				}
				return eitherWay(t, sys, properties[i])
			}
			control := verdict(func(q *lock.Client) model.Machine { return q })
			clients := 0
			broken := verdict(func(q *lock.Client) model.Machine {
				if clients++; clients == 1 && c.idle {
					return q
				}
				return &mutant{q, c.hear, c.say, c.idle}
			})
			if control != model.Proved || broken != model.Refuted {
				t.Errorf("%s is %v of the protocol and %v of the mutant; want proved and refuted", c.property, control, broken)
			}
		})
	}
}
