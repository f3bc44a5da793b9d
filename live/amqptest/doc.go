// Package amqptest is the embedded broker: the broker machine that is proved with (package model/broker), served over TCP on the
// loopback interface, as net/http/httptest serves a handler. A test of an AMQP 0-9-1 client in any language needs no RabbitMQ:
//
//	server := amqptest.NewServer(amqptest.Options{})
//	defer server.Close()
//	conn, err := amqp.Dial(server.URL())
//
// It is not a broker to keep data in: it has no disk, no TLS, one virtual host, and the part of AMQP that the machine has so far:
// connections, channels, queue.declare and queue.delete, basic.publish to the default exchange with mandatory and return, and
// publisher confirms. There are no consumers, no basic.get and no exchanges yet; what is missing is refused with 540 NOT_IMPLEMENTED. It adds no behaviour to the machine's but what a model leaves out: octets,
// the handshake, negotiated limits, wall-clock time. The scripts in testdata hold machine, server and a real RabbitMQ together.
//
// The one idea: one goroutine owns the machine ([core]), and all that happens is handed to it, one thing after the other.
//
//	socket ──► reader ──frames──► core: machine.Step, then its own actions until none is left, in an order that Options.Seed
//	       ◄── writer ◄──octets──       decides; timers come back as inputs
//
// The core never waits for a socket. A client that sends and does not read what is answered is not read from any more when
// [outboxMax] octets wait for it; others do not notice.
//
// Connections end as RabbitMQ's do. What is written before the end is read by a peer that reads: the server answers
// connection.close and waits for the client to hang up, and after a connection.close of its own it waits for the answer, for at
// most [closeTimeout] (RabbitMQ: 30 s). Where it is the one to hang up, it resets the connection.
package amqptest
