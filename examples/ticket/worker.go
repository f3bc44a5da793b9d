package ticket

import "github.com/lockstep-prover/lockstep/model"

// word is an action of a worker, or what it tells the world.
type word string

func (w word) String() string { return string(w) }

const (
	acquire  word = "acquire"
	acquired word = "acquired"
	release  word = "release"
)

type state uint8

const (
	idle state = iota
	waiting
	holding
)

// worker takes the lock and gives it back, turn after turn:
//
//	idle ──acquire: request──► waiting ──grant──► holding ──release: release──► idle
type worker struct {
	index     int
	turns     int
	noTickets bool

	state state
	turn  int // the present one, or the last
}

func (w *worker) Actions(dst []model.Event) []model.Event {
	switch {
	case w.state == idle && w.turn < w.turns:
		dst = append(dst, acquire)
	case w.state == holding:
		dst = append(dst, release)
	}
	return dst
}

func (w *worker) Step(_ model.ID, e model.Event, out *model.Out) {
	switch e := e.(type) {
	case message: // a grant
		if w.state == waiting && e.ticket == w.ticket() {
			w.state = holding
			out.Observe(acquired)
		}
	case word: // its own action
		out.Observe(e)
		if e == acquire {
			w.state = waiting
			w.turn++
			out.Send(theNetwork, message{"request", w.index, w.ticket()})
		} else {
			w.state = idle
			out.Send(theNetwork, message{"release", w.index, w.ticket()})
		}
	}
}

func (w *worker) ticket() int {
	if w.noTickets {
		return 0
	}
	return w.turn
}

func (w *worker) Clone() model.Machine { c := *w; return &c }

// AppendState leaves out what never changes in place.
func (w *worker) AppendState(dst []byte) []byte {
	return model.AppendInt(model.AppendInt(dst, w.state), w.turn)
}

// Status is what diagrams tell of a worker.
func (w *worker) Status() string { return [...]string{"idle", "waiting", "holds the lock"}[w.state] }
