package amqptest

import (
	"fmt"
	"maps"

	"github.com/lockstep-prover/lockstep/live/wire"
)

// Options says how to serve. The zero value is good.
type Options struct {
	// Addr is the TCP address to listen on; "" is a free port on 127.0.0.1.
	Addr string
	// Users has the passwords of those who may connect; nil is guest with password guest, as in a new RabbitMQ.
	Users map[string]string

	// What connection.tune proposes. Of FrameMax and ChannelMax a client may accept less; its word on heartbeats holds.
	Heartbeat  int    // seconds; 0 is 60, negative is no heartbeats
	FrameMax   uint32 // octets; 0 is 131072
	ChannelMax uint16 // channels open at a time; 0 is 2047

	// Limits.
	ConnMax int    // connections at a time, further ones are reset; 0 is 1000
	BodyMax uint64 // octets in the body of a message; 0 is 128 MiB

	// Seed decides what the broker machine leaves open: the order of its own actions, and when within their windows its
	// timers expire. Where inputs come in the same order, servers with the same seed do the same.
	Seed uint64
}

// filled returns o with its defaults, or says what is wrong with it.
func (o Options) filled() (Options, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Users = maps.Clone(o.Users); o.Users == nil {
		o.Users = map[string]string{"guest": "guest"}
	}
	switch {
	case o.Heartbeat == 0:
		o.Heartbeat = 60
	case o.Heartbeat < 0:
		o.Heartbeat = 0
	case o.Heartbeat >= 1<<16:
		return o, fmt.Errorf("heartbeat interval of %d s, at most %d can be proposed", o.Heartbeat, 1<<16-1)
	}
	if o.FrameMax == 0 {
		o.FrameMax = wire.DefaultFrameMax
	}
	if o.FrameMax < wire.MinFrameMax {
		return o, fmt.Errorf("frame-max %d, the least is %d", o.FrameMax, wire.MinFrameMax)
	}
	if o.ChannelMax == 0 {
		o.ChannelMax = 2047
	}
	if o.ConnMax == 0 {
		o.ConnMax = 1000
	}
	if o.BodyMax == 0 {
		o.BodyMax = wire.DefaultBodyMax
	}
	return o, nil
}
