// Package network holds the links of a system, and the faults that happen on them.
//
// A [Link] is everything between one client and the broker: the client's TCP connection, a pair of queues, one for each
// direction. Delivering the head of a queue is an action, so a frame may take arbitrarily long; that is the only asynchrony
// between a client and the broker.
//
//	client ──frame──► │ … queue … │ ──to broker: frame──► broker
//	       ◄──frame── │ … queue … │ ◄──frame──────────────
//
// Faults have budgets, one set for each link. They act on the connection, or on the client's process:
//
//	                 ┌── reset, crash, or the client hangs up ──► the broker's end is lost: what is in flight to the broker is
//	                 │                                            handed over as amqp.Late, then amqp.Broken
//	dial ──► whole ──┤
//	           ▲     │ black hole            broker gives up: its end is closed
//	           └heal─┴───────────► hole ───► client gives up: as above
//
// After a loss each end learns of it on its own. What the broker has not read when its end is lost stays with it, as in a
// socket's buffer, and it is the broker's choice how much of it to read before it notices. The client's side of a lost
// connection stays in the link, with what is in flight to the client, until the client notices. So frames are lost from any
// point on without a choice of its own.
//
// Heartbeat frames are not modelled one by one. While a connection passes bytes and the processes at both ends run,
// heartbeats arrive in time (an assumption, SPEC.md A-3); when that ends the link tells each end with amqp.Silent, whose
// heartbeat timer then runs, and with amqp.Heard when it is over.
package network
