package amqptest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/lockstep-prover/lockstep/model/broker"
)

// store keeps in a file what survives a restart, as the machine reports it. Changes are submitted in batches, which are numbered. A
// goroutine commits all that have come while it was committing the ones before, in one transaction and with one sync (group commit);
// a message that the transaction would only take out again it does not write at all.
type store struct {
	db        *bbolt.DB
	path      string
	committed func() // called after each commit, and when the store has failed, without locks

	running sync.WaitGroup
	mu      sync.Mutex
	changed sync.Cond          // broadcast when anything below changes
	pending []change           // a change of nothing is one that another has made idle
	added   map[messageKey]int // where in pending a message is added
	octets  int                // of pending, roughly
	last    uint64             // batch submitted
	durable uint64             // all batches up to this one are on disk
	busy    bool               // committing
	closed  bool
	err     error // the first; nothing is written any more
}

// change is an entry that is there now, or gone.
type change struct {
	entry broker.Entry
	gone  bool
}

type messageKey struct {
	host, queue string
	position    uint64
}

// backlogMax is how many octets may wait to be written before connections are no longer read.
const backlogMax = 64 << 20

// openStore opens the store in a directory, makes it if it is not there, and returns what is in it.
func openStore(dir string, sizeMax int) (s *store, entries []broker.Entry, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	path := filepath.Join(dir, "broker.db")
	before, _ := os.Stat(path)
	var db *bbolt.DB
	err = guarded(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: time.Millisecond, FreelistType: bbolt.FreelistMapType, MaxSize: sizeMax,
		})
		return err
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, nil, fmt.Errorf("%s is in use by another broker", dir)
	case err != nil:
		if before == nil { // and half of one would be taken for a damaged one
			os.Remove(path)
		}
		return nil, nil, unreadable(path, err)
	}
	s = &store{db: db, path: path, added: map[messageKey]int{}}
	s.changed.L = &s.mu
	if entries, err = s.load(); err != nil {
		db.Close()
		return nil, nil, err
	}
	return s, entries, nil
}

// unreadable says why a file cannot be read: the system has an error, or the file is damaged.
func unreadable(path string, err error) error {
	var inPath *fs.PathError
	var number syscall.Errno
	switch {
	case errors.As(err, &inPath):
		return inPath
	case errors.As(err, &number):
		return fmt.Errorf("opening %s: %w", path, err)
	}
	return fmt.Errorf("%s is damaged: %w", path, err)
}

// guarded calls f, which works on a file that may be damaged in any way: to the library, anything may then happen.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("the file makes no sense: %v", broken)
		}
	}()
	return f()
}

// start begins to commit.
func (s *store) start(committed func()) {
	s.committed = committed
	s.running.Go(s.run)
}

// submit takes a batch of changes, and returns its number.
func (s *store) submit(batch []change) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range batch {
		s.add(c)
	}
	s.last++
	s.changed.Broadcast()
	return s.last
}

func (s *store) add(c change) {
	m, ok := c.entry.(broker.StoredMessage)
	if !ok {
		s.pending = append(s.pending, c)
		return
	}
	key := messageKey{m.Host, m.Queue, m.Position}
	if i, pending := s.added[key]; pending {
		s.octets -= sizeOf(s.pending[i])
		s.pending[i] = change{}
		delete(s.added, key)
	}
	if !c.gone {
		s.added[key] = len(s.pending)
		s.octets += sizeOf(c)
	}
	s.pending = append(s.pending, c)
}

func sizeOf(c change) int {
	m, _ := c.entry.(broker.StoredMessage)
	return 128 + len(m.Message.Body) + len(m.Message.Properties.Headers)
}

// run commits until the store is closed, or fails.
func (s *store) run() {
	for {
		s.mu.Lock()
		for s.durable == s.last && !s.closed {
			s.changed.Wait()
		}
		if s.durable == s.last {
			s.mu.Unlock()
			return
		}
		changes, last := s.pending, s.last
		s.pending, s.octets, s.busy = nil, 0, true
		clear(s.added)
		s.mu.Unlock()

		err := s.commit(changes)

		s.mu.Lock()
		s.busy = false
		if err != nil {
			s.err = fmt.Errorf("writing %s: %w", s.path, err)
		} else {
			s.durable = max(s.durable, last)
		}
		s.changed.Broadcast()
		s.mu.Unlock()
		s.committed()
		if err != nil {
			return
		}
	}
}

// progress is the number of the last batch that is on disk, and the error that ended the store, if one did.
func (s *store) progress() (durable uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.durable, s.err
}

// wait waits until not too much waits to be written.
func (s *store) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.octets > backlogMax && s.err == nil && !s.closed {
		s.changed.Wait()
	}
}

// abandon forgets what is not on disk, as a crash does, and returns what is.
func (s *store) abandon() ([]broker.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending, s.octets, s.durable = nil, 0, s.last
	clear(s.added)
	for s.busy {
		s.changed.Wait()
	}
	if s.err != nil {
		return nil, s.err
	}
	return s.load()
}

// close commits what is pending and lets go of the file.
func (s *store) close() error {
	s.mu.Lock()
	s.closed = true
	s.changed.Broadcast()
	s.mu.Unlock()
	s.running.Wait()
	return errors.Join(s.err, s.db.Close())
}

// load returns everything in the file: exchanges, queues, bindings, and messages by queue and position.
func (s *store) load() (entries []broker.Entry, err error) {
	err = guarded(func() error {
		return s.db.Update(func(tx *bbolt.Tx) (err error) {
			entries, err = contents(tx)
			return err
		})
	})
	if err != nil {
		return nil, unreadable(s.path, err)
	}
	return entries, nil
}

func contents(tx *bbolt.Tx) (entries []broker.Entry, err error) {
	if err := prepare(tx); err != nil {
		return nil, err
	}
	add := func(decode func(key, value []byte) (broker.Entry, error)) func(key, value []byte) error {
		return func(key, value []byte) error {
			e, err := decode(key, value)
			entries = append(entries, e)
			return err
		}
	}
	all := tx.Bucket(messages)
	err = errors.Join(
		tx.Bucket(exchanges).ForEach(add(decode[broker.StoredExchange])),
		tx.Bucket(queues).ForEach(add(decode[broker.StoredQueue])),
		tx.Bucket(bindings).ForEach(add(decode[broker.StoredBinding])),
		all.ForEachBucket(func(queue []byte) error {
			return all.Bucket(queue).ForEach(add(func(key, value []byte) (broker.Entry, error) { return decodeMessage(queue, key, value) }))
		}),
	)
	return entries, err
}

// commit makes changes in one transaction.
func (s *store) commit(changes []change) error {
	return guarded(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			for _, c := range changes {
				if c.entry == nil {
					continue
				}
				if err := apply(tx, c); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
