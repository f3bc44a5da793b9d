package amqptest_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// TestClose closes a server with connections in every stage. It returns soon, whatever they do, and nothing is left.
func TestClose(t *testing.T) {
	s := amqptest.NewServer(amqptest.Options{})
	greeting := dial(t, s.Addr())
	greeting.write(wire.Version091)
	want[amqp.ConnectionStart](greeting)
	opened := dial(t, s.Addr())
	opened.open(login{tune: amqp.ConnectionTuneOk{ChannelMax: 1, FrameMax: 4096, Heartbeat: 60}})
	opened.mute()
	closing := dial(t, s.Addr())
	closing.open(login{})
	closing.send(3, amqp.ChannelClose{})
	want[amqp.ConnectionClose](closing)
	over := dial(t, s.Addr())
	over.open(login{})
	over.send(0, amqp.ConnectionClose{Code: amqp.Success})
	want[amqp.ConnectionCloseOk](over)
	illegible := dial(t, s.Addr())
	illegible.open(login{})
	illegible.write("garbage garbage")
	want[amqp.ConnectionClose](illegible)
	silent := dial(t, s.Addr())

	begun := time.Now()
	var callers sync.WaitGroup
	for range 3 {
		callers.Go(s.Close)
	}
	callers.Wait()
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("Close takes %v", took)
	}
	if stacks := served(); stacks != "" {
		t.Errorf("left after Close:\n%s", stacks)
	}
	if closed := want[amqp.ConnectionClose](opened); closed.Code != amqp.ConnectionForced {
		t.Errorf("an open connection is told %v", closed)
	}
	for _, c := range []*client{greeting, opened, closing, over, illegible, silent} {
		if said := c.rest(); said != "" {
			t.Errorf("a client is told %s", said)
		}
	}
}

// served returns the stacks of the goroutines of servers, after it has given those that are about to return time to do so.
func served() (stacks string) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); runtime.Gosched() {
		buf := make([]byte, 1<<20)
		stacks = ""
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "live/amqptest.(*") {
				stacks += g + "\n\n"
			}
		}
		if stacks == "" {
			return ""
		}
	}
	return stacks
}

func TestListenErrors(t *testing.T) {
	s := serve(t, amqptest.Options{})
	for want, opts := range map[string]amqptest.Options{
		"address already in use": {Addr: s.Addr()},
		"heartbeat interval of":  {Tune: amqptest.Tune{Heartbeat: 1 << 16}},
		"frame-max 4095":         {Tune: amqptest.Tune{FrameMax: 4095}},
	} {
		if _, err := amqptest.Listen(opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Listen(%+v): %v, want %s", opts, err, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("NewServer does not panic")
		}
	}()
	amqptest.NewServer(amqptest.Options{Addr: s.Addr()})
}

func TestURL(t *testing.T) {
	s := serve(t, amqptest.Options{Login: amqptest.Login{Users: map[string]string{"zoe": "z", "ann": "@:/"}}})
	if got, want := s.URL(), "amqp://ann:%40%3A%2F@"+s.Addr()+"/"; got != want {
		t.Errorf("URL %s, want %s", got, want)
	}
	s = serve(t, amqptest.Options{})
	if got, want := s.URL(), "amqp://guest:guest@"+s.Addr()+"/"; got != want {
		t.Errorf("URL %s, want %s", got, want)
	}
}
