package classic

import (
	"fmt"
	"strings"

	"github.com/lockstep-prover/lockstep/model"
)

// EWD840 is termination detection on a ring (Dijkstra, Feijen and van Gasteren, "Derivation of a termination detection
// algorithm for distributed computations", 1983), as Merz specifies it (module EWD840 of the TLA+ examples): messages are
// synchronous, and initially nodes are active and black or not, and the black token is anywhere. [Initial] chooses.
//
//	node i > 0   passes the token to i-1, if passive or black or if the token is black; a black node makes the token black,
//	             and becomes white
//	node 0       initiates a probe, if it or the token is black: passes a white token to the last node, and becomes white
//	an active    node becomes passive, or activates another one, j, and becomes black if j > i
func EWD840(nodes int) (*model.System, error) {
	if nodes < 2 || nodes > 5 {
		return nil, fmt.Errorf("termination detection with %d nodes: 2 to 5 are possible", nodes)
	}
	members := make([]model.Member, nodes, nodes+1)
	for i := range nodes {
		members[i] = model.Member{Name: fmt.Sprintf("node/%d", i), Machine: &RingNode{self: model.ID(i), nodes: nodes}}
	}
	sys, err := model.Compose(append(members, model.Member{Name: "initial", Machine: rings(nodes)})...)
	if err != nil {
		return nil, err
	}
	// The initial state is chosen, and who can pass the token does. What the nodes compute is not fair.
	sys.Fairness = model.WeaklyFair(model.ID(nodes))
	for i := range nodes {
		sys.Fairness = append(sys.Fairness, model.Fairness{
			Machine: model.ID(i), Class: func(e model.Event) bool { return e == model.Event(passToken{}) },
		})
	}
	return sys, nil
}

// rings lists the initial states: each node active or not, black or not, and one node with the token.
func rings(nodes int) *Initial {
	m := &Initial{}
	for active := range 1 << nodes {
		for black := range 1 << nodes {
			for token := range nodes {
				words, all := make([]string, nodes), make([]told, nodes)
				for i := range nodes {
					at := place{active: active>>i&1 == 1, black: black>>i&1 == 1, token: i == token}
					words[i], all[i] = at.String(), told{model.ID(i), at}
				}
				m.add(strings.Join(words, ", "), all)
			}
		}
	}
	return m
}

// Token is what a node has of the token.
type Token uint8

// A node has no token, or the token in one of its colours.
const (
	NoToken Token = iota
	WhiteToken
	BlackToken
)

// The events of the ring.
type (
	place     struct{ active, black, token bool } // where a node begins
	passToken struct{}
	activate  struct{ node model.ID }
	calmDown  struct{}
	token     struct{ color Token } // to the next node
	message   struct{}              // to a node that is activated
)

func (passToken) String() string  { return "passes the token" }
func (a activate) String() string { return fmt.Sprintf("activates node %d", a.node) }
func (calmDown) String() string   { return "becomes passive" }
func (message) String() string    { return "message" }
func (t token) String() string {
	if t.color == BlackToken {
		return "black token"
	}
	return "white token"
}
func (p place) String() string {
	text := "passive"
	if p.active {
		text = "active"
	}
	if p.black {
		text += " black"
	}
	if p.token {
		text += " token"
	}
	return text
}

// RingNode is a node of the ring.
type RingNode struct {
	self   model.ID
	nodes  int
	begun  bool
	Active bool
	Black  bool
	Token  Token
}

// Actions of a node.
func (n *RingNode) Actions(dst []model.Event) []model.Event {
	again := n.Black || n.Token == BlackToken
	if n.Token != NoToken && (again || n.self != 0 && !n.Active) {
		dst = append(dst, passToken{})
	}
	if n.Active {
		for i := range model.ID(n.nodes) {
			if i != n.self {
				dst = append(dst, activate{i})
			}
		}
		dst = append(dst, calmDown{})
	}
	return dst
}

// Step takes an action, the token, a message, or where to begin.
func (n *RingNode) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case place:
		n.begun, n.Active, n.Black = true, e.active, e.black
		if e.token {
			n.Token = BlackToken
		}
	case passToken:
		next, color := n.self-1, n.Token
		if n.Black {
			color = BlackToken
		}
		if n.self == 0 { // a new probe
			next, color = model.ID(n.nodes-1), WhiteToken
		}
		n.Token, n.Black = NoToken, false
		out.Send(next, token{color})
	case activate:
		n.Black = n.Black || e.node > n.self
		out.Send(e.node, message{})
	case calmDown:
		n.Active = false
	case token:
		n.Token = e.color
	case message:
		n.Active = true
	}
}

// Clone returns an independent copy.
func (n *RingNode) Clone() model.Machine { c := *n; return &c }

// AppendState encodes the node.
func (n *RingNode) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendBool(model.AppendBool(model.AppendBool(dst, n.begun), n.Active), n.Black), n.Token)
}

// EWD840Properties of a ring are: termination-detection, who detects that the computation has terminated is right; and the
// witness can-detect.
func EWD840Properties(nodes int) []model.Property {
	ring := ids(nodes)
	return []model.Property{
		{
			Name: "termination-detection", Kind: model.Invariant, Reads: ring,
			Holds: func(v model.View) bool { return !detected(v) || terminated(v[:nodes]) },
		},
		{Name: "can-detect", Kind: model.Reachable, Reads: ring, Holds: detected},
	}
}

// EWD840DetectsEventually promises that a computation that has terminated is detected to have. It needs the system's fairness.
func EWD840DetectsEventually(nodes int) model.Property {
	return model.Property{
		Name: "detects-eventually", Kind: model.LeadsTo, Reads: ids(nodes),
		When:  func(v model.View) bool { return v[0].(*RingNode).begun && terminated(v[:nodes]) },
		Holds: detected,
	}
}

// detected: node 0 knows by its own state alone.
func detected(v model.View) bool {
	n := v[0].(*RingNode)
	return n.Token == WhiteToken && !n.Black && !n.Active
}

func terminated(ring model.View) bool {
	for _, m := range ring {
		if m.(*RingNode).Active {
			return false
		}
	}
	return true
}

// ids lists the machines 0 to n-1.
func ids(n int) []model.ID {
	all := make([]model.ID, n)
	for i := range all {
		all[i] = model.ID(i)
	}
	return all
}
