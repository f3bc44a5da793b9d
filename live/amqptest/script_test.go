package amqptest_test

import (
	"cmp"
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
// instead of a node of the test's own. An address may have a virtual host behind it: 127.0.0.1:5672/scripts.
const brokers = "LOCKSTEP_SCRIPT_BROKERS"

// TestScripts runs the broker scripts against the broker machine and against the embedded broker over TCP, in every profile, and
// against real RabbitMQs, and expects the same of all: what testdata says of all versions, and what a folder in it says of the
// target's.
func TestScripts(t *testing.T) {
	for _, name := range broker.ProfileNames() {
		profile, _ := broker.ParseProfile(name)
		t.Run("machine/"+name, func(t *testing.T) {
			runScripts(t, name, func(testing.TB) target { return newMachine(broker.Options{Profile: profile}) })
		})
		t.Run("embedded/"+name, func(t *testing.T) {
			t.Parallel() // they wait most of the time
			runScripts(t, name, func(t testing.TB) target {
				s := amqptest.NewServer(amqptest.Options{Machine: amqptest.Machine{Profile: profile}})
				t.Cleanup(s.Close)
				return tcp{addr: s.Addr(), vhost: "/"}
			})
		})
	}
	t.Run("machine only", func(t *testing.T) {
		runScripts(t, "machine", func(testing.TB) target { return newMachine(broker.Options{Lean: true}) })
	})
	against := func(t *testing.T, to tcp) {
		runScripts(t, to.profile(t), func(testing.TB) target { return to })
	}
	if addrs := os.Getenv(brokers); addrs != "" {
		for addr := range strings.SplitSeq(addrs, ",") {
			to := tcp{addr: addr, vhost: "/"}
			if before, after, ok := strings.Cut(addr, "/"); ok {
				to = tcp{before, after}
			}
			t.Run("rabbitmq/"+strings.TrimPrefix(to.profile(t), "rabbitmq-"), func(t *testing.T) { against(t, to) })
		}
		return
	}
	for _, version := range []string{"", "4.0", "4.3"} {
		t.Run("rabbitmq/"+cmp.Or(version, "installed"), func(t *testing.T) {
			against(t, tcp{rabbitmqtest.SharedVersion(t, version).Addr(), "/"})
		})
	}
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
	owner     map[string]*conn // of exclusive ones, the last
	exchanges map[string]bool  // likewise
	names     names
	out       []string // what the case at hand has to show
}

func newScript(to target) *script {
	return &script{target: to, conns: map[string]*conn{}, queues: map[string]bool{}, exchanges: map[string]bool{}, owner: map[string]*conn{}}
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
			s.awaitRelease(t, c)
		}
	case "mute":
		c.mute()
	case "recv":
		start, ch, sorted := len(s.out), a.channel(), a.flag("sorted")
		for n := max(1, a.number("n")); n > 0 && s.conns[name] != nil; n-- {
			s.until(c, from(ch), anything)
		}
		if sorted {
			slices.Sort(s.out[start:])
		}
	case "await":
		if err := s.await(t, c, a); err != nil {
			return err
		}
	case "quiet":
		s.quiet(t, c)
	case "confirms":
		from, ch := len(s.out), a.channel()
		s.until(c, of(ch), c.confirmed(ch))
		slices.Sort(s.out[from:]) // in no fixed order
	default:
		if err := s.call(c, cmd, a); err != nil {
			return err
		}
	}
	if open && (c.closing || s.conns[name] != c) && cmd != "drop" {
		s.awaitRelease(t, c)
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
	c.send(0, amqp.ConnectionOpen{VirtualHost: a.value("vhost", s.target.host())})
	s.until(c, of(0), answer[amqp.ConnectionOpenOk](0))
}

// call executes a command that sends a method, and shows what comes back on its channel up to the method's answer.
func (s *script) call(c *conn, cmd string, a *arguments) error {
	ch, async := a.channel(), a.flag("async")
	m, answered, err := c.method(ch, cmd, a)
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case amqp.QueueDeclare:
		c.exclusive = m.Exclusive && !m.Passive
		if m.Queue != "" {
			s.queues[m.Queue] = true
		}
		if c.exclusive && (m.NoWait || async) {
			s.owner[m.Queue] = c
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
		if _, ok := f.Method.(amqp.ConnectionClose); ok {
			c.closing = true
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
		if c.exclusive {
			s.owner[m.Queue] = c
		}
	}
	s.out = append(s.out, s.show(c, f)...)
}

// showRest shows what has come and not been shown.
func (s *script) showRest(c *conn) {
	slices.SortStableFunc(c.inbox, func(x, y amqp.Frame) int { return cmp.Compare(x.Channel, y.Channel) }) // between channels no order is kept
	for _, f := range c.inbox {
		s.showFrame(c, f)
	}
	c.inbox = nil
}

// end closes what the script left open. What the broker has sent and the script not shown is an error. While a connection closes, its
// channels end one by one, and what the one puts back may be delivered to the next.
func (s *script) end(t testing.TB) {
	for _, name := range slices.Sorted(maps.Keys(s.conns)) {
		c := s.conns[name]
		for _, ch := range slices.Sorted(maps.Keys(c.open)) {
			c.send(ch, nothing)
			c.take(answer[amqp.QueueDeleteOk](ch))
		}
		early := len(c.inbox)
		c.send(0, amqp.ConnectionClose{Code: amqp.Success})
		f, err := c.take(answer[amqp.ConnectionCloseOk](0))
		if _, ok := f.Method.(amqp.ConnectionCloseOk); !ok {
			t.Errorf("%s: closing the connection: %v, %v", name, f, err)
		}
		for i, f := range c.inbox {
			if m, ok := f.Method.(amqp.BasicDeliver); i < early || !ok || !m.Redelivered {
				t.Errorf("%s: the script does not show %v", name, f)
			}
		}
		c.reset()
		delete(s.conns, name)
		s.awaitRelease(t, c)
	}
}

// clear deletes the queues and exchanges of the script for the sake of the next one, also where it has failed.
func (s *script) clear(t testing.TB) {
	for _, c := range s.conns {
		c.reset()
		s.awaitRelease(t, c)
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
