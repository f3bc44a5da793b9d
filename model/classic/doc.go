// Package classic holds well-known algorithms, one to a file, whose state counts somebody else has published or a short
// calculation gives. They keep the prover honest, and they show how things are written here: messages that are never consumed
// (two-phase commit, Paxos), shared variables (Peterson, the bakery), guards over other machines' states (transaction commit,
// the philosophers), lossy channels (the alternating bit), many initial states (EWD840), failing connections (the AMQP mutex).
//
// The package deliberately has nothing to do with AMQP; its one AMQP model is a sketch by hand that other tools were measured
// on, where mutex/exclusive-queue of the catalogue is the real thing.
package classic
