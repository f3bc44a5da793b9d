package amqptest

import (
	"crypto/tls"
	"io"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// greet goes through the handshake (§2.2.4) on the connection's own reader, which has read nothing yet, and returns the frame
// with connection.open. Where it is not ok the client has been told as much as RabbitMQ tells: nothing before tune-ok, save that
// its password is wrong, if it can bear that.
//
//	client                    server
//	protocol header ──►
//	                      ◄── connection.start: who we are, how to log in
//	connection.start-ok ──►   user and password
//	                      ◄── connection.tune: limits, heartbeat
//	connection.tune-ok ──►    accepted
//	connection.open ──►
func (c *conn) greet(r *wire.Reader) (open amqp.Frame, ok bool) {
	opts := c.server.opts
	c.socket.SetDeadline(time.Now().Add(opts.Limits.Handshake))
	// Somebody unknown gets no memory: small frames, on no channel, without content.
	r.FrameMax, r.BodyMax, r.UnfinishedMax = wire.MinFrameMax, 1, 1
	var header [len(wire.Version091)]byte
	if _, err := io.ReadFull(c.stream, header[:]); err != nil {
		return amqp.Frame{}, false
	}
	if string(header[:]) != wire.Version091 {
		c.stream.Write(wire.AppendProtocolHeader(nil))
		return amqp.Frame{}, false
	}

	c.say(amqp.ConnectionStart{
		VersionMinor: 9, ServerProperties: serverProperties(opts.Machine.Profile), Mechanisms: opts.Login.mechanisms(), Locales: "en_US",
	})
	if !c.login(r) {
		return amqp.Frame{}, false
	}

	c.say(amqp.ConnectionTune{ChannelMax: opts.Tune.ChannelMax, FrameMax: opts.Tune.FrameMax, Heartbeat: uint16(opts.Tune.Heartbeat)})
	tuneOk, ok := hear[amqp.ConnectionTuneOk](r)
	// 0 is no limit, and not ours to grant.
	if !ok || tuneOk.FrameMax < wire.MinFrameMax || tuneOk.FrameMax > opts.Tune.FrameMax ||
		tuneOk.ChannelMax == 0 || tuneOk.ChannelMax > opts.Tune.ChannelMax {
		return amqp.Frame{}, false
	}
	c.frameMax, c.channelMax = tuneOk.FrameMax, tuneOk.ChannelMax
	c.heartbeat = time.Duration(tuneOk.Heartbeat) * time.Second
	// A body that is too large costs the channel, as in RabbitMQ, which reads it to its end; one that is far too large the connection.
	most := 2*opts.Limits.Body + 1<<16
	r.FrameMax, r.BodyMax, r.UnfinishedMax = tuneOk.FrameMax, most, most+1<<20

	open, err := next(r)
	if err == nil {
		err = notOpen(open)
	}
	if offence, ok := err.(*wire.Error); ok {
		c.say(closeFor(offence).Method)
		c.part(r)
	}
	if err != nil {
		return amqp.Frame{}, false
	}
	c.socket.SetDeadline(time.Time{})
	return c.introduced(open), true
}

// login is the part of the handshake in which the client says who it is.
func (c *conn) login(r *wire.Reader) bool {
	startOk, ok := hear[amqp.ConnectionStartOk](r)
	if !ok {
		return false
	}
	var link *tls.ConnectionState
	if t, ok := c.stream.(*tls.Conn); ok {
		state := t.ConnectionState()
		link = &state
	}
	who, ok := c.server.opts.Login.identify(startOk, link)
	if ok && !who.proven && capable(capabilities(startOk.ClientProperties), "authentication_failure_close") {
		c.say(amqp.ConnectionClose{
			Code: amqp.AccessRefused, Text: "ACCESS_REFUSED - wrong user or password, by mechanism " + startOk.Mechanism,
		})
		c.part(r)
	}
	c.peer = newPeer(who.user, startOk.ClientProperties)
	return ok && who.proven
}

// introduced adds to connection.open what the handshake has told.
func (c *conn) introduced(f amqp.Frame) amqp.Frame {
	m := f.Method.(amqp.ConnectionOpen)
	c.peer.host = m.VirtualHost
	m.User = c.peer.user
	m.CancelNotify = capable(c.peer.capabilities, "consumer_cancel_notify")
	m.BlockedNotify = capable(c.peer.capabilities, "connection.blocked")
	f.Method = m
	return f
}

// notOpen says what is wrong with a frame that should be connection.open.
func notOpen(f amqp.Frame) error {
	class, method := f.Method.ID()
	if f.Channel != 0 {
		return &wire.Error{Code: amqp.UnexpectedFrame, Text: "a channel before connection.open", Class: class, Method: method}
	}
	if _, ok := f.Method.(amqp.ConnectionOpen); !ok {
		return &wire.Error{Code: amqp.ChannelError, Text: "unexpected method in connection state opening",
			Class: class, Method: method}
	}
	return nil
}

// say writes a method on channel 0. Errors are left to the next read.
func (c *conn) say(m amqp.Method) {
	octets, err := wire.Append(nil, amqp.Frame{Method: m}, c.frameMax)
	if err != nil {
		panic(err) // a method of our own making
	}
	c.stream.Write(octets)
}

// hear reads a method on channel 0, which must be an M.
func hear[M amqp.Method](r *wire.Reader) (M, bool) {
	f, err := next(r)
	m, ok := f.Method.(M)
	return m, err == nil && ok && f.Channel == 0
}

// next reads a frame, heartbeats left out.
func next(r *wire.Reader) (amqp.Frame, error) {
	for {
		item, err := r.Next()
		switch {
		case err != nil:
			return amqp.Frame{}, err
		case item.Kind == wire.ProtocolHeader:
			return amqp.Frame{}, &wire.Error{Code: amqp.FrameError, Text: "a second protocol header"}
		case item.Kind == wire.Frame:
			return item.Frame, nil
		}
	}
}
