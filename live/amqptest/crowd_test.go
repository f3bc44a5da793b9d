package amqptest_test

import (
	"fmt"
	"testing"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// crowd connects clients that open a channel, and then do nothing.
func crowd(t testing.TB, addr string, n int) {
	t.Helper()
	for range n {
		c := dial(t, addr)
		c.open(login{})
		c.send(1, amqp.ChannelOpen{})
		want[amqp.ChannelOpenOk](c)
	}
}

// BenchmarkCrowd publishes and awaits the confirm, while many others are connected.
func BenchmarkCrowd(b *testing.B) {
	for _, n := range []int{0, 1000, 4000} {
		b.Run(fmt.Sprintf("idle=%d", n), func(b *testing.B) {
			s := serve(b, amqptest.Options{})
			crowd(b, s.Addr(), n)
			c := newBench(b, s.URL())
			if err := selectConfirms(c, 0); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			if err := roundTrips(c, b.N); err != nil {
				b.Fatal(err)
			}
		})
	}
}
