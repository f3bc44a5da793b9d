// Package admit decides whether a machine admits a history: whether what the machine's environment recorded of a real system
// is something that the machine, too, can do.
//
// A history is a list of [Item] in the order in which they were recorded: what the peers sent to the machine, what they saw of
// it, and a few words about the time in between. The machine takes what a peer sent at some later moment, each peer's in
// the order in which they were sent, as over a link; in between it takes internal actions as it likes; what it sends to a
// peer is seen at some later moment, in the order in which it was sent. A history is admitted if the machine has a run in which
// all that was seen is sent before it was seen, and nothing else happens that the history excludes.
//
//	peer ──Sent──► inputs ──► machine ──► outputs ──Seen──► peer
//	                           ▲   │
//	                           └───┘ internal actions, timers
//
// The one idea: [Judge] keeps the set of all candidates, a machine with what is on its way to it and from it. It moves a candidate
// only when something was seen that the candidate has not sent yet, and no further than that; so a candidate stands for all
// runs that go on from it, and as long as the machine leaves nothing open there is one of them, which is stepped in place.
//
// What RabbitMQ leaves open and a FIFO would not: frames of different channels of one connection overtake each other, in both
// directions, because each channel is a process of its own there. [Options].Lane says which events keep their order.
//
// What it is not: a proof of anything about the real system beyond this one history, nor a check that what the machine
// promises in the end has come, except where the history says [Quiet].
package admit
