package classic

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
)

// Transaction commit as Gray and Lamport specify it ("Consensus on transaction commit", 2006, module TCommit): what two-phase
// commit implements. Resource managers decide with one look at all others. Such a guard is written as a question: the step
// sends it to every other [Participant], and one that does not agree refuses, so that the step is not enabled.
//
//	             prepares                 decides to commit: all others are prepared or committed
//	Working ───────────────► Prepared ──────────────────────────► Committed
//	   │                        │
//	   └────────────┬───────────┘ decides to abort: no other one is committed
//	                ▼
//	             Aborted
func TransactionCommit(rms int) (*model.System, error) {
	if rms < 1 || rms > 12 {
		return nil, fmt.Errorf("transaction commit with %d resource managers: 1 to 12 are possible", rms)
	}
	members := make([]model.Member, rms)
	group := make(model.Group, rms)
	for i := range rms {
		members[i] = model.Member{Name: fmt.Sprintf("rm/%d", i+1), Machine: &Participant{self: model.ID(i), rms: rms}}
		group[i] = []model.ID{model.ID(i)}
	}
	sys, err := model.Compose(members...)
	if err != nil {
		return nil, err
	}
	sys.Symmetry = model.Symmetry{group}
	return sys, nil
}

// Participant is a resource manager that sees all others.
type Participant struct {
	self  model.ID
	rms   int
	State RMState
}

// mayDecide asks the others whether the sender may decide so.
type mayDecide struct{ commit bool }

func (m mayDecide) String() string { return "may I " + outcome(m).String() + "?" }

// Actions of a resource manager that has not decided.
func (p *Participant) Actions(dst []model.Event) []model.Event {
	switch p.State {
	case Working:
		dst = append(dst, prepare{}, decide{commit: false})
	case Prepared:
		dst = append(dst, decide{commit: true}, decide{commit: false})
	}
	return dst
}

// Step takes an action, or the question of another one.
func (p *Participant) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case prepare:
		p.State = Prepared
	case decide:
		p.State = Aborted
		if e.commit {
			p.State = Committed
		}
		for other := range model.ID(p.rms) {
			if other != p.self {
				out.Send(other, mayDecide(e))
			}
		}
	case mayDecide:
		agrees := p.State != Committed
		if e.commit {
			agrees = p.State == Prepared || p.State == Committed
		}
		if !agrees {
			out.Refuse()
		}
	}
}

// Clone returns an independent copy.
func (p *Participant) Clone() model.Machine { c := *p; return &c }

// AppendState encodes the state.
func (p *Participant) AppendState(dst []byte) []byte { return model.AppendInt(dst, p.State) }

// Rename moves the resource manager itself.
func (p *Participant) Rename(to func(model.ID) model.ID) model.Machine {
	c := *p
	c.self = to(p.self)
	return &c
}

// TransactionCommitProperties of a number of resource managers are: consistent (TCConsistent) and the witness can-commit.
func TransactionCommitProperties(rms int) []model.Property {
	all := ids(rms)
	count := func(v model.View, s RMState) (n int) {
		for _, i := range all {
			if v[i].(*Participant).State == s {
				n++
			}
		}
		return n
	}
	return []model.Property{
		{
			Name: "consistent", Kind: model.Invariant, Symmetric: true, Reads: all,
			Holds: func(v model.View) bool { return count(v, Committed) == 0 || count(v, Aborted) == 0 },
		},
		{
			Name: "can-commit", Kind: model.Reachable, Symmetric: true, Reads: all,
			Holds: func(v model.View) bool { return count(v, Committed) == rms },
		},
	}
}
