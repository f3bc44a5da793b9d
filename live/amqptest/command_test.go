package amqptest_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/datadriven"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// conn is a connection of a script.
type conn struct {
	end
	name     string
	confirms map[amqp.Channel]*confirms // of the channels in confirm mode
	owns     []string                   // the exclusive queues that it declared
}

// confirms is how much a channel in confirm mode has published, and what of it is not confirmed.
type confirms struct {
	published uint64
	waiting   []uint64
}

// method makes the method of a command, and says which frame answers it; nil for a method that nothing answers.
func (c *conn) method(ch amqp.Channel, cmd string, a *arguments) (m amqp.Method, answered func(amqp.Frame) bool, err error) {
	noWait := a.flag("no-wait")
	switch cmd {
	case "channel", "reopen":
		m, answered = amqp.ChannelOpen{}, answer[amqp.ChannelOpenOk](ch)
		delete(c.confirms, ch)
	case "close":
		m, answered = amqp.ChannelClose{Code: amqp.Success}, answer[amqp.ChannelCloseOk](ch)
		if ch == 0 {
			m, answered = amqp.ConnectionClose{Code: amqp.Success}, answer[amqp.ConnectionCloseOk](ch)
		}
		delete(c.confirms, ch)
	case "close-ok":
		m = amqp.ChannelCloseOk{}
		if ch == 0 {
			m, answered = amqp.ConnectionCloseOk{}, func(amqp.Frame) bool { return false } // until the broker hangs up
		}
		delete(c.confirms, ch)
	case "confirm":
		m, answered = amqp.ConfirmSelect{NoWait: noWait}, answer[amqp.ConfirmSelectOk](ch)
		if c.confirms[ch] == nil {
			c.confirms[ch] = &confirms{}
		}
	case "declare":
		d := amqp.QueueDeclare{
			Queue: a.value("queue", ""), Passive: a.flag("passive"), Durable: a.flag("durable"), Exclusive: a.flag("exclusive"),
			AutoDelete: a.flag("auto-delete"), NoWait: noWait, Arguments: a.table(),
		}
		if d.Exclusive {
			c.owns = append(c.owns, d.Queue)
		}
		m, answered = d, answer[amqp.QueueDeclareOk](ch)
	case "delete":
		m = amqp.QueueDelete{
			Queue: a.value("queue", ""), IfUnused: a.flag("if-unused"), IfEmpty: a.flag("if-empty"), NoWait: noWait,
		}
		answered = answer[amqp.QueueDeleteOk](ch)
	case "publish":
		p := amqp.BasicPublish{
			Exchange: a.value("exchange", ""), RoutingKey: a.value("key", ""), Mandatory: a.flag("mandatory"),
			Immediate: a.flag("immediate"), Message: amqp.Message{Body: a.value("body", "")},
		}
		if all := c.confirms[ch]; all != nil {
			all.published++
			all.waiting = append(all.waiting, all.published)
			p.Seq, answered = all.published, c.confirmed(ch)
		}
		m = p
	default:
		return nil, nil, errors.New("no such command")
	}
	if noWait {
		answered = nil
	}
	return m, answered, nil
}

// answer accepts an M on the channel, and what ends the channel or the connection.
func answer[M amqp.Method](ch amqp.Channel) func(amqp.Frame) bool {
	return func(f amqp.Frame) bool {
		_, ok := f.Method.(M)
		return f.Channel == ch && ok || ends(f, ch)
	}
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

// take renders a frame from the broker. An ack of several publishes is several lines, for RabbitMQ is free to ack them
// together or not.
func (c *conn) take(f amqp.Frame) []string {
	show := func(m amqp.Method) string {
		return fmt.Sprintf("%s: %v", c.name, amqp.Frame{Channel: f.Channel, Method: m})
	}
	ack, ok := f.Method.(amqp.BasicAck)
	all := c.confirms[f.Channel]
	if !ok || all == nil {
		return []string{show(f.Method)}
	}
	var lines []string
	all.waiting = slices.DeleteFunc(all.waiting, func(seq uint64) bool {
		covered := seq == ack.Tag || ack.Multiple && seq < ack.Tag
		if covered {
			lines = append(lines, show(amqp.BasicAck{Tag: seq}))
		}
		return covered
	})
	if lines == nil {
		lines = append(lines, show(ack)+" of nothing")
	}
	return lines
}

// arguments is what follows the command on its line. Its methods remove what they return; the first error sticks.
type arguments struct {
	list []datadriven.CmdArg
	err  error
}

// word removes the first argument, which must have no value.
func (a *arguments) word() string {
	if len(a.list) == 0 || a.list[0].Vals != nil {
		a.fail(errors.New("a word is missing"))
		return ""
	}
	w := a.list[0].Key
	a.list = a.list[1:]
	return w
}

// channel removes a channel's number, if it comes next, and is 0 if not.
func (a *arguments) channel() amqp.Channel {
	if len(a.list) == 0 {
		return 0
	}
	n, err := strconv.ParseUint(a.list[0].Key, 10, 16)
	if err != nil {
		return 0
	}
	a.list = a.list[1:]
	return amqp.Channel(n)
}

// flag removes the word, if it is there.
func (a *arguments) flag(name string) bool {
	i := slices.IndexFunc(a.list, func(arg datadriven.CmdArg) bool { return arg.Key == name && arg.Vals == nil })
	if i < 0 {
		return false
	}
	a.list = slices.Delete(a.list, i, i+1)
	return true
}

// value removes name=value, if it is there, and returns the value.
func (a *arguments) value(name, otherwise string) string {
	i := slices.IndexFunc(a.list, func(arg datadriven.CmdArg) bool { return arg.Key == name && len(arg.Vals) == 1 })
	if i < 0 {
		return otherwise
	}
	v := a.list[i].Vals[0]
	a.list = slices.Delete(a.list, i, i+1)
	return v
}

// number is value for a small number, 0 if it is not there.
func (a *arguments) number(name string) uint16 {
	n, err := strconv.ParseUint(a.value(name, "0"), 10, 16)
	a.fail(err)
	return uint16(n)
}

// table removes every x-name=value and returns them as a table: 5 is an int32, long:5 an int64, all else a string.
func (a *arguments) table() amqp.Table {
	var fields []amqp.Field
	a.list = slices.DeleteFunc(a.list, func(arg datadriven.CmdArg) bool {
		if !strings.HasPrefix(arg.Key, "x-") || len(arg.Vals) != 1 {
			return false
		}
		f := amqp.Field{Name: arg.Key, Value: arg.Vals[0]}
		if n, err := strconv.ParseInt(arg.Vals[0], 10, 32); err == nil {
			f.Value = int32(n)
		} else if long, ok := strings.CutPrefix(arg.Vals[0], "long:"); ok {
			n, err := strconv.ParseInt(long, 10, 64)
			a.fail(err)
			f.Value = n
		}
		fields = append(fields, f)
		return true
	})
	t, err := amqp.MakeTable(fields...)
	a.fail(err)
	return t
}

// text removes all arguments and returns them as they were.
func (a *arguments) text() string {
	var words []string
	for _, arg := range a.list {
		words = append(words, arg.String())
	}
	a.list = nil
	return strings.Join(words, " ")
}

// rest is the error, if there was one or an argument is left.
func (a *arguments) rest() error {
	if a.err == nil && len(a.list) > 0 {
		return fmt.Errorf("what is %q?", a.text())
	}
	return a.err
}

func (a *arguments) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}
