package broker

import (
	"fmt"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// AckCheck is an input that says that a minute has passed: the broker looks for channels that have had something unsettled for too long
// (RabbitMQ's consumer_timeout, which every channel looks at once a minute). A channel that has ends by 406 PRECONDITION_FAILED, and what it had
// is put back. RabbitMQ 4.3 has no such limit for classic queues; for quorum queues it has another one, which is not modelled.
type AckCheck struct{}

// String names the input.
func (AckCheck) String() string { return "looks for overdue acknowledgements" }

// checkAcks lets every channel's deliveries grow older by a check, and ends the channels of which the oldest one is overdue.
func (b *Broker) checkAcks(out *model.Out) {
	if b.opts.AckChecks == 0 || !b.opts.Profile.limitsAcks() {
		return
	}
	for _, c := range b.conns {
		if c.lost > 0 || c.closing || c.ending {
			continue
		}
		for _, ch := range c.channels {
			if len(ch.unsettled) == 0 || ch.closing || ch.ended {
				continue
			}
			for i := range ch.unsettled {
				ch.unsettled[i].checks++
			}
			if ch.unsettled[0].checks > b.opts.AckChecks {
				in := call{key: c.key, channel: ch.num, conn: c, ch: ch, late: b.stepwise(c.key)}
				b.exception(in, amqp.PreconditionFailed, fmt.Sprintf("delivery acknowledgement on channel %d timed out. Timeout value used: %d ms. "+
					"This timeout value can be configured, see consumers doc guide to learn more", ch.num, b.opts.AckChecks*60_000), out)
			}
		}
	}
}
