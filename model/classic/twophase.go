package classic

import (
	"fmt"
	"math/bits"

	"github.com/lockstep-prover/lockstep/model"
)

// Two-phase commit as Gray and Lamport specify it ("Consensus on transaction commit", 2006, module TwoPhase): resource
// managers tell a transaction manager that they are prepared, it tells them to commit or to abort. Messages are never
// consumed, so the network is a set, here a machine between them: [RM] i, [TM] and [Medium].
//
//	RMPrepare, RMChooseToAbort      actions of RM i          TMCommit, TMAbort        actions of the TM
//	TMRcvPrepared(i)                the medium delivers Prepared(i) to the TM, while neither Commit nor Abort was sent
//	RMRcvCommitMsg, RMRcvAbortMsg   the medium delivers Commit or Abort to RM i, as often as it likes
//
// Assumed is weak fairness of the transaction manager, and of the medium towards each resource manager by itself; of a resource
// manager nothing.
func TwoPhaseCommit(rms int) (*model.System, error) {
	if rms < 1 || rms > 32 {
		return nil, fmt.Errorf("two-phase commit with %d resource managers: 1 to 32 are possible", rms)
	}
	tm, medium := model.ID(rms), model.ID(rms+1)
	members := make([]model.Member, rms, rms+2)
	group := make(model.Group, rms)
	for i := range rms {
		members[i] = model.Member{Name: fmt.Sprintf("rm/%d", i+1), Machine: &RM{medium: medium}}
		group[i] = []model.ID{model.ID(i)}
	}
	sys, err := model.Compose(append(members,
		model.Member{Name: "tm", Machine: &TM{medium: medium, rms: rms}},
		model.Member{Name: "medium", Machine: &Medium{tm: tm, rms: rms}})...)
	if err != nil {
		return nil, err
	}
	sys.Symmetry = model.Symmetry{group}
	sys.Fairness = model.WeaklyFair(tm)
	for i := range model.ID(rms) {
		sys.Fairness = append(sys.Fairness, model.Fairness{Machine: medium, Class: func(e model.Event) bool { return e.(deliver).to == i }})
	}
	return sys, nil
}

// RMState is the state of a resource manager.
type RMState uint8

// The states of a resource manager.
const (
	Working RMState = iota
	Prepared
	Committed
	Aborted
)

// The events of two-phase commit.
type (
	prepare     struct{}
	chooseAbort struct{}
	decide      struct{ commit bool }
	isPrepared  struct{ rm model.ID } // to the medium the sender is the RM
	outcome     struct{ commit bool }
	deliver     struct {
		to model.ID
		e  model.Event
	}
)

func (prepare) String() string      { return "prepares" }
func (chooseAbort) String() string  { return "chooses to abort" }
func (d decide) String() string     { return "decides to " + outcome(d).String() }
func (p isPrepared) String() string { return fmt.Sprintf("prepared %d", p.rm+1) }
func (d deliver) String() string    { return fmt.Sprintf("%v to %d", d.e, d.to+1) }
func (o outcome) String() string {
	if o.commit {
		return "commit"
	}
	return "abort"
}

// RM is a resource manager.
type RM struct {
	medium model.ID
	State  RMState
}

// Actions of a resource manager that is still working.
func (r *RM) Actions(dst []model.Event) []model.Event {
	if r.State == Working {
		dst = append(dst, prepare{}, chooseAbort{})
	}
	return dst
}

// Step takes an action or the outcome.
func (r *RM) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case prepare:
		r.State = Prepared
		out.Send(r.medium, isPrepared{})
	case chooseAbort:
		r.State = Aborted
	case outcome:
		r.State = Aborted
		if e.commit {
			r.State = Committed
		}
	}
}

// Clone returns an independent copy.
func (r *RM) Clone() model.Machine { c := *r; return &c }

// AppendState encodes the state.
func (r *RM) AppendState(dst []byte) []byte { return model.AppendInt(dst, r.State) }

// TM is the transaction manager.
type TM struct {
	medium   model.ID
	rms      int
	prepared uint32 // the RMs that have said so
	decided  bool
}

// Actions of a transaction manager that has not decided.
func (t *TM) Actions(dst []model.Event) []model.Event {
	if !t.decided {
		if bits.OnesCount32(t.prepared) == t.rms {
			dst = append(dst, decide{commit: true})
		}
		dst = append(dst, decide{})
	}
	return dst
}

// Step takes a decision, or hears of an RM.
func (t *TM) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case isPrepared:
		t.prepared |= 1 << e.rm
	case decide:
		t.decided = true
		out.Send(t.medium, outcome(e))
	}
}

// Clone returns an independent copy.
func (t *TM) Clone() model.Machine { c := *t; return &c }

// AppendState encodes the RMs known to be prepared and whether the decision is made; what it was is in the medium.
func (t *TM) AppendState(dst []byte) []byte {
	return model.AppendBool(model.AppendInt(dst, t.prepared), t.decided)
}

// Rename moves the RMs in the set.
func (t *TM) Rename(to func(model.ID) model.ID) model.Machine {
	c := *t
	c.prepared = renameSet(t.prepared, to)
	return &c
}

func renameSet(set uint32, to func(model.ID) model.ID) uint32 {
	var image uint32
	for i := range 32 {
		if set&(1<<i) != 0 {
			image |= 1 << to(model.ID(i))
		}
	}
	return image
}

// Medium is the set of messages sent.
type Medium struct {
	tm       model.ID
	rms      int
	prepared uint32
	decided  bool
	commit   bool
}

// Actions delivers any message, again and again.
func (m *Medium) Actions(dst []model.Event) []model.Event {
	for i := range model.ID(m.rms) {
		switch {
		case m.decided:
			dst = append(dst, deliver{i, outcome{m.commit}})
		case m.prepared&(1<<i) != 0:
			dst = append(dst, deliver{m.tm, isPrepared{i}})
		}
	}
	return dst
}

// Step takes a message, or delivers one.
func (m *Medium) Step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case isPrepared:
		m.prepared |= 1 << from
	case outcome:
		m.decided, m.commit = true, e.commit
	case deliver:
		out.Send(e.to, e.e)
	}
}

// Clone returns an independent copy.
func (m *Medium) Clone() model.Machine { c := *m; return &c }

// AppendState encodes the set.
func (m *Medium) AppendState(dst []byte) []byte {
	return model.AppendBool(model.AppendBool(model.AppendInt(dst, m.prepared), m.decided), m.commit)
}

// Rename moves the RMs in the set.
func (m *Medium) Rename(to func(model.ID) model.ID) model.Machine {
	c := *m
	c.prepared = renameSet(m.prepared, to)
	return &c
}

// Consistent is the property of two-phase commit: no RM has committed where another one has aborted (TCConsistent).
func Consistent() model.Property {
	return model.Property{
		Name: "consistent", Kind: model.Invariant, Symmetric: true,
		Holds: func(v model.View) bool {
			committed, aborted := false, false
			for _, m := range v {
				if rm, ok := m.(*RM); ok {
					committed = committed || rm.State == Committed
					aborted = aborted || rm.State == Aborted
				}
			}
			return !committed || !aborted
		},
	}
}

// Decides is what two-phase commit comes to while its transaction manager lives: in the end every RM has committed or aborted.
func Decides() model.Property {
	return model.Property{
		Name: "decides", Kind: model.Eventually, Symmetric: true,
		Holds: func(v model.View) bool {
			for _, m := range v {
				if rm, ok := m.(*RM); ok && rm.State != Committed && rm.State != Aborted {
					return false
				}
			}
			return true
		},
	}
}
