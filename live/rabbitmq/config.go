package rabbitmq

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
)

// config renders rabbitmq.conf. extra follows our own lines; where a key
// comes twice, the last one counts.
func config(p ports, extra string) string {
	text := fmt.Sprintf(`# written by lockstep/live/rabbitmq at each start
listeners.tcp.1 = %s:%d
loopback_users.guest = true

# No alarm may block a publisher because the machine is small. RabbitMQ takes
# a memory limit beyond what there is for all there is.
disk_free_limit.absolute = 1MB
vm_memory_high_watermark.absolute = 1000GB

log.file = false
log.console = true
log.console.level = info
log.console.use_colors = off
`, host, p.amqp)
	if extra != "" {
		text += "\n" + extra + "\n"
	}
	return text
}

// Flags of the node's Erlang machine. They replace the script's own; those
// that it adds nevertheless (memory allocators) do no harm. Measured on two
// idle cores, RabbitMQ 3.10.8, OTP 25, three times each in turn: a new node is
// ready after 2.3–2.7 s instead of 5.1–5.2 s, a restarted one after 2.0–2.4 s
// instead of 3.7–5.0 s.
//
//   - The start loads and inspects a thousand modules, for each of which the
//     code server tries up to 93 directories, 53 000 failing opens in all. Each
//     one is a hand-over between a scheduler and a dirty I/O thread, so what
//     counts is how fast a thread wakes up. The script forbids busy waiting
//     (none), which made half of the time; "short" is below a millisecond,
//     and an idle node stays idle.
//   - Two I/O threads instead of ten: the next job finds one that still spins.
//   - Schedulers are not bound to cores (u), because with several nodes on two
//     cores all first schedulers would sit on the first.
//   - Putting the busiest code directories first in the path was tried, and
//     gained nothing once the threads were awake.
const serverFlags = "+S 2:2 +SDcpu 1:1 +SDio 2 +stbt u +sbwt short +sbwtdcpu short +sbwtdio short +P 262144"

// loopbackFlag keeps the Erlang distribution, over which rabbitmqctl reaches
// the node, off all other interfaces.
const loopbackFlag = "-kernel inet_dist_use_interface {127,0,0,1}"

// environ is the whole environment of a node's programs, to which the server
// gets NOTIFY_SOCKET in addition. Nothing of ours is
// handed on but the search path and the directory for temporary files: a
// variable of someone's own RabbitMQ or Erlang must not find its way in.
func environ(d *directory, p ports) []string {
	return []string{
		"PATH=" + cmp.Or(os.Getenv("PATH"), "/usr/local/bin:/usr/bin:/bin"),
		"TMPDIR=" + os.TempDir(),
		"HOME=" + d.file("home"),
		"LC_ALL=C.UTF-8",

		"ERL_EPMD_ADDRESS=" + host,
		"ERL_EPMD_PORT=" + strconv.Itoa(p.epmd),
		"ERL_FLAGS=-start_epmd false", // a daemon that nothing would stop; we start our own
		"ERL_CRASH_DUMP_BYTES=0",

		"RABBITMQ_NODENAME=" + d.name + "@localhost",
		"RABBITMQ_NODE_IP_ADDRESS=" + host,
		"RABBITMQ_NODE_PORT=" + strconv.Itoa(p.amqp),
		"RABBITMQ_DIST_PORT=" + strconv.Itoa(p.dist),
		"RABBITMQ_MNESIA_BASE=" + d.file("mnesia"),
		"RABBITMQ_LOG_BASE=" + d.file("log"),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + d.file("enabled_plugins"),
		"RABBITMQ_CONFIG_FILE=" + d.file("rabbitmq.conf"),
		"RABBITMQ_ADVANCED_CONFIG_FILE=" + d.file("none"),
		"RABBITMQ_CONF_ENV_FILE=" + d.file("none"), // not /etc/rabbitmq/rabbitmq-env.conf
		"RABBITMQ_SERVER_ERL_ARGS=" + serverFlags,
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=" + loopbackFlag,

		// Port 0: one of the kernel's choice for each rabbitmqctl, so that
		// any number may run at once.
		"RABBITMQ_CTL_DIST_PORT_MIN=0",
		"RABBITMQ_CTL_DIST_PORT_MAX=0",
		"RABBITMQ_CTL_ERL_ARGS=" + loopbackFlag,
	}
}
