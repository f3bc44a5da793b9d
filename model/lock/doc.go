// Package lock holds the clients of lock protocols on AMQP 0-9-1, one file for each protocol, each a machine.
//
// A client is a driver of the AMQP connection (the session, shared by all protocols) below the protocol proper, and an
// application above it that calls acquire, verify and release whenever it may and in any order that makes sense:
//
//	application   acquire ─► … ─► acquire returned held ─► verify ─► … ─► release ─► …     the client's own actions
//	protocol      the numbered steps of the file comment
//	session       dial, connection.open, channel.open, confirm.select, reopening, reconnecting
//	link          amqp.Frame, amqp.Dial, amqp.Hangup ▼   ▲ amqp.Frame, amqp.Lost, amqp.Silent, amqp.Heard
//
// Calls and returns are observations ([Called], [Returned]): a history. What a client believes between them is part of its
// state ([Client.Believes]).
package lock
