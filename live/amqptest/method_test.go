package amqptest_test

import (
	"errors"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// method makes the method of a command, and says which frame answers it; nil for a method that nothing answers.
func (c *conn) method(ch amqp.Channel, cmd string, a *arguments) (m amqp.Method, answered func(amqp.Frame) bool, err error) {
	noWait := a.flag("no-wait")
	for _, class := range []func(amqp.Channel, string, *arguments, bool) (amqp.Method, func(amqp.Frame) bool){
		c.connectionOrChannel, exchangeMethod, queueMethod, c.basicMethod, acknowledgement, c.modeMethod,
	} {
		if m, answered = class(ch, cmd, a, noWait); m != nil {
			if noWait {
				answered = nil
			}
			return m, answered, nil
		}
	}
	return nil, nil, errors.New("no such command")
}

// connectionOrChannel makes the methods of the classes connection, channel and access.
func (c *conn) connectionOrChannel(ch amqp.Channel, cmd string, a *arguments, _ bool) (amqp.Method, func(amqp.Frame) bool) {
	switch cmd {
	case "channel", "reopen":
		delete(c.confirms, ch)
		return amqp.ChannelOpen{}, answer[amqp.ChannelOpenOk](ch)
	case "close":
		delete(c.confirms, ch)
		if ch == 0 {
			return amqp.ConnectionClose{Code: amqp.Success}, answer[amqp.ConnectionCloseOk](ch)
		}
		return amqp.ChannelClose{Code: amqp.Success}, answer[amqp.ChannelCloseOk](ch)
	case "close-ok":
		delete(c.confirms, ch)
		if ch == 0 {
			return amqp.ConnectionCloseOk{}, func(amqp.Frame) bool { return false } // until the broker hangs up
		}
		return amqp.ChannelCloseOk{}, nil
	case "flow":
		return amqp.ChannelFlow{Active: a.flag("active")}, answer[amqp.ChannelFlowOk](ch)
	case "flow-ok":
		return amqp.ChannelFlowOk{Active: a.flag("active")}, nil
	case "secret":
		return amqp.ConnectionUpdateSecret{Secret: a.value("secret", ""), Reason: a.value("reason", "")},
			answer[amqp.ConnectionUpdateSecretOk](ch)
	case "access":
		return amqp.AccessRequest{
			Realm: a.value("realm", ""), Exclusive: a.flag("exclusive"), Passive: a.flag("passive"), Active: a.flag("active"),
			Write: a.flag("write"), Read: a.flag("read"),
		}, answer[amqp.AccessRequestOk](ch)
	}
	return nil, nil
}

// exchangeMethod makes the methods of class exchange.
func exchangeMethod(ch amqp.Channel, cmd string, a *arguments, noWait bool) (amqp.Method, func(amqp.Frame) bool) {
	exchange := func() string { return a.value("exchange", "") }
	switch cmd {
	case "declare-exchange":
		return amqp.ExchangeDeclare{
			Exchange: exchange(), Type: a.value("type", ""), Passive: a.flag("passive"), Durable: a.flag("durable"),
			AutoDelete: a.flag("auto-delete"), Internal: a.flag("internal"), NoWait: noWait, Arguments: a.table(),
		}, answer[amqp.ExchangeDeclareOk](ch)
	case "delete-exchange":
		return amqp.ExchangeDelete{Exchange: exchange(), IfUnused: a.flag("if-unused"), NoWait: noWait},
			answer[amqp.ExchangeDeleteOk](ch)
	case "bind-exchange":
		return amqp.ExchangeBind{
			Destination: a.value("to", ""), Source: exchange(), RoutingKey: a.value("key", ""), NoWait: noWait, Arguments: a.table(),
		}, answer[amqp.ExchangeBindOk](ch)
	case "unbind-exchange":
		return amqp.ExchangeUnbind{
			Destination: a.value("to", ""), Source: exchange(), RoutingKey: a.value("key", ""), NoWait: noWait, Arguments: a.table(),
		}, answer[amqp.ExchangeUnbindOk](ch)
	}
	return nil, nil
}

// queueMethod makes the methods of class queue.
func queueMethod(ch amqp.Channel, cmd string, a *arguments, noWait bool) (amqp.Method, func(amqp.Frame) bool) {
	queue := func() string { return a.value("queue", "") }
	switch cmd {
	case "declare":
		return amqp.QueueDeclare{
			Queue: queue(), Passive: a.flag("passive"), Durable: a.flag("durable"), Exclusive: a.flag("exclusive"),
			AutoDelete: a.flag("auto-delete"), NoWait: noWait, Arguments: a.table(),
		}, answer[amqp.QueueDeclareOk](ch)
	case "delete":
		return amqp.QueueDelete{Queue: queue(), IfUnused: a.flag("if-unused"), IfEmpty: a.flag("if-empty"), NoWait: noWait},
			answer[amqp.QueueDeleteOk](ch)
	case "bind":
		return amqp.QueueBind{
			Queue: queue(), Exchange: a.value("exchange", ""), RoutingKey: a.value("key", ""), NoWait: noWait, Arguments: a.table(),
		}, answer[amqp.QueueBindOk](ch)
	case "unbind":
		return amqp.QueueUnbind{
			Queue: queue(), Exchange: a.value("exchange", ""), RoutingKey: a.value("key", ""), Arguments: a.table(),
		}, answer[amqp.QueueUnbindOk](ch)
	case "purge":
		return amqp.QueuePurge{Queue: queue(), NoWait: noWait}, answer[amqp.QueuePurgeOk](ch)
	}
	return nil, nil
}

// basicMethod makes the methods of class basic that move messages.
func (c *conn) basicMethod(ch amqp.Channel, cmd string, a *arguments, noWait bool) (amqp.Method, func(amqp.Frame) bool) {
	switch cmd {
	case "publish":
		p := amqp.BasicPublish{
			Exchange: a.value("exchange", ""), RoutingKey: a.value("key", ""), Mandatory: a.flag("mandatory"),
			Immediate: a.flag("immediate"), Message: amqp.Message{Properties: a.properties(), Body: a.body()},
		}
		all := c.confirms[ch]
		if all == nil {
			return p, nil
		}
		all.published++
		all.waiting = append(all.waiting, all.published)
		p.Seq = all.published
		return p, c.confirmed(ch)
	case "consume":
		return amqp.BasicConsume{
			Queue: a.value("queue", ""), ConsumerTag: a.value("tag", ""), NoLocal: a.flag("no-local"), NoAck: a.flag("no-ack"),
			Exclusive: a.flag("exclusive"), NoWait: noWait, Arguments: a.table(),
		}, answer[amqp.BasicConsumeOk](ch)
	case "cancel":
		return amqp.BasicCancel{ConsumerTag: a.value("tag", ""), NoWait: noWait}, answer[amqp.BasicCancelOk](ch)
	case "get":
		return amqp.BasicGet{Queue: a.value("queue", ""), NoAck: a.flag("no-ack")},
			either(answer[amqp.BasicGetOk](ch), answer[amqp.BasicGetEmpty](ch))
	}
	return nil, nil
}

// acknowledgement makes the methods of class basic about what has been delivered and what may be.
func acknowledgement(ch amqp.Channel, cmd string, a *arguments, _ bool) (amqp.Method, func(amqp.Frame) bool) {
	requeue := func() bool { return a.flag("requeue") }
	switch cmd {
	case "ack":
		return amqp.BasicAck{Tag: a.tag(), Multiple: a.flag("multiple")}, nil
	case "nack":
		return amqp.BasicNack{Tag: a.tag(), Multiple: a.flag("multiple"), Requeue: requeue()}, nil
	case "reject":
		return amqp.BasicReject{Tag: a.tag(), Requeue: requeue()}, nil
	case "recover":
		return amqp.BasicRecover{Requeue: requeue()}, answer[amqp.BasicRecoverOk](ch)
	case "recover-async":
		return amqp.BasicRecoverAsync{Requeue: requeue()}, nil
	case "qos":
		return amqp.BasicQos{
			PrefetchSize: uint32(a.number("size")), PrefetchCount: uint16(a.number("count")), Global: a.flag("global"),
		}, answer[amqp.BasicQosOk](ch)
	}
	return nil, nil
}

// modeMethod makes the methods of the classes confirm and tx.
func (c *conn) modeMethod(ch amqp.Channel, cmd string, _ *arguments, noWait bool) (amqp.Method, func(amqp.Frame) bool) {
	switch cmd {
	case "confirm":
		if c.confirms[ch] == nil {
			c.confirms[ch] = &confirms{}
		}
		return amqp.ConfirmSelect{NoWait: noWait}, answer[amqp.ConfirmSelectOk](ch)
	case "select":
		return amqp.TxSelect{}, answer[amqp.TxSelectOk](ch)
	case "commit":
		return amqp.TxCommit{}, answer[amqp.TxCommitOk](ch)
	case "rollback":
		return amqp.TxRollback{}, answer[amqp.TxRollbackOk](ch)
	}
	return nil, nil
}
