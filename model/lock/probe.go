package lock

import (
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// ProbeMode is how a client of the persistent semaphore asks whether a queue is there.
type ProbeMode uint8

// The modes.
const (
	ProbePublish ProbeMode = iota // basic.publish, mandatory, and wait for the confirm
	ProbeTx                       // basic.publish, mandatory, and tx.commit
	ProbePassive                  // queue.declare passive
)

var probeModes = []string{"publish", "tx", "passive"}

// String is the mode's name in parameters.
func (m ProbeMode) String() string { return probeModes[m] }

// ParseProbe returns the mode of that name.
func ParseProbe(name string) (ProbeMode, error) {
	i, err := parse("probe", name, probeModes)
	return ProbeMode(i), err
}

// selects is the mode of the channel that a probe needs.
func (m ProbeMode) selects() selection { return [...]selection{confirms, transacts, plain}[m] }

// methods lists the answers to a probe, but for channel.close.
func (m ProbeMode) methods() []amqp.Method {
	return [...][]amqp.Method{
		ProbePublish: {amqp.BasicReturn{}, amqp.BasicAck{}, amqp.BasicNack{}},
		ProbeTx:      {amqp.BasicReturn{}, amqp.TxCommitOk{}},
		ProbePassive: {amqp.QueueDeclareOk{}},
	}[m]
}

// arguments are those of a queue that such a probe goes to: it takes messages, and keeps none.
func (m ProbeMode) arguments() (none amqp.Table) {
	if m == ProbePassive {
		return none
	}
	return noRoom
}

// finding is what a probe has found.
type finding uint8

const (
	nothingYet finding = iota
	present
	absent
	others  // it is there, and another connection's (queue.declare passive only)
	unclear // the broker could not tell: basic.nack, or a refusal
)

// prober asks whether queues are there, one at a time.
type prober struct {
	mode     ProbeMode
	returned bool // the message came back
}

// ask sends a probe.
func (p *prober) ask(queue string, s *session, out *model.Out) {
	switch p.mode {
	case ProbePublish:
		s.send(amqp.BasicPublish{RoutingKey: queue, Mandatory: true, Seq: 1}, out)
	case ProbeTx:
		s.send(amqp.BasicPublish{RoutingKey: queue, Mandatory: true}, out)
		s.send(amqp.TxCommit{}, out)
	case ProbePassive:
		s.send(amqp.QueueDeclare{Queue: queue, Passive: true}, out)
	}
}

// hear takes an answer to a probe.
func (p *prober) hear(m amqp.Method) finding {
	switch m.(type) {
	case amqp.BasicReturn:
		p.returned = true
		return nothingYet
	case amqp.BasicNack:
		p.returned = false
		return unclear
	}
	if p.returned {
		p.returned = false
		return absent
	}
	return present
}

// refused is what a probe has found whose channel the broker closed.
func (p *prober) refused(code amqp.Code) finding {
	p.returned = false
	switch {
	case p.mode == ProbePassive && code == amqp.NotFound:
		return absent
	case p.mode == ProbePassive && code == amqp.ResourceLocked:
		return others
	}
	return unclear
}
