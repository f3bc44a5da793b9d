package ticket

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
)

// server grants the lock to one turn at a time. It has no actions of its own: all it does is answer, in the same step.
type server struct {
	granted bool
	to      message // the request that was granted, while it is
	done    []int   // by worker: the ticket of the last turn that is over
}

func (s *server) Actions(dst []model.Event) []model.Event { return dst }

func (s *server) Step(_ model.ID, e model.Event, out *model.Out) {
	m := e.(message)
	switch m.kind {
	case "request":
		late := m.ticket != 0 && m.ticket <= s.done[m.worker]
		if !s.granted && !late {
			s.granted, s.to = true, m
			out.Send(theNetwork, message{"grant", m.worker, m.ticket})
		}
	case "release":
		if s.granted && s.to.worker == m.worker && s.to.ticket == m.ticket {
			s.granted, s.to = false, message{}
			s.done[m.worker] = m.ticket
		}
	}
}

func (s *server) Clone() model.Machine {
	c := *s
	c.done = slices.Clone(s.done)
	return &c
}

func (s *server) AppendState(dst []byte) []byte {
	dst = model.AppendInt(model.AppendInt(model.AppendBool(dst, s.granted), s.to.worker), s.to.ticket)
	for _, ticket := range s.done {
		dst = model.AppendInt(dst, ticket)
	}
	return dst
}

// Status is what diagrams tell of the server.
func (s *server) Status() string {
	if s.granted {
		return "granted to " + letter(s.to.worker)
	}
	return "free"
}
