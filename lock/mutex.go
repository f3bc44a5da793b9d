package lock

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/lockstep-prover/lockstep/live/driver"
	"github.com/lockstep-prover/lockstep/model"
	machine "github.com/lockstep-prover/lockstep/model/lock"
)

// What a call returns, wrapped or as it is.
var (
	// ErrTaken: somebody else has the lock.
	ErrTaken = errors.New("lock: somebody else has it")
	// ErrNotHeld: the call is for a holder, and the caller is none any more, or never was.
	ErrNotHeld = errors.New("lock: not held")
	// ErrInUse: another call is in progress; or Acquire is called by a holder.
	ErrInUse = errors.New("lock: in use")
	// ErrClosed: the mutex is closed.
	ErrClosed = errors.New("lock: closed")
)

// Options are a mutex's; the zero value has the defaults.
type Options struct {
	// Heartbeat is the interval that is negotiated, in whole seconds; 0 is 10 s. It bounds how long a lock stays taken whose holder is cut off: three of it.
	Heartbeat time.Duration
	// Patience is how long after the last octet a silent connection, and with it the lock, is given up; 0 is Heartbeat. See the package comment.
	Patience time.Duration
	// Retry is how often Acquire asks for a lock that is taken; 0 is a second.
	Retry time.Duration
	// TLS is for amqps URLs; nil is the system's roots, and the URL's host as the server's name.
	TLS *tls.Config
}

// Mutex is one client of a lock. Its calls may come from several goroutines, one at a time; see [ErrInUse].
type Mutex struct {
	name    string
	options Options
	driver  *driver.Driver

	mutex sync.Mutex
	lost  chan struct{} // of the present tenure; nil: there is none
	token int64
}

// Dial returns a client of the lock of that name on the broker at url (amqp:// or amqps://). It makes sure that the broker is there and has the queue NAME.epoch, and
// leaves no connection behind: that is opened by Acquire. The error says what of that failed.
func Dial(ctx context.Context, url, name string, o Options) (*Mutex, error) {
	d, err := driver.Parse(url, o.TLS)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if name == "" {
		return nil, errors.New("lock: a lock has to have a name")
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 10 * time.Second
	}
	if o.Heartbeat < time.Second || o.Heartbeat%time.Second != 0 || o.Heartbeat > 1<<16*time.Second {
		return nil, fmt.Errorf("lock: a heartbeat of %v is not one of whole seconds, from 1 to 65535", o.Heartbeat)
	}
	if o.Patience == 0 {
		o.Patience = o.Heartbeat
	}
	if o.Retry == 0 {
		o.Retry = time.Second
	}
	link, err := rand.Int(rand.Reader, big.NewInt(1<<62)) // the machine's secrets are made of it
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	epoch := name + ".epoch"
	protocol := machine.Generation{Queue: name, Mark: machine.MarkBinding, Verify: machine.VerifyPublish, Release: machine.ReleaseDelete, Epoch: epoch}
	d.Heartbeat, d.Stall, d.Login.Product = o.Heartbeat, max(o.Heartbeat, o.Patience), "lockstep lock "+name
	if err := driver.Ask(ctx, d, machine.EpochDeclare(epoch)); err != nil {
		return nil, fmt.Errorf("lock: %s: %w", d.Addr, err)
	}
	m := &Mutex{name: name, options: o}
	id := model.ID(link.Int64())
	m.driver = driver.New(d, id, machine.New(id, protocol, machine.Options{Patience: o.Patience.Milliseconds()}), m.observe)
	return m, nil
}

// observe follows the tenures. One begins before its acquire has returned, and has ended when whatever ended it has.
func (m *Mutex) observe(e model.Event) {
	switch e := e.(type) {
	case machine.Called:
		if e.Op == machine.Release {
			m.over()
		}
	case machine.Returned:
		switch {
		case e.Result != machine.Held:
			m.over()
		case e.Op == machine.Acquire:
			m.mutex.Lock()
			m.lost, m.token = make(chan struct{}), int64(e.Token)
			m.mutex.Unlock()
		}
	case machine.GaveUp:
		m.over()
	}
}

// over ends the tenure, if there is one.
func (m *Mutex) over() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.lost != nil {
		close(m.lost)
		m.lost, m.token = nil, 0
	}
}

// call calls an operation.
func (m *Mutex) call(ctx context.Context, op machine.Op) (machine.Returned, error, error) {
	r, cause, err := m.driver.Call(ctx, op)
	switch {
	case errors.Is(err, driver.ErrClosed):
		err = ErrClosed
	case errors.Is(err, driver.ErrInProgress), errors.Is(err, driver.ErrNotOffered) && op == machine.Acquire:
		err = ErrInUse
	case errors.Is(err, driver.ErrNotOffered):
		err = ErrNotHeld
	}
	return r, cause, err
}

// TryAcquire asks for the lock once. The error is ErrTaken, or says why it is not known whether the broker has granted it; then the connection that may have it
// is gone, or the lock is asked for again. When ctx is done, the connection is given up, and with it what may have been granted.
func (m *Mutex) TryAcquire(ctx context.Context) error {
	r, cause, err := m.call(ctx, machine.Acquire)
	switch {
	case err != nil:
		return err
	case r.Result == machine.Held:
		return nil
	case r.Result == machine.Busy:
		return ErrTaken
	}
	return fmt.Errorf("lock: acquire failed: %w", cause)
}

// Acquire asks for the lock until it is granted, or ctx is done. A broker that cannot be reached is asked again, too; the error then has both reasons.
func (m *Mutex) Acquire(ctx context.Context) error {
	for {
		err := m.TryAcquire(ctx)
		if err == nil || errors.Is(err, ErrInUse) || errors.Is(err, ErrClosed) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(m.options.Retry):
		}
	}
}

// Verify asks the broker whether the lock is still the caller's. It returns false if it is not, or cannot tell; the tenure is then over. The error is
// ErrNotHeld if the tenure was over before, or that of ctx, with which the tenure is over, too.
func (m *Mutex) Verify(ctx context.Context) (bool, error) {
	r, _, err := m.call(ctx, machine.Verify)
	return err == nil && r.Result == machine.Held, err
}

// Release gives the lock back. The error is ErrNotHeld if the tenure was over before; any other one says that it is not known whether the broker has heard: it
// will free the lock when it notices the end of the connection.
func (m *Mutex) Release(ctx context.Context) error {
	r, cause, err := m.call(ctx, machine.Release)
	switch {
	case err != nil:
		return err
	case r.Result == machine.Released:
		return nil
	}
	return fmt.Errorf("lock: release failed: %w", cause)
}

// Lost is closed when the tenure is over, for whatever reason: released, found lost by Verify, or given up with the connection. Of a client that holds nothing it is
// closed already.
func (m *Mutex) Lost() <-chan struct{} {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.lost == nil {
		return closedChannel
	}
	return m.lost
}

// Token is the fencing token of the present tenure, from 1 on; 0 of a client that holds nothing.
func (m *Mutex) Token() int64 {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.token
}

// Name is the lock's.
func (m *Mutex) Name() string { return m.name }

// Close gives the connection up, and with it the lock: the broker frees it when it notices, which is at once if it can be reached.
func (m *Mutex) Close() error {
	m.driver.Close()
	m.over()
	return nil
}

var closedChannel = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
