// Package broker is RabbitMQ's AMQP 0-9-1 behaviour as one machine: connections, channels, exchanges, queues, consumers, confirms,
// transactions, of the versions that [Profile] lists.
//
// What the machine does was measured (SPEC.md, section 4); the broker scripts in live/amqptest/testdata run against this machine, against the
// embedded broker over TCP and against real RabbitMQs, and `lockstep conform` holds it against them at random.
//
// The one idea needed to read it: inside RabbitMQ every channel and every queue is a process with a mailbox, and so it is here.
//
//	link ──frames──► channel's inbox ──Handle──► channel ──letters──► queue's mailbox ──Take──► queue
//	     ◄────────────────── answers ──────────────┘ ▲                                            │
//	     ◄──────────────── Inform, Relay ────────────┴───────── receipts, notes ◄─────────────────┘
//
// With grain Process each of these is an action of its own; with grain Atomic all of them are done before a step ends. Under both, a lost
// connection is noticed in the broker's own time ([Notice]); what it had not read of it by then it may still read ([Read]); and the
// connection's exclusive queues stay, locked, and go one by one ([Reap]), whereas a connection that is closed by the protocol takes them
// along before connection.close-ok is sent, up to RabbitMQ 4.0.
//
// Nothing here counts for ever. Delivery tags are the smallest that are free, publishes carry numbers that their client uses again, and where a
// message stands in its queue matters by order only; the state's encoding has no numbers but small ones.
//
// Deliberately not here: streams (540 NOT_IMPLEMENTED), permissions (who is let in may do everything), policies, clusters, plugins, and bytes,
// authentication and negotiation, which are the business of whoever drives the machine. A connection is named by the link it came over (the
// sender of its frames) and a number.
package broker
