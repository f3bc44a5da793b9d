// Package rabbitmq starts, breaks and stops a private RabbitMQ node: a real
// broker on free loopback ports, with its data in a directory of its own,
// that lives no longer than the process that started it.
//
// It is not a client (use amqp091-go, or package wire where frames must be
// held back), not an installer, and not a cluster: one [Node] is one broker.
// It reaches nothing that it did not start; in particular it never touches
// the system's own RabbitMQ, whose wrapper in /usr/sbin it bypasses.
// Several nodes run side by side, in one process or in many, as root or as
// an ordinary user. Linux only: elsewhere [Start] answers with an error.
//
// The one idea needed to read it is who dies with whom. A node is two child
// processes of ours, each in a process group of its own, out of reach of a
// terminal's Ctrl-C:
//
//	our process ──┬── beam.smp ── erl_child_setup ── inet_gethost, sh …
//	              └── epmd
//
// That takes three measures:
//
//   - The server script normally stays as a shell around the Erlang machine,
//     and Erlang starts epmd as a daemon that outlives everybody. Here the
//     script is made to exec instead of fork, so that its process id becomes
//     the machine's; and epmd is started first, in the foreground, by us,
//     while Erlang is forbidden to start one.
//   - Both children ask the kernel for SIGKILL at their parent's death
//     (Pdeathsig), so a panic, an os.Exit, a Ctrl-C or a kill -9 of our
//     process takes them along. The request survives exec and is lost at
//     fork, hence the first measure.
//   - Erlang's small helpers sit in sessions of their own, where no signal
//     to a group reaches them; they end by themselves when the machine's
//     pipes close, and we wait for that.
//
// A RabbitMQ of another version comes with a system of its own, in another root
// directory. Its node is one of the same two processes: what it takes to change
// the root execs, too, and the mounts are in a name space of the process's own,
// so that they die with it as surely.
//
// What a sudden death can leave behind is the temporary directory. It is
// locked while in use, and the next Start removes those that no lock holds.
package rabbitmq
