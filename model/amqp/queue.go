package amqp

import (
	"fmt"
	"strings"
)

// The methods of class queue (§1.4.4).
type (
	QueueDeclare struct {
		Queue                                           string
		Passive, Durable, Exclusive, AutoDelete, NoWait bool
		Arguments                                       Table
	}
	QueueDeclareOk struct {
		Queue                   string
		MessageCount, Consumers uint32
	}
	QueueDelete struct {
		Queue                     string
		IfUnused, IfEmpty, NoWait bool
	}
	QueueDeleteOk struct{ MessageCount uint32 }
	QueueBind     struct {
		Queue, Exchange, RoutingKey string
		NoWait                      bool
		Arguments                   Table
	}
	QueueBindOk struct{}
	QueueUnbind struct {
		Queue, Exchange, RoutingKey string
		Arguments                   Table
	}
	QueueUnbindOk struct{}
	QueuePurge    struct {
		Queue  string
		NoWait bool
	}
	QueuePurgeOk struct{ MessageCount uint32 }
)

func (QueueDeclare) ID() (class, method uint16)   { return 50, 10 }
func (QueueDeclareOk) ID() (class, method uint16) { return 50, 11 }
func (QueueDelete) ID() (class, method uint16)    { return 50, 40 }
func (QueueDeleteOk) ID() (class, method uint16)  { return 50, 41 }
func (QueueBind) ID() (class, method uint16)      { return 50, 20 }
func (QueueBindOk) ID() (class, method uint16)    { return 50, 21 }
func (QueuePurge) ID() (class, method uint16)     { return 50, 30 }
func (QueuePurgeOk) ID() (class, method uint16)   { return 50, 31 }
func (QueueUnbind) ID() (class, method uint16)    { return 50, 50 }
func (QueueUnbindOk) ID() (class, method uint16)  { return 50, 51 }

func (m QueueDeclare) String() string {
	return "queue.declare " + m.Queue + flags(m.Passive, "passive", m.Durable, "durable", m.Exclusive, "exclusive",
		m.AutoDelete, "auto-delete", m.NoWait, "no-wait") + m.Arguments.suffix()
}
func (m QueueDeclareOk) String() string {
	return fmt.Sprintf("queue.declare-ok %s messages=%d consumers=%d", m.Queue, m.MessageCount, m.Consumers)
}
func (m QueueDelete) String() string {
	return "queue.delete " + m.Queue + flags(m.IfUnused, "if-unused", m.IfEmpty, "if-empty", m.NoWait, "no-wait")
}
func (m QueueDeleteOk) String() string {
	return fmt.Sprintf("queue.delete-ok messages=%d", m.MessageCount)
}
func (m QueueBind) String() string {
	return "queue.bind " + m.Queue + " to " + route(m.Exchange, m.RoutingKey) + flags(m.NoWait, "no-wait") + m.Arguments.suffix()
}
func (QueueBindOk) String() string { return "queue.bind-ok" }
func (m QueueUnbind) String() string {
	return "queue.unbind " + m.Queue + " from " + route(m.Exchange, m.RoutingKey) + m.Arguments.suffix()
}
func (QueueUnbindOk) String() string { return "queue.unbind-ok" }
func (m QueuePurge) String() string  { return "queue.purge " + m.Queue + flags(m.NoWait, "no-wait") }
func (m QueuePurgeOk) String() string {
	return fmt.Sprintf("queue.purge-ok messages=%d", m.MessageCount)
}

// flags renders the names of the flags that are set, each after a space: flags(set, "name", set, "name"…).
func flags(pairs ...any) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i].(bool) {
			b.WriteString(" " + pairs[i+1].(string))
		}
	}
	return b.String()
}
