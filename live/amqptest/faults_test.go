package amqptest_test

import (
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// holder is a client that holds a lock over a connection of that name.
func holder(t testing.TB, s *amqptest.Server, name string) *client {
	t.Helper()
	c := dial(t, s.Addr())
	c.open(login{name: name})
	c.send(1, amqp.ChannelOpen{})
	want[amqp.ChannelOpenOk](c)
	c.send(1, amqp.QueueDeclare{Queue: name, Exclusive: true})
	want[amqp.QueueDeclareOk](c)
	return c
}

// asks returns what the broker answers to a passive declare of a queue on a new channel: 0 if it is there.
func (c *client) asks(ch amqp.Channel, queue string) amqp.Code {
	c.t.Helper()
	c.send(ch, amqp.ChannelOpen{})
	want[amqp.ChannelOpenOk](c)
	c.send(ch, amqp.QueueDeclare{Queue: queue, Passive: true})
	f, err := c.next()
	switch m := f.Method.(type) {
	case amqp.QueueDeclareOk:
		return 0
	case amqp.ChannelClose:
		return m.Code
	}
	c.t.Fatalf("the broker says %v, %v", f, err)
	return 0
}

// hearsNothing waits a little, in which nothing comes.
func (c *client) hearsNothing() {
	c.t.Helper()
	c.socket.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.socket.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatalf("%d octets come, %v", n, err)
	}
}

func TestFaultsChoose(t *testing.T) {
	s := serve(t, amqptest.Options{})
	a := holder(t, s, "a")
	holder(t, s, "b")
	remote := netip.MustParseAddrPort(a.socket.LocalAddr().String())
	names := func(which amqptest.Choice) (names []string) {
		for _, c := range s.Faults().Connections(which) {
			names = append(names, c.String())
		}
		return names
	}
	for name, c := range map[string]struct {
		which amqptest.Choice
		want  []string
	}{
		"all":     {amqptest.All, []string{"a", "b"}},
		"named":   {amqptest.Named("b"), []string{"b"}},
		"nobody":  {amqptest.Named("c"), nil},
		"from":    {amqptest.From(remote), []string{"a"}},
		"of user": {func(c amqptest.Conn) bool { return c.User == "guest" && c.VirtualHost == "/" && c.Number == 2 }, []string{"b"}},
	} {
		if diff := cmp.Diff(c.want, names(c.which)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestReset: when Reset returns the broker knows, and the client is about to.
func TestReset(t *testing.T) {
	s := serve(t, amqptest.Options{})
	a, b := holder(t, s, "a"), holder(t, s, "b")
	s.Faults().Reset(amqptest.Named("a"))
	if code := b.asks(2, "a"); code != amqp.NotFound {
		t.Errorf("the queue of a connection that is reset: %v", code)
	}
	if f, err := a.next(); !ended(err) {
		t.Errorf("the client hears %v, %v", f, err)
	}
}

// TestBlackHole: what goes into it comes out when it is healed, in both directions.
func TestBlackHole(t *testing.T) {
	for name, direction := range map[string]amqptest.Direction{
		"to broker": amqptest.ToBroker, "to client": amqptest.ToClient, "both": amqptest.Both,
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, amqptest.Options{})
			a, b := holder(t, s, "a"), holder(t, s, "b")
			s.Faults().BlackHole(amqptest.Named("a"), direction)
			a.send(1, amqp.QueueDelete{Queue: "a"})
			a.hearsNothing()
			wants := amqp.ResourceLocked
			if direction == amqptest.ToClient {
				wants = amqp.NotFound
			}
			if code := b.asks(2, "a"); code != wants {
				t.Errorf("the queue that a connection in a black hole deletes: %v, want %v", code, wants)
			}
			s.Faults().Heal(amqptest.All)
			want[amqp.QueueDeleteOk](a)
		})
	}
}

// TestBlackHoleTakesWhatIsOnItsWay: however much a client has sent, when BlackHole returns the machine takes no more of it.
func TestBlackHoleTakesWhatIsOnItsWay(t *testing.T) {
	s := serve(t, amqptest.Options{})
	a, b := holder(t, s, "a"), holder(t, s, "b")
	go func() { // declares and deletes its queue, again and again
		turn := frames(t, 1, amqp.QueueDelete{Queue: "a", NoWait: true}, amqp.QueueDeclare{Queue: "a", Exclusive: true, NoWait: true})
		for range 20_000 {
			a.write(turn)
		}
		a.send(1, amqp.QueueDelete{Queue: "a"})
	}()
	for ch := amqp.Channel(2); ch < 100; ch += 3 {
		s.Faults().BlackHole(amqptest.Named("a"), amqptest.ToBroker)
		before := b.asks(ch, "a")
		for i := range amqp.Channel(2) {
			if after := b.asks(ch+1+i, "a"); after != before {
				t.Fatalf("channel %d: the broker says %v and then %v", ch, before, after)
			}
		}
		s.Faults().Heal(amqptest.All)
	}
	want[amqp.QueueDeleteOk](a)
}

// TestBlackHoleAndHeartbeats: the broker gives a connection up that it does not hear, and the client hears of that when the hole is
// closed. Until then the server keeps the connection, and Close ends it.
func TestBlackHoleAndHeartbeats(t *testing.T) {
	t.Parallel()
	clock := amqptest.NewClock()
	s := serve(t, amqptest.Options{Clock: clock})
	a, b := dial(t, s.Addr()), holder(t, s, "b")
	a.open(login{name: "a", tune: amqp.ConnectionTuneOk{ChannelMax: 1, FrameMax: 4096, Heartbeat: 600}})
	a.send(1, amqp.ChannelOpen{}, amqp.QueueDeclare{Queue: "a", Exclusive: true})
	want[amqp.ChannelOpenOk](a)
	want[amqp.QueueDeclareOk](a)

	clock.Advance(time.Hour) // who is well is not silent
	s.Faults().BlackHole(amqptest.Named("a"), amqptest.Both)
	clock.Advance(20*time.Minute - time.Millisecond)
	if code := b.asks(2, "a"); code != amqp.ResourceLocked {
		t.Errorf("after two intervals: %v", code)
	}
	clock.Advance(10*time.Minute + time.Millisecond)
	if code := b.asks(3, "a"); code != amqp.NotFound {
		t.Errorf("after three intervals: %v", code)
	}
	if lost := s.Stats().HeartbeatsLost; lost != 1 {
		t.Errorf("%d connections are lost by their heartbeats", lost)
	}
	a.hearsNothing()
	if healed := s.Faults().Heal(amqptest.All); len(healed) != 2 {
		t.Errorf("healed: %v", healed)
	}
	if f, err := a.next(); !ended(err) {
		t.Errorf("the client hears %v, %v", f, err)
	}
}

// TestBlackHoleShort: who comes out of it in time is not given up.
func TestBlackHoleShort(t *testing.T) {
	clock := amqptest.NewClock()
	s := serve(t, amqptest.Options{Clock: clock})
	a := dial(t, s.Addr())
	a.open(login{name: "a", tune: amqp.ConnectionTuneOk{ChannelMax: 1, FrameMax: 4096, Heartbeat: 600}})
	for range 3 {
		s.Faults().BlackHole(amqptest.All, amqptest.Both)
		clock.Advance(19 * time.Minute)
		s.Faults().Heal(amqptest.All)
		clock.Advance(time.Hour)
	}
	a.send(1, amqp.ChannelOpen{})
	want[amqp.ChannelOpenOk](a)
}

// TestPause: a client is not read, but written to, and not taken for dead.
func TestPause(t *testing.T) {
	s := serve(t, amqptest.Options{})
	a, b := holder(t, s, "a"), holder(t, s, "b")
	s.Faults().Pause(amqptest.Named("a"))
	a.send(1, amqp.QueueDelete{Queue: "a"})
	a.hearsNothing()
	if code := b.asks(2, "a"); code != amqp.ResourceLocked {
		t.Errorf("the queue that a paused connection deletes: %v", code)
	}
	s.Faults().Heal(amqptest.Named("a"))
	want[amqp.QueueDeleteOk](a)
}

// TestResetInBlackHole gets through, and Close ends what is in one.
func TestResetInBlackHole(t *testing.T) {
	s := serve(t, amqptest.Options{})
	a, b := holder(t, s, "a"), holder(t, s, "b")
	s.Faults().BlackHole(amqptest.All, amqptest.Both)
	s.Faults().Reset(amqptest.Named("a"))
	if f, err := a.next(); !ended(err) {
		t.Errorf("the client hears %v, %v", f, err)
	}
	s.Close()
	if said := b.rest(); said != "connection.close 320 CONNECTION_FORCED" {
		t.Errorf("the other client hears %s", said)
	}
	if stacks := served(); stacks != "" {
		t.Errorf("left after Close:\n%s", stacks)
	}
}

// TestFaultsByAClient is the same as somebody meets it who uses an ordinary client.
func TestFaultsByAClient(t *testing.T) {
	s := serve(t, amqptest.Options{})
	properties := amqp091.NewConnectionProperties()
	properties.SetClientConnectionName("worker 1")
	conn := connect(t, s.URL(), amqp091.Config{Properties: properties})
	closed := conn.NotifyClose(make(chan *amqp091.Error, 1))
	if hit := s.Faults().Reset(amqptest.Named("worker 1")); len(hit) != 1 {
		t.Errorf("reset: %v", hit)
	}
	select {
	case <-closed:
	case <-time.After(patience):
		t.Error("the client hears nothing of the reset")
	}
}
