package classic

import (
	"context"
	"slices"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/prover"
)

// mutant is a machine that gets one thing wrong.
type mutant struct {
	model.Machine
	step   func(m model.Machine, from model.ID, e model.Event, out *model.Out) // instead of Step; nil: as it should be
	silent func(m model.Machine) bool                                          // when it offers no action; nil: never
}

func (m *mutant) Actions(dst []model.Event) []model.Event {
	if m.silent != nil && m.silent(m.Machine) {
		return dst
	}
	return m.Machine.Actions(dst)
}

func (m *mutant) Step(from model.ID, e model.Event, out *model.Out) {
	if m.step == nil {
		m.Machine.Step(from, e, out)
		return
	}
	m.step(m.Machine, from, e, out)
}

func (m *mutant) Clone() model.Machine { return &mutant{m.Machine.Clone(), m.step, m.silent} }

// mutate returns the system with a mutant in place of every machine that choose wants. Properties see the machine inside.
func mutate(t *testing.T, sys *model.System, p model.Property, m mutant, choose func(model.ID, model.Machine) bool) (
	*model.System, model.Property,
) {
	t.Helper()
	var members []model.Member
	for id := range model.ID(sys.Len()) {
		machine := sys.Initial(id).Clone()
		if choose(id, machine) {
			machine = &mutant{machine, m.step, m.silent}
		}
		members = append(members, model.Member{Name: sys.Name(id), Machine: machine})
	}
	mutated, err := model.Compose(members...)
	if err != nil {
		t.Fatal(err)
	}
	if holds := p.Holds; holds != nil {
		p.Holds = func(v model.View) bool {
			inside := slices.Clone(v)
			for i, m := range inside {
				if m, ok := m.(*mutant); ok {
					inside[i] = m.Machine
				}
			}
			return holds(inside)
		}
	}
	return mutated, p
}

func verdict(t *testing.T, sys *model.System, p model.Property) model.Verdict {
	t.Helper()
	r, err := prover.Explore(context.Background(), sys, []model.Property{p}, prover.Options{NoSymmetry: true})
	if err != nil {
		t.Fatal(err)
	}
	return r[0].Verdict
}

// anyone chooses all machines of one type.
func anyone[M model.Machine](_ model.ID, m model.Machine) bool { _, ok := m.(M); return ok }

// allBut chooses all machines of one type but the first.
func allBut[M model.Machine](id model.ID, m model.Machine) bool { return id != 0 && anyone[M](id, m) }

// agrees takes part in every step.
func agrees(m model.Machine, from model.ID, e model.Event, out *model.Out) {
	var said model.Out
	m.Step(from, e, &said)
	for _, x := range said.Effects() {
		if x.Kind == model.Send {
			out.Send(x.To, x.Event)
		}
	}
}

// refuses refuses an input.
func refuses(is func(model.Event) bool) func(model.Machine, model.ID, model.Event, *model.Out) {
	return func(m model.Machine, from model.ID, e model.Event, out *model.Out) {
		if is(e) {
			out.Refuse()
			return
		}
		m.Step(from, e, out)
	}
}

func a[E model.Event](e model.Event) bool { _, ok := e.(E); return ok }

// hears takes one input for another.
func hears(heard, as model.Event) func(model.Machine, model.ID, model.Event, *model.Out) {
	return func(m model.Machine, from model.ID, e model.Event, out *model.Out) {
		if e == heard {
			e = as
		}
		m.Step(from, e, out)
	}
}

// built is what a constructor returns and the properties that go with it.
type built struct {
	sys        *model.System
	err        error
	properties []model.Property
}

func build(sys *model.System, err error) func([]model.Property) built {
	return func(p []model.Property) built { return built{sys, err, p} }
}

// Every property can fail: a mutant breaks it in a system that keeps it.
func TestMutants(t *testing.T) {
	commit := build(TransactionCommit(2))(TransactionCommitProperties(2))
	peterson := build(Peterson(false))(PetersonProperties())
	split := build(Peterson(true))(PetersonProperties())
	dinner := build(Philosophers(3, LastRightFirst, false))(PhilosophersProperties(3))
	ring := build(EWD840(3))(EWD840Properties(3))
	bit := build(AlternatingBit(2, 2, false))(AlternatingBitProperties())
	paxos := build(Paxos(3, 2, 2))(PaxosProperties(3, 2))
	bakery := build(Bakery(2, 3))(BakeryProperties(2))
	mutex := build(AMQPMutex(2, 0))(AMQPMutexProperties(2))
	for name, c := range map[string]struct {
		built
		property string
		choose   func(model.ID, model.Machine) bool
		mutant
	}{
		"resource managers agree to anything": {commit, "consistent", anyone[*Participant], mutant{step: agrees}},
		"resource managers agree to nothing":  {commit, "can-commit", anyone[*Participant], mutant{step: refuses(a[mayDecide])}},

		"a process does not raise its flag": {peterson, "mutual-exclusion", anyone[*Process], mutant{
			step: func(m model.Machine, from model.ID, e model.Event, out *model.Out) {
				if e == model.Event(Raising) {
					out = &model.Out{}
				}
				m.Step(from, e, out)
			}}},
		"a doubting process takes the turn for its own": {split, "mutual-exclusion", anyone[*Process], mutant{
			step: hears(answer{false}, answer{true})}},
		"the second process does not try": {peterson, "can-contend", allBut[*Process], mutant{
			silent: func(m model.Machine) bool { return true }}},

		"forks are taken twice": {dinner, "neighbours-exclude", anyone[*Fork], mutant{step: agrees}},
		"forks cannot be taken": {dinner, "can-eat", anyone[*Fork], mutant{step: refuses(a[beTaken])}},
		"philosophers who do not stop eating": {dinner, "deadlock-free", anyone[*Philosopher], mutant{
			silent: func(m model.Machine) bool { return m.(*Philosopher).State == Eating }}},

		"a node that activates stays white": {ring, "termination-detection", anyone[*RingNode], mutant{
			step: func(m model.Machine, from model.ID, e model.Event, out *model.Out) {
				n := m.(*RingNode)
				black := n.Black
				n.Step(from, e, out)
				if a[activate](e) {
					n.Black = black
				}
			}}},
		"a node stays black": {ring, "can-detect", anyone[*RingNode], mutant{
			step: func(m model.Machine, from model.ID, e model.Event, out *model.Out) {
				m.Step(from, e, out)
				m.(*RingNode).Black = true
			}}},

		"any acknowledgement is taken for the right one": {bit, "in-order", anyone[*Sender], mutant{
			step: func(m model.Machine, from model.ID, e model.Event, out *model.Out) {
				if p, ok := e.(packet); ok && p.value == 0 {
					e = packet{bit: m.(*Sender).bit}
				}
				m.Step(from, e, out)
			}}},
		"no value is ever sent": {bit, "can-be-late", anyone[*Sender], mutant{silent: func(model.Machine) bool { return true }}},

		"acceptors forget what they promised": {paxos, "consistent", anyone[*Acceptor], mutant{
			step: func(m model.Machine, from model.ID, e model.Event, out *model.Out) {
				if a[phase2a](e) {
					m.(*Acceptor).ballot = -1
				}
				m.Step(from, e, out)
			}}},
		"acceptors never vote": {paxos, "can-choose", anyone[*Acceptor], mutant{step: refuses(a[phase2a])}},

		"choosing is not waited for": {bakery, "mutual-exclusion", anyone[*Ticket], mutant{
			step: func(m model.Machine, from model.ID, e model.Event, out *model.Out) {
				if !a[chosen](e) {
					m.Step(from, e, out)
				}
			}}},
		"the second customer stays at home": {bakery, "can-queue", allBut[*Customer], mutant{
			silent: func(model.Machine) bool { return true }}},

		"locked is taken for ok":        {mutex, "holder-owns", anyone[*MutexClient], mutant{step: hears(declareLocked, declareOK)}},
		"locked is taken for ok, again": {mutex, "mutual-exclusion", anyone[*MutexClient], mutant{step: hears(declareLocked, declareOK)}},
		"ok is taken for locked":        {mutex, "can-hold", anyone[*MutexClient], mutant{step: hears(declareOK, declareLocked)}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.err != nil {
				t.Fatal(c.err)
			}
			i := slices.IndexFunc(c.properties, func(p model.Property) bool { return p.Name == c.property })
			if i < 0 {
				t.Fatalf("there is no property %q", c.property)
			}
			control := verdict(t, c.sys, c.properties[i])
			sys, p := mutate(t, c.sys, c.properties[i], c.mutant, c.choose)
			if broken := verdict(t, sys, p); control != model.Proved || broken != model.Refuted {
				t.Errorf("%s is %v of the system and %v of the mutant; want proved and refuted", c.property, control, broken)
			}
		})
	}
}

// The constructors refuse what they cannot build.
func TestSizesAreBounded(t *testing.T) {
	for name, b := range map[string]built{
		"no resource manager":  build(TransactionCommit(0))(nil),
		"one philosopher":      build(Philosophers(1, LeftFirst, false))(nil),
		"one node":             build(EWD840(1))(nil),
		"no value":             build(AlternatingBit(0, 1, false))(nil),
		"six acceptors":        build(Paxos(6, 1, 1))(nil),
		"no ticket":            build(Bakery(2, 0))(nil),
		"a negative budget":    build(AMQPMutex(2, -1))(nil),
		"no two-phase manager": build(TwoPhaseCommit(0))(nil),
	} {
		if b.err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
