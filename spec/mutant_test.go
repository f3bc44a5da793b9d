package spec

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/prover"
)

// mutant is a client of the exclusive-queue mutex that gets one thing wrong: what it hears or what it says.
type mutant struct {
	*lock.Client
	hear   func(c *lock.Client, m amqp.Method) amqp.Method // what it takes a method of the broker for
	say    func(c *lock.Client, m amqp.Method) amqp.Method // what it sends instead; nil: nothing
	tell   func(lock.Returned) lock.Returned               // what it says that a call returned; nil: what it did
	idle   bool                                            // it does nothing; the first client is not mutated then
	broker func(*broker.Broker) model.Machine              // what takes the broker's place; nil: nothing
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
		if r, ok := x.Event.(lock.Returned); ok && m.tell != nil {
			x.Event = m.tell(r)
		}
		switch f, ok := x.Event.(amqp.Frame); {
		case x.Kind == model.Arm:
			out.Arm(x.Timer, x.Window)
		case x.Kind == model.Cancel:
			out.Cancel(x.Timer)
		case x.Kind == model.Observe:
			out.Observe(x.Event)
		case ok && m.say != nil:
			if f.Method = m.say(m.Client, f.Method); f.Method != nil {
				out.Send(x.To, f)
			}
		default:
			out.Send(x.To, x.Event)
		}
	}
}

func (m *mutant) Clone() model.Machine {
	d := *m
	d.Client = m.Client.Clone().(*lock.Client)
	return &d
}

func (m *mutant) Rename(to func(model.ID) model.ID) model.Machine {
	d := *m
	d.Client = m.Client.Rename(to).(*lock.Client)
	return &d
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
	if all[0].Verdict != all[1].Verdict || len(all[0].Trace) != len(all[1].Trace) || len(sys.Symmetry) > 0 && all[1].Reductions == nil && !p.Kind.OfRuns() {
		t.Errorf("%s: %v in %d steps; %v in %d by %v", p.Name, all[0].Verdict, len(all[0].Trace), all[1].Verdict, len(all[1].Trace), all[1].Reductions)
	}
	return all[0].Verdict
}

// broken is a mutant of a lock's client that breaks a property, in a system where the protocol itself keeps it.
type broken struct {
	lock     amqpLock
	property string
	settings []Setting
	mutant
}

// calm is without faults; the other settings are of one kind of fault.
var (
	calm         = set("reset", "0", "blackhole", "0")
	reconnecting = set("blackhole", "0", "reconnect", "true")
)

// says returns a mutant that sends something else in place of every method of a type; nil: nothing.
func says[M amqp.Method](instead func(M) amqp.Method) mutant {
	return mutant{say: func(_ *lock.Client, m amqp.Method) amqp.Method {
		if x, ok := m.(M); ok {
			return instead(x)
		}
		return m
	}}
}

// mutants are those of every lock, by what they do.
func mutants() []map[string]broken {
	return []map[string]broken{brokerMutants(), anyMutants(), exclusiveQueueMutants(), generationMutants(), consumerMutants(exclusiveConsumer()), consumerMutants(publishConsume()), tokenSemaphoreMutants(), tokenRaceMutants(), decrementMutants(),
		consumerCountMutants(), maxLengthMutants(), singleActiveConsumerMutants(), queueMutants(expiringQueue()), persistentMutants()}
}

// forgetful is a broker whose queues never hear of the end of a connection or channel.
type forgetful struct{ *broker.Broker }

func (f *forgetful) Actions(dst []model.Event) []model.Event {
	return slices.DeleteFunc(f.Broker.Actions(dst), func(e model.Event) bool {
		_, reaps := e.(broker.Reap)
		return reaps || strings.Contains(e.String(), "notice of a clos")
	})
}

func (f *forgetful) Clone() model.Machine { return &forgetful{f.Broker.Clone().(*broker.Broker)} }
func (f *forgetful) Rename(to func(model.ID) model.ID) model.Machine {
	return &forgetful{f.Broker.Rename(to).(*broker.Broker)}
}

func forgets(b *broker.Broker) model.Machine { return &forgetful{b} }

// brokerMutants are a forgetful broker for each lock: what the broker alone promises no client breaks.
func brokerMutants() map[string]broken {
	all := map[string]broken{}
	for _, l := range locks() {
		if l.name == "mutex/max-length" {
			continue // see maxLengthMutants
		}
		all["on a forgetful broker, "+l.name] = broken{lock: l, property: "release-on-detection", settings: set("clients", "1", "blackhole", "0"), mutant: mutant{broker: forgets}}
	}
	return all
}

// anyMutants are those that break the same things of each lock: a client that says something else than what came of a call, and one that asks for nothing.
func anyMutants() map[string]broken {
	all := map[string]broken{}
	saysBusy := mutant{tell: func(r lock.Returned) lock.Returned {
		if r.Op == lock.Acquire && r.Result == lock.Held {
			r.Result, r.Slot, r.Token = lock.Busy, 0, 0
		}
		return r
	}}
	asksForNothing := mutant{say: func(_ *lock.Client, m amqp.Method) amqp.Method {
		switch m.(type) {
		case amqp.ConnectionOpen, amqp.ChannelOpen, amqp.ConfirmSelect, amqp.TxSelect:
			return m
		}
		return nil
	}}
	for _, l := range locks() {
		alone := set("clients", "1", "reset", "0", "blackhole", "0")
		all["says busy of "+l.name] = broken{lock: l, property: "operations", settings: alone, mutant: saysBusy}
		all["asks for nothing, "+l.name] = broken{lock: l, property: "progress", settings: alone, mutant: asksForNothing}
		all["asks for nothing, and starves, "+l.name] = broken{lock: l, property: "starvation-freedom", settings: alone, mutant: asksForNothing}
	}
	return all
}

// Every property can fail: a mutant breaks it in a system where the protocol itself keeps it, with the unmutated protocol as
// the control. Each lock's are in a file of its own.
func TestMutants(t *testing.T) {
	t.Parallel()
	for _, all := range mutants() {
		for name, c := range all {
			t.Run(c.lock.name+"/"+name, func(t *testing.T) {
				verdict := func(client func(*lock.Client) model.Machine, broker func(*broker.Broker) model.Machine) model.Verdict {
					s, err := c.lock.entry().Settings(c.settings...)
					if err != nil {
						t.Fatal(err)
					}
					sys, properties, err := c.lock.system(s, client, broker)
					if err != nil {
						t.Fatal(err)
					}
					i := slices.IndexFunc(properties, func(p model.Property) bool { return p.Name == c.property })
					if c.idle { // the first client is unlike the others
						sys.Symmetry = nil
					}
					return eitherWay(t, sys, properties[i])
				}
				control := verdict(asItIs, nil)
				clients := 0
				broken := verdict(func(q *lock.Client) model.Machine {
					if clients++; clients == 1 && c.idle {
						return q
					}
					m := c.mutant
					m.Client = q
					return &m
				}, c.broker)
				if control != model.Proved || broken != model.Refuted {
					t.Errorf("%s is %v of the protocol and %v of the mutant; want proved and refuted", c.property, control, broken)
				}
			})
		}
	}
}

// Every property of every lock has a mutant that breaks it, but for those that the protocol itself breaks whatever the parameters.
func TestEveryPropertyHasAMutant(t *testing.T) {
	has := map[string]bool{}
	for _, all := range mutants() {
		for _, c := range all {
			has[c.lock.name+" "+c.property] = true
		}
	}
	for _, l := range locks() {
		e := l.entry()
		choices, err := e.Choices()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range e.Properties {
			kept := slices.ContainsFunc(choices, func(s Settings) bool { return p.Claim(s) == model.Proved })
			if kept && !has[l.name+" "+p.Name] {
				t.Errorf("%s: no mutant breaks %s", l.name, p.Name)
			}
		}
	}
}
