package lock_test

import (
	"context"
	"fmt"
	"log"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/lock"
)

func Example() {
	broker := amqptest.NewServer(amqptest.Options{}) // or a RabbitMQ
	defer broker.Close()
	ctx := context.Background()

	m, err := lock.Dial(ctx, broker.URL(), "nightly-report", lock.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	if err := m.Acquire(ctx); err != nil {
		log.Fatal(err)
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		<-m.Lost()
		stop() // somebody else may have it now
	}()
	fmt.Println("writing with token", m.Token(), working.Err()) // the store refuses every token below the highest it has seen
	if err := m.Release(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: writing with token 1 <nil>
}
