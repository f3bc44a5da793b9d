package classic

import (
	"fmt"
	"math/bits"

	"github.com/lockstep-prover/lockstep/model"
)

// Paxos is the single-decree synod of Lamport ("The part-time parliament", 1998) as he specifies it in the module Paxos of the
// TLA+ examples (PaxosHowToWinATuringAward). Messages are never consumed, so they are a set; here it is cut by ballots: a
// [Ballot] is its leader and all messages of that ballot, an [Acceptor] the rest of the state.
//
//	Phase1a   begins                   the ballot has a message 1a
//	Phase1b   asks i to promise        acceptor i takes 1a, unless it has taken part in this or a higher ballot, and answers
//	                                   1b: the highest ballot in which it has voted, and for what
//	Phase2a   proposes v               once, when a majority has promised, and v is what the highest of their votes was for,
//	                                   or none of them has voted
//	Phase2b   asks i to accept         acceptor i takes 2a, unless it has taken part in a higher ballot, votes and answers 2b
//
// Ballots are numbered from 0, values from 1, and majorities are the quorums.
func Paxos(acceptors, values, ballots int) (*model.System, error) {
	if acceptors < 1 || acceptors > maxAcceptors || values < 1 || values > 4 || ballots < 1 || ballots > 4 {
		return nil, fmt.Errorf("paxos with %d acceptors, %d values and %d ballots: 1 to 5, 1 to 4 and 1 to 4 are possible",
			acceptors, values, ballots)
	}
	members := make([]model.Member, acceptors, acceptors+ballots)
	group := make(model.Group, acceptors)
	for i := range acceptors {
		members[i] = model.Member{Name: fmt.Sprintf("acceptor/%d", i+1), Machine: &Acceptor{ballot: noVote.ballot, vote: noVote}}
		group[i] = []model.ID{model.ID(i)}
	}
	for b := range ballots {
		members = append(members, model.Member{
			Name: fmt.Sprintf("ballot/%d", b), Machine: &Ballot{number: b, acceptors: acceptors, values: values},
		})
	}
	sys, err := model.Compose(members...)
	if err != nil {
		return nil, err
	}
	sys.Symmetry = model.Symmetry{group}
	return sys, nil
}

// vote is a ballot and a value; noVote says that there is none.
type vote struct{ ballot, value int }

var noVote = vote{ballot: -1}

// The events of Paxos: what a ballot does, and its messages.
type (
	beginBallot struct{}
	askPromise  struct{ acceptor model.ID }
	propose     struct{ value int }
	askAccept   struct{ acceptor model.ID }

	phase1a struct{ ballot int }
	phase1b struct{ vote vote }
	phase2a struct{ vote vote }
	phase2b struct{}
)

func (beginBallot) String() string  { return "begins" }
func (a askPromise) String() string { return fmt.Sprintf("asks %d to promise", a.acceptor+1) }
func (p propose) String() string    { return fmt.Sprintf("proposes value %d", p.value) }
func (a askAccept) String() string  { return fmt.Sprintf("asks %d to accept", a.acceptor+1) }
func (p phase1a) String() string    { return fmt.Sprintf("1a of ballot %d", p.ballot) }
func (p phase2a) String() string {
	return fmt.Sprintf("2a of ballot %d: value %d", p.vote.ballot, p.vote.value)
}
func (phase2b) String() string { return "2b" }
func (p phase1b) String() string {
	if p.vote == noVote {
		return "1b: no vote"
	}
	return fmt.Sprintf("1b: voted for value %d in ballot %d", p.vote.value, p.vote.ballot)
}

// Acceptor promises and votes.
type Acceptor struct {
	ballot int  // the highest that it has taken part in; -1: none
	vote   vote // its last one
}

// Actions is empty: an acceptor answers.
func (a *Acceptor) Actions(dst []model.Event) []model.Event { return dst }

// Step takes a message of a ballot, or refuses to.
func (a *Acceptor) Step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case phase1a:
		if e.ballot <= a.ballot {
			out.Refuse()
		}
		a.ballot = e.ballot
		out.Send(from, phase1b{a.vote})
	case phase2a:
		if e.vote.ballot < a.ballot {
			out.Refuse()
		}
		a.ballot, a.vote = e.vote.ballot, e.vote
		out.Send(from, phase2b{})
	}
}

// Clone returns an independent copy.
func (a *Acceptor) Clone() model.Machine { c := *a; return &c }

// AppendState encodes the promise and the vote.
func (a *Acceptor) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendInt(model.AppendInt(dst, a.ballot), a.vote.ballot), a.vote.value)
}

// maxAcceptors bounds the acceptors of a system.
const maxAcceptors = 5

// Ballot is the set of messages of one ballot.
type Ballot struct {
	number, acceptors, values int

	begun    bool
	promised uint32             // who has sent 1b
	votes    [maxAcceptors]vote // and of which vote it tells
	value    int                // of 2a; 0: not sent
	accepted uint32             // who has sent 2b
}

// Actions of the leader, and the receipt of each message that is not answered yet.
func (b *Ballot) Actions(dst []model.Event) []model.Event {
	if !b.begun {
		return append(dst, beginBallot{})
	}
	for a := range model.ID(b.acceptors) {
		if b.promised>>a&1 == 0 {
			dst = append(dst, askPromise{a})
		}
		if b.value != 0 && b.accepted>>a&1 == 0 {
			dst = append(dst, askAccept{a})
		}
	}
	for v := 1; b.value == 0 && v <= b.values; v++ {
		if b.safe(v) {
			dst = append(dst, propose{v})
		}
	}
	return dst
}

// safe reports whether a majority of promises shows that no other value than v can have been chosen in a lower ballot.
func (b *Ballot) safe(v int) bool {
	for quorum := range uint32(1) << b.acceptors {
		if quorum&^b.promised != 0 || bits.OnesCount32(quorum) != b.majority() {
			continue
		}
		highest := noVote
		for a := range b.acceptors {
			if quorum>>a&1 == 1 && b.votes[a].ballot > highest.ballot {
				highest = b.votes[a]
			}
		}
		if highest == noVote || highest.value == v {
			return true
		}
	}
	return false
}

func (b *Ballot) majority() int { return b.acceptors/2 + 1 }

// Chosen returns the value that a majority has accepted in this ballot; 0: none.
func (b *Ballot) Chosen() int {
	if bits.OnesCount32(b.accepted) < b.majority() {
		return 0
	}
	return b.value
}

// Step takes an action, or adds an acceptor's message.
func (b *Ballot) Step(from model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case beginBallot:
		b.begun = true
	case askPromise:
		out.Send(e.acceptor, phase1a{b.number})
	case propose:
		b.value = e.value
	case askAccept:
		out.Send(e.acceptor, phase2a{vote{b.number, b.value}})
	case phase1b:
		b.promised |= 1 << from
		b.votes[from] = e.vote
	case phase2b:
		b.accepted |= 1 << from
	}
}

// Clone returns an independent copy.
func (b *Ballot) Clone() model.Machine { c := *b; return &c }

// AppendState encodes the messages.
func (b *Ballot) AppendState(dst []byte) []byte {
	dst = model.AppendInt(model.AppendInt(model.AppendBool(dst, b.begun), b.promised), b.value)
	for _, v := range b.votes[:b.acceptors] {
		dst = model.AppendInt(model.AppendInt(dst, v.ballot), v.value)
	}
	return model.AppendInt(dst, b.accepted)
}

// Rename moves the acceptors.
func (b *Ballot) Rename(to func(model.ID) model.ID) model.Machine {
	c := *b
	c.promised, c.accepted = renameSet(b.promised, to), renameSet(b.accepted, to)
	for a := range model.ID(b.acceptors) {
		c.votes[to(a)] = b.votes[a]
	}
	return &c
}

// PaxosProperties are: consistent, no two ballots choose different values; and the witness can-choose.
func PaxosProperties(acceptors, ballots int) []model.Property {
	reads := ids(acceptors + ballots)[acceptors:]
	return []model.Property{
		{
			Name: "consistent", Kind: model.Invariant, Symmetric: true, Reads: reads,
			Holds: func(v model.View) bool {
				chosen := 0
				for _, b := range reads {
					value := v[b].(*Ballot).Chosen()
					if value != 0 && chosen != 0 && value != chosen {
						return false
					}
					chosen = max(chosen, value)
				}
				return true
			},
		},
		{
			Name: "can-choose", Kind: model.Reachable, Symmetric: true, Reads: reads,
			Holds: func(v model.View) bool {
				for _, b := range reads {
					if v[b].(*Ballot).Chosen() != 0 {
						return true
					}
				}
				return false
			},
		},
	}
}
