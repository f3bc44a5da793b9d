package conform

import (
	"fmt"
	"reflect"

	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Flat draws sequences without leanings: every method is about as likely as every other, on any channel, with any arguments, those that make no sense
// together as well. It is the opposite of [Mixed], which tries to get somewhere. It draws with rapid, whose choices favour small values and ends.
func Flat(seed uint64, prefix string, number int) []Op {
	// Example mixes the seed well, so that neighbours have nothing in common.
	ops := flat.Example(int(seed*1_000_003 + uint64(number)))
	for i := range ops {
		ops[i].Method = prefixed(ops[i].Method, prefix)
	}
	return ops
}

// prefixed gives the names in a method their prefix: those that begin with a tilde.
func prefixed(m amqp.Method, prefix string) amqp.Method {
	if m == nil {
		return nil
	}
	named := func(s string) string {
		if len(s) > 0 && s[0] == '~' {
			return prefix + s[1:]
		}
		return s
	}
	return wire.Rename(m, named)
}

// flatMethods are the methods, each as often as it is to be likely.
var flatMethods = []amqp.Method{
	amqp.BasicPublish{}, amqp.BasicPublish{}, amqp.BasicPublish{}, amqp.BasicPublish{}, amqp.BasicGet{}, amqp.BasicGet{}, amqp.BasicConsume{},
	amqp.BasicConsume{}, amqp.BasicAck{}, amqp.BasicNack{}, amqp.BasicReject{}, amqp.BasicRecover{}, amqp.BasicRecoverAsync{}, amqp.BasicCancel{},
	amqp.BasicQos{}, amqp.QueueDeclare{}, amqp.QueueDeclare{}, amqp.QueueDeclare{}, amqp.QueueDeclare{}, amqp.QueueDelete{}, amqp.QueuePurge{}, amqp.QueueBind{},
	amqp.QueueBind{}, amqp.QueueUnbind{}, amqp.ExchangeDeclare{}, amqp.ExchangeDeclare{}, amqp.ExchangeDelete{}, amqp.ExchangeBind{}, amqp.ExchangeUnbind{},
	amqp.ConfirmSelect{}, amqp.TxSelect{}, amqp.TxCommit{}, amqp.TxRollback{}, amqp.ChannelClose{}, amqp.ChannelFlow{},
}

// What the fields of methods are drawn from, by the field's name; ~ is the prefix.
var flatTexts = map[string][]string{
	"Queue": {"~q0", "~q0", "~q1", "~q1", "~q2", ""}, "Exchange": {"", "~x0", "~x1", "amq.topic", "amq.fanout", "amq.headers"},
	"Source": {"~x0", "~x1", "amq.topic", "amq.direct", ""}, "Destination": {"~x0", "~x1", "~x2", "amq.fanout"},
	"Type": {"direct", "fanout", "topic", "headers"}, "RoutingKey": {"~q0", "~q1", "~q2", "k", "k.l", "k.*", "#", ""}, "ConsumerTag": {"t0", "t1", "t2", ""},
}

var flatArguments = map[string][][]amqp.Field{
	"QueueDeclare": {nil, nil, nil,
		{{Name: "x-max-length", Value: int32(1)}}, {{Name: "x-max-length", Value: int32(2)}, {Name: "x-overflow", Value: "reject-publish"}},
		{{Name: "x-single-active-consumer", Value: true}}, {{Name: "x-max-priority", Value: int32(2)}},
		{{Name: "x-dead-letter-exchange", Value: ""}, {Name: "x-dead-letter-routing-key", Value: "~q1"}}, {{Name: "x-dead-letter-exchange", Value: "~x0"}},
		{{Name: "x-queue-type", Value: "quorum"}}, {{Name: "x-queue-type", Value: "quorum"}, {Name: "x-delivery-limit", Value: int32(1)}},
		{{Name: "x-message-ttl", Value: int32(0)}}, {{Name: "x-expires", Value: int32(600000)}},
	},
	"ExchangeDeclare": {nil, nil, {{Name: "alternate-exchange", Value: "~x1"}}},
	"QueueBind":       {nil, nil, {{Name: "x-match", Value: "any"}, {Name: "h", Value: "v"}}, {{Name: "h", Value: nil}}},
	"BasicConsume":    {nil, nil, {{Name: "x-priority", Value: int32(1)}}, {{Name: "x-priority", Value: int32(-1)}}},
}

var flat = rapid.SliceOfN(rapid.Custom(flatOp), 8, 70)

func flatOp(t *rapid.T) Op {
	o := Op{Conn: rapid.IntRange(0, conns-1).Draw(t, "connection"), Channel: amqp.Channel(rapid.IntRange(1, 2).Draw(t, "channel"))}
	switch rapid.IntRange(0, 99).Draw(t, "deed") {
	case 97:
		o.Do = Drop
		return o
	case 98:
		o.Channel, o.Method = 0, amqp.ConnectionClose{Code: amqp.Success}
		return o
	}
	method := rapid.SampledFrom(flatMethods).Draw(t, "method")
	v := reflect.New(reflect.TypeOf(method)).Elem()
	v.Set(reflect.ValueOf(method))
	flatFields(t, v)
	switch m := v.Interface().(type) {
	case amqp.QueueDeclare:
		if m.Queue == "" { // or nobody knows how to clear up
			m.Exclusive, m.NoWait, m.Passive = true, false, false
		}
		o.Method = m
	case amqp.BasicConsume:
		m.NoWait = m.NoWait && m.ConsumerTag != "" // or nobody knows its tag
		o.Method = m
	case amqp.BasicQos:
		m.PrefetchSize = 0
		o.Method = m
	case amqp.ChannelClose:
		o.Method = amqp.ChannelClose{Code: amqp.Success}
	case amqp.BasicPublish:
		m.Immediate = false
		o.Method = m
	case amqp.Method:
		o.Method = m
	}
	o.Tag = Tag{rapid.SampledFrom([]TagKind{Outstanding, Outstanding, Outstanding, Outstanding, Outstanding, All, Settled, Future}).Draw(t, "which"), rapid.IntRange(0, 2).Draw(t, "tag")}
	return o
}

// flatFields draws the fields of a method.
func flatFields(t *rapid.T, v reflect.Value) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case f.Type() == reflect.TypeFor[amqp.Message]():
			f.Set(reflect.ValueOf(flatMessage(t)))
		case f.Type() == reflect.TypeFor[amqp.Table]():
			if all := flatArguments[v.Type().Name()]; all != nil {
				f.SetString(string(amqp.MustTable(rapid.SampledFrom(all).Draw(t, name)...)))
			}
		case f.Kind() == reflect.String && flatTexts[name] != nil:
			f.SetString(rapid.SampledFrom(flatTexts[name]).Draw(t, name))
		case f.Kind() == reflect.Bool:
			likely := 2
			if name == "Requeue" || name == "Active" {
				likely = 7
			}
			f.SetBool(rapid.IntRange(0, 9).Draw(t, name) >= 10-likely)
		case name == "PrefetchCount":
			f.SetUint(uint64(rapid.IntRange(0, 3).Draw(t, name)))
		}
	}
}

func flatMessage(t *rapid.T) amqp.Message {
	m := amqp.Message{Body: fmt.Sprint("b", rapid.IntRange(0, 99).Draw(t, "body"))}
	p := &m.Properties
	switch rapid.IntRange(0, 9).Draw(t, "properties") {
	case 6:
		p.Present, p.DeliveryMode = amqp.HasDeliveryMode, 2
	case 7:
		p.Present, p.Priority = amqp.HasPriority, 1
	case 8:
		p.Present, p.Expiration = amqp.HasExpiration, "0"
	case 9:
		p.Present, p.Headers = amqp.HasHeaders, amqp.MustTable(amqp.Field{Name: "h", Value: "v"})
	}
	return m
}

// Generators are the generators by name.
func Generators() map[string]Generator {
	return map[string]Generator{"mixed": Mixed, "flat": Flat}
}
