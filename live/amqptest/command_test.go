package amqptest_test

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// conn is a connection of a script.
type conn struct {
	end
	name     string
	open     map[amqp.Channel]bool      // the channels that are
	confirms map[amqp.Channel]*confirms // of the channels in confirm mode
	inbox    []amqp.Frame               // what has come and not been shown

	exclusive bool // its last queue.declare was to make an exclusive queue
	closing   bool // the broker has sent connection.close
}

// confirms is how much a channel in confirm mode has published, and what of it is not confirmed.
type confirms struct {
	published uint64
	waiting   []uint64
}

// take returns the first frame that wanted accepts, and keeps those that come before it.
func (c *conn) take(wanted func(amqp.Frame) bool) (amqp.Frame, error) {
	if i := slices.IndexFunc(c.inbox, wanted); i >= 0 {
		f := c.inbox[i]
		c.inbox = slices.Delete(c.inbox, i, i+1)
		return f, nil
	}
	for {
		f, err := c.next()
		if err != nil {
			return f, err
		}
		switch f.Method.(type) {
		case amqp.ChannelOpenOk:
			c.open[f.Channel] = true
		case amqp.ChannelClose, amqp.ChannelCloseOk:
			delete(c.open, f.Channel)
		}
		if wanted(f) {
			return f, nil
		}
		c.inbox = append(c.inbox, f)
	}
}

// of accepts the frames of a channel and of the connection. But what comes to consumers comes by itself: only recv shows it.
func of(ch amqp.Channel) func(amqp.Frame) bool {
	return func(f amqp.Frame) bool {
		switch f.Method.(type) {
		case amqp.BasicDeliver, amqp.BasicCancel:
			return false
		}
		return f.Channel == ch || f.Channel == 0
	}
}

// from accepts all frames of a channel and of the connection; of any channel if ch is 0.
func from(ch amqp.Channel) func(amqp.Frame) bool {
	return func(f amqp.Frame) bool { return ch == 0 || f.Channel == ch || f.Channel == 0 }
}

// anything accepts all frames.
func anything(amqp.Frame) bool { return true }

// answer accepts an M on the channel, and what ends the channel or the connection.
func answer[M amqp.Method](ch amqp.Channel) func(amqp.Frame) bool {
	return func(f amqp.Frame) bool {
		_, ok := f.Method.(M)
		return f.Channel == ch && ok || ends(f, ch)
	}
}

// either accepts what one of two accepts.
func either(a, b func(amqp.Frame) bool) func(amqp.Frame) bool {
	return func(f amqp.Frame) bool { return a(f) || b(f) }
}

// confirmed accepts the frame after which nothing that the channel published waits for its confirm.
func (c *conn) confirmed(ch amqp.Channel) func(amqp.Frame) bool {
	return func(f amqp.Frame) bool {
		all := c.confirms[ch]
		return all == nil || len(all.waiting) == 0 || ends(f, ch)
	}
}

// ends reports whether the frame is the end of the channel, by itself or with the connection.
func ends(f amqp.Frame, ch amqp.Channel) bool {
	switch f.Method.(type) {
	case amqp.ChannelClose:
		return f.Channel == ch
	case amqp.ConnectionClose:
		return true
	}
	return false
}
