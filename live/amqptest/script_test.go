package amqptest_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// brokers is the environment variable with the addresses of running RabbitMQs, separated by commas, to run the scripts against
// instead of a node of the test's own.
const brokers = "LOCKSTEP_SCRIPT_BROKERS"

// TestScripts runs the broker scripts against the broker machine, against the embedded broker over TCP, and against a real
// RabbitMQ, and expects the same of all three: what testdata says of all versions, and what a folder in it says of the target's.
func TestScripts(t *testing.T) {
	for _, name := range broker.ProfileNames() {
		profile, _ := broker.ParseProfile(name)
		machine := func(testing.TB) target { return newMachine(broker.Options{Profile: profile}) }
		t.Run("machine/"+name, func(t *testing.T) { runScripts(t, name, machine) })
	}
	t.Run("machine only", func(t *testing.T) {
		runScripts(t, "machine", func(testing.TB) target { return newMachine(broker.Options{Lean: true}) })
	})
	t.Run("embedded", func(t *testing.T) {
		runScripts(t, "rabbitmq-3.10", func(t testing.TB) target {
			s := amqptest.NewServer(amqptest.Options{})
			t.Cleanup(s.Close)
			return tcp(s.Addr())
		})
	})
	t.Run("rabbitmq", func(t *testing.T) {
		addrs := strings.Split(os.Getenv(brokers), ",")
		if addrs[0] == "" {
			addrs = []string{rabbitmqtest.Shared(t).Addr()}
		}
		for _, addr := range addrs {
			profile := tcp(addr).profile(t)
			t.Run(strings.TrimPrefix(profile, "rabbitmq-"), func(t *testing.T) {
				runScripts(t, profile, func(testing.TB) target { return tcp(addr) })
			})
		}
	})
}

// runScripts runs the scripts in testdata, if the folder is a profile's, and those in the folder, each against a target of its own.
func runScripts(t *testing.T, folder string, start func(testing.TB) target) {
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
	if common, _ := filepath.Glob("testdata/*.txt"); folder != "machine" {
		paths = append(common, paths...)
	}
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts in %s: %v", folder, err)
	}
	for _, path := range paths {
		name, _ := filepath.Rel("testdata", strings.TrimSuffix(path, ".txt"))
		t.Run(name, func(t *testing.T) {
			s := newScript(start(t))
			defer s.clear(t)
			datadriven.RunTest(t, path, s.run)
			s.end(t)
		})
	}
}

// script is a script in progress.
type script struct {
	target    target
	conns     map[string]*conn // those that are open, by name
	queues    map[string]bool  // ever declared
	exchanges map[string]bool  // likewise
	names     names
	out       []string // what the case at hand has to show
}

func newScript(to target) *script {
	return &script{target: to, conns: map[string]*conn{}, queues: map[string]bool{}, exchanges: map[string]bool{}}
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
	a := &arguments{list: slices.Clone(list), names: &s.names}
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
		s.connect(t, name, a)
	case "drop":
		c.reset()
		delete(s.conns, name)
		if !a.flag("async") {
			s.awaitRelease(t, c.owns)
		}
	case "mute":
		c.mute()
	case "recv":
		ch := a.channel()
		for n := max(1, a.number("n")); n > 0 && s.conns[name] != nil; n-- {
			s.until(c, from(ch), anything)
		}
		if s.conns[name] == nil {
			s.awaitRelease(t, c.owns)
		}
	case "quiet":
		s.quiet(t, c)
	case "confirms":
		from, ch := len(s.out), a.channel()
		s.until(c, of(ch), c.confirmed(ch))
		slices.Sort(s.out[from:]) // in no fixed order
	default:
		if err := s.call(t, c, cmd, a); err != nil {
			return err
		}
	}
	return a.rest()
}

// connect opens a connection.
func (s *script) connect(t testing.TB, name string, a *arguments) {
	var capabilities []string
	if a.flag("cancel-notify") {
		capabilities = append(capabilities, "consumer_cancel_notify")
	}
	c := &conn{
		end: s.target.connect(t, uint16(a.number("heartbeat")), capabilities...), name: name,
		open: map[amqp.Channel]bool{}, confirms: map[amqp.Channel]*confirms{},
	}
	s.conns[name] = c
	c.send(0, amqp.ConnectionOpen{VirtualHost: a.value("vhost", "/")})
	s.until(c, of(0), answer[amqp.ConnectionOpenOk](0))
}

// call executes a command that sends a method, and shows what comes back on its channel up to the method's answer.
func (s *script) call(t testing.TB, c *conn, cmd string, a *arguments) error {
	ch, async, released := a.channel(), a.flag("async"), a.flag("released")
	m, answered, err := c.method(ch, cmd, a)
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case amqp.QueueDeclare:
		if m.Queue != "" {
			s.queues[m.Queue] = true
		}
	case amqp.ExchangeDeclare:
		s.exchanges[m.Exchange] = true
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
		c.send(ch, nothing)
		answered = answer[amqp.QueueDeleteOk](ch)
		defer func() {
			if last := len(s.out) - 1; strings.HasSuffix(s.out[last], "queue.delete-ok messages=0") {
				s.out = s.out[:last]
			}
		}()
	}
	s.until(c, of(ch), answered)
	if released {
		s.awaitRelease(t, c.owns)
	}
	return nil
}

// nothing changes nothing, and is answered.
var nothing = amqp.QueueDelete{Queue: "no such queue"}

// until shows those frames of the broker that wanted accepts, up to and with the one that stop accepts.
func (s *script) until(c *conn, wanted, stop func(amqp.Frame) bool) {
	for {
		f, err := c.take(wanted)
		_, closed := f.Method.(amqp.ConnectionCloseOk)
		if err != nil || closed {
			s.showRest(c)
			delete(s.conns, c.name)
		}
		if err != nil {
			s.out = append(s.out, c.name+": hung up")
			return
		}
		s.showFrame(c, f)
		if closed { // and now it is the client that hangs up
			c.reset()
		}
		if closed || stop(f) {
			return
		}
	}
}

// showFrame shows a frame.
func (s *script) showFrame(c *conn, f amqp.Frame) {
	s.names.learnFrom(f)
	if m, ok := f.Method.(amqp.QueueDeclareOk); ok {
		s.queues[m.Queue] = true
	}
	s.out = append(s.out, s.show(c, f)...)
}

// showRest shows what has come and not been shown.
func (s *script) showRest(c *conn) {
	for _, f := range c.inbox {
		s.showFrame(c, f)
	}
	c.inbox = nil
}

// quiet waits until what was sent to the broker before has had its effect, and shows all that has come to the connection. Nothing
// in AMQP tells that a queue is done. But its process has had its turn when it has answered, more than likely after three answers, and
// what it has told a channel is ahead of what a client then asks there.
func (s *script) quiet(t testing.TB, c *conn) {
	other := s.aside(t)
	for range 3 {
		for _, q := range slices.Sorted(maps.Keys(s.queues)) {
			if _, closed := other.ask(1, amqp.QueueDeclare{Queue: q, Passive: true}).(amqp.ChannelClose); closed {
				other.send(1, amqp.ChannelCloseOk{})
				other.ask(1, amqp.ChannelOpen{})
			}
		}
		for _, ch := range slices.Sorted(maps.Keys(c.open)) {
			c.send(ch, nothing)
			f, err := c.take(answer[amqp.QueueDeleteOk](ch))
			if _, ok := f.Method.(amqp.QueueDeleteOk); err == nil && !ok {
				c.inbox = append(c.inbox, f)
			}
		}
	}
	other.close()
	s.showRest(c)
}

// end closes what the script left open. What the broker has sent and the script not shown is an error.
func (s *script) end(t testing.TB) {
	s.out = nil
	for _, name := range slices.Sorted(maps.Keys(s.conns)) {
		c := s.conns[name]
		c.send(0, amqp.ConnectionClose{Code: amqp.Success})
		s.until(c, anything, answer[amqp.ConnectionCloseOk](0))
		if want := name + ": connection.close-ok"; s.out[0] != want {
			t.Errorf("the script shows not all: %q", s.out)
		}
		s.out = nil
		delete(s.conns, name)
		s.awaitRelease(t, c.owns)
	}
}

// clear deletes the queues and exchanges of the script for the sake of the next one, also where it has failed.
func (s *script) clear(t testing.TB) {
	for name, c := range s.conns {
		c.reset()
		delete(s.conns, name)
		s.awaitRelease(t, c.owns)
	}
	other := s.aside(t)
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		other.clear(amqp.QueueDelete{Queue: name})
	}
	for _, name := range slices.Sorted(maps.Keys(s.exchanges)) {
		other.clear(amqp.ExchangeDelete{Exchange: name})
	}
	other.close()
}
