package amqptest_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// TestScripts runs the broker scripts against the broker machine, against the embedded broker over TCP, and against a real
// RabbitMQ, and expects the same of all three.
func TestScripts(t *testing.T) {
	machine := func(testing.TB) target { return newMachine() }
	t.Run("machine", func(t *testing.T) { runScripts(t, "*.txt", machine) })
	t.Run("machine only", func(t *testing.T) { runScripts(t, "machine/*.txt", machine) })
	t.Run("embedded", func(t *testing.T) {
		runScripts(t, "*.txt", func(t testing.TB) target {
			s := amqptest.NewServer(amqptest.Options{})
			t.Cleanup(s.Close)
			return tcp(s.Addr())
		})
	})
	t.Run("rabbitmq", func(t *testing.T) {
		node := rabbitmqtest.Shared(t)
		runScripts(t, "*.txt", func(testing.TB) target { return tcp(node.Addr()) })
	})
}

// runScripts runs each script in testdata whose name matches, against a target of its own.
func runScripts(t *testing.T, pattern string, start func(testing.TB) target) {
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts %s: %v", pattern, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			s := &script{target: start(t), conns: map[string]*conn{}}
			datadriven.RunTest(t, path, s.run)
			s.end(t)
		})
	}
}

// target is a broker that scripts run against.
type target interface {
	// connect opens a connection, up to and without connection.open. heartbeat is in seconds, 0 for none.
	connect(t testing.TB, heartbeat uint16) end
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

// tcp is a target by its address.
type tcp string

func (addr tcp) connect(t testing.TB, heartbeat uint16) end {
	c := dial(t, string(addr))
	c.greet(login{tune: amqp.ConnectionTuneOk{ChannelMax: 2047, FrameMax: 131072, Heartbeat: heartbeat}})
	return c
}

func (tcp) command(string, *arguments) ([]string, bool) { return nil, false }

// script is a script in progress.
type script struct {
	target target
	conns  map[string]*conn // those that are open, by name
	queues map[string]bool  // ever declared
	out    []string         // what the case at hand has to show
}

// run executes a case: a command a line.
func (s *script) run(t *testing.T, d *datadriven.TestData) string {
	s.out = nil
	defer func() {
		if t.Failed() {
			t.Logf("so far:\n%s", strings.Join(s.out, "\n"))
		}
	}()
	if err := s.command(t, d.Cmd, d.CmdArgs); err != nil {
		d.Fatalf(t, "%s: %v", d.Cmd, err)
	}
	for line := range strings.Lines(d.Input) {
		cmd, list, err := datadriven.ParseLine(line)
		if err == nil && cmd != "" {
			err = s.command(t, cmd, list)
		}
		if err != nil {
			d.Fatalf(t, "%s: %v", strings.TrimSpace(line), err)
		}
	}
	return strings.Join(s.out, "\n")
}

// command executes a command.
func (s *script) command(t testing.TB, cmd string, list []datadriven.CmdArg) error {
	a := &arguments{list: slices.Clone(list)}
	if out, ok := s.target.command(cmd, a); ok {
		s.out = append(s.out, out...)
		return a.rest()
	}
	name := a.word()
	c, open := s.conns[name]
	if open == (cmd == "conn") {
		return fmt.Errorf("is connection %q open? %v", name, open)
	}
	switch cmd {
	case "conn":
		c = &conn{end: s.target.connect(t, uint16(a.number("heartbeat"))), name: name, confirms: map[amqp.Channel]*confirms{}}
		s.conns[name] = c
		c.send(0, amqp.ConnectionOpen{VirtualHost: a.value("vhost", "/")})
		s.until(c, answer[amqp.ConnectionOpenOk](0))
	case "drop":
		c.reset()
		delete(s.conns, name)
		if !a.flag("async") {
			s.awaitRelease(t, c.owns)
		}
	case "mute":
		c.mute()
	case "recv":
		s.until(c, func(amqp.Frame) bool { return true })
		if s.conns[name] == nil {
			s.awaitRelease(t, c.owns)
		}
	case "confirms":
		from := len(s.out)
		s.until(c, c.confirmed(a.channel()))
		slices.Sort(s.out[from:]) // in no fixed order
	default:
		if err := s.call(c, cmd, a); err != nil {
			return err
		}
	}
	return a.rest()
}

// call executes a command that sends a method, and shows what comes back up to the method's answer.
func (s *script) call(c *conn, cmd string, a *arguments) error {
	ch, async := a.channel(), a.flag("async")
	m, answered, err := c.method(ch, cmd, a)
	if err != nil {
		return err
	}
	if declare, ok := m.(amqp.QueueDeclare); ok && !declare.Passive {
		if s.queues == nil {
			s.queues = map[string]bool{}
		}
		s.queues[declare.Queue] = true
	}
	if cmd == "reopen" {
		c.send(ch, amqp.ChannelCloseOk{})
	}
	c.send(ch, m)
	if _, last := m.(amqp.ChannelCloseOk); async || last {
		return nil
	}
	if answered == nil {
		// Nothing answers the method. To delete a queue that does not exist is answered, changes nothing, and comes after it.
		c.send(ch, amqp.QueueDelete{Queue: "no such queue"})
		answered = answer[amqp.QueueDeleteOk](ch)
		defer func() {
			if last := len(s.out) - 1; strings.HasSuffix(s.out[last], "queue.delete-ok messages=0") {
				s.out = s.out[:last]
			}
		}()
	}
	s.until(c, answered)
	return nil
}

// until shows what the broker sends, up to and with the frame that stop accepts.
func (s *script) until(c *conn, stop func(amqp.Frame) bool) {
	for {
		f, err := c.next()
		if err != nil {
			s.out = append(s.out, c.name+": hung up")
			delete(s.conns, c.name)
			return
		}
		s.out = append(s.out, c.take(f)...)
		if _, closed := f.Method.(amqp.ConnectionCloseOk); closed { // and now it is the client that hangs up
			c.reset()
			delete(s.conns, c.name)
			return
		}
		if stop(f) {
			return
		}
	}
}

// awaitRelease waits until the broker has deleted the exclusive queues of a connection that ended otherwise than by the
// protocol, which RabbitMQ does some time after.
func (s *script) awaitRelease(t testing.TB, queues []string) {
	if len(queues) == 0 {
		return
	}
	c := s.target.connect(t, 0)
	ask := func(ch amqp.Channel, m amqp.Method) amqp.Method {
		c.send(ch, m)
		f, err := c.next()
		if err != nil {
			t.Fatalf("waiting for a release: %v", err)
		}
		return f.Method
	}
	ask(0, amqp.ConnectionOpen{VirtualHost: "/"})
	deadline := time.Now().Add(patience)
	for _, q := range queues {
		for released := false; !released; {
			if time.Now().After(deadline) {
				t.Fatalf("queue %s of a dropped connection stays locked", q)
			}
			ask(1, amqp.ChannelOpen{})
			m, ok := ask(1, amqp.QueueDeclare{Queue: q, Passive: true}).(amqp.ChannelClose)
			if !ok {
				t.Fatalf("queue %s of a dropped connection is neither locked nor gone", q)
			}
			c.send(1, amqp.ChannelCloseOk{})
			released = m.Code == amqp.NotFound
		}
	}
	ask(0, amqp.ConnectionClose{Code: amqp.Success})
	c.reset()
}

// end closes what the script left open, and deletes its queues for the sake of the next one. What the broker has sent
// and the script not shown is an error.
func (s *script) end(t testing.TB) {
	s.out = nil
	for _, name := range slices.Sorted(maps.Keys(s.conns)) {
		c := s.conns[name]
		c.send(0, amqp.ConnectionClose{Code: amqp.Success})
		s.until(c, answer[amqp.ConnectionCloseOk](0))
		if want := name + ": connection.close-ok"; s.out[0] != want {
			t.Errorf("the script shows not all: %q", s.out)
		}
		s.out = nil
	}
	c := s.target.connect(t, 0)
	c.send(0, amqp.ConnectionOpen{VirtualHost: "/"})
	c.send(1, amqp.ChannelOpen{})
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		c.send(1, amqp.QueueDelete{Queue: name})
	}
	c.send(0, amqp.ConnectionClose{Code: amqp.Success})
	for {
		f, err := c.next()
		if err != nil {
			t.Fatalf("deleting the queues: %v", err)
		}
		switch m := f.Method.(type) {
		case amqp.ConnectionClose, amqp.ChannelClose:
			t.Fatalf("deleting the queues: %v", m)
		case amqp.ConnectionCloseOk:
			c.reset()
			return
		}
	}
}
