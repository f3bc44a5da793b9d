package lock

import (
	"cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// theChannel is the one channel that a session uses.
const theChannel amqp.Channel = 1

// HeartbeatTimer is the timer that runs in a client while nothing arrives on its connection.
var HeartbeatTimer = model.Timer{Name: "heartbeat", Peer: model.Self}

// stage is how far a session has come.
//
//	down ─dial─► opening ─open-ok─► connected ─► channelOpening ─open-ok─►(selecting ─select-ok─►) ready
//	  ▲                                 ▲ ◄──────────channel.close, either way────────────────────────┘
//	  └──────── connection.close, lost, heartbeat expired, from anywhere ──────────────────────────────
type stage uint8

const (
	down stage = iota
	opening
	connected
	channelOpening
	selecting
	ready
	channelClosing
	connectionClosing
)

// selection is the mode that a session puts its channel into.
type selection uint8

const (
	plain     selection = iota
	confirms            // confirm.select
	transacts           // tx.select
)

func confirmsIf(wanted bool) selection {
	if wanted {
		return confirms
	}
	return plain
}

// session is the AMQP driver below a protocol: one connection with one channel, opened step by step. Its methods send
// frames and tell the protocol what came of what arrived.
type session struct {
	link     model.ID
	selects  selection
	patience int64 // see arm; in milliseconds, 0: one and a half heartbeat intervals

	stage  stage
	silent int64 // not 0: nothing arrives, and this is the heartbeat interval; the heartbeat timer runs unless paused
	paused bool
	dead   bool
}

// outcome is what an input meant for the protocol above.
type outcome uint8

const (
	nothing   outcome = iota
	isReady           // the channel is ready to be used
	reply             // a frame for the protocol
	refused           // the broker closed the channel; it has been answered
	closed            // what the protocol closed, channel or connection, is closed
	lost              // the connection is gone
	suspended         // nothing, and the process has been stopped for good
)

// prepare makes for ready by its next step, and reports whether the session is there already.
func (s *session) prepare(out *model.Out) bool {
	switch s.stage {
	case down:
		s.stage = opening
		out.Send(s.link, amqp.Dial{})
		s.sendOn(0, amqp.ConnectionOpen{VirtualHost: "/"}, out)
	case connected:
		s.stage = channelOpening
		s.send(amqp.ChannelOpen{}, out)
	}
	return s.stage == ready
}

func (s *session) send(m amqp.Method, out *model.Out) { s.sendOn(theChannel, m, out) }

func (s *session) sendOn(ch amqp.Channel, m amqp.Method, out *model.Out) {
	out.Send(s.link, amqp.Frame{Channel: ch, Method: m})
}

// closeChannel and closeConnection begin a close; closed is the outcome when it is done.
func (s *session) closeChannel(out *model.Out) {
	s.stage = channelClosing
	s.send(amqp.ChannelClose{Code: amqp.Success}, out)
}

func (s *session) closeConnection(out *model.Out) {
	s.stage = connectionClosing
	s.sendOn(0, amqp.ConnectionClose{Code: amqp.Success}, out)
}

// release closes what a release of that mode closes, and reports whether it is one that does.
func (s *session) release(m ReleaseMode, out *model.Out) bool {
	switch m {
	case ReleaseChannel:
		s.closeChannel(out)
	case ReleaseConnection:
		s.closeConnection(out)
	default:
		return false
	}
	return true
}

// take handles an input below the protocol.
func (s *session) take(e model.Event, out *model.Out) outcome {
	switch e := e.(type) {
	case amqp.Frame:
		return s.receive(e.Method, out)
	case amqp.Lost:
		s.end(out)
		return lost
	case model.Expired:
		s.hangup(out)
		return lost
	case amqp.Silent:
		s.silent = e.Interval
		if !s.paused {
			s.arm(false, out)
		}
	case amqp.Heard:
		s.silent = 0
		out.Cancel(HeartbeatTimer)
	case model.Pause:
		s.paused = true
		out.Cancel(HeartbeatTimer)
	case model.Resume:
		s.paused = false
		if s.silent > 0 { // the deadline may have passed while the process stood still
			s.arm(true, out)
		}
	case model.Crash:
		*s = session{link: s.link, selects: s.selects, patience: s.patience, dead: true}
		out.Cancel(HeartbeatTimer)
		return suspended
	}
	return nothing
}

// vocabulary lists what a session takes that no operation of the protocol asks for by itself. What befalls the process is in it
// too, though it is the link that has the budgets.
func (s *session) vocabulary() []model.Event {
	words := []model.Event{amqp.Lost{}, amqp.Silent{}, amqp.Heard{}, model.Expired{}, model.Pause{}, model.Resume{}, model.Crash{}}
	for _, m := range []amqp.Method{amqp.ConnectionOpenOk{}, amqp.ConnectionClose{}, amqp.ChannelOpenOk{}, amqp.ChannelClose{}} {
		words = append(words, amqp.Frame{Method: m})
	}
	switch s.selects {
	case confirms:
		words = append(words, amqp.Frame{Method: amqp.ConfirmSelectOk{}})
	case transacts:
		words = append(words, amqp.Frame{Method: amqp.TxSelectOk{}})
	}
	return words
}

// arm starts the read deadline of a driver: it gives up when its patience is over, counted from the last byte, which came up to
// half an interval before the silence. After a pause there may be anything left of that.
func (s *session) arm(paused bool, out *model.Out) {
	w := model.Window{Latest: cmp.Or(s.patience, s.silent*3/2)}
	if !paused {
		w.Earliest = max(0, w.Latest-s.silent/2)
	}
	out.Arm(HeartbeatTimer, w)
}

func (s *session) receive(m amqp.Method, out *model.Out) outcome {
	switch m.(type) {
	case amqp.ConnectionOpenOk:
		s.stage = connected
		s.prepare(out)
		return nothing
	case amqp.ChannelOpenOk:
		switch s.selects {
		case confirms:
			s.stage = selecting
			s.send(amqp.ConfirmSelect{}, out)
			return nothing
		case transacts:
			s.stage = selecting
			s.send(amqp.TxSelect{}, out)
			return nothing
		}
		s.stage = ready
		return isReady
	case amqp.ConfirmSelectOk, amqp.TxSelectOk:
		s.stage = ready
		return isReady
	case amqp.ChannelClose:
		s.stage = connected
		s.send(amqp.ChannelCloseOk{}, out)
		return refused
	case amqp.ChannelCloseOk:
		s.stage = connected
		return closed
	case amqp.ConnectionCloseOk:
		s.hangup(out)
		return closed
	case amqp.ConnectionClose:
		s.sendOn(0, amqp.ConnectionCloseOk{}, out)
		s.hangup(out)
		return lost
	}
	return reply
}

func (s *session) hangup(out *model.Out) {
	out.Send(s.link, amqp.Hangup{})
	s.end(out)
}

func (s *session) end(out *model.Out) {
	s.stage, s.silent = down, 0
	out.Cancel(HeartbeatTimer)
}

func (s *session) appendState(dst []byte) []byte {
	dst = model.AppendInt(dst, s.stage)
	for _, flag := range []bool{s.silent > 0, s.paused, s.dead} {
		dst = model.AppendBool(dst, flag)
	}
	return dst
}
