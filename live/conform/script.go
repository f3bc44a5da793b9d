package conform

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Script writes a difference as a broker script (live/amqptest/testdata/README.md): the commands, to be run against the broker with -rewrite, and
// after them as comments what was seen and what the machine has in place of the last item. What the comparison itself sends to learn that all is done
// is left out. What a script cannot say (methods on channels that are not open) is a comment.
func (d *Difference) Script() string {
	w := &scriptWriter{}
	fmt.Fprintf(&w.out, "# %s, %s: sequence %d.\n\n", d.History.Header.Broker, d.History.Header.Profile, d.Sequence)
	items := d.History.Items[:d.Item+1]
	for n, i := range items {
		w.item(i, items[n+1:])
	}
	w.flush()
	w.out.WriteString("----\n\n# The broker:\n")
	for _, i := range items {
		if i.Kind != history.Quiet && i.Kind != history.Clock && !probe(i) {
			fmt.Fprintf(&w.out, "#   %s\n", i)
		}
	}
	if last := items[len(items)-1]; last.Kind == history.Quiet {
		w.out.WriteString("#   and nothing more\n")
	}
	w.out.WriteString("# The machine, in place of the last one:\n")
	for _, s := range d.Instead {
		fmt.Fprintf(&w.out, "#   %s\n", s)
	}
	return w.out.String()
}

// probe reports whether an item is the comparison's own.
func probe(i history.Item) bool {
	switch m := i.Frame.Method.(type) {
	case amqp.BasicCancel:
		return i.Kind == history.Sent && m == barrier
	case amqp.BasicCancelOk:
		return i.Kind == history.Seen && m.ConsumerTag == barrier.ConsumerTag
	}
	return false
}

// scriptWriter writes a script from a recording.
type scriptWriter struct {
	out   strings.Builder
	names []madeUp      // as the script calls them
	came  []scriptPlace // frames that no command has shown, in order
}

type scriptPlace struct {
	conn string
	ch   amqp.Channel
}

// item writes what an item is in a script. rest are those that follow.
func (w *scriptWriter) item(i history.Item, rest []history.Item) {
	if probe(i) {
		return
	}
	switch i.Kind {
	case history.Sent:
		// A command waits for its answer if that is what comes next.
		next := slices.IndexFunc(rest, func(n history.Item) bool { return n.Kind == history.Sent && !probe(n) || n.Kind == history.Quiet })
		async := next >= 0 && rest[next].Kind == history.Sent
		line := w.command(i.Conn, i.Frame)
		if async {
			line += " async"
		}
		fmt.Fprintln(&w.out, line)
	case history.Seen:
		switch i.Frame.Method.(type) {
		case amqp.BasicDeliver, amqp.BasicCancel:
			w.came = append(w.came, scriptPlace{i.Conn, i.Frame.Channel})
		}
		w.learn(i.Frame)
	case history.Reset:
		fmt.Fprintf(&w.out, "drop %s\n", i.Conn)
	case history.Quiet:
		w.flush()
	}
}

// flush has what came by itself shown.
func (w *scriptWriter) flush() {
	for _, p := range w.came {
		fmt.Fprintf(&w.out, "recv %s %d\n", p.conn, p.ch)
	}
	w.came = nil
}

// learn calls a name that the broker made up as the scripts do: by its kind, and how many there were before.
func (w *scriptWriter) learn(f amqp.Frame) {
	n := names{}
	n.learn(f)
	for _, m := range n.made {
		for _, kind := range made {
			if !strings.HasPrefix(m.real, kind) || slices.ContainsFunc(w.names, func(o madeUp) bool { return o.real == m.real }) {
				continue
			}
			number := 1
			for _, o := range w.names {
				if strings.HasPrefix(o.called, kind) {
					number++
				}
			}
			w.names = append(w.names, madeUp{m.real, kind + strconv.Itoa(number)})
		}
	}
}

// command is the command that sends a frame.
func (w *scriptWriter) command(conn string, f amqp.Frame) string {
	f = rename(f, w.names, func(m madeUp) (string, string) { return m.real, m.called })
	var c scriptCommand
	switch m := f.Method.(type) {
	case amqp.ConnectionOpen:
		c.word("conn", conn)
		c.flag("cancel-notify", m.CancelNotify)
		return c.String()
	case amqp.ChannelOpen:
		c.at("channel", conn, f.Channel)
	case amqp.ConnectionClose, amqp.ChannelClose:
		c.at("close", conn, f.Channel)
	case amqp.ConnectionCloseOk, amqp.ChannelCloseOk:
		c.at("close-ok", conn, f.Channel)
	case amqp.ChannelFlow:
		c.at("flow", conn, f.Channel)
		c.flag("active", m.Active)
	case amqp.ConnectionUpdateSecret:
		c.at("secret", conn, f.Channel)
		c.text("secret", m.Secret)
		c.text("reason", m.Reason)
	case amqp.AccessRequest:
		c.at("access", conn, f.Channel)
		c.text("realm", m.Realm)
	case amqp.TxSelect:
		c.at("select", conn, f.Channel)
	case amqp.TxCommit:
		c.at("commit", conn, f.Channel)
	case amqp.TxRollback:
		c.at("rollback", conn, f.Channel)
	case amqp.ConfirmSelect:
		c.at("confirm", conn, f.Channel)
		c.flag("no-wait", m.NoWait)
	default:
		if !c.topology(conn, f) && !c.basic(conn, f) {
			return "# " + history.Item{Kind: history.Sent, Conn: conn, Frame: f}.String()
		}
	}
	return c.String()
}

// scriptCommand is a command in the making.
type scriptCommand struct{ strings.Builder }

func (c *scriptCommand) word(words ...string) { c.WriteString(strings.Join(words, " ")) }

func (c *scriptCommand) at(command, conn string, ch amqp.Channel) {
	if c.word(command, conn); ch != 0 {
		c.WriteString(" " + strconv.Itoa(int(ch)))
	}
}

func (c *scriptCommand) flag(name string, set bool) {
	if set {
		c.WriteString(" " + name)
	}
}

func (c *scriptCommand) text(name, value string) {
	if value != "" {
		c.WriteString(" " + name + "=" + scriptText(value))
	}
}

func (c *scriptCommand) table(name string, t amqp.Table) {
	if t == "" {
		return
	}
	var pairs []string
	for _, f := range t.Fields() {
		pairs = append(pairs, f.Name+"="+scriptValue(f.Value))
	}
	fmt.Fprintf(c, " %s=(%s)", name, strings.Join(pairs, ", "))
}

// topology writes the commands of the classes exchange and queue.
func (c *scriptCommand) topology(conn string, f amqp.Frame) bool {
	switch m := f.Method.(type) {
	case amqp.ExchangeDeclare:
		c.at("declare-exchange", conn, f.Channel)
		c.text("exchange", m.Exchange)
		c.text("type", m.Type)
		c.flags(flagged{"passive", m.Passive}, flagged{"durable", m.Durable}, flagged{"auto-delete", m.AutoDelete}, flagged{"internal", m.Internal}, flagged{"no-wait", m.NoWait})
		c.table("arguments", m.Arguments)
	case amqp.ExchangeDelete:
		c.at("delete-exchange", conn, f.Channel)
		c.text("exchange", m.Exchange)
		c.flags(flagged{"if-unused", m.IfUnused}, flagged{"no-wait", m.NoWait})
	case amqp.ExchangeBind:
		c.at("bind-exchange", conn, f.Channel)
		c.binding("to", m.Destination, m.Source, m.RoutingKey, m.NoWait, m.Arguments)
	case amqp.ExchangeUnbind:
		c.at("unbind-exchange", conn, f.Channel)
		c.binding("to", m.Destination, m.Source, m.RoutingKey, m.NoWait, m.Arguments)
	case amqp.QueueDeclare:
		c.at("declare", conn, f.Channel)
		c.text("queue", m.Queue)
		c.flags(flagged{"passive", m.Passive}, flagged{"durable", m.Durable}, flagged{"exclusive", m.Exclusive}, flagged{"auto-delete", m.AutoDelete}, flagged{"no-wait", m.NoWait})
		c.table("arguments", m.Arguments)
	case amqp.QueueDelete:
		c.at("delete", conn, f.Channel)
		c.text("queue", m.Queue)
		c.flags(flagged{"if-unused", m.IfUnused}, flagged{"if-empty", m.IfEmpty}, flagged{"no-wait", m.NoWait})
	case amqp.QueueBind:
		c.at("bind", conn, f.Channel)
		c.binding("queue", m.Queue, m.Exchange, m.RoutingKey, m.NoWait, m.Arguments)
	case amqp.QueueUnbind:
		c.at("unbind", conn, f.Channel)
		c.binding("queue", m.Queue, m.Exchange, m.RoutingKey, false, m.Arguments)
	case amqp.QueuePurge:
		c.at("purge", conn, f.Channel)
		c.text("queue", m.Queue)
		c.flag("no-wait", m.NoWait)
	default:
		return false
	}
	return true
}

func (c *scriptCommand) binding(goal, name, exchange, key string, noWait bool, arguments amqp.Table) {
	c.text(goal, name)
	c.text("exchange", exchange)
	c.text("key", key)
	c.flag("no-wait", noWait)
	c.table("arguments", arguments)
}

type flagged struct {
	name string
	set  bool
}

func (c *scriptCommand) flags(all ...flagged) {
	for _, f := range all {
		c.flag(f.name, f.set)
	}
}

// basic writes the commands of class basic.
func (c *scriptCommand) basic(conn string, f amqp.Frame) bool {
	switch m := f.Method.(type) {
	case amqp.BasicPublish:
		c.at("publish", conn, f.Channel)
		c.text("exchange", m.Exchange)
		c.text("key", m.RoutingKey)
		c.text("body", m.Message.Body)
		c.flags(flagged{"mandatory", m.Mandatory}, flagged{"immediate", m.Immediate})
		c.properties(m.Message.Properties)
	case amqp.BasicConsume:
		c.at("consume", conn, f.Channel)
		c.text("queue", m.Queue)
		c.text("tag", m.ConsumerTag)
		c.flags(flagged{"no-local", m.NoLocal}, flagged{"no-ack", m.NoAck}, flagged{"exclusive", m.Exclusive}, flagged{"no-wait", m.NoWait})
		c.table("arguments", m.Arguments)
	case amqp.BasicCancel:
		c.at("cancel", conn, f.Channel)
		c.text("tag", m.ConsumerTag)
		c.flag("no-wait", m.NoWait)
	case amqp.BasicGet:
		c.at("get", conn, f.Channel)
		c.text("queue", m.Queue)
		c.flag("no-ack", m.NoAck)
	case amqp.BasicAck:
		c.at("ack", conn, f.Channel)
		c.flags(flagged{strconv.FormatUint(m.Tag, 10), true}, flagged{"multiple", m.Multiple})
	case amqp.BasicNack:
		c.at("nack", conn, f.Channel)
		c.flags(flagged{strconv.FormatUint(m.Tag, 10), true}, flagged{"multiple", m.Multiple}, flagged{"requeue", m.Requeue})
	case amqp.BasicReject:
		c.at("reject", conn, f.Channel)
		c.flags(flagged{strconv.FormatUint(m.Tag, 10), true}, flagged{"requeue", m.Requeue})
	case amqp.BasicRecover:
		c.at("recover", conn, f.Channel)
		c.flag("requeue", m.Requeue)
	case amqp.BasicRecoverAsync:
		c.at("recover-async", conn, f.Channel)
		c.flag("requeue", m.Requeue)
	case amqp.BasicQos:
		c.at("qos", conn, f.Channel)
		if m.PrefetchSize != 0 {
			c.text("size", strconv.Itoa(int(m.PrefetchSize)))
		}
		c.text("count", strconv.Itoa(int(m.PrefetchCount)))
		c.flag("global", m.Global)
	default:
		return false
	}
	return true
}

// properties writes those of a message that are present.
func (c *scriptCommand) properties(p amqp.Properties) {
	for _, x := range []struct {
		flag  amqp.PropertyFlags
		name  string
		value string
	}{
		{amqp.HasContentType, "content-type", p.ContentType}, {amqp.HasContentEncoding, "content-encoding", p.ContentEncoding},
		{amqp.HasDeliveryMode, "delivery-mode", strconv.Itoa(int(p.DeliveryMode))}, {amqp.HasPriority, "priority", strconv.Itoa(int(p.Priority))},
		{amqp.HasCorrelationID, "correlation-id", p.CorrelationID}, {amqp.HasReplyTo, "reply-to", p.ReplyTo}, {amqp.HasExpiration, "expiration", p.Expiration},
		{amqp.HasMessageID, "message-id", p.MessageID}, {amqp.HasTimestamp, "timestamp", strconv.FormatUint(uint64(p.Timestamp), 10)},
		{amqp.HasType, "type", p.Type}, {amqp.HasUserID, "user-id", p.UserID}, {amqp.HasAppID, "app-id", p.AppID}, {amqp.HasClusterID, "cluster-id", p.ClusterID},
	} {
		if p.Present&x.flag != 0 {
			fmt.Fprintf(c, " %s=%s", x.name, scriptText(x.value))
		}
	}
	if p.Present&amqp.HasHeaders != 0 {
		c.table("headers", p.Headers)
	}
}

// scriptText quotes a string where a script could not read it otherwise.
func scriptText(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./#*", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return strconv.Quote(s)
}

// scriptValue is a table's value.
func scriptValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "void:"
	case bool:
		return "bool:" + strconv.FormatBool(v)
	case string:
		return "text:" + scriptText(v)
	case amqp.Bytes:
		return "bytes:" + string(v)
	case amqp.Timestamp:
		return "time:" + strconv.FormatUint(uint64(v), 10)
	case amqp.Float:
		return "float:" + strconv.FormatFloat(float64(math.Float32frombits(uint32(v))), 'g', -1, 32)
	case amqp.Double:
		return "double:" + strconv.FormatFloat(math.Float64frombits(uint64(v)), 'g', -1, 64)
	case amqp.Table:
		return "table:"
	case amqp.Array:
		var all []string
		for _, e := range v.Values() {
			all = append(all, scriptValue(e))
		}
		return "array:" + strings.Join(all, "+")
	case int64:
		return "long:" + strconv.FormatInt(v, 10)
	case int16:
		return "short:" + strconv.Itoa(int(v))
	case int8:
		return "byte:" + strconv.Itoa(int(v))
	case uint8:
		return "ubyte:" + strconv.Itoa(int(v))
	}
	return fmt.Sprint(v)
}
