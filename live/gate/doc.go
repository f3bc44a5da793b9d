// Package gate is the frame gate: a TCP proxy on the loopback interface between AMQP clients and a broker that parses what
// both say and holds every method, with its content, until it is told to let it through. So a schedule, which frame arrives
// when, which is in flight at the moment of a fault, is made to happen instead of being waited for.
//
//	client ──► [ held … held ] ──Release──► broker        each connection has two such queues, one for each
//	       ◄──Release── [ held … held ] ◄──               direction, and two sockets that live and die apart
//
// The one idea: the two TCP connections of a pair know nothing of each other. That one side closes closes nothing at the
// other; it is a fact to be read ([Conn.Closed], [Conn.Cause]) and the owner of the gate decides what follows. A connection
// whose client is gone but whose last frames the broker has still to read is thus an ordinary state.
//
// What no model speaks of passes by itself: the handshake up to connection.tune-ok, in both directions, and heartbeats, for
// which a direction can be made deaf ([Conn.Silence]).
//
// The gate is no party to the protocol: it does not judge which method may come when, answers nothing and adds nothing. It
// forwards the octets of a method as they came; only their order against heartbeats and other channels' frames may change,
// because a method with content is forwarded in one piece. It has no clock and draws no conclusions.
package gate
