// Package amqptest is the embedded broker: the broker machine that is proved with (package model/broker), served over TCP on the
// loopback interface, as net/http/httptest serves a handler. A test of an AMQP 0-9-1 client in any language needs no RabbitMQ:
//
//	server := amqptest.NewServer(amqptest.Options{})
//	defer server.Close()
//	conn, err := amqp.Dial(server.URL())
//
// Programs that are not in Go get the same from `lockstep broker`.
//
// What a test can have here that RabbitMQ does not give it:
//
//   - a new broker for each test, in a millisecond, that is RabbitMQ 3.10, 4.0 or 4.3: [Machine].Profile;
//   - [Faults]: connections that are reset, black-holed, paused or closed by an administrator, an alarm, a restart, a kill -9, each
//     at the moment that the test chooses;
//   - virtual time: [Clock].Advance lets an hour of times to live and expiries pass at once;
//   - the same behaviour each time, and with [Machine].Asynchronous and a Seed any of those that RabbitMQ may show;
//   - a record of all that clients sent and saw: [Options].Record.
//
// It speaks all of AMQP 0-9-1 that RabbitMQ does, with PLAIN, AMQPLAIN, ANONYMOUS and EXTERNAL, TLS, several virtual hosts, and the
// negotiation of frames, channels and heartbeats; with [Options].Dir what is durable survives the process, kill -9 included. It adds no
// behaviour to the machine's but what a model leaves out: octets, the handshake, negotiated limits, the disk, real time. The scripts in
// testdata hold machine, server and real RabbitMQs together. BENCHMARKS.md says how fast it is.
//
// What it is not: a broker to run a service on. It has no cluster, no permissions beyond who may log in, no management interface, no plugins
// and no streams, and all messages are in memory.
//
// The one idea: the machine has one owner ([core]), and all that happens is handed to it, one thing after the other.
//
//	socket ──► reader ──frames──► core: machine.Step, then its own actions until none is left, in an order that Machine.Seed
//	       ◄── writer ◄──octets──       decides; timers come back as inputs
//
// The core never waits for a socket. A client that does not read is begun no more deliveries for when [outboxMax] octets wait to be written to it, and
// when [stallMax] do, it is read from no more, but for [unreadMax] octets, in which its heartbeats are heard; others do not notice.
//
// What clients can take is limited by [Limits] and [Tune]: connections, channels, octets of a frame, of a body, and of the contents that are
// not complete, and the time that the handshake may take, up to which a client has the memory of one small frame. Broken frames and methods end in
// connection.close; see package wire for the code of each. Not limited, as in a RabbitMQ without policies and alarms, is how many queues, bindings and
// messages there are. Where the machine does not come to an end, as with a message that queues hand round for ever, others are served in between
// ([actionsMax]).
//
// Connections end as RabbitMQ's do. What is written before the end is read by a peer that reads: the server answers
// connection.close and waits for the client to hang up, and after a connection.close of its own it waits for the answer, for at
// most [closeTimeout] (RabbitMQ: 30 s). Where it is the one to hang up, it resets the connection.
package amqptest
