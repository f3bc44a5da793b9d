package replay_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/replay"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/spec"
	"github.com/lockstep-prover/lockstep/traces"
)

// environment expects a replay to fail for a reason of the environment's, and returns the error.
func environment(t *testing.T, r run, opts replay.Options) *replay.EnvironmentError {
	t.Helper()
	o, err := replay.Run(t.Context(), r.sys, r.trace, r.property, opts)
	var broken *replay.EnvironmentError
	if !errors.As(err, &broken) {
		t.Fatalf("%v, %v", o, err)
	}
	t.Log(err)
	return broken
}

// acquired is a short run.
func acquired(t *testing.T) run {
	t.Helper()
	sys, _ := instance(t, "")
	return script(t, sys, aHolds)
}

func TestNothingListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	broken := environment(t, acquired(t), replay.Options{Broker: "amqp://guest:guest@" + l.Addr().String() + "/"})
	if !errors.Is(broken, syscall.ECONNREFUSED) {
		t.Error(broken)
	}
}

func TestPasswordRefused(t *testing.T) {
	t.Parallel()
	onBrokers(t, func(t *testing.T, url string) {
		broken := environment(t, acquired(t), replay.Options{Broker: strings.Replace(url, "guest:guest", "guest:secret", 1)})
		if !errors.Is(broken, amqp091.ErrCredentials) && !strings.Contains(broken.Error(), "403") {
			t.Error(broken)
		}
	})
}

// TestNoAnswer: a listener that says nothing is not waited for as a broker's deeds are, and is named as what it is.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // whose backlog takes the connection
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	broken := environment(t, acquired(t), replay.Options{Broker: "amqp://guest:guest@" + l.Addr().String() + "/", Limit: 100 * time.Millisecond})
	if want := "no AMQP answer in 100ms"; broken.Err.Error() != want {
		t.Errorf("%v, want %s", broken, want)
	}
}

// TestWaiting: who has to wait for somebody's queue is told, once.
func TestWaiting(t *testing.T) {
	t.Parallel()
	onBrokers(t, func(t *testing.T, url string) {
		ch := neighbour(t, url)
		if _, err := ch.QueueDeclare("lock", false, false, true, false, nil); err != nil {
			t.Fatal(err)
		}
		var told []string
		waiting := func(queue string) {
			told = append(told, queue)
			if _, err := ch.QueueDelete("lock", false, false, false); err != nil {
				t.Error(err)
			}
		}
		r := acquired(t)
		o, err := replay.Run(t.Context(), r.sys, r.trace, r.property, replay.Options{Broker: url, Waiting: waiting})
		if o.Verdict != replay.Reproduced || err != nil || len(told) != 1 || told[0] != "lock" {
			t.Errorf("%v, %v; told of %q", o, err, told)
		}
	})
}

// neighbour is somebody else on the same broker.
func neighbour(t *testing.T, url string) *amqp091.Channel {
	t.Helper()
	conn, err := amqp091.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestQueuesOfOthers(t *testing.T) {
	t.Parallel()
	const limit = 300 * time.Millisecond
	t.Run("locked", func(t *testing.T) {
		onBrokers(t, func(t *testing.T, url string) {
			ch := neighbour(t, url)
			if _, err := ch.QueueDeclare("lock", false, false, true, false, nil); err != nil {
				t.Fatal(err)
			}
			broken := environment(t, acquired(t), replay.Options{Broker: url, Limit: limit})
			if want := "clearing the broker: queue lock is in use on this broker (locked by its owner (405)); use an idle one"; broken.Error() != want {
				t.Errorf("%v, want %s", broken, want)
			}
		})
	})
	t.Run("in use", func(t *testing.T) {
		onBrokers(t, func(t *testing.T, url string) {
			ch := neighbour(t, url)
			if _, err := ch.QueueDeclare("lock", false, false, false, false, nil); err != nil {
				t.Fatal(err)
			}
			if err := ch.Confirm(false); err != nil {
				t.Fatal(err)
			}
			confirm, err := ch.PublishWithDeferredConfirm("", "lock", true, false, amqp091.Publishing{})
			if err != nil || !confirm.Wait() {
				t.Fatal(err)
			}
			var refusal *amqp091.Error
			broken := environment(t, acquired(t), replay.Options{Broker: url, Limit: limit})
			if !errors.As(broken, &refusal) || refusal.Code != amqp091.PreconditionFailed {
				t.Error(broken)
			}
			if n, err := ch.QueueDelete("lock", false, false, false); n != 1 || err != nil {
				t.Errorf("%d messages of somebody's are left, %v", n, err)
			}
		})
	})
	t.Run("empty", func(t *testing.T) {
		onBrokers(t, func(t *testing.T, url string) {
			ch := neighbour(t, url)
			if _, err := ch.QueueDeclare("lock", false, false, false, false, nil); err != nil {
				t.Fatal(err)
			}
			reproduce(t, acquired(t), replay.Options{Broker: url})
		})
	})
}

// TestNothingIsLeft: whatever a replay came to, the queue is gone when it returns.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	onBrokers(t, func(t *testing.T, url string) {
		for range 5 {
			reproduce(t, acquired(t), replay.Options{Broker: url})
			_, err := neighbour(t, url).QueueDeclarePassive("lock", false, false, false, false, nil)
			if refusal, ok := err.(*amqp091.Error); !ok || refusal.Code != amqp091.NotFound {
				t.Error(err)
			}
		}
	})
}

// relay passes everything on to a broker until it is told to reset connections, which it numbers from 0. (It is not the gate
// because that is what is tested here.)
type relay struct {
	net.Listener
	mu    sync.Mutex
	conns []*net.TCPConn // towards the broker
}

func newRelay(t *testing.T, url string) (*relay, string) {
	t.Helper()
	uri, err := amqp091.ParseURI(url)
	if err != nil {
		t.Fatal(err)
	}
	broker := (&net.TCPAddr{IP: net.ParseIP(uri.Host), Port: uri.Port}).String()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	y := &relay{Listener: l}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", broker)
			if err != nil {
				in.Close()
				continue
			}
			y.mu.Lock()
			y.conns = append(y.conns, in.(*net.TCPConn))
			y.mu.Unlock()
			pass := func(to, from net.Conn) {
				io.Copy(to, from)
				to.Close()
			}
			running.Go(func() { pass(out, in) })
			running.Go(func() { pass(in, out) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return y, "amqp://guest:guest@" + l.Addr().String() + "/"
}

// reset breaks connections from the first to the last of those that there are, or up to that number.
func (y *relay) reset(first, last int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for i, c := range y.conns {
		if i >= first && i <= last {
			c.SetLinger(0)
			c.Close()
		}
	}
}

// TestAConnectionBreaks: what is not in the trace is found out. The observer is connection 0.
func TestAConnectionBreaks(t *testing.T) {
	t.Parallel()
	sys, _ := instance(t, "")
	held := script(t, sys, aHolds+`
		client/a verify
		link/a to broker: ch1 queue.declare lock passive
	`)
	silent := script(t, sys, aHolds+`
		link/a blackhole
		client/b acquire
		link/b to broker: ch1 queue.declare lock exclusive
		link/b to client: ch1 channel.close 405 RESOURCE_LOCKED
		client/b acquire
		broker.heartbeat[link/a] fires
	`)
	at := func(step int, do func()) func(replay.Step) {
		return func(s replay.Step) {
			if s.Number == step {
				do()
			}
		}
	}
	onBrokers(t, func(t *testing.T, url string) {
		t.Run("where the model has no reason for it", func(t *testing.T) {
			y, url := newRelay(t, url)
			o := replayed(t, held, replay.Options{Broker: url, Each: at(3, func() { y.reset(1, 1) })})
			// It is noticed in the next step or at the next prediction, as a reset or as an end of file, which is the relay's luck.
			if o.Verdict != replay.Diverged || o.Step < 4 || o.Where != "broker to link/a" || !strings.HasPrefix(o.Observed, "the broker's side: ") {
				t.Error(o)
			}
		})
		t.Run("where the broker's timer might have expired", func(t *testing.T) {
			y, url := newRelay(t, url)
			o := replayed(t, silent, replay.Options{Broker: url, Each: at(4, func() { y.reset(1, 1) })})
			if o.Verdict != replay.NotReproduced || o.Step > 8 || !strings.Contains(o.Reason, "broker.heartbeat[link/a] fires") {
				t.Error(o)
			}
		})
		t.Run("and all others", func(t *testing.T) {
			y, url := newRelay(t, url)
			environment(t, held, replay.Options{Broker: url, Each: at(3, func() {
				y.Close()
				y.reset(0, 9)
			})})
		})
	})
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	sys, _ := instance(t, "")
	r := script(t, sys, aHolds+`
		link/a blackhole
		broker.heartbeat[link/a] fires
	`)
	onBrokers(t, func(t *testing.T, url string) {
		ctx, cancel := context.WithCancelCause(t.Context())
		o, err := replay.Run(ctx, r.sys, r.trace, r.property, replay.Options{Broker: url, Each: func(s replay.Step) {
			if s.Number == 4 { // the next one takes two seconds
				cancel(enough)
			}
		}})
		if !errors.Is(err, enough) {
			t.Error(o, err)
		}
		_, err = neighbour(t, url).QueueDeclarePassive("lock", false, false, false, false, nil)
		if refusal, ok := err.(*amqp091.Error); !ok || refusal.Code != amqp091.NotFound {
			t.Error(err)
		}
	})
}

// TestWrongArguments: what is wrong with the trace, the system or the options is no fault of the environment's.
func TestWrongArguments(t *testing.T) {
	t.Parallel()
	const broker = "amqp://guest:guest@127.0.0.1:1/" // nobody is asked
	good := refute(t, "belief-exclusion", "")
	alter := func(change func(*traces.Trace)) run {
		altered := *good.trace
		change(&altered)
		return run{good.sys, good.property, &altered}
	}
	other := good
	other.sys, _ = instance(t, "release=connection verify=publish")
	classic, err := spec.Find("classic/two-phase-commit")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := classic.Settings()
	if err != nil {
		t.Fatal(err)
	}
	committing, _, err := classic.Instance(settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		run  run
		opts replay.Options
		want string
	}{
		{"no URL", good, replay.Options{}, "AMQP scheme"},
		{"TLS", good, replay.Options{Broker: "amqps://localhost/"}, "TLS"},
		{"a virtual host", good, replay.Options{Broker: "amqp://localhost/production"}, `not "production"`},
		{"a short heartbeat", good, replay.Options{Broker: broker, Heartbeat: time.Millisecond}, "from one second to one minute"},
		{"a long heartbeat", good, replay.Options{Broker: broker, Heartbeat: time.Hour}, "from one second to one minute"},
		{"another system", other, replay.Options{Broker: broker}, "step 2"},
		{"another property", run{good.sys, model.Property{Name: "peace"}, good.trace}, replay.Options{Broker: broker}, "not about peace"},
		{"a truncated trace", alter(func(t *traces.Trace) { t.Lines = t.Lines[:5] }), replay.Options{Broker: broker}, "truncated"},
		{"a system without links", record(t, committing, nil), replay.Options{Broker: broker}, "no links to a broker"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := replay.Run(t.Context(), c.run.sys, c.run.trace, c.run.property, c.opts)
			var broken *replay.EnvironmentError
			if err == nil || errors.As(err, &broken) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v; want an error about %s", o, err, c.want)
			}
		})
	}
}
