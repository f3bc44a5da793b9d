package conform

import (
	"slices"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// take takes note of what came.
func (r *runner) take(e event) {
	i := slices.IndexFunc(r.live, func(l *live) bool { return l != nil && l.client == e.conn })
	if i < 0 {
		return // of a connection that we have ended
	}
	l := r.live[i]
	if e.closed != nil {
		if !l.ended {
			r.item(history.Item{Kind: history.Closed, Conn: l.name})
		}
		l.ended = true
		l.close()
		r.live[i] = nil
		return
	}
	r.replies[methodName(e.frame.Method)]++
	r.item(history.Item{Kind: history.Seen, Conn: l.name, Frame: e.frame})
	s := l.channels[e.frame.Channel]
	switch m := e.frame.Method.(type) {
	case amqp.ConnectionClose:
		l.closing = true
		r.codes[m.Code]++
	case amqp.ConnectionCloseOk:
		l.ended = true
		l.close()
		r.live[i] = nil
	case amqp.ChannelClose:
		r.codes[m.Code]++
		if s != nil {
			s.closing = true
		}
	case amqp.BasicReturn:
		r.codes[m.Code]++
	case amqp.BasicGetOk:
		if s != nil {
			s.delivered(m.Tag, s.got())
		}
	case amqp.BasicGetEmpty:
		if s != nil {
			s.got()
		}
	case amqp.BasicDeliver:
		if s != nil {
			s.delivered(m.Tag, s.noAck[m.ConsumerTag])
		}
	}
}

func (s *slot) got() (noAck bool) {
	if len(s.gets) > 0 {
		noAck, s.gets = s.gets[0], s.gets[1:]
	}
	return noAck
}

func (s *slot) delivered(tag uint64, noAck bool) {
	s.tags = max(s.tags, tag)
	if noAck {
		s.settled = append(s.settled, tag)
	} else {
		s.outstanding = append(s.outstanding, tag)
	}
}

// note takes note of what was sent.
func (r *runner) note(l *live, ch amqp.Channel, m amqp.Method) {
	switch m := m.(type) {
	case amqp.ChannelOpen:
		if l.channels[ch] == nil {
			l.channels[ch] = &slot{noAck: map[string]bool{}}
		}
	case amqp.ChannelCloseOk, amqp.ChannelClose:
		delete(l.channels, ch)
	case amqp.BasicConsume:
		if s := l.channels[ch]; s != nil {
			s.noAck[m.ConsumerTag] = m.NoAck
		}
	case amqp.BasicGet:
		if s := l.channels[ch]; s != nil {
			s.gets = append(s.gets, m.NoAck)
		}
	}
}

// method is the method of an operation, with its tag. It is not ok if no delivery is there that the tag could mean.
func (r *runner) method(o Op, s *slot) (m amqp.Method, ok bool) {
	switch m := o.Method.(type) {
	case amqp.BasicAck:
		m.Tag, ok = s.tag(o.Tag, m.Multiple)
		return m, ok
	case amqp.BasicNack:
		m.Tag, ok = s.tag(o.Tag, m.Multiple)
		return m, ok
	case amqp.BasicReject:
		m.Tag, ok = s.tag(o.Tag, false)
		return m, ok
	}
	return o.Method, true
}

// tag returns the tag that is meant, and takes note that it will be settled.
func (s *slot) tag(t Tag, multiple bool) (tag uint64, ok bool) {
	switch {
	case s == nil:
		return 1, true
	case t.Kind == All:
		if multiple {
			s.settled = append(s.settled, s.outstanding...)
			s.outstanding = nil
		}
		return 0, true
	case t.Kind == Future:
		return s.tags + 1, true
	case t.Kind == Settled && len(s.settled) > 0:
		return s.settled[len(s.settled)-1-t.N%len(s.settled)], true
	case len(s.outstanding) == 0:
		return 0, false
	}
	i := len(s.outstanding) - 1 - t.N%len(s.outstanding)
	from := i
	if multiple {
		from = 0
	}
	tag = s.outstanding[i]
	s.settled = append(s.settled, s.outstanding[from:i+1]...)
	s.outstanding = slices.Delete(s.outstanding, from, i+1)
	return tag, true
}

// answered reports whether a method has an answer.
func answered(m amqp.Method) bool {
	switch m := m.(type) {
	case amqp.BasicPublish, amqp.BasicAck, amqp.BasicNack, amqp.BasicReject, amqp.BasicRecoverAsync, amqp.ChannelCloseOk:
		return false
	case amqp.ExchangeDeclare:
		return !m.NoWait
	case amqp.ExchangeDelete:
		return !m.NoWait
	case amqp.ExchangeBind:
		return !m.NoWait
	case amqp.ExchangeUnbind:
		return !m.NoWait
	case amqp.QueueDeclare:
		return !m.NoWait
	case amqp.QueueDelete:
		return !m.NoWait
	case amqp.QueueBind:
		return !m.NoWait
	case amqp.QueuePurge:
		return !m.NoWait
	case amqp.BasicConsume:
		return !m.NoWait
	case amqp.BasicCancel:
		return !m.NoWait
	case amqp.ConfirmSelect:
		return !m.NoWait
	}
	return true
}
