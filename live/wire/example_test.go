package wire_test

import (
	"bytes"
	"fmt"
	"io"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// What one end of a connection appends to its output, the other reads item by item.
func Example() {
	stream := wire.AppendProtocolHeader(nil)
	for _, m := range []amqp.Method{
		amqp.QueueDeclare{Queue: "lock", Exclusive: true},
		amqp.BasicPublish{RoutingKey: "lock", Mandatory: true, Message: amqp.Message{Body: "token"}},
	} {
		var err error
		if stream, err = wire.Append(stream, amqp.Frame{Channel: 1, Method: m}, wire.DefaultFrameMax); err != nil {
			panic(err)
		}
	}
	stream = wire.AppendHeartbeat(stream)

	r := wire.NewReader(bytes.NewReader(stream))
	for {
		item, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			panic(err)
		}
		switch item.Kind {
		case wire.ProtocolHeader:
			fmt.Println("protocol header, 0-9-1:", string(item.Raw) == wire.Version091)
		case wire.Heartbeat:
			fmt.Println("heartbeat")
		case wire.Frame:
			fmt.Println(item.Frame, "in", len(item.Raw), "octets")
		}
	}
	// Output:
	// protocol header, 0-9-1: true
	// ch1 queue.declare lock exclusive in 24 octets
	// ch1 basic.publish lock mandatory in 56 octets
	// heartbeat
}
