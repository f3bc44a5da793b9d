package traces_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
)

// The toy: two clients, each with a link to one lock server. A link may be reset once; each end notices by itself.
//
//	client/a ── link/a ── broker ── link/b ── client/b

// msg is every event of the toy.
type msg string

func (m msg) String() string { return string(m) }

const lost = msg("connection lost")

var heartbeat = model.Timer{Name: "heartbeat", Peer: model.Self}

// client acquires, and verifies by asking again.
type client struct {
	link  model.ID
	state string // "idle", "waiting", "holding", "lost"
}

func (c *client) Actions(dst []model.Event) []model.Event {
	switch c.state {
	case "idle":
		dst = append(dst, msg("acquire"))
	case "holding":
		dst = append(dst, msg("release"), msg("verify"))
	}
	return dst
}

func (c *client) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e.String() {
	case "acquire":
		c.state = "waiting"
		out.Observe(msg("acquire called"))
		out.Send(c.link, msg("queue.declare lock exclusive"))
		out.Arm(heartbeat, model.Window{Earliest: 1000, Latest: 2000})
	case "queue.declare-ok lock messages=0 consumers=0":
		c.state = "holding"
		out.Observe(msg("acquire returned held"))
		out.Cancel(heartbeat)
	case "channel.close 405 RESOURCE_LOCKED 'cannot obtain exclusive access to locked queue lock'":
		c.state = "idle"
		out.Observe(msg("acquire returned refused"))
	case "verify":
		out.Send(c.link, msg("queue.declare lock passive"))
	case "release":
		c.state = "idle"
		out.Send(c.link, msg("queue.delete lock"))
	case "heartbeat expired":
		out.Send(c.link, msg("hang up"))
		c.state = "lost"
	case lost.String():
		c.state = "lost"
		out.Observe(msg("lock lost"))
	}
}

func (c *client) Clone() model.Machine          { d := *c; return &d }
func (c *client) AppendState(dst []byte) []byte { return model.AppendString(dst, c.state) }
func (c *client) believes() bool                { return c.state == "holding" }
func (c *client) Status() string {
	switch c.state {
	case "holding":
		return "believes it holds the lock"
	case "lost":
		return ""
	default:
		return "does not hold the lock"
	}
}

// link holds the frames in flight in two FIFOs.
type link struct {
	client, broker model.ID
	up, down       []msg
	broken         bool
	clientKnows    bool
	brokerKnows    bool
}

func (l *link) Ends() (a, b model.ID)      { return l.client, l.broker }
func (l *link) Carries(e model.Event) bool { return strings.Contains(e.String(), ".") }

func (l *link) Actions(dst []model.Event) []model.Event {
	if l.broken {
		if !l.brokerKnows {
			dst = append(dst, msg("broker notices"))
		}
		if !l.clientKnows {
			dst = append(dst, msg("client notices"))
		}
		return dst
	}
	if len(l.up) > 0 {
		dst = append(dst, "to broker: "+l.up[0])
	}
	if len(l.down) > 0 {
		dst = append(dst, "to client: "+l.down[0])
	}
	return append(dst, msg("reset"))
}

func (l *link) Step(from model.ID, e model.Event, out *model.Out) {
	switch {
	case from == l.client && e == msg("hang up"), from != l.client && from != l.broker && e == msg("reset"):
		l.broken, l.clientKnows, l.up, l.down = true, from == l.client, nil, nil
	case l.broken && from != model.Self: // a frame into a dead connection
	case from == l.client:
		l.up = append(l.up, e.(msg))
	case from == l.broker:
		l.down = append(l.down, e.(msg))
	case e == msg("broker notices"):
		l.brokerKnows = true
		out.Send(l.broker, lost)
	case e == msg("client notices"):
		l.clientKnows = true
		out.Send(l.client, lost)
	case len(l.up) > 0 && e == "to broker: "+l.up[0]:
		out.Send(l.broker, l.up[0])
		l.up = slices.Clone(l.up[1:])
	case len(l.down) > 0 && e == "to client: "+l.down[0]:
		out.Send(l.client, l.down[0])
		l.down = slices.Clone(l.down[1:])
	}
}

func (l *link) Clone() model.Machine {
	d := *l
	d.up, d.down = slices.Clone(l.up), slices.Clone(l.down)
	return &d
}

func (l *link) AppendState(dst []byte) []byte {
	for _, queue := range [][]msg{l.up, l.down} {
		dst = model.AppendInt(dst, len(queue))
		for _, m := range queue {
			dst = model.AppendString(dst, m)
		}
	}
	return model.AppendBool(model.AppendBool(model.AppendBool(dst, l.broken), l.clientKnows), l.brokerKnows)
}

// server owns the lock. It answers no verify, so that a run can be stuck.
type server struct {
	holder model.ID // the link, or model.Self
	names  []string
}

func (s *server) Actions(dst []model.Event) []model.Event { return dst }

func (s *server) Step(from model.ID, e model.Event, out *model.Out) {
	switch {
	case e == msg("queue.declare lock exclusive") && s.holder == model.Self:
		s.holder = from
		out.Send(from, msg("queue.declare-ok lock messages=0 consumers=0"))
	case e == msg("queue.declare lock exclusive"):
		out.Send(from, msg("channel.close 405 RESOURCE_LOCKED 'cannot obtain exclusive access to locked queue lock'"))
	case s.holder == from && (e == lost || e == msg("queue.delete lock")):
		s.holder = model.Self
	}
}

func (s *server) Clone() model.Machine          { d := *s; return &d }
func (s *server) AppendState(dst []byte) []byte { return model.AppendInt(dst, s.holder) }
func (s *server) Status() string {
	if s.holder == model.Self {
		return "lock: free"
	}
	return "lock: held by " + s.names[s.holder]
}

// puppet can always do everything it has a string for.
type puppet []pull

type pull struct {
	name msg
	does func(*model.Out)
}

func (p puppet) Actions(dst []model.Event) []model.Event {
	for _, s := range p {
		dst = append(dst, s.name)
	}
	return dst
}

func (p puppet) Step(from model.ID, e model.Event, out *model.Out) {
	for _, s := range p {
		if from == model.Self && s.name == e {
			s.does(out)
		}
	}
}

func (p puppet) Clone() model.Machine          { return p }
func (p puppet) AppendState(dst []byte) []byte { return dst }

// toy builds the system for clients a, b, …, with any further members after these.
func toy(t testing.TB, clients int, more ...model.Member) *model.System {
	t.Helper()
	broker := model.ID(clients)
	var members, links []model.Member
	names := make([]string, 2*clients+1)
	for i := range model.ID(clients) {
		name := string(rune('a' + i))
		names[broker+1+i] = name
		members = append(members, model.Member{
			Name: "client/" + name, Machine: &client{link: broker + 1 + i, state: "idle"}, Timers: []model.Timer{heartbeat},
		})
		links = append(links, model.Member{Name: "link/" + name, Machine: &link{client: i, broker: broker}})
	}
	members = append(members, model.Member{Name: "broker", Machine: &server{model.Self, names}})
	sys, err := model.Compose(append(append(members, links...), more...)...)
	if err != nil {
		t.Fatal(err)
	}
	return sys
}

// act finds the actions of a script of lines "machine event".
func act(t testing.TB, sys *model.System, script string) []model.Action {
	t.Helper()
	st := sys.Start()
	var all []model.Action
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		machine, event, _ := strings.Cut(line, " ")
		a, err := st.Find(machine, event)
		if err != nil {
			t.Fatal(err)
		}
		st.Step(a)
		all = append(all, a)
	}
	return all
}

// twoBelievers: a's connection is reset, the broker notices first, and b gets the lock too.
const twoBelievers = `
	client/a acquire
	link/a to broker: queue.declare lock exclusive
	link/a to client: queue.declare-ok lock messages=0 consumers=0
	link/a reset
	link/a broker notices
	client/b acquire
	link/b to broker: queue.declare lock exclusive
	link/b to client: queue.declare-ok lock messages=0 consumers=0
`

func beliefExclusion() model.Property {
	return model.Property{Name: "belief-exclusion", Kind: model.Invariant, Holds: func(v model.View) bool {
		holders := 0
		for _, m := range v {
			if c, ok := m.(*client); ok && c.believes() {
				holders++
			}
		}
		return holders <= 1
	}}
}

// overlap is belief-exclusion as a monitor: it listens for what acquire returned.
type overlap struct{ holders int }

func (o *overlap) Actions(dst []model.Event) []model.Event { return dst }

func (o *overlap) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e {
	case msg("acquire returned held"):
		if o.holders++; o.holders > 1 {
			out.Violate("a second client was told that it holds the lock")
		}
	case msg("lock lost"):
		o.holders--
	}
}

func (o *overlap) Clone() model.Machine          { p := *o; return &p }
func (o *overlap) AppendState(dst []byte) []byte { return model.AppendInt(dst, o.holders) }
