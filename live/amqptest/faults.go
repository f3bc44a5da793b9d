package amqptest

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// Faults is what can go wrong with a server, at the moment that a test chooses. Each method returns when the fault has happened: what
// the broker takes and does from then on is after it.
//
// Those that are about connections take a choice among them, [All] or [Named] or any function, and return those that they were done to,
// in the order in which they came; none is no error. Connections that the broker has given up already, and that a black hole keeps from
// learning it, are chosen only by Heal.
type Faults struct{ core *core }

// Faults returns the server's faults.
func (s *Server) Faults() Faults { return Faults{s.core} }

// Conn is a connection, as it was when it was asked for.
type Conn struct {
	Number      int    // counted from 1, in the order in which they came
	Name        string // its client property connection_name
	Remote      netip.AddrPort
	User        string // "" until it has logged in
	VirtualHost string
}

// String is the name of the connection, or its number where it has none.
func (c Conn) String() string {
	if c.Name != "" {
		return c.Name
	}
	return fmt.Sprintf("connection %d", c.Number)
}

// Choice chooses among connections.
type Choice func(Conn) bool

// All chooses every connection.
func All(Conn) bool { return true }

// Named chooses the connections whose client property connection_name is name. (amqp091-go: Config.Properties.SetClientConnectionName.)
func Named(name string) Choice { return func(c Conn) bool { return c.Name == name } }

// From chooses the connection that comes from an address, what a client's socket calls its local address.
func From(addr netip.AddrPort) Choice { return func(c Conn) bool { return c.Remote == addr } }

// Connections returns the connections that the choice is for.
func (f Faults) Connections(which Choice) []Conn { return f.each(which, func(*conn) {}) }

// Reset breaks connections, as when a machine crashes or a router drops what it knows: both ends see a reset at once.
func (f Faults) Reset(which Choice) []Conn {
	return f.each(which, func(c *conn) {
		f.core.heal(c)
		c.socket.abort()
		f.core.ended(c, history.Reset)
		f.core.input(c.id, amqp.Broken{})
		c.stage = over
	})
}

// BlackHole lets nothing through any more in the directions given, while both ends believe in the connection: octets, acknowledgements
// and resets. What waits is not lost, as TCP sends it again; it comes with Heal, if both ends are there by then. With heartbeats the
// broker gives a connection up that it hears nothing of, the client likewise.
func (f Faults) BlackHole(which Choice, d Direction) []Conn {
	return f.each(which, func(c *conn) {
		c.fault.hole |= d & Both
		c.socket.close(d & Both)
		if d&ToBroker != 0 && f.core.opts.Clock != nil && c.heartbeat > 0 && !c.silent && c.stage == open {
			f.core.silent(c, f.core.now())
		}
	})
}

// Pause lets the broker read no more of what clients send, as RabbitMQ does with connections that publish more than it can take. Clients
// go on to be sent what there is for them, and are not taken for dead.
func (f Faults) Pause(which Choice) []Conn {
	return f.each(which, func(c *conn) {
		f.core.heard(c)
		c.fault.paused = true
		c.socket.close(ToBroker)
	})
}

// Heal ends BlackHole and Pause.
func (f Faults) Heal(which Choice) []Conn {
	healed := f.each(which, f.core.heal)
	f.core.do(func() {
		f.core.ghosts = slices.DeleteFunc(f.core.ghosts, func(c *conn) bool {
			if which(c.info()) {
				healed = append(healed, c.info())
				c.socket.open(Both)
				return true
			}
			return false
		})
	})
	return healed
}

// ForceClose closes connections with connection.close 320 CONNECTION_FORCED and the text, as rabbitmqctl close_connection does.
func (f Faults) ForceClose(which Choice, text string) []Conn {
	return f.each(which, func(c *conn) {
		if c.stage == greeting {
			c.socket.abort()
			return
		}
		f.core.happened(history.Item{Kind: history.Forced, Conn: c.String(), Text: text})
		f.core.input(model.Self, broker.ForceClose{Link: c.id, Text: text})
	})
}

// Alarm turns the broker's alarm on or off, as when it has no memory or disk left: while it is on, nothing is taken of what a connection
// sends from its first publish on, and the client is told so by connection.blocked if it can bear that.
func (f Faults) Alarm(on bool) { f.core.do(func() { f.core.setAlarmed(on) }) }

// Restart stops the broker in an orderly way and starts it anew: clients are told by connection.close 320. Durable queues and exchanges
// and their persistent messages are there again, all else is gone. The listener stays.
func (f Faults) Restart() { f.core.do(func() { f.core.restart(false) }) }

// Kill is Restart as kill -9 does it: connections are reset without a word, and with Options.Dir what is not on disk yet, and therefore
// has not been confirmed, is lost.
func (f Faults) Kill() { f.core.do(func() { f.core.restart(true) }) }

// each does something to the connections chosen.
func (f Faults) each(which Choice, do func(*conn)) (done []Conn) {
	f.core.do(func() {
		var chosen []*conn
		for _, c := range f.core.conns {
			if c.stage != over && which(c.info()) {
				chosen = append(chosen, c)
			}
		}
		slices.SortFunc(chosen, func(a, b *conn) int { return int(a.id) - int(b.id) })
		for _, c := range chosen {
			done = append(done, c.info())
			do(c)
		}
	})
	return done
}

func (c *conn) info() Conn {
	remote, _ := netip.ParseAddrPort(c.socket.RemoteAddr().String())
	return Conn{Number: int(c.id), Name: c.peer.name, Remote: remote, User: c.peer.user, VirtualHost: c.peer.host}
}

// fault is what is wrong with a connection.
type fault struct {
	hole    Direction
	paused  bool // by Pause
	blocked bool // by an alarm
	held    []func()
}

// holds reports whether what comes of the client is held back.
func (f *fault) holds() bool { return f.hole&ToBroker != 0 || f.paused || f.blocked }

// hold keeps what comes of a client for later, if it is held back.
func (k *core) hold(c *conn, later func()) bool {
	if !c.fault.holds() || c.stage == over {
		return false
	}
	c.fault.held = append(c.fault.held, later)
	return true
}

// heal ends what is wrong with a connection, but for an alarm.
func (k *core) heal(c *conn) {
	c.fault.hole, c.fault.paused = 0, false
	c.socket.open(ToClient)
	k.release(c)
	if k.opts.Clock != nil {
		k.heard(c)
	}
}

// release gives the machine what has been held back, as far as nothing holds it back any more.
func (k *core) release(c *conn) {
	if c.fault.holds() {
		return
	}
	c.socket.heard.Store(int64(k.beat()))
	c.socket.open(ToBroker)
	held := c.fault.held
	c.fault.held = nil
	for _, later := range held {
		later()
	}
}

// giveUp is the end of a connection by the broker. What it says of it does not get through a black hole.
func (k *core) giveUp(c *conn) {
	c.stage = over
	c.fault.held = nil
	c.socket.abort()
	if c.fault.hole&ToClient != 0 {
		k.ghosts = append(k.ghosts, c)
	}
}

// restart is the broker's end, and its new beginning.
func (k *core) restart(killed bool) {
	for _, c := range k.conns {
		if c.stage == over || c.stage == greeting {
			c.stage = over
			c.socket.abort()
			continue
		}
		if killed {
			k.ended(c, history.Reset)
			k.giveUp(c)
			continue
		}
		k.heal(c)
		k.refuse(c, &wire.Error{Code: amqp.ConnectionForced, Text: "broker forced connection closure with reason 'shutdown'"})
		c.socket.SetReadDeadline(time.Now().Add(shutdownTimeout))
	}
	k.happened(history.Item{Kind: history.Restart})
	if killed && k.store != nil {
		k.record.comment("what was not on disk is lost")
		k.reload()
		return
	}
	k.input(model.Self, broker.Restart{})
}

// setAlarmed turns the alarm on or off.
func (k *core) setAlarmed(on bool) {
	k.alarmed = on
	k.happened(history.Item{Kind: history.Alarm, On: on})
	k.input(model.Self, broker.Alarm{On: on})
	if on {
		return
	}
	for _, c := range k.conns {
		if c.fault.blocked {
			c.fault.blocked = false
			k.release(c)
		}
	}
}
