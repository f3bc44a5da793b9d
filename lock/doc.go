// Package lock is a mutex on RabbitMQ: the strongest that AMQP 0-9-1 allows, as far as the catalogue of this module knows (PROMISES.md), and the very machine that
// was proved, on a real connection.
//
// The protocol is mutex/generation (SPEC.md, section 5.1) with a binding as its mark and tokens: the lock is an exclusive queue; every tenure binds it
// to amq.direct with a routing key that nobody else knows, which verifying asks for; and the token is the length of a durable queue that each
// holder lengthens by one.
//
// # What is promised
//
// On one RabbitMQ that neither restarts nor fails over (SPEC.md, section 3), whatever happens to connections and processes:
//
//   - The broker never has two holders (P-1).
//   - When [Mutex.Verify] returns true, the caller was the broker's holder at some moment between call and return (P-4), and no loss of the tenure before
//     the call is hidden (P-7).
//   - Tokens grow strictly in the order in which the broker grants the lock (P-3). A resource that refuses every token below the highest it has
//     seen takes nothing of a former holder. This, and nothing else, keeps two writers apart.
//   - Once the broker has noticed that the connection of a holder is lost, the lock is free as soon as it has done its work (P-6): within three heartbeat
//     intervals of the last octet, without heartbeats perhaps never (T-1).
//
// What is not promised, because no lock can: that no two clients believe at the same time that they hold it (P-2). The channel of [Mutex.Lost] closes when the client
// learns that the tenure is over; a client that is cut off learns it after [Options.Patience]. With the default, one heartbeat interval, that is
// before the broker gives the lock to anybody else if the network has gone silent in both directions and the clocks of the two run less than a half apart (T-3); it may be later
// if the connection was reset, or the process stood still. Nor that a lock is free when [Mutex.Release] has returned, if an earlier call
// of the same client failed (P-8).
//
// Every acquire leaves one empty persistent message in the queue NAME.epoch. Who empties or deletes that queue takes the tokens' promise away.
package lock
