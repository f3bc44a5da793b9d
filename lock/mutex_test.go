package lock_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
	"github.com/lockstep-prover/lockstep/lock"
)

func TestMain(m *testing.M) { os.Exit(rabbitmqtest.Run(m)) }

// onBrokers runs a test against the embedded broker and a real RabbitMQ.
func onBrokers(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("embedded", func(t *testing.T) {
		s := amqptest.NewServer(amqptest.Options{})
		t.Cleanup(s.Close)
		test(t, s.URL())
	})
	t.Run("rabbitmq", func(t *testing.T) {
		rabbitmqtest.Need(t)
		test(t, rabbitmqtest.Shared(t).URL())
	})
}

// dial returns a client of the lock that is named after the test.
func dial(t *testing.T, url string, o lock.Options) *lock.Mutex {
	t.Helper()
	m, err := lock.Dial(t.Context(), url, t.Name(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func isOver(m *lock.Mutex) bool {
	select {
	case <-m.Lost():
		return true
	default:
		return false
	}
}

func TestOneAtATime(t *testing.T) {
	onBrokers(t, func(t *testing.T, url string) {
		a, b := dial(t, url, lock.Options{}), dial(t, url, lock.Options{})
		if !isOver(a) || a.Token() != 0 {
			t.Error("a client that has called nothing holds something")
		}
		if _, err := a.Verify(t.Context()); !errors.Is(err, lock.ErrNotHeld) {
			t.Errorf("verify of a client that holds nothing: %v", err)
		}
		if err := a.Release(t.Context()); !errors.Is(err, lock.ErrNotHeld) {
			t.Errorf("release of a client that holds nothing: %v", err)
		}
		for range 3 {
			last := int64(0)
			for _, turn := range [][2]*lock.Mutex{{a, b}, {b, a}} {
				m, other := turn[0], turn[1]
				if err := m.TryAcquire(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := other.TryAcquire(t.Context()); !errors.Is(err, lock.ErrTaken) {
					t.Errorf("the other one acquires: %v", err)
				}
				if err := m.TryAcquire(t.Context()); !errors.Is(err, lock.ErrInUse) {
					t.Errorf("the holder acquires: %v", err)
				}
				if held, err := m.Verify(t.Context()); !held || err != nil {
					t.Errorf("verify of the holder: %v, %v", held, err)
				}
				if isOver(m) || m.Token() <= last {
					t.Errorf("over: %v; token %d after %d", isOver(m), m.Token(), last)
				}
				last = m.Token()
				lost := m.Lost()
				if err := m.Release(t.Context()); err != nil {
					t.Fatal(err)
				}
				if <-lost; m.Token() != 0 {
					t.Error("a token after release")
				}
			}
		}
	})
}

func TestAcquireWaits(t *testing.T) {
	onBrokers(t, func(t *testing.T, url string) {
		a, b := dial(t, url, lock.Options{}), dial(t, url, lock.Options{Retry: 5 * time.Millisecond})
		if err := a.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := b.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("acquire of a lock that is taken: %v", err)
		}
		acquired := make(chan error, 1)
		go func() { acquired <- b.Acquire(t.Context()) }()
		if err := a.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-acquired; err != nil {
			t.Error(err)
		}
	})
}

// What ends a tenure from outside is told at once when the connection is reset, and within the patience when it goes silent; the next holder's token is larger.
func TestLosses(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(f amqptest.Faults)
		within  time.Duration
	}{
		"reset":      {func(f amqptest.Faults) { f.Reset(amqptest.All) }, time.Second},
		"restart":    {func(f amqptest.Faults) { f.Restart() }, time.Second},
		"black hole": {func(f amqptest.Faults) { f.BlackHole(amqptest.All, amqptest.Both) }, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := amqptest.NewServer(amqptest.Options{})
			t.Cleanup(s.Close)
			a, b := dial(t, s.URL(), lock.Options{Heartbeat: time.Second}), dial(t, s.URL(), lock.Options{Heartbeat: time.Second, Retry: 10 * time.Millisecond})
			if err := a.Acquire(t.Context()); err != nil {
				t.Fatal(err)
			}
			token, lost := a.Token(), a.Lost()
			c.happens(s.Faults())
			select {
			case <-lost:
			case <-time.After(c.within):
				t.Fatal("the holder is not told")
			}
			if _, err := a.Verify(t.Context()); !errors.Is(err, lock.ErrNotHeld) {
				t.Errorf("verify behind the loss: %v", err)
			}
			if err := b.Acquire(t.Context()); err != nil {
				t.Fatal(err)
			}
			if name != "restart" && b.Token() <= token { // a restart is not promised to keep anything
				t.Errorf("token %d after %d", b.Token(), token)
			}
		})
	}
}

// A client in a black hole gives the lock up before the broker gives it to somebody else: patience is one interval, and the broker takes two.
func TestGivesUpBeforeTheBroker(t *testing.T) {
	s := amqptest.NewServer(amqptest.Options{})
	t.Cleanup(s.Close)
	a := dial(t, s.URL(), lock.Options{Heartbeat: time.Second})
	b := dial(t, s.URL(), lock.Options{Heartbeat: time.Second, Retry: time.Millisecond})
	if err := a.Acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Faults().BlackHole(amqptest.All, amqptest.Both)
	overlap := make(chan bool, 1)
	lost := a.Lost()
	go func() {
		if err := b.Acquire(t.Context()); err != nil {
			t.Error(err)
		}
		select {
		case <-lost:
			overlap <- false
		default:
			overlap <- true
		}
	}()
	if <-overlap {
		t.Error("two clients believed at once")
	}
}

// A call whose context is done gives up the connection, and the lock with it.
func TestContext(t *testing.T) {
	s := amqptest.NewServer(amqptest.Options{})
	t.Cleanup(s.Close)
	a := dial(t, s.URL(), lock.Options{})
	if err := a.Acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Faults().BlackHole(amqptest.All, amqptest.Both)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if held, err := a.Verify(ctx); held || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("verify in a black hole: %v, %v", held, err)
	}
	if !isOver(a) {
		t.Error("the tenure is not over")
	}
}

func TestDial(t *testing.T) {
	s := amqptest.NewServer(amqptest.Options{})
	t.Cleanup(s.Close)
	for name, c := range map[string]struct {
		url, lock string
		options   lock.Options
		says      string
	}{
		"no URL":           {"nowhere", "l", lock.Options{}, "AMQP scheme"},
		"no name":          {s.URL(), "", lock.Options{}, "has to have a name"},
		"half a heartbeat": {s.URL(), "l", lock.Options{Heartbeat: 1500 * time.Millisecond}, "whole seconds"},
		"nobody there":     {"amqp://127.0.0.1:1/", "l", lock.Options{}, "connection refused"},
		"password":         {strings.Replace(s.URL(), "guest:guest", "guest:tseug", 1), "l", lock.Options{}, "refused"},
		"no virtual host":  {s.URL() + "nowhere", "l", lock.Options{}, "nowhere"},
	} {
		_, err := lock.Dial(t.Context(), c.url, c.lock, c.options)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	m := dial(t, s.URL(), lock.Options{})
	m.Close()
	if err := m.Acquire(t.Context()); !errors.Is(err, lock.ErrClosed) {
		t.Errorf("acquire of a closed mutex: %v", err)
	}
}

// An input of the lock's specification, and what it returned.
type call struct {
	client int
	verify bool // acquire otherwise
}

// granted is the specification of what the package promises of histories: tokens grow from grant to grant, and a verify that returns true is of the last
// grant. State is the last token. (Calls that failed may have had any effect that leaves a token out, and say nothing.)
var granted = porcupine.Model{
	Init: func() any { return int64(0) },
	Step: func(state, input, output any) (bool, any) {
		last, in, token := state.(int64), input.(call), output.(int64)
		if in.verify {
			return token == last, last
		}
		return token > last, token
	},
	DescribeOperation: func(input, output any) string {
		if input.(call).verify {
			return "verify: held"
		}
		return "acquire: held"
	},
}

// The specification refuses what it is there to refuse.
func TestGrantedRefuses(t *testing.T) {
	op := func(at int64, in call, token int64) porcupine.Operation {
		return porcupine.Operation{ClientId: in.client, Input: in, Call: at, Output: token, Return: at + 1}
	}
	first, second := op(0, call{}, 1), op(2, call{client: 1}, 2)
	for name, c := range map[string]struct {
		third porcupine.Operation
		ok    bool
	}{
		"a verify of the last holder":                      {op(4, call{client: 1, verify: true}, 2), true},
		"a verify of a former one":                         {op(4, call{verify: true}, 1), false},
		"a verify of a former one that was called in time": {porcupine.Operation{Input: call{verify: true}, Call: 1, Output: int64(1), Return: 9}, true},
		"a token that was there":                           {op(4, call{}, 2), false},
	} {
		if ok := porcupine.CheckOperations(granted, []porcupine.Operation{first, second, c.third}); ok != c.ok {
			t.Errorf("%s: %v", name, ok)
		}
	}
}

// Histories of several clients, whose connections are reset and cut off meanwhile, are what is promised.
func TestHistories(t *testing.T) {
	onBrokers(t, func(t *testing.T, url string) {
		p, url := newProxy(t, url)
		history(t, url, func(r *rand.Rand) { p.fault(r, r.IntN(20) == 0) })
	})
}

// history has clients acquire, verify and release while faults happen, and judges what they were told.
func history(t *testing.T, url string, fault func(*rand.Rand)) {
	const clients, tenures = 4, 200
	var (
		all     []porcupine.Operation
		mutex   sync.Mutex
		working sync.WaitGroup
		begun   = time.Now()
		losses  int
	)
	note := func(in call, since time.Duration, token int64) {
		mutex.Lock()
		defer mutex.Unlock()
		all = append(all, porcupine.Operation{ClientId: in.client, Input: in, Call: int64(since), Output: token, Return: int64(time.Since(begun))})
	}
	done := make(chan struct{})
	for i := range clients {
		m := dial(t, url, lock.Options{Heartbeat: time.Second, Retry: time.Millisecond})
		working.Go(func() {
			for range tenures / clients {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				since := time.Since(begun)
				err := m.Acquire(ctx)
				cancel()
				if err != nil {
					t.Error(err)
					return
				}
				token := m.Token()
				if token == 0 { // lost already
					continue
				}
				note(call{client: i}, since, token)
				for range 3 {
					since := time.Since(begun)
					held, err := m.Verify(t.Context())
					if err != nil || !held {
						mutex.Lock()
						losses++
						mutex.Unlock()
						break
					}
					note(call{client: i, verify: true}, since, token)
					time.Sleep(time.Millisecond) // the holder works
				}
				_ = m.Release(t.Context()) // what it says of a tenure that is over is known
			}
		})
	}
	go func() {
		working.Wait()
		close(done)
	}()
	r := rand.New(rand.NewPCG(1, 2))
	for tick := time.NewTicker(7 * time.Millisecond); ; {
		select {
		case <-tick.C:
			fault(r)
			continue
		case <-done:
		}
		break
	}
	result, _ := porcupine.CheckOperationsVerbose(granted, all, time.Minute)
	if result != porcupine.Ok {
		t.Errorf("%d operations are %v", len(all), result)
	}
	t.Logf("%d operations, %d tenures lost", len(all), losses)
	if losses < 5 || len(all) < tenures {
		t.Errorf("%d operations and %d tenures lost show nothing", len(all), losses)
	}
}
