package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lockstep-prover/lockstep/prover"
	"github.com/lockstep-prover/lockstep/spec"
)

// acceptedVacuity is what never happens in any default case of a system, each with the reason why that is no defect.
var acceptedVacuity = map[string][]string{
	"mutex/exclusive-queue": {
		// No client sends persistent messages, has more than one channel, or consumes.
		"broker never meets broker.Sync, broker.Handle, broker.Relay",
		// The broker closes no connection by force but for mistakes that our client does not make; and a queue that drops from its head
		// refuses no message, so that the broker has nothing to nack.
		"client/* never meets amqp.Frame[amqp.ConnectionClose], amqp.Frame[amqp.BasicNack]",
	},
	"mutex/generation": {
		// As above, but that tokens are persistent messages.
		"broker never meets broker.Handle, broker.Relay",
		"client/a never meets amqp.Frame[amqp.ConnectionClose], amqp.Frame[amqp.BasicNack]",
		"client/b never meets amqp.Frame[amqp.ConnectionClose], amqp.Frame[amqp.BasicNack]",
	},
	"mutex/exclusive-consumer": {
		// There are no exclusive queues, messages or confirms.
		"broker never meets broker.Reap, broker.Sync, broker.Handle, broker.Inform",
		"client/* never meets amqp.Frame[amqp.ConnectionClose]",
	},
	"mutex/publish-consume": {
		// There are no exclusive queues, and no persistent messages. Nobody takes the lock away, so that no probe comes back; and what is delivered
		// is but probes.
		"broker never meets broker.Reap, broker.Sync, broker.Handle",
		"client/* ignores amqp.Frame[amqp.BasicDeliver] from link/*",
		"client/* never meets amqp.Frame[amqp.ConnectionClose], amqp.Frame[amqp.BasicReturn], amqp.Frame[amqp.BasicNack]",
		"client/a ignores amqp.Frame[amqp.BasicDeliver] from link/a",
		"client/a never meets amqp.Frame[amqp.ConnectionClose], amqp.Frame[amqp.BasicReturn], amqp.Frame[amqp.BasicNack]",
	},
	"semaphore/token": {
		// There are no exclusive queues and no confirms, and an administrator has published the tokens.
		"broker never meets broker.Reap, broker.Sync, broker.Handle, broker.Inform",
		"client/* never meets amqp.Frame[amqp.ConnectionClose]",
	},
	"semaphore/token-race": {
		// It is explored without losses: it is the filling that it shows.
		"broker never meets broker.Reap, amqp.Silent, sound again (amqp.Heard), model.Expired, broker.Sync, broker.Handle, broker.Inform, broker.Relay",
		"client/* never meets connection lost (amqp.Lost), amqp.Silent, sound again (amqp.Heard), model.Expired, amqp.Frame[amqp.ConnectionClose], amqp.Frame[amqp.ChannelClose]",
		"link/* never meets hang up (amqp.Hangup), client notices (network.ClientNotices)",
		"broker.heartbeat[link/*] is never armed",
		"client/*.heartbeat is never armed",
	},
	"semaphore/decrement": {
		// As in the token semaphore. What consume-ok says the message says, too.
		"broker never meets broker.Reap, broker.Sync, broker.Handle, broker.Inform",
		"client/* never meets amqp.Frame[amqp.ConnectionClose]",
		"client/* ignores amqp.Frame[amqp.BasicConsumeOk] from link/*",
	},
	"semaphore/consumer-count": {
		// There are no exclusive queues, messages or confirms.
		"broker never meets broker.Reap, broker.Sync, broker.Handle, broker.Inform",
		"client/* never meets amqp.Frame[amqp.ConnectionClose]",
	},
	"mutex/max-length": {
		// There are no exclusive queues, and nobody takes the lock away, so that no message comes back. What is unlike about clients is their names,
		// so that what can befall one of them befalls it in cases of its own.
		"broker never meets broker.Reap, broker.Handle, broker.Relay",
		"client/a never meets amqp.Frame[amqp.ConnectionClose], amqp.Frame[amqp.BasicReturn], amqp.Frame[amqp.BasicGetEmpty]",
		"client/b never meets amqp.Frame[amqp.ConnectionClose], amqp.Frame[amqp.ChannelClose], amqp.Frame[amqp.BasicReturn], amqp.Frame[amqp.BasicGetEmpty]",
	},
	"mutex/single-active-consumer": {
		// As in the token semaphore; and no consumer is refused.
		"broker never meets broker.Reap, broker.Sync, broker.Handle, broker.Inform",
		"client/* never meets amqp.Frame[amqp.ConnectionClose], amqp.Frame[amqp.ChannelClose]",
	},
	"mutex/expiring-queue": {
		// There are no messages and no consumers.
		"broker never meets broker.Take, broker.Sync, broker.Handle, broker.Inform, broker.Relay",
		"client/* never meets amqp.Frame[amqp.ConnectionClose]",
	},
	"semaphore/persistent": {
		// No message is kept or consumed. An administrator, and a client that is alone, are only reset.
		"broker never meets broker.Sync, broker.Handle, broker.Relay",
		"client/* never meets amqp.Frame[amqp.ConnectionClose]",
		"administrator never meets amqp.Silent, sound again (amqp.Heard), model.Expired, amqp.Frame[amqp.ConnectionClose]",
		"link/administrator never meets hang up (amqp.Hangup)",
		"broker.heartbeat[link/administrator] is never armed",
		"administrator.heartbeat is never armed",
		"client/a never meets amqp.Silent, sound again (amqp.Heard), model.Expired, amqp.Frame[amqp.ConnectionClose]",
		"link/a never meets hang up (amqp.Hangup)",
		"broker.heartbeat[link/a] is never armed",
		"client/a.heartbeat is never armed",
	},
	"mutex/exclusive-queue-timed": {
		// Its cases verify by passive declares and release by delete: publishes and confirms are explored without time.
		"broker never meets broker.Take, broker.Sync, broker.Handle, broker.Inform, broker.Relay",
		"client/* never meets amqp.Frame[amqp.ConnectionClose]",
	},
	"classic/bakery": {
		// As in the model of BEEM a process looks at all tickets, its own included, which has nothing to object.
		"ticket/1 ignores chosen? (classic.chosen) from process/1, classic.turn from process/1",
		"ticket/2 ignores chosen? (classic.chosen) from process/2, classic.turn from process/2",
		"ticket/3 ignores chosen? (classic.chosen) from process/3, classic.turn from process/3",
	},
}

// checkVacuity compares what never happened in all default cases of a system with what is accepted.
func checkVacuity(t *testing.T, e *spec.Entry, results []prover.Result) {
	t.Helper()
	if diff := cmp.Diff(acceptedVacuity[e.Name], prover.Vacuous(results...)); diff != "" {
		t.Errorf("%s: what never happens (-accepted +told):\n%s", e.Name, diff)
	}
}
