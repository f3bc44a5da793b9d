package amqptest_test

import (
	"fmt"
	"log"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
)

// Two clients want the same lock, which is the exclusive queue of that name. A test of your own is the same, with your client
// in the place of these lines.
func Example() {
	server := amqptest.NewServer(amqptest.Options{})
	defer server.Close()

	acquire := func() (*amqp.Connection, error) {
		conn, err := amqp.Dial(server.URL())
		if err != nil {
			log.Fatal(err)
		}
		channel, err := conn.Channel()
		if err != nil {
			log.Fatal(err)
		}
		_, err = channel.QueueDeclare("lock", false, false, true, false, nil)
		return conn, err
	}

	holder, err := acquire()
	fmt.Println("first:", err)
	_, err = acquire()
	fmt.Println("second:", err.(*amqp.Error).Code)
	holder.Close()
	_, err = acquire()
	fmt.Println("third:", err)

	// Output:
	// first: <nil>
	// second: 405
	// third: <nil>
}
