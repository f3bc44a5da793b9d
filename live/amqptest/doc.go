// Package amqptest is an embedded AMQP 0-9-1 broker for tests, as net/http/httptest is an embedded web server:
//
//	server := amqptest.NewServer(amqptest.Options{})
//	defer server.Close()
//	conn, err := amqp091.Dial(server.URL())
//
// What answers is the broker machine that the prover explores (model/broker), behind TCP. It is no copy of it: this package knows
// how to greet a client, to authenticate it and to negotiate, and what a heartbeat is; all else is the machine's. What the
// machine does not implement is refused with 540 NOT_IMPLEMENTED.
//
// The one idea: one goroutine owns the machine and feeds it inputs, one after the other; every connection has a goroutine that reads and one that
// writes. Where the machine has actions of its own, things that RabbitMQ does some time later, they are taken at once,
// in an order drawn from a seed.
package amqptest
