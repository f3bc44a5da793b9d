package broker_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// Some chooses among the same actions as Actions lists, whatever clients do.
func TestSome(t *testing.T) {
	all := moves()
	seen := map[string]int{} // actions by their kind, and how often there were several at once
	for _, name := range broker.ProfileNames() {
		for _, grain := range []broker.Grain{broker.Process, broker.Atomic} {
			profile, _ := broker.ParseProfile(name)
			b := broker.New(broker.Options{Profile: profile, Grain: grain, Burst: 2})
			choose := rand.New(rand.NewPCG(1, uint64(profile)))
			var out model.Out
			for step := range 20_000 {
				var listed, chosen []string
				for _, a := range b.Actions(nil) {
					listed = append(listed, a.String())
				}
				for n, i := 1, 0; i < n; i++ {
					if a := b.Some(func(of int) int { n = of; return i }); a != nil {
						chosen = append(chosen, a.String())
					}
				}
				slices.Sort(listed)
				slices.Sort(chosen)
				if diff := cmp.Diff(listed, chosen); diff != "" {
					t.Fatalf("%s %v, step %d (-Actions +Some):\n%s", name, grain, step, diff)
				}
				for _, a := range b.Actions(nil) {
					seen[fmt.Sprintf("%T", a)]++
				}
				if len(listed) > 1 {
					seen["several"]++
				}
				out.Reset()
				if a := b.Some(choose.IntN); a != nil && choose.IntN(4) == 0 {
					b.Step(model.Self, a, &out)
					continue
				}
				link := model.ID(1 + choose.IntN(2))
				for _, input := range all[choose.IntN(len(all))].(move).inputs {
					if input != nil {
						b.Step(link, input, &out)
					}
				}
			}
		}
	}
	if len(seen) < 9 || seen["several"] < 100 {
		t.Errorf("that says little: %v", seen)
	}
}

// Where very many have something to do Some chooses among those of some, and nobody is forgotten.
func TestSomeOfMany(t *testing.T) {
	b := broker.New(broker.Options{Grain: broker.Process})
	var out model.Out
	choose := rand.New(rand.NewPCG(1, 2))
	step := func(from model.ID, e model.Event) (deliveries int) {
		out.Reset()
		model.Deliver(b, from, e, &out)
		for _, effect := range out.Effects() {
			if f, ok := effect.Event.(amqp.Frame); ok {
				if _, ok := f.Method.(amqp.BasicDeliver); ok {
					deliveries++
				}
			}
		}
		return deliveries
	}
	// act takes actions until none is left.
	act := func() (deliveries, most int) {
		for {
			listed := b.Actions(nil)
			most = max(most, len(listed))
			a := b.Some(choose.IntN)
			if a == nil {
				if len(listed) > 0 {
					t.Fatalf("Some knows of no action, Actions of %v", listed)
				}
				return deliveries, most
			}
			if !slices.ContainsFunc(listed, func(e model.Event) bool { return e.String() == a.String() }) {
				t.Fatalf("%v is none of the actions", a)
			}
			deliveries += step(model.Self, a)
		}
	}
	send := func(ch amqp.Channel, m amqp.Method) { step(1, amqp.Frame{Channel: ch, Method: m}) }
	send(0, amqp.ConnectionOpen{VirtualHost: "/"})
	send(1, amqp.ChannelOpen{})
	const consumers = 300
	for i := range consumers {
		q := fmt.Sprint("q", i)
		send(1, amqp.QueueDeclare{Queue: q, Exclusive: true})
		send(1, amqp.QueueBind{Queue: q, Exchange: "amq.fanout"})
		send(1, amqp.BasicConsume{Queue: q, ConsumerTag: q})
		act()
	}
	send(1, amqp.BasicPublish{Exchange: "amq.fanout"})
	if deliveries, most := act(); deliveries != consumers || most < consumers {
		t.Errorf("%d deliveries to %d consumers, with up to %d actions at once", deliveries, consumers, most)
	}
	step(1, amqp.Broken{})
	if _, most := act(); most < consumers {
		t.Errorf("up to %d actions for %d queues without an owner", most, consumers)
	}
	if n := b.Counts().Queues; n != 0 {
		t.Errorf("%d queues are left", n)
	}
}
