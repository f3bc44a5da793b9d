package conform

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
	"github.com/lockstep-prover/lockstep/prover/admit"
)

// feed holds a recording against the machine, item by item. It turns what is on the wire into what a machine that is [wired] says:
// a confirm for each publish, and names that the broker made up as the comparison calls them.
type feed struct {
	opts   broker.Options
	judge  *admit.Judge
	items  []history.Item
	origin []int // of each of the judge's items: the item that it comes of
	peers  []*peer
}

// peer is a connection.
type peer struct {
	name     string
	id       model.ID
	confirms wire.Confirms
	names    names
	over     bool
}

func newFeed(o broker.Options) *feed {
	return &feed{opts: o, judge: admit.New(newWired(o), admit.Options{Same: same, Lane: lane, Overtakes: overtakes, Prompt: prompt, Slack: slack, Bound: bound})}
}

// slack is by how many milliseconds timers are late: RabbitMQ's, and we who look at the clock.
const slack = 50

// bound is how many steps of the machine one item may take to be found inadmissible.
const bound = 20_000

// lane is the channel of a frame that a client sees: RabbitMQ has a process to write for each channel, so that between two of them no order is kept. What clients
// send is read by one.
func lane(e model.Event) int {
	switch s, ok := e.(seen); {
	case !ok:
		return 0
	case s.Channel == 0:
		return admit.Whole
	default:
		return int(s.Channel)
	}
}

// overtakes reports whether a frame is one with which a connection ends. RabbitMQ's reader writes it, while what writes for the channels is being
// ended, with what it has not written yet.
func overtakes(e model.Event) bool {
	s, ok := e.(seen)
	if !ok {
		return false
	}
	switch s.Method.(type) {
	case amqp.ConnectionClose, amqp.ConnectionCloseOk:
		return true
	}
	return false
}

// prompt reports whether an action of the machine's is done when nothing moves any more. That a connection is lost is noticed in
// some milliseconds, and its queues go in some more.
func prompt(action model.Event) bool {
	switch action.(type) {
	case broker.Notice, broker.Depart, broker.Reap, broker.Read:
		return false
	}
	return true
}

// peer returns the connection of that name, which is a new one if it is the first time that it is heard of.
func (f *feed) peer(name string) *peer {
	if i := slices.IndexFunc(f.peers, func(p *peer) bool { return p.name == name }); i >= 0 {
		return f.peers[i]
	}
	n := len(f.peers)
	p := &peer{name: name, id: model.ID(n), names: names{conn: n}}
	f.peers = append(f.peers, p)
	return p
}

// canonical returns a client's frame with the names of the comparison, real one with those of the broker.
func (f *feed) canonical(x amqp.Frame) amqp.Frame {
	for _, p := range f.peers {
		x = rename(x, p.names.made, func(m madeUp) (string, string) { return m.real, m.called })
	}
	return x
}

func (f *feed) real(x amqp.Frame) amqp.Frame {
	for _, p := range f.peers {
		x = p.names.real(x)
	}
	return x
}

// add takes an item.
func (f *feed) add(i history.Item) {
	f.items = append(f.items, i)
	switch i.Kind {
	case history.Sent:
		p := f.peer(i.Conn)
		p.confirms.Sent(i.Frame)
		f.tell(admit.Item{Kind: admit.Sent, Peer: p.id, Event: sent{f.canonical(i.Frame)}})
	case history.Seen:
		f.seen(f.peer(i.Conn), i.Frame)
	case history.Reset:
		f.lost(f.peer(i.Conn))
	case history.Closed:
		f.over(f.peer(i.Conn))
	case history.Forced:
		f.tell(admit.Item{Kind: admit.Sent, Peer: model.Self, Event: broker.ForceClose{Link: f.peer(i.Conn).id, Text: i.Text}})
	case history.Restart:
		f.tell(admit.Item{Kind: admit.Sent, Peer: model.Self, Event: broker.Restart{}})
		for _, p := range f.peers {
			f.lost(p)
		}
	case history.Alarm:
		f.tell(admit.Item{Kind: admit.Sent, Peer: model.Self, Event: broker.Alarm{On: i.On}})
	case history.Quiet:
		f.tell(admit.Item{Kind: admit.Quiet})
	case history.Clock:
		f.tell(admit.Item{Kind: admit.Clock, At: i.At})
	}
}

func (f *feed) seen(p *peer, x amqp.Frame) {
	frames, err := p.confirms.Received(x)
	if err != nil {
		frames = []amqp.Frame{x} // which no machine says
	}
	for _, x := range frames {
		f.tell(admit.Item{Kind: admit.Seen, Peer: p.id, Event: seen{p.names.learn(x)}})
	}
	if _, ok := x.Method.(amqp.ConnectionCloseOk); ok { // after which it is the client that hangs up
		f.over(p)
	}
}

// lost is the end of a connection without a word.
func (f *feed) lost(p *peer) {
	if !p.over {
		f.tell(admit.Item{Kind: admit.Sent, Peer: p.id, Event: amqp.Broken{}})
		f.tell(admit.Item{Kind: admit.Gone, Peer: p.id})
	}
	p.over = true
}

// over is the broker's hanging up.
func (f *feed) over(p *peer) {
	if !p.over {
		p.over = true
		f.tell(admit.Item{Kind: admit.Seen, Peer: p.id, Event: amqp.Hangup{}})
	}
}

func (f *feed) tell(i admit.Item) {
	f.origin = append(f.origin, len(f.items)-1)
	f.judge.Add(i)
}

// without holds the recording against the machine anew, without its last quiet moments, so many of them.
func (f *feed) without(quiets int) *feed {
	g := newFeed(f.opts)
	left := 0
	for _, i := range f.items {
		if i.Kind == history.Quiet {
			left++
		}
	}
	for _, i := range f.items {
		if i.Kind == history.Quiet {
			left--
			if left < quiets {
				continue
			}
		}
		g.add(i)
	}
	return g
}

// sent is a frame on its way to the machine, seen one on its way from it. Their texts say all that is in them.
type (
	sent struct{ amqp.Frame }
	seen struct{ amqp.Frame }
)

func (f sent) String() string { return text(f.Frame) }
func (f seen) String() string { return text(f.Frame) }

func text(f amqp.Frame) string {
	return string(history.AppendMethod(fmt.Appendf(nil, "%d ", f.Channel), f.Method))
}
