package lock

import (
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// VerifyMode is how a client asks whether it still has the lock.
type VerifyMode uint8

// The verify modes. Which of them a protocol has, and what each asks for there, its parameters tell.
const (
	VerifyPublish   VerifyMode = iota // basic.publish, mandatory, and wait for the confirm
	VerifyPassive                     // queue.declare passive
	VerifyRedeclare                   // queue.declare, as in acquire
	VerifyQos                         // basic.qos: whether the channel answers
)

var verifyModes = []string{"publish", "passive", "redeclare", "qos"}

// String is the mode's name in parameters.
func (v VerifyMode) String() string { return verifyModes[v] }

// ParseVerify returns the verify mode of that name.
func ParseVerify(name string) (VerifyMode, error) {
	i, err := parse("verify mode", name, verifyModes)
	return VerifyMode(i), err
}

// methods lists the answers that verify waits for, but for queue.declare-ok.
func (v VerifyMode) methods() []amqp.Method {
	switch v {
	case VerifyPublish:
		return []amqp.Method{amqp.BasicReturn{}, amqp.BasicAck{}, amqp.BasicNack{}}
	case VerifyQos:
		return []amqp.Method{amqp.BasicQosOk{}}
	}
	return nil
}

// ReleaseMode is how a client gives the lock back.
type ReleaseMode uint8

// The release modes. Which of them a protocol has, its parameters tell.
const (
	ReleaseDelete     ReleaseMode = iota // queue.delete
	ReleaseConnection                    // connection.close
	ReleaseChannel                       // channel.close
	ReleaseCancel                        // basic.cancel
	ReleaseNack                          // basic.nack, which is not answered
	ReleaseWait                          // basic.nack, and basic.qos, which is
)

var releaseModes = []string{"delete", "connection", "channel", "cancel", "nack", "wait"}

// String is the mode's name in parameters.
func (r ReleaseMode) String() string { return releaseModes[r] }

// ParseRelease returns the release mode of that name.
func ParseRelease(name string) (ReleaseMode, error) {
	i, err := parse("release mode", name, releaseModes)
	return ReleaseMode(i), err
}

// methods lists the answers that release waits for.
func (r ReleaseMode) methods() []amqp.Method {
	return [...][]amqp.Method{
		ReleaseDelete:     {amqp.QueueDeleteOk{}},
		ReleaseConnection: {amqp.ConnectionCloseOk{}},
		ReleaseChannel:    {amqp.ChannelCloseOk{}},
		ReleaseCancel:     {amqp.BasicCancelOk{}},
		ReleaseNack:       {},
		ReleaseWait:       {amqp.BasicQosOk{}},
	}[r]
}

func parse(what, name string, names []string) (int, error) {
	i := slices.Index(names, name)
	if i < 0 {
		return 0, fmt.Errorf("no %s %q; there are %q", what, name, names)
	}
	return i, nil
}
