package conform

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// wired is the broker machine as it looks on the wire: tags count as there, and names that the broker makes up are those that the
// comparison has for them ([names]). It is a machine again, so what it does can be asked of [admit.Judge].
type wired struct {
	broker model.Machine
	links  []linked // by ID
	out    model.Out
}

type linked struct {
	numbers *wire.ServerNumbers
	names   names
}

func newWired(o broker.Options) *wired { return &wired{broker: broker.New(o)} }

// link returns what belongs to a link, which is a connection's own.
func (w *wired) link(id model.ID) *linked {
	for int(id) >= len(w.links) {
		w.links = append(w.links, linked{&wire.ServerNumbers{}, names{conn: len(w.links)}})
	}
	return &w.links[id]
}

func (w *wired) Actions(dst []model.Event) []model.Event { return w.broker.Actions(dst) }

// Step translates an input, has the machine take it, and translates what it sends.
func (w *wired) Step(from model.ID, e model.Event, out *model.Out) {
	if f, ok := e.(sent); ok {
		e = w.link(from).numbers.FromClient(w.real(f.Frame))
	}
	w.out.Reset()
	if reason := w.step(from, e); reason != "" {
		out.Cut(reason)
		return
	}
	for _, x := range w.out.Effects() {
		switch x.Kind {
		case model.Send:
			if f, ok := x.Event.(amqp.Frame); ok {
				l := w.link(x.To)
				x.Event = seen{l.names.learn(l.numbers.ToClient(f))}
			}
			out.Send(x.To, x.Event)
		case model.Arm:
			out.Arm(x.Timer, x.Window)
		case model.Cancel:
			out.Cancel(x.Timer)
		}
	}
	if w.out.Refused() {
		out.Refuse()
	}
	if reason := w.out.CutReason(); reason != "" {
		out.Cut(reason)
	}
}

// step steps the broker machine. A panic is a difference as any other, and said in words.
func (w *wired) step(from model.ID, e model.Event) (reason string) {
	defer func() {
		if p := recover(); p != nil {
			reason = fmt.Sprintf("%s%v", panics, p)
		}
	}()
	w.broker.Step(from, e, &w.out)
	return ""
}

const panics = "the machine panics: "

// real is a frame with the names that the machine made up.
func (w *wired) real(f amqp.Frame) amqp.Frame {
	for i := range w.links {
		f = w.links[i].names.real(f)
	}
	return f
}

func (w *wired) Clone() model.Machine {
	c := &wired{broker: w.broker.Clone(), links: make([]linked, len(w.links))}
	for i, l := range w.links {
		c.links[i] = linked{l.numbers.Clone(), l.names.clone()}
	}
	return c
}

func (w *wired) AppendState(dst []byte) []byte {
	dst = w.broker.AppendState(dst)
	for _, l := range w.links {
		dst = l.names.appendState(l.numbers.AppendState(dst))
	}
	return dst
}
