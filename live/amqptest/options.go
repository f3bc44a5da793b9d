package amqptest

import (
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// Options says how to serve. The zero value is good: a new RabbitMQ that keeps nothing.
type Options struct {
	// Addr is the TCP address to listen on; "" is a free port on 127.0.0.1.
	Addr string
	// Login says who may connect, how, and where to.
	Login Login
	// Machine says which RabbitMQ to be.
	Machine Machine
	// Tune is what connection.tune proposes.
	Tune Tune
	// Limits bounds what clients may take.
	Limits Limits
	// Dir is the directory to keep durable queues and exchanges and their persistent messages in; "" keeps them in memory only. It is
	// made if it does not exist. One server at a time can have it.
	Dir string
	// Clock is the time that the broker's timers run by; nil is the wall clock. See [Clock].
	Clock *Clock
	// Record takes a history of all that clients send and see, in the format of package live/history; nil takes none. It is written to
	// by one goroutine at a time, and nobody is served meanwhile. `lockstep conform --history` says whether the broker machine admits a history.
	//
	// Clients are told nothing that has not been written before, so the record of a process that is killed has all that they saw, and at
	// its end perhaps what none of them saw any more, and half a line, which readers of histories leave out. (The record is not
	// synced: what the machine's operating system had still to write is lost with the machine.) Where writing is an error, because the disk is
	// full for example, the service ends as when Dir fails, see [Server.Failed]: every client is told by 541 INTERNAL_ERROR, which is not
	// on record, and nothing more is written.
	Record io.Writer
}

// Login says who may connect.
type Login struct {
	// Users has the passwords of those who may connect; nil is guest with password guest, as in a new RabbitMQ.
	Users map[string]string
	// Anonymous is who a client is that logs in by mechanism ANONYMOUS; "" refuses them. It need not be one of Users.
	Anonymous string
	// Hosts has the names of the virtual hosts; nil is "/".
	Hosts []string
	// TLS makes the server speak TLS, and nothing else. Where it asks for client certificates and verifies them, mechanism EXTERNAL is
	// offered, by which the certificate's common name says which of Users a client is.
	TLS *tls.Config
}

// Machine chooses among the ways in which the broker machine can behave.
type Machine struct {
	Profile broker.Profile // which RabbitMQ; the zero value is 3.10
	Quorum  bool           // durable queues are quorum queues, unless their declaration says otherwise
	// Asynchronous reorders as RabbitMQ may, by Seed ([broker.Process]): each queue and each channel is a process there, which does what it
	// is sent in its own time, so that a deliver may overtake the answer on another channel, and a confirm may be late. Else what a
	// method does is done, everywhere, before anything else happens ([broker.Atomic]), which RabbitMQ may do, too. A test that passes
	// without it and not with it relies on what RabbitMQ does not promise.
	Asynchronous bool
	// Seed decides what the machine leaves open: the order of its own actions, and when within their windows its
	// timers expire. Where inputs come in the same order, servers with the same seed do the same.
	Seed uint64
	// AckTimeout is how long a client may have a message that it neither settles nor gives back, in whole minutes: its channel ends by 406 PRECONDITION_FAILED
	// up to a minute after that. 0 is 30 minutes, as in a new RabbitMQ (consumer_timeout); negative is any time. RabbitMQ 4.3 has no such limit for classic queues;
	// the one that it has for quorum queues is not there.
	AckTimeout time.Duration
}

// Tune is what connection.tune proposes. Of FrameMax and ChannelMax a client may accept less; its word on heartbeats holds.
type Tune struct {
	Heartbeat  int    // seconds; 0 is 60, negative is no heartbeats
	FrameMax   uint32 // octets; 0 is 131072
	ChannelMax uint16 // channels open at a time; 0 is 2047
}

// Limits bounds what clients may take.
type Limits struct {
	Conns     int           // connections at a time, further ones are reset; 0 is 10000
	Body      uint64        // octets in the body of a message; 0 is what the profile's RabbitMQ takes: 128 MiB, from 4.0 on 16 MiB
	Handshake time.Duration // until a client has logged in and opened its virtual host; 0 is 10 s
	Disk      int           // octets that the file in Options.Dir may have; 0 is no limit but the disk's
}

// grain is how finely what is asynchronous in RabbitMQ is divided.
func (m Machine) grain() broker.Grain {
	if m.Asynchronous {
		return broker.Process
	}
	return broker.Atomic
}

// ackChecks is the timeout in minutes, as the machine wants it.
func (m Machine) ackChecks() int {
	switch {
	case m.AckTimeout < 0:
		return 0
	case m.AckTimeout == 0:
		return 30
	}
	return max(1, int(m.AckTimeout/time.Minute))
}

// filled returns o with its defaults, or says what is wrong with it.
func (o Options) filled() (Options, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Login.Users = maps.Clone(o.Login.Users); o.Login.Users == nil {
		o.Login.Users = map[string]string{"guest": "guest"}
	}
	if o.Login.Hosts = slices.Clone(o.Login.Hosts); o.Login.Hosts == nil {
		o.Login.Hosts = []string{"/"}
	}
	if o.Limits.Conns == 0 {
		o.Limits.Conns = 10_000
	}
	if o.Limits.Body == 0 {
		o.Limits.Body = wire.DefaultBodyMax
		if o.Machine.Profile >= broker.RabbitMQ40 {
			o.Limits.Body = 16 << 20
		}
	}
	if o.Limits.Handshake == 0 {
		o.Limits.Handshake = 10 * time.Second
	}
	return o, o.Tune.fill()
}

func (t *Tune) fill() error {
	switch {
	case t.Heartbeat == 0:
		t.Heartbeat = 60
	case t.Heartbeat < 0:
		t.Heartbeat = 0
	case t.Heartbeat >= 1<<16:
		return fmt.Errorf("heartbeat interval of %d s, at most %d can be proposed", t.Heartbeat, 1<<16-1)
	}
	if t.FrameMax == 0 {
		t.FrameMax = wire.DefaultFrameMax
	}
	if t.FrameMax < wire.MinFrameMax {
		return fmt.Errorf("frame-max %d, the least is %d", t.FrameMax, wire.MinFrameMax)
	}
	if t.ChannelMax == 0 {
		t.ChannelMax = 2047
	}
	return nil
}

// Profiles returns all that [Machine].Profile can be, the oldest RabbitMQ first.
func Profiles() (all []broker.Profile) {
	for i := range broker.ProfileNames() {
		all = append(all, broker.Profile(i))
	}
	return all
}
