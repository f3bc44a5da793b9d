package amqptest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// target is a broker that scripts run against.
type target interface {
	// connect opens a connection, up to and without connection.open. heartbeat is in seconds, 0 for none.
	connect(t testing.TB, heartbeat uint16, capabilities ...string) end
	// host is the virtual host that scripts are in unless they say another.
	host() string
	// wait lets time pass, if it does not by itself: until the next thing happens for which it is time.
	wait()
	// command executes a command that only this target has; ok is false if it has none of that name.
	command(cmd string, a *arguments) (out []string, ok bool)
}

// end is the client's end of a connection.
type end interface {
	send(ch amqp.Channel, methods ...amqp.Method)
	// next waits for the next frame. The error says that the broker has hung up.
	next() (amqp.Frame, error)
	// mute stops the heartbeats.
	mute()
	// reset breaks the connection.
	reset()
}

// tcp is a target by its address and a virtual host.
type tcp struct{ addr, vhost string }

func (to tcp) connect(t testing.TB, heartbeat uint16, capabilities ...string) end {
	c := dial(t, to.addr)
	c.greet(login{
		capabilities: capabilities,
		tune:         amqp.ConnectionTuneOk{ChannelMax: 2047, FrameMax: 131072, Heartbeat: heartbeat},
	})
	return c
}

func (to tcp) host() string { return to.vhost }

func (tcp) wait() {}

func (tcp) command(string, *arguments) ([]string, bool) { return nil, false }

// profile is the name of the profile that the broker is measured by: rabbitmq-4.0 of a RabbitMQ 4.0.5.
func (to tcp) profile(t testing.TB) string {
	c := dial(t, to.addr)
	c.write("AMQP\x00\x00\x09\x01")
	start := want[amqp.ConnectionStart](c)
	c.reset()
	version, _ := start.ServerProperties.Lookup("version")
	numbers := strings.Split(fmt.Sprint(version), ".")
	if len(numbers) < 2 {
		t.Fatalf("the broker at %s calls its version %v", to.addr, version)
	}
	return "rabbitmq-" + numbers[0] + "." + numbers[1]
}
