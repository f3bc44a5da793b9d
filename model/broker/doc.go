// Package broker is RabbitMQ's AMQP 0-9-1 behaviour as one machine, one file for each class of the protocol.
//
// What the machine does was measured on RabbitMQ 3.10 and 4.0 (SPEC.md, section 4); the broker scripts in
// live/amqptest/testdata run against this machine, against the embedded broker over TCP and against a real RabbitMQ.
//
// Where RabbitMQ works asynchronously inside, this machine has an action of its own:
//
//   - a published message waits in its queue's mailbox until the queue takes it ([Take]); only then is it counted and
//     confirmed, so a passive declare that was sent after the publish may not see it yet;
//   - when a connection is lost its exclusive queues stay, locked, and go one by one ([Reap]), in any order, whereas a
//     connection that is closed by the protocol takes them along before connection.close-ok is sent.
//
// What AMQP 0-9-1 has and this machine has not yet is refused with 540 NOT_IMPLEMENTED. The machine is driven by frames on
// connections; a connection is named by the link it came over (the sender of its frames) and a number. Everything about
// bytes, authentication and negotiation is the business of whoever drives it.
package broker
