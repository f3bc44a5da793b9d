package lock

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Protocol is a lock protocol with its parameters: [ExclusiveQueue] and the others of this package.
type Protocol interface {
	// methods lists what a client takes beside what every session does.
	methods() []amqp.Method
	// selects is the mode that the channel is put into.
	selects() selection
	// start returns the protocol's part of a client that has done nothing yet.
	start() part
}

// part is what a client has of its protocol.
type part interface {
	// begin sends the first method of the client's operation. The session is ready, unless the operation is bare.
	begin(c *Client, out *model.Out)
	// bare reports whether an operation needs no channel.
	bare(op Op) bool
	// take handles an answer, and whatever else the broker sends on the channel.
	take(c *Client, m amqp.Method, out *model.Out)
	// refused handles that the broker has closed the channel, which the session has answered.
	refused(c *Client, code amqp.Code, out *model.Out)
	// closed handles that what the part has closed, channel or connection, is closed.
	closed(c *Client, out *model.Out)
	// lost forgets what was done on a connection that is gone.
	lost()

	clone() part
	appendState(dst []byte) []byte
}

// Options are what clients of all protocols may have in common.
type Options struct {
	Reconnect bool // the driver reconnects on its own, and the application is not told
	Rounds    int  // how often the application calls acquire; 0: any number of times

	// Patience is how long after the last byte the driver gives a silent connection up, in milliseconds; 0 is one and a half heartbeat
	// intervals. Only a clock obeys it.
	Patience int64
}

// Client is a client of a lock: an application that calls acquire, verify and release, above a protocol, above a session.
type Client struct {
	protocol Protocol
	options  Options
	part     part
	session  session
	op       Op     // the call in progress
	believes bool   // the application takes the lock for its own
	slot     int    // which one of those that the lock has, from 1 on; 0: they are all alike, or it believes nothing
	mark     string // what tells this tenure from all others, if the protocol has that
	token    int    // the fencing token of this tenure, if the protocol has that
	delivery uint64 // the tag of the message that it is to have the lock, if the protocol has that
	rounds   int    // acquires so far, if they are bounded
}

// New returns a client that is not connected yet, on its link.
func New(link model.ID, p Protocol, o Options) *Client {
	return &Client{protocol: p, options: o, part: p.start(), session: session{link: link, selects: p.selects(), patience: o.Patience}}
}

// Believes reports whether the application takes the lock for its own: from "acquire returned held" until a verify returns
// anything else, release is called, or the client gives up the lock with its connection.
func (c *Client) Believes() bool { return c.believes }

// Slot is the slot that the application takes for its own, if the lock numbers them.
func (c *Client) Slot() int { return c.slot }

// Token is the fencing token with which the application holds the lock, if the lock has tokens.
func (c *Client) Token() int { return c.token }

// Dead reports whether the process has crashed.
func (c *Client) Dead() bool { return c.session.dead }

// Queued reports whether the call in progress waits for somebody else's release, and not for an answer.
func (c *Client) Queued() bool {
	q, ok := c.part.(interface{ queued() bool })
	return ok && q.queued()
}

// Done reports whether the application will call nothing more.
func (c *Client) Done() bool {
	return c.op == NoOp && !c.believes && c.options.Rounds > 0 && c.rounds == c.options.Rounds
}

// InProgress returns the call in progress, or NoOp.
func (c *Client) InProgress() Op { return c.op }

// Status is what a sequence diagram says about the client.
func (c *Client) Status() string {
	switch {
	case c.session.dead:
		return "crashed"
	case c.believes && c.session.paused:
		return "believes it holds the lock (paused)"
	case c.believes:
		return "believes it holds the lock"
	case c.session.paused:
		return "does not hold it (paused)"
	}
	return "does not hold it"
}

// Actions appends the calls that the application may make: none while one is in progress or the session is on its way.
func (c *Client) Actions(dst []model.Event) []model.Event {
	busy := c.session.stage == opening || c.session.stage == channelOpening || c.session.stage == selecting
	switch {
	case c.session.dead || c.session.paused || c.op != NoOp || busy:
		return dst
	case c.believes:
		return append(dst, Call{Verify}, Call{Release})
	case c.Done():
		return dst
	}
	return append(dst, Call{Acquire})
}

// Vocabulary lists what the client takes: its application's calls and what its session hears.
func (c *Client) Vocabulary() []model.Event {
	words := append(c.session.vocabulary(), Call{})
	for _, m := range c.protocol.methods() {
		words = append(words, amqp.Frame{Method: m})
	}
	return words
}

// Step takes a call or an input from the link.
func (c *Client) Step(_ model.ID, e model.Event, out *model.Out) {
	if call, ok := e.(Call); ok {
		c.call(call.Op, out)
		return
	}
	switch c.session.take(e, out) {
	case isReady:
		if c.op != NoOp {
			c.part.begin(c, out)
		}
	case reply:
		c.part.take(c, e.(amqp.Frame).Method, out)
	case refused:
		if c.op == NoOp { // by what was sent without waiting for an answer
			c.part.lost()
			return
		}
		c.part.refused(c, e.(amqp.Frame).Method.(amqp.ChannelClose).Code, out)
	case closed:
		c.part.closed(c, out)
	case lost:
		c.lost(out)
	case suspended:
		c.part, c.op = c.protocol.start(), NoOp
		c.disown()
	}
}

func (c *Client) call(op Op, out *model.Out) {
	c.op = op
	out.Observe(Called{op, c.slot})
	switch op {
	case Acquire:
		if c.options.Rounds > 0 {
			c.rounds++
		}
	case Release:
		c.believes = false
	}
	if c.part.bare(op) || c.session.prepare(out) {
		c.part.begin(c, out)
	}
}

// lost ends what was going on over a connection that is gone: an operation in progress fails, and a client that does not reconnect gives up the lock.
func (c *Client) lost(out *model.Out) {
	c.part.lost()
	switch {
	case c.op == Verify:
		c.finish(NotHeld, out)
	case c.op != NoOp:
		c.finish(Failed, out)
	case c.believes && !c.options.Reconnect:
		c.disown()
		out.Observe(GaveUp{})
	}
	if c.options.Reconnect {
		c.session.prepare(out)
	}
}

// finish ends the operation in progress.
func (c *Client) finish(r Result, out *model.Out) {
	out.Observe(Returned{c.op, r, c.slot, c.token})
	if c.op != Release {
		c.believes = r == Held
	}
	if !c.believes {
		c.disown()
	}
	c.op = NoOp
}

// no is what the operation in progress returns that has been answered in the negative: of acquire and release that is a failure, unless the answer says
// that somebody else has the lock.
func (c *Client) no() Result {
	if c.op == Verify {
		return NotHeld
	}
	return Failed
}

// disown forgets a tenure.
func (c *Client) disown() { c.believes, c.slot, c.mark, c.token, c.delivery = false, 0, "", 0, 0 }

// Clone returns an independent copy.
func (c *Client) Clone() model.Machine {
	d := *c
	d.part = c.part.clone()
	return &d
}

// Rename replaces the link.
func (c *Client) Rename(to func(model.ID) model.ID) model.Machine {
	d := c.Clone().(*Client)
	d.session.link = to(d.session.link)
	return d
}

// AppendState encodes the session, the call in progress, the belief, and the protocol's part.
func (c *Client) AppendState(dst []byte) []byte {
	dst = c.session.appendState(dst)
	dst = model.AppendInt(model.AppendBool(model.AppendInt(dst, c.op), c.believes), c.slot)
	dst = model.AppendInt(model.AppendInt(model.AppendString(dst, c.mark), c.token), int64(c.delivery))
	return c.part.appendState(model.AppendInt(dst, c.rounds))
}
