// Package conform holds the broker machine against a broker on the wire: it draws operations at random, does them on the broker over a few
// connections, and asks whether the machine admits what was seen. `lockstep conform` is this package.
//
//	Generator ──[]Op──► runner ──frames──► broker
//	                      │   ◄─────────────┘
//	                      └──history.Item──► feed ──► admit.Judge ──steps──► the broker machine as it looks on the wire
//
// The one idea: nothing is predicted and then waited for. What was sent and what was seen is a history (package history), and the judge (package
// admit) keeps all states in which the machine can be after it; a difference is a history that leaves none. So whatever the machine leaves open,
// the broker may do, and a recorded history is judged by the same code ([Check]) as one that is being made.
//
// Operations wait for their effects most of the time, so that the machine is in one state when the next one comes, and go out several at once
// sometimes ([Options].Pipelined). Names are few, for operations to meet. Each sequence begins with connections of its own and without queues and
// exchanges but the broker's, and clears up.
//
// What it is not: it does not compare the texts of replies, the moments in which messages died, and what the broker does about octets that are
// no frames.
package conform
