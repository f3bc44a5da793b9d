// Package replay makes a trace happen on a real AMQP 0-9-1 broker, and compares everything that the broker does with what the
// model says it does.
//
// The one idea: the model runs along, one step of the trace after the other, and each thing that it sends between client,
// link and broker is turned into an act in the real world, if it was decided on our side, or into a check, if it was the
// broker's to decide. Between the two stands the frame gate (package gate), which holds every frame until the trace delivers
// it. Each client of the model has a double: the same machine, stepped only by what comes out of a real socket.
//
//	the model sends                   what the replay does
//	client → link    dial             (the double has dialled the gate and agreed on heartbeats: see below)
//	                 frame            check: the double has sent it, the gate holds it
//	                 hang up          check: the double has closed its socket
//	link → broker    frame            act: the gate releases its oldest frame, the broker is given time to answer
//	                 unread, lost     the broker's end is lost, but the gate keeps its socket and what is held for it
//	                 silence, sound   act: heartbeats to the broker are dropped, pass again
//	broker → link    frame            check: it arrives in the gate
//	                 hang up          check: the broker closes its socket
//	link → client    frame            act: the gate releases it, the double's session reads it and steps the double
//	                 lost             act: the client's socket is reset
//	                 silence, sound   act: heartbeats to the client are dropped, pass again
//	                 pause, resume    act: the session reads nothing and sends no heartbeats, and goes on
//	                 crash            act: the client's socket is reset; the double is dead
//	a timer's expiry at a client      act: the double is told
//	                 at the broker    (its hanging up is the check: it has up to three heartbeat intervals for that)
//	broker's action  read on          act: the gate releases the oldest frame of the lost connection, its answer is dropped
//	                 notice           act: the lost connection is reset
//	                 reap             check: an observer on a connection of its own sees the queue disappear
//	                 take             nothing: RabbitMQ took the message when it came; the confirm has been in the gate since
//	broker observed  declared, gone   check: the observer finds the queue locked (405), free, or not there (404)
//	                 consumes, unsettled   check: the observer finds so many messages ready and so many consumers, if the queue is free
//
// After each step each double must be in the state of its model and have done what the model did. What is compared of a
// frame is everything but reply texts, and the counts in declare-ok, which RabbitMQ keeps asynchronously. When a client closes
// its connection RabbitMQ answers, and then waits for the client to close the socket, for up to 30 s; for the check that it
// hangs up, the gate closes its half of the socket first.
//
// # Three answers
//
// Reproduced: every check held. Diverged: a check failed, and the model has no way to do what the broker did: a finding about
// the model. NotReproduced: the broker did what the model can do too, but not at this point of the trace: it has internal
// actions of its own (it reaps a queue, its heartbeat timer expires) which a replay can await but not delay.
//
// # Heartbeats
//
// Time is the one thing that a gate cannot hold. A connection negotiates heartbeats only if the trace lets the broker's
// heartbeat timer of that very connection expire; the first to expire has the shortest interval and each later one has twice
// the interval of the one before. A broker gives up after more than two and at most three intervals of silence, so that they
// expire in the order of the trace even if all fall silent at once. A client's heartbeat timer expires when the trace says.
//
// # The model's clock
//
// Ticks of a system under a clock are not waited for: that a timer has come to its window the trace has made sure of, and on the
// broker it fires in its own time, as above. So such a trace is replayed for its order, not for its durations, and one that ends
// with a tick, which shows nothing but that time passes, cannot be ([ErrNothingToReplay]).
//
// # Lost connections
//
// A link of the model may have several connections that are lost and not noticed yet, numbered not by age but by what is
// known of them. The replay keeps them by age. The number N is matched with the oldest connection that owns a queue if and only
// if N does and whose next unread frame is that of N; the frame does not count where N has none, because the model drops
// frames that make no difference. Connections that the model has forgotten altogether, because nothing depends on them any
// more, stay open to the end of the replay.
//
// # Limits
//
// Of an infinite run (see package traces) the steps are replayed once: those before the cycle, and one round of it. That the
// model is then where the round began has been judged; the broker is asked for no more rounds.
//
// What the model's broker had from the beginning (queues of an administrator's) is declared before the first step. Names that brokers make up (amq.gen-…)
// are translated.
//
// The clients of a system must be the only ones on the queues that the trace declares; the observer makes sure that there
// are none at the beginning, and deletes what is left of them at the end. A frame that the broker does not answer (a publish outside of confirm mode) is released but not
// known to be handled when the step ends. The observer's passive declares would prolong a queue's x-expires.
package replay
