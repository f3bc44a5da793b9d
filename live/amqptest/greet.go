package amqptest

import (
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// greet is the handshake up to tune-ok (AMQP §2.2.4): it says whether the client may go on.
func (c *conn) greet() bool {
	item, err := c.reader.Next()
	if err != nil || item.Kind != wire.ProtocolHeader || string(item.Raw) != wire.Version091 {
		if err == nil {
			c.socket.Write(wire.AppendProtocolHeader(nil))
			c.socket.CloseWrite()
		}
		return false
	}
	start := amqp.ConnectionStart{VersionMajor: 0, VersionMinor: 9, ServerProperties: properties(), Mechanisms: "PLAIN AMQPLAIN", Locales: "en_US"}
	if !c.say(start) {
		return false
	}
	m, ok := c.hear()
	startOk, is := m.(amqp.ConnectionStartOk)
	if !ok || !is || !c.authenticate(startOk) {
		return false
	}
	opts := &c.server.opts
	if !c.say(amqp.ConnectionTune{ChannelMax: opts.ChannelMax, FrameMax: opts.FrameMax, Heartbeat: opts.Heartbeat}) {
		return false
	}
	m, ok = c.hear()
	tuneOk, is := m.(amqp.ConnectionTuneOk)
	return ok && is && c.tune(tuneOk)
}

func (c *conn) say(m amqp.Method) bool {
	octets, err := wire.Append(nil, amqp.Frame{Method: m}, 0)
	if err != nil {
		panic("amqptest: the handshake cannot be encoded: " + err.Error())
	}
	_, err = c.socket.Write(octets)
	return err == nil
}

// hear returns the client's next method on channel 0, whatever it is.
func (c *conn) hear() (amqp.Method, bool) {
	for {
		item, err := c.reader.Next()
		switch {
		case err != nil || item.Kind == wire.Frame && item.Frame.Channel != 0:
			return nil, false
		case item.Kind == wire.Frame:
			return item.Frame.Method, true
		}
	}
}

// refuse ends the handshake with connection.close, and waits for the client to have read it.
func (c *conn) refuse(code amqp.Code, text string) bool {
	if c.say(amqp.ConnectionClose{Code: code, Text: code.Name() + " - " + text}) {
		c.linger()
		for {
			if _, ok := c.hear(); !ok {
				break
			}
		}
	}
	return false
}

// authenticate checks the credentials of start-ok.
func (c *conn) authenticate(m amqp.ConnectionStartOk) bool {
	var user, password string
	switch m.Mechanism {
	case "PLAIN":
		if parts := strings.Split(m.Response, "\x00"); len(parts) == 3 {
			user, password = parts[1], parts[2]
		}
	case "AMQPLAIN":
		if t, err := amqp.ParseTable([]byte(m.Response)); err == nil {
			login, _ := t.Lookup("LOGIN")
			secret, _ := t.Lookup("PASSWORD")
			user, _ = login.(string)
			password, _ = secret.(string)
		}
	default:
		return c.refuse(amqp.CommandInvalid, "unknown authentication mechanism '"+m.Mechanism+"'")
	}
	if want, ok := c.server.opts.Users[user]; ok && want == password {
		return true
	}
	if table, _ := m.ClientProperties.Lookup("capabilities"); table != nil {
		if capabilities, ok := table.(amqp.Table); ok {
			if told, _ := capabilities.Lookup("authentication_failure_close"); told == true {
				return c.refuse(amqp.AccessRefused, "Login was refused using authentication mechanism "+m.Mechanism+
					". For details see the broker logfile.")
			}
		}
	}
	return false
}

// tune takes the client's choice. 0 is "no limit", which a limit of ours overrides.
func (c *conn) tune(m amqp.ConnectionTuneOk) bool {
	opts := &c.server.opts
	switch {
	case m.FrameMax != 0 && m.FrameMax < wire.MinFrameMax:
		return c.refuse(amqp.NotAllowed, "negotiated frame_max is below the minimum")
	case m.FrameMax > opts.FrameMax:
		return c.refuse(amqp.NotAllowed, "negotiated frame_max is higher than the maximum allowed value")
	case m.ChannelMax > opts.ChannelMax:
		return c.refuse(amqp.NotAllowed, "negotiated channel_max is higher than the maximum allowed value")
	}
	c.frameMax, c.channels = or(m.FrameMax, opts.FrameMax), or(m.ChannelMax, opts.ChannelMax)
	c.reader.FrameMax = c.frameMax
	c.heartbeat = time.Duration(m.Heartbeat) * time.Second
	return true
}
