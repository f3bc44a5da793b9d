package rabbitmq

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfig(t *testing.T) {
	const own = `# written by lockstep/live/rabbitmq at each start
listeners.tcp.1 = 127.0.0.1:20004
loopback_users.guest = true

# No alarm may block a publisher because the machine is small. RabbitMQ takes
# a memory limit beyond what there is for all there is.
disk_free_limit.absolute = 1MB
vm_memory_high_watermark.absolute = 1000GB

log.file = false
log.console = true
log.console.level = info
log.console.use_colors = off
`
	p := ports{amqp: 20004, dist: 20005, epmd: 20006}
	if diff := cmp.Diff(own, config(p, "")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(own+"\nheartbeat = 1\n", config(p, "heartbeat = 1")); diff != "" {
		t.Error(diff)
	}
}

func TestEnviron(t *testing.T) {
	t.Setenv("PATH", "/bin")
	t.Setenv("TMPDIR", "/var/tmp")
	t.Setenv("RABBITMQ_USE_LONGNAME", "true") // someone's own
	t.Setenv("ERL_LIBS", "/home/me/erlang")
	got := environ(&directory{path: "/d", name: "n"}, ports{amqp: 20004, dist: 20005, epmd: 20006})
	want := []string{
		"ERL_CRASH_DUMP_BYTES=0",
		"ERL_EPMD_ADDRESS=127.0.0.1",
		"ERL_EPMD_PORT=20006",
		"ERL_FLAGS=-start_epmd false",
		"HOME=/d/home",
		"LC_ALL=C.UTF-8",
		"PATH=/bin",
		"RABBITMQ_ADVANCED_CONFIG_FILE=/d/none",
		"RABBITMQ_CONFIG_FILE=/d/rabbitmq.conf",
		"RABBITMQ_CONF_ENV_FILE=/d/none",
		"RABBITMQ_CTL_DIST_PORT_MAX=0",
		"RABBITMQ_CTL_DIST_PORT_MIN=0",
		"RABBITMQ_CTL_ERL_ARGS=" + loopbackFlag,
		"RABBITMQ_DIST_PORT=20005",
		"RABBITMQ_ENABLED_PLUGINS_FILE=/d/enabled_plugins",
		"RABBITMQ_LOG_BASE=/d/log",
		"RABBITMQ_MNESIA_BASE=/d/mnesia",
		"RABBITMQ_NODENAME=n@localhost",
		"RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
		"RABBITMQ_NODE_PORT=20004",
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=" + loopbackFlag,
		"RABBITMQ_SERVER_ERL_ARGS=" + serverFlags,
		"TMPDIR=/var/tmp",
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExcerpt(t *testing.T) {
	many := func(line string, n int) string { return strings.Repeat(line+"\n", n) }
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "\n\n", ""},
		{"no error, few lines", "a\n\n b \n", "\n\ta\n\t b"},
		{"no error, many lines", many("early", 30) + many("late", 20), strings.Repeat("\n\tlate", 20)},
		{
			"from the first error",
			many("good", 30) + "1 [error] <0.132.0>\n1 [error] <0.132.0> cause\n" + many("then", 3),
			"\n\t1 [error] <0.132.0> cause" + strings.Repeat("\n\tthen", 3),
		},
		{
			"and the end",
			"good\n[error] cause\n" + many("then", 30) + many("end", 4),
			"\n\t[error] cause" + strings.Repeat("\n\tthen", 15) + "\n\t…" + strings.Repeat("\n\tend", 4),
		},
	} {
		if diff := cmp.Diff(test.want, excerpt(test.text)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errStopped }

func TestOutputKeepsTheEnd(t *testing.T) {
	o := &output{log: failing{}}
	for range outputLimit {
		if n, err := o.Write([]byte("line\n")); n != 5 || err != nil {
			t.Fatalf("wrote %d, error %v", n, err)
		}
	}
	got := o.String()
	if rest := strings.ReplaceAll(got, "line\n", ""); rest != "" || len(got) > 2*outputLimit || len(got) < outputLimit-5 {
		t.Errorf("%d bytes, among them %q", len(got), rest)
	}
}
