package gate_test

import (
	"context"
	"fmt"
	"net"

	"github.com/lockstep-prover/lockstep/live/gate"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// A client's last words are held back, the client is gone, and only then does the broker hear them.
func Example() {
	broker, err := net.Listen("tcp", "127.0.0.1:0") // stands for a RabbitMQ
	if err != nil {
		panic(err)
	}
	defer broker.Close()
	g, err := gate.New(broker.Addr().String())
	if err != nil {
		panic(err)
	}
	defer g.Close()

	client, err := net.Dial("tcp", g.Addr())
	if err != nil {
		panic(err)
	}
	conn, err := g.Accept(context.Background())
	if err != nil {
		panic(err)
	}
	last := []amqp.Frame{
		{Method: amqp.ConnectionTuneOk{}}, // the end of the handshake: what follows is held
		{Channel: 1, Method: amqp.QueueDeclare{Queue: "lock", Exclusive: true}},
	}
	for _, f := range last {
		octets, err := wire.Append(nil, f, wire.DefaultFrameMax)
		if err != nil {
			panic(err)
		}
		if _, err := client.Write(octets); err != nil {
			panic(err)
		}
	}
	client.Close()

	<-conn.Closed(gate.Client)
	fmt.Println("the client's side:", conn.Cause(gate.Client))
	for _, item := range conn.Held(gate.ToBroker) {
		fmt.Println("held:", item.Frame)
	}
	if _, err := conn.Release(gate.ToBroker); err != nil {
		panic(err)
	}

	atBroker, err := broker.Accept()
	if err != nil {
		panic(err)
	}
	defer atBroker.Close()
	for r := wire.NewReader(atBroker); ; {
		item, err := r.Next()
		if err != nil {
			fmt.Println("the broker's end:", err)
			break
		}
		fmt.Println("the broker hears:", item.Frame)
		if item.Frame == last[1] {
			if err := conn.CloseWrite(gate.Broker); err != nil { // the loss arrives after all
				panic(err)
			}
		}
	}
	// Output:
	// the client's side: EOF
	// held: ch1 queue.declare lock exclusive
	// the broker hears: connection.tune-ok channel-max=0 frame-max=0 heartbeat=0
	// the broker hears: ch1 queue.declare lock exclusive
	// the broker's end: EOF
}
