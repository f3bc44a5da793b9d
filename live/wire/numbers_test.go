package wire_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// books are a broker's of one channel: the tags of its unsettled deliveries, in the order of delivery.
type books struct {
	open, pending []delivery
	tx            bool
	last          uint64 // the last delivery
	name          func(b *books) uint64
}

type delivery struct{ number, tag uint64 }

// smallest names a delivery as the machine does, next as the wire does.
func smallest(b *books) uint64 {
	taken := slices.Concat(b.open, b.pending)
	for tag := uint64(1); ; tag++ {
		if !slices.ContainsFunc(taken, func(d delivery) bool { return d.tag == tag }) {
			return tag
		}
	}
}

func next(b *books) uint64 { return b.last }

func (b *books) deliver(noAck bool) uint64 {
	b.last++
	d := delivery{b.last, b.name(b)}
	if !noAck {
		b.open = append(b.open, d)
	}
	return d.tag
}

// settle returns the numbers of what is settled; nil, false if there is no such tag.
func (b *books) settle(tag uint64, multiple bool) (numbers []uint64, ok bool) {
	to := len(b.open) - 1
	if tag != 0 || !multiple {
		if to = slices.IndexFunc(b.open, func(d delivery) bool { return d.tag == tag }); to < 0 {
			return nil, false
		}
	}
	from := to
	if multiple {
		from = 0
	}
	for _, d := range b.open[from : to+1] {
		numbers = append(numbers, d.number)
		if b.tx {
			b.pending = append(b.pending, d)
		}
	}
	b.open = slices.Delete(b.open, from, to+1)
	return numbers, true
}

func (b *books) take(m amqp.Method) (numbers []uint64, ok bool) {
	switch m := m.(type) {
	case amqp.BasicAck:
		return b.settle(m.Tag, m.Multiple)
	case amqp.BasicNack:
		return b.settle(m.Tag, m.Multiple)
	case amqp.BasicReject:
		return b.settle(m.Tag, false)
	case amqp.BasicRecover:
		for _, d := range b.open {
			numbers = append(numbers, d.number)
		}
		b.open = nil
	case amqp.TxSelect:
		b.tx = true
	case amqp.TxCommit:
		b.pending = nil
	case amqp.TxRollback:
		b.open = append(b.open, b.pending...)
		slices.SortFunc(b.open, func(x, y delivery) int { return int(x.number) - int(y.number) })
		b.pending = nil
	}
	return numbers, true
}

func open(channel amqp.Channel) amqp.Frame {
	return amqp.Frame{Channel: channel, Method: amqp.ChannelOpen{}}
}

// TestNumbers lets a client on the wire settle what a broker delivers that uses small tags again, and one that counts: the same
// is settled. A client that uses small tags as well, in front of the other two, sees those of the first.
func TestNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var machine, real *books
		var server wire.ServerNumbers
		var client wire.ClientNumbers
		frame := func(m amqp.Method) amqp.Frame { return amqp.Frame{Channel: 1, Method: m} }
		begin := func() {
			machine, real = &books{name: smallest}, &books{name: next}
			server.FromClient(open(1))
			client.Taken(open(1))
			for i, c := range []string{"false", "true"} {
				client.Taken(frame(amqp.BasicConsume{ConsumerTag: c, NoAck: i == 1}))
			}
		}
		begin()

		deliver := func(noAck bool) {
			m := machine.deliver(noAck)
			d := frame(amqp.BasicDeliver{ConsumerTag: fmt.Sprint(noAck), Tag: m})
			w := server.ToClient(d)
			if want := frame(amqp.BasicDeliver{ConsumerTag: fmt.Sprint(noAck), Tag: real.deliver(noAck)}); w != want {
				t.Fatalf("%v is %v on the wire, want %v", d, w, want)
			}
			if back, err := client.FromBroker(w); err != nil || !cmp.Equal(back, []amqp.Frame{d}) {
				t.Fatalf("%v from the wire is %v (%v), want %v", w, back, err, d)
			}
		}
		// take has the client send what is on the wire.
		take := func(w amqp.Method) {
			m := server.FromClient(frame(w)).Method
			back := client.ToBroker(frame(m)).Method
			client.Taken(frame(m))
			got, ok := machine.take(m)
			if ok && back != w {
				t.Fatalf("%v to the wire is %v, want %v", m, back, w)
			}
			if want, wantOk := real.take(w); !cmp.Equal(got, want) || ok != wantOk {
				t.Fatalf("%v as %v settles %v, %v; on the wire %v, %v", w, m, got, ok, want, wantOk)
			}
			if !ok { // which closes the channel
				server.FromClient(frame(amqp.ChannelCloseOk{}))
				begin()
			}
		}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			tag := rapid.Uint64Range(0, real.last+1).Draw(t, "tag")
			multiple := rapid.Bool().Draw(t, "multiple")
			switch rapid.IntRange(0, 10).Draw(t, "step") {
			case 0:
				take(amqp.BasicAck{Tag: tag, Multiple: multiple})
			case 1:
				take(amqp.BasicNack{Tag: tag, Multiple: multiple, Requeue: true})
			case 2:
				take(amqp.BasicReject{Tag: tag})
			case 3:
				take(amqp.BasicRecover{Requeue: true})
			case 4:
				take(amqp.TxSelect{})
			case 5:
				take(amqp.TxCommit{})
			case 6:
				take(amqp.TxRollback{})
			default:
				deliver(rapid.IntRange(0, 3).Draw(t, "no-ack") == 0)
			}
			clone := server.Clone()
			if a, b := server.AppendState(nil), clone.AppendState(nil); !cmp.Equal(a, b) {
				t.Fatalf("a clone is %x, not %x", b, a)
			}
		}
	})
}

// A server counts publishes from confirm.select on, anew on each channel that is opened.
func TestServerNumbersCountsPublishes(t *testing.T) {
	var n wire.ServerNumbers
	on := func(ch amqp.Channel, m amqp.Method) amqp.Frame {
		return n.FromClient(amqp.Frame{Channel: ch, Method: m})
	}
	seq := func(ch amqp.Channel) uint64 { return on(ch, amqp.BasicPublish{}).Method.(amqp.BasicPublish).Seq }
	var got []uint64
	got = append(got, seq(1))
	on(1, amqp.ChannelOpen{})
	on(2, amqp.ChannelOpen{})
	got = append(got, seq(1))
	on(1, amqp.ConfirmSelect{})
	got = append(got, seq(1), seq(1), seq(2))
	on(1, amqp.ConfirmSelect{})
	got = append(got, seq(1))
	on(1, amqp.ChannelClose{})
	on(1, amqp.ChannelOpen{})
	got = append(got, seq(1))
	on(1, amqp.ConfirmSelect{})
	got = append(got, seq(1))
	if want := []uint64{0, 0, 1, 2, 0, 3, 0, 1}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func BenchmarkServerNumbers(b *testing.B) {
	for _, prefetch := range []int{1, 100, 10000} {
		b.Run(fmt.Sprint("outstanding=", prefetch), func(b *testing.B) {
			var n wire.ServerNumbers
			n.FromClient(open(1))
			free := make([]uint64, prefetch)
			for i := range free {
				free[i] = uint64(i + 1)
				n.ToClient(amqp.Frame{Channel: 1, Method: amqp.BasicDeliver{Tag: free[i]}})
			}
			acked := uint64(0)
			for b.Loop() {
				acked++
				m := n.FromClient(amqp.Frame{Channel: 1, Method: amqp.BasicAck{Tag: acked}}).Method.(amqp.BasicAck).Tag
				n.ToClient(amqp.Frame{Channel: 1, Method: amqp.BasicDeliver{Tag: m}})
			}
		})
	}
}
