package spec

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/model/lock"
)

// Cost is what a call of a client's application costs.
type Cost struct {
	Methods     int // AMQP methods that the client sends, those that open channels and connections included
	RoundTrips  int // how often the client waits for an answer
	Channels    int // channel.open
	Connections int // that are opened
}

// Spent says what a call has cost that has returned.
type Spent struct {
	Op     lock.Op
	Result lock.Result
	Cost   Cost
}

func (s Spent) String() string {
	return fmt.Sprintf("%v, %v, cost %d methods, %d round trips, %d channels, %d connections", s.Op, s.Result, s.Cost.Methods, s.Cost.RoundTrips, s.Cost.Channels, s.Cost.Connections)
}

// OpCost is what calls of an operation with that result cost: in each respect the least and the most of all runs without faults, and the mean of random runs.
type OpCost struct {
	Op          lock.Op
	Result      lock.Result
	Best, Worst Cost
	Mean        struct{ Methods, RoundTrips, Channels, Connections float64 }
	Calls       int // that the mean is of; 0: random runs have met none
}

// meter is a client that lets the world see what its calls cost.
type meter struct {
	*lock.Client
	now   Cost
	waits bool // something was sent, and nothing has come since
}

// NewMeter returns a client that also lets the world see [Spent], behind each return.
func NewMeter(c *lock.Client) model.Machine { return &meter{Client: c} }

// Step takes a call or an input from the link.
func (m *meter) Step(from model.ID, e model.Event, out *model.Out) {
	switch e.(type) {
	case lock.Call:
		m.now, m.waits = Cost{}, false
	case amqp.Frame:
		if m.waits {
			m.now.RoundTrips++
			m.waits = false
		}
	}
	var did model.Out
	m.Client.Step(from, e, &did)
	for _, x := range did.Effects() {
		switch f, ok := x.Event.(amqp.Frame); {
		case x.Kind == model.Arm:
			out.Arm(x.Timer, x.Window)
			continue
		case x.Kind == model.Cancel:
			out.Cancel(x.Timer)
			continue
		case x.Kind == model.Observe:
			out.Observe(x.Event)
			if r, ok := x.Event.(lock.Returned); ok {
				out.Observe(Spent{r.Op, r.Result, m.now})
			}
			continue
		case ok:
			m.now.Methods++
			m.waits = true
			switch f.Method.(type) {
			case amqp.ChannelOpen:
				m.now.Channels++
			case amqp.ConnectionOpen:
				m.now.Connections++
			case amqp.ChannelCloseOk, amqp.ConnectionCloseOk, amqp.BasicAck, amqp.BasicNack: // which nobody answers
				m.waits = false
			}
		}
		out.Send(x.To, x.Event)
	}
	if m.InProgress() == lock.NoOp {
		m.now, m.waits = Cost{}, false
	}
}

// Clone returns an independent copy.
func (m *meter) Clone() model.Machine {
	d := *m
	d.Client = m.Client.Clone().(*lock.Client)
	return &d
}

// Rename replaces the link.
func (m *meter) Rename(to func(model.ID) model.ID) model.Machine {
	d := m.Clone().(*meter)
	d.Client = m.Client.Rename(to).(*lock.Client)
	return d
}

// AppendState encodes the client, and what the call in progress has cost.
func (m *meter) AppendState(dst []byte) []byte {
	dst = m.Client.AppendState(dst)
	for _, n := range []int{m.now.Methods, m.now.RoundTrips, m.now.Channels, m.now.Connections} {
		dst = model.AppendInt(dst, n)
	}
	return model.AppendBool(dst, m.waits)
}

// Metered is a lock on AMQP whose clients are meters, and what has to be done to have it on a real broker.
type Metered struct {
	Protocol lock.Protocol
	Prelude  []amqp.Method
	system   *model.System
}

// Meter returns the lock of an entry with its settings; ok is false of an entry that is none.
func (e *Entry) Meter(s Settings) (m *Metered, ok bool, err error) {
	i := slices.IndexFunc(locks(), func(l amqpLock) bool { return l.name == e.Name })
	if i < 0 {
		return nil, false, nil
	}
	l := locks()[i]
	sys, _, err := l.system(s, NewMeter, nil)
	if err != nil {
		return nil, true, err
	}
	o := brokerOptions(s, broker.Deadlines{})
	if l.options != nil {
		l.options(s, &o)
	}
	return &Metered{l.protocol(s), o.Prelude, sys}, true, nil
}

// CostChoices are the choices of a lock's own parameters that its default cases make, with what is chosen in their place: without faults, and with two clients of one
// slot; none of an entry that is no lock on AMQP. The error is that of [Entry.Settings].
func (e *Entry) CostChoices(chosen ...Setting) (all []Settings, err error) {
	if !slices.ContainsFunc(locks(), func(l amqpLock) bool { return l.name == e.Name }) {
		return nil, nil
	}
	if _, err := e.Settings(chosen...); err != nil {
		return nil, err
	}
	for _, own := range e.ownChoices() {
		merged := slices.Clone(chosen)
		for _, s := range slices.Concat(own, Circumstances()[0].Settings, []Setting{{"clients", "2"}, {"slots", "1"}}) {
			known := slices.ContainsFunc(e.Parameters, func(p Parameter) bool { return p.Name == s.Name })
			if s.Name == "slots" && slices.ContainsFunc(e.Parameters, func(p Parameter) bool { return p.Name == "auto-delete" }) {
				s.Value = "2" // one goes with the decrement
			}
			if known && !slices.ContainsFunc(merged, func(o Setting) bool { return o.Name == s.Name }) {
				merged = append(merged, s)
			}
		}
		s, err := e.Settings(merged...)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(s, func(v Setting) bool { return v.Name == "job" && v.Value != "none" }); i >= 0 { // nobody else is at work
			continue
		}
		if !slices.ContainsFunc(all, func(o Settings) bool { return slices.Equal(o, s) }) {
			all = append(all, s)
		}
	}
	return all, nil
}

// What Costs may do.
const (
	costStates = 200_000
	costSteps  = 40_000
)

// Costs explores all runs of the lock for what calls cost at best and at worst, and draws runs for the mean: every step is any of those that are enabled, with the same
// chance, always in the same way. The error says that there are too many states.
func (m *Metered) Costs() ([]OpCost, error) {
	var all []OpCost
	of := func(s Spent) *OpCost {
		i := slices.IndexFunc(all, func(c OpCost) bool { return c.Op == s.Op && c.Result == s.Result })
		if i < 0 {
			all = append(all, OpCost{Op: s.Op, Result: s.Result, Best: s.Cost, Worst: s.Cost})
			i = len(all) - 1
		}
		return &all[i]
	}
	spent := func(st model.Step, each func(Spent)) {
		for _, h := range st.Happenings {
			if s, ok := h.Effect.Event.(Spent); ok && h.Effect.Kind == model.Observe {
				each(s)
			}
		}
	}
	start := m.system.Start()
	visited := map[string]bool{string(start.AppendState(nil)): true}
	for queue := []*model.State{start}; len(queue) > 0; queue = queue[1:] {
		for _, a := range queue[0].Actions(nil) {
			st := queue[0].Clone()
			step := st.Step(a)
			if step.Refused || step.Cut != "" {
				continue
			}
			spent(step, func(s Spent) {
				c := of(s)
				c.Best, c.Worst = c.Best.each(s.Cost, least), c.Worst.each(s.Cost, most)
			})
			if key := string(st.AppendState(nil)); !visited[key] {
				if visited[key] = true; len(visited) > costStates {
					return nil, fmt.Errorf("more than %d states", costStates)
				}
				queue = append(queue, st)
			}
		}
	}
	r, st := rand.New(rand.NewPCG(1, 1)), m.system.Start()
	for range costSteps {
		actions := st.Actions(nil)
		if len(actions) == 0 {
			st = m.system.Start()
			continue
		}
		next := st.Clone()
		step := next.Step(actions[r.IntN(len(actions))])
		if step.Refused || step.Cut != "" {
			continue
		}
		st = next
		spent(step, func(s Spent) {
			c := of(s)
			c.Calls++
			c.Mean.Methods += float64(s.Cost.Methods)
			c.Mean.RoundTrips += float64(s.Cost.RoundTrips)
			c.Mean.Channels += float64(s.Cost.Channels)
			c.Mean.Connections += float64(s.Cost.Connections)
		})
	}
	for i := range all {
		c := &all[i]
		n := float64(max(1, c.Calls))
		c.Mean.Methods /= n
		c.Mean.RoundTrips /= n
		c.Mean.Channels /= n
		c.Mean.Connections /= n
	}
	slices.SortFunc(all, func(x, y OpCost) int { return cmp.Or(cmp.Compare(x.Op, y.Op), cmp.Compare(x.Result, y.Result)) })
	return all, nil
}

// each combines two costs in each respect.
func (c Cost) each(o Cost, f func(x, y int) int) Cost {
	return Cost{f(c.Methods, o.Methods), f(c.RoundTrips, o.RoundTrips), f(c.Channels, o.Channels), f(c.Connections, o.Connections)}
}

// Within reports whether a cost is between two in every respect.
func (c Cost) Within(best, worst Cost) bool {
	return c.each(best, least) == best && c.each(worst, most) == worst
}

func least(x, y int) int { return min(x, y) }
func most(x, y int) int  { return max(x, y) }
