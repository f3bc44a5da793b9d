package broker_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// monkey is a client without a state: it may do anything at any time.
type monkey struct {
	broker model.ID
	moves  []model.Event
}

// move is one thing that a monkey may do: the inputs go to the broker one after the other.
type move struct {
	text   string
	inputs [2]model.Event
}

func (m move) String() string { return m.text }

func (m *monkey) Actions(dst []model.Event) []model.Event { return append(dst, m.moves...) }

func (m *monkey) Step(_ model.ID, e model.Event, out *model.Out) {
	if m2, ok := e.(move); ok {
		for _, input := range m2.inputs {
			if input != nil {
				out.Send(m.broker, input)
			}
		}
	}
}

func (m *monkey) Clone() model.Machine          { return m }
func (m *monkey) AppendState(dst []byte) []byte { return dst }

// moves are those of all monkeys: methods on two channels with names that collide, and what befalls a connection.
func moves() (all []model.Event) {
	text := func(name string, v any) amqp.Field { return amqp.Field{Name: name, Value: v} }
	quorum := amqp.MustTable(text("x-queue-type", "quorum"), text("x-delivery-limit", 1))
	letters := amqp.MustTable(text("x-dead-letter-exchange", "amq.fanout"), text("x-max-length", 1), text("x-message-ttl", 1000))
	prioritised := amqp.MustTable(text("x-max-priority", 2))
	single := amqp.MustTable(text("x-single-active-consumer", true), text("x-max-length", 1), text("x-overflow", "reject-publish"))
	high := amqp.Message{Body: "high", Properties: amqp.Properties{Present: amqp.HasPriority | amqp.HasDeliveryMode, Priority: 2, DeliveryMode: 2}}
	methods := []amqp.Method{
		amqp.ConfirmSelect{}, amqp.TxSelect{}, amqp.TxCommit{}, amqp.TxRollback{}, amqp.ChannelClose{}, amqp.ChannelCloseOk{},
		amqp.QueueDeclare{Queue: "q", Exclusive: true}, amqp.QueueDeclare{Queue: "q"}, amqp.QueueDeclare{Queue: "q", Arguments: quorum, Durable: true},
		amqp.QueueDeclare{Queue: "p", Arguments: prioritised, Durable: true}, amqp.QueueDeclare{Queue: "p", Arguments: letters, AutoDelete: true},
		amqp.QueueDeclare{Queue: "p", Arguments: single}, amqp.QueueDeclare{Queue: "q", Passive: true}, amqp.QueueDelete{Queue: "q"},
		amqp.QueueBind{Queue: "q", Exchange: "amq.fanout"}, amqp.QueueUnbind{Queue: "q", Exchange: "amq.fanout"}, amqp.QueuePurge{Queue: "p"},
		amqp.ExchangeDeclare{Exchange: "x", Type: "topic", AutoDelete: true}, amqp.QueueBind{Queue: "p", Exchange: "x", RoutingKey: "#"},
		amqp.ExchangeBind{Source: "amq.fanout", Destination: "x"}, amqp.ExchangeDelete{Exchange: "x"},
		amqp.BasicPublish{RoutingKey: "q", Seq: 1}, amqp.BasicPublish{RoutingKey: "q", Seq: 2}, amqp.BasicPublish{RoutingKey: "p", Message: high, Seq: 3},
		amqp.BasicPublish{Exchange: "x", RoutingKey: "p", Mandatory: true, Seq: 4}, amqp.BasicPublish{Exchange: "amq.fanout"},
		amqp.BasicConsume{Queue: "q", ConsumerTag: "c"}, amqp.BasicConsume{Queue: "p", ConsumerTag: "d", NoAck: true},
		amqp.BasicConsume{Queue: "p", ConsumerTag: "e", Exclusive: true}, amqp.BasicCancel{ConsumerTag: "c"}, amqp.BasicCancel{ConsumerTag: "d"},
		amqp.BasicQos{PrefetchCount: 1}, amqp.BasicQos{PrefetchCount: 1, Global: true}, amqp.BasicQos{Global: true},
		amqp.BasicGet{Queue: "q"}, amqp.BasicGet{Queue: "p"}, amqp.BasicAck{Tag: 1}, amqp.BasicAck{Tag: 2}, amqp.BasicAck{Multiple: true},
		amqp.BasicReject{Tag: 1, Requeue: true}, amqp.BasicReject{Tag: 1}, amqp.BasicNack{Tag: 2, Multiple: true, Requeue: true},
		amqp.BasicRecover{Requeue: true},
	}
	open := amqp.Frame{Method: amqp.ConnectionOpen{VirtualHost: "/", CancelNotify: true}}
	for ch := range amqp.Channel(2) {
		all = append(all, move{fmt.Sprintf("opens channel %d", ch+1), [2]model.Event{open, method(ch+1, amqp.ChannelOpen{})}})
		for i, m := range methods {
			all = append(all, move{fmt.Sprintf("%d: %v", i, method(ch+1, m)), [2]model.Event{method(ch+1, m)}})
		}
	}
	return append(all,
		move{"breaks", [2]model.Event{amqp.Late{Frame: method(1, amqp.BasicAck{Tag: 1})}, amqp.Broken{}}},
		move{"closes", [2]model.Event{method(0, amqp.ConnectionClose{}), nil}},
		move{"is full", [2]model.Event{amqp.Full{}, nil}}, move{"has room", [2]model.Event{amqp.Room{}, nil}},
	)
}

// The machine keeps the contract of model.Machine whatever clients do, in every profile and grain.
func TestConform(t *testing.T) {
	timers := []model.Timer{broker.ExpiryTimer("p"), broker.HeartbeatTimer(1), broker.HeartbeatTimer(2)}
	for n := range 40 {
		timers = append(timers, broker.MessageTimer("p", n+1))
	}
	all := moves()
	for _, name := range broker.ProfileNames() {
		for _, grain := range []broker.Grain{broker.Process, broker.Atomic} {
			t.Run(name+"/"+grain.String(), func(t *testing.T) {
				t.Parallel()
				profile, _ := broker.ParseProfile(name)
				b := broker.New(broker.Options{Profile: profile, Grain: grain, Burst: 2})
				sys, err := model.Compose(model.Member{Name: "broker", Machine: b, Timers: timers},
					model.Member{Name: "one", Machine: &monkey{0, all}}, model.Member{Name: "two", Machine: &monkey{0, all}})
				if err != nil {
					t.Fatal(err)
				}
				for seed := range uint64(2) {
					choose := rand.New(rand.NewPCG(seed, uint64(grain)))
					if err := model.Conform(sys, choose.IntN, 150); err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
				}
			})
		}
	}
}
