package amqptest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// opened is openStore for a test, which begins to commit.
func opened(t testing.TB, dir string, sizeMax int) (*store, []broker.Entry) {
	t.Helper()
	s, entries, err := openStore(dir, sizeMax)
	if err != nil {
		t.Fatal(err)
	}
	s.start(func() {})
	return s, entries
}

// closed closes a store that has not failed.
func closed(t testing.TB, s *store) {
	t.Helper()
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

func kept(entries ...broker.Entry) (batch []change) {
	for _, e := range entries {
		batch = append(batch, change{entry: e})
	}
	return batch
}

func gone(entries ...broker.Entry) (batch []change) {
	for _, e := range entries {
		batch = append(batch, change{entry: e, gone: true})
	}
	return batch
}

var (
	work  = broker.StoredQueue{Host: "/", Name: "work", Arguments: amqp.MustTable(amqp.Field{Name: "x-max-length", Value: int32(7)})}
	other = broker.StoredQueue{Host: "a\xff", Name: "work"}
	bound = broker.StoredBinding{Host: "/", Source: "amq.topic", RoutingKey: "a.*", Destination: "work"}
)

// letter is a message in a queue.
func letter(q broker.StoredQueue, position uint64) broker.StoredMessage {
	return broker.StoredMessage{
		Host: q.Host, Queue: q.Name, Position: position, Exchange: "amq.topic", RoutingKey: "a.b", Redelivered: position%2 == 0,
		Acquired: int(position) % 7 * 100, Deliveries: int(position) % 5,
		Message: amqp.Message{
			Properties: amqp.Properties{Present: amqp.HasDeliveryMode | amqp.HasHeaders, DeliveryMode: 2,
				Headers: amqp.MustTable(amqp.Field{Name: "n", Value: int64(position)})},
			Body: strings.Repeat(fmt.Sprint(position), int(position)%1000),
		},
	}
}

// TestStoreKeeps: what is kept and not gone is there when the store is opened again, and when it is asked after a crash.
func TestStoreKeeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "dir")
	s, entries := opened(t, dir, 0)
	if len(entries) != 0 {
		t.Errorf("a new store has %v", entries)
	}
	exchange := broker.StoredExchange{Host: "/", Name: "x"}
	toExchange := bound
	toExchange.ToExchange = true
	s.submit(kept(work, other, exchange, bound, toExchange, letter(work, 1), letter(work, 2), letter(work, 70_000), letter(other, 1)))
	s.submit(gone(broker.StoredMessage{Host: "/", Queue: "work", Position: 1}, toExchange))
	closed(t, s)

	want := []broker.Entry{exchange, work, other, bound, letter(work, 2), letter(work, 70_000), letter(other, 1)}
	s, entries = opened(t, dir, 0)
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("opened again (-want +got):\n%s", diff)
	}

	s.submit(gone(broker.StoredQueue{Host: "/", Name: "work"}, broker.StoredExchange{Host: "/", Name: "x"}, bound))
	s.submit(kept(work, letter(work, 3)))
	closed(t, s)
	s, entries = opened(t, dir, 0)
	defer s.close()
	want = []broker.Entry{work, other, letter(work, 3), letter(other, 1)}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("a queue that was deleted and declared again (-want +got):\n%s", diff)
	}
}

// TestStoreRandomly compares the store with a map, whatever is submitted in which batches, over crashes and restarts.
func TestStoreRandomly(t *testing.T) {
	dir := t.TempDir()
	choose := rand.New(rand.NewPCG(1, 2))
	s, _ := opened(t, dir, 0)
	want := map[string]broker.Entry{}
	for step := range 3000 {
		q := []broker.StoredQueue{work, other}[choose.IntN(2)]
		m := letter(q, choose.Uint64N(20))
		m.Redelivered = choose.IntN(2) == 0
		key := fmt.Sprintf("%q %q %d", q.Host, q.Name, m.Position)
		switch choose.IntN(10) {
		case 0, 1, 2, 3:
			s.submit(kept(m))
			want[key] = m
		case 4, 5, 6, 7:
			s.submit(gone(broker.StoredMessage{Host: m.Host, Queue: m.Queue, Position: m.Position}))
			delete(want, key)
		case 8:
			s.submit(gone(q))
			for k := range want {
				if strings.HasPrefix(k, fmt.Sprintf("%q %q ", q.Host, q.Name)) {
					delete(want, k)
				}
			}
		case 9:
			if step%5 != 0 {
				continue
			}
			closed(t, s)
			var entries []broker.Entry
			s, entries = opened(t, dir, 0)
			got := map[string]broker.Entry{}
			for _, e := range entries {
				m := e.(broker.StoredMessage)
				got[fmt.Sprintf("%q %q %d", m.Host, m.Queue, m.Position)] = m
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("step %d (-want +got):\n%s", step, diff)
			}
		}
	}
	closed(t, s)
}

// TestStoreAbandons: after a crash there is what was durable before, and at most what had been submitted.
func TestStoreAbandons(t *testing.T) {
	s, _ := opened(t, t.TempDir(), 0)
	defer s.close()
	var durable uint64
	for position := uint64(1); position <= 2000; position++ {
		s.submit(kept(letter(work, position)))
		if position%100 != 0 {
			continue
		}
		durable, _ = s.progress()
		entries, err := s.abandon()
		if err != nil {
			t.Fatal(err)
		}
		there := map[uint64]bool{}
		for _, e := range entries {
			there[e.(broker.StoredMessage).Position] = true
		}
		for p := position - 99; p <= durable; p++ {
			if !there[p] {
				t.Fatalf("message %d is lost, %d batches were durable", p, durable)
			}
		}
	}
}

func TestStoreInUse(t *testing.T) {
	dir := t.TempDir()
	s, _ := opened(t, dir, 0)
	defer s.close()
	if _, _, err := openStore(dir, 0); err == nil || err.Error() != dir+" is in use by another broker" {
		t.Errorf("opened twice: %v", err)
	}
}

// TestStoreFull: what does not fit is an error, at once and from then on, and what was durable stays.
func TestStoreFull(t *testing.T) {
	dir := t.TempDir()
	s, _ := opened(t, dir, 1<<20)
	position := uint64(0)
	var durable uint64
	var err error
	for ; err == nil && position < 100_000; position++ {
		s.submit(kept(letter(work, position+1)))
		durable, err = s.progress()
	}
	if err == nil || !strings.HasPrefix(err.Error(), "writing "+filepath.Join(dir, "broker.db")+": ") {
		t.Fatalf("after %d messages: %v", position, err)
	}
	if s.close() == nil {
		t.Error("closed without an error")
	}
	s, entries := opened(t, dir, 0)
	defer s.close()
	if uint64(len(entries)) < durable {
		t.Errorf("%d messages are there, %d were durable", len(entries), durable)
	}
}

// TestStoreDamaged: whatever is wrong with the file, opening it is an error that names it, or what is there was there before.
func TestStoreDamaged(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "broker.db")
	s, _ := opened(t, dir, 0)
	for position := range uint64(50) {
		s.submit(kept(letter(work, position)))
	}
	closed(t, s)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	choose := rand.New(rand.NewPCG(1, 2))
	damaged := 0
	for name, damage := range map[string]func([]byte) []byte{
		"cut short":  func(f []byte) []byte { return f[:choose.IntN(len(f))] },
		"one octet":  func(f []byte) []byte { f[choose.IntN(len(f))] ^= 1 << choose.IntN(8); return f },
		"page zero":  func(f []byte) []byte { clear(f[choose.IntN(len(f)/4096)*4096:][:4096]); return f },
		"page wrong": func(f []byte) []byte { copy(f[choose.IntN(len(f)/4096)*4096:][:4096], f[4096*3:]); return f },
		"not ours":   func([]byte) []byte { return []byte("something else altogether") },
	} {
		t.Run(name, func(t *testing.T) {
			for range 40 {
				dir := t.TempDir() // the library may keep the lock of a file that it has choked on
				path := filepath.Join(dir, "broker.db")
				if err := os.WriteFile(path, damage([]byte(string(whole))), 0o600); err != nil {
					t.Fatal(err)
				}
				s, entries, err := openStore(dir, 0)
				if err != nil {
					damaged++
					if !strings.HasPrefix(err.Error(), path+" is damaged: ") {
						t.Errorf("the error is %v", err)
					}
					continue
				}
				s.db.Close()
				for _, e := range entries {
					if m := e.(broker.StoredMessage); m != letter(work, m.Position) {
						t.Errorf("%v was never there", m)
					}
				}
			}
		})
	}
	if damaged == 0 {
		t.Error("no damage is noticed")
	}
	dir = t.TempDir()
	db, err := bbolt.Open(filepath.Join(dir, "broker.db"), 0o600, nil)
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucket(meta)
			if err == nil {
				err = b.Put(format, []byte{99})
			}
			return err
		})
		db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := openStore(dir, 0); err == nil || !strings.Contains(err.Error(), "format [99]") {
		t.Errorf("a file of a later version: %v", err)
	}
}
