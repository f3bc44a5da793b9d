package amqptest

import (
	"slices"
	"sync"
	"time"
)

// Clock is a time that passes when a test says so. The timers of a server with Options.Clock run by it: time to live, expiry of queues,
// the silence of connections, and whatever else the broker machine arms.
//
// What clients wait for stays real. They send and await heartbeats by their own clocks, so the server goes on sending its own in real
// time, and by a Clock a connection is silent only while [Faults] holds back what its client sends: three hours of virtual time do not
// make a client that is well look dead. Limits on handshakes and on hanging up are real time as well.
//
// A Clock may drive several servers. Its methods are safe for concurrent use.
type Clock struct {
	advancing sync.Mutex // held by Advance

	mu    sync.Mutex
	now   time.Duration
	cores []*core
}

// NewClock returns a clock that stands at midnight UTC of 1 January 2000.
func NewClock() *Clock { return &Clock{} }

// epoch is when a Clock begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Now is the time that the clock shows.
func (c *Clock) Now() time.Time { return epoch.Add(c.elapsed()) }

func (c *Clock) elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance lets d pass. It returns when everything that was due has happened, each thing at its time, and the frames that this made are
// written to the clients' connections, those that are black-holed or whose clients do not read excepted. It panics if d is negative.
func (c *Clock) Advance(d time.Duration) {
	if d < 0 {
		panic("amqptest: a clock does not go back")
	}
	c.advancing.Lock()
	defer c.advancing.Unlock()
	end := c.elapsed() + d
	for {
		next, first := c.earliest(end)
		c.set(next)
		if first == nil {
			break
		}
		first.do(func() { first.agenda.keep(next) })
	}
	for _, k := range c.attached() {
		k.drain()
	}
}

// earliest returns the next moment at which something is due, and whose it is: end and nil if nothing is up to then.
func (c *Clock) earliest(end time.Duration) (at time.Duration, whose *core) {
	at = end
	for _, k := range c.attached() {
		k.do(func() {
			if due := k.agenda.first(); due <= at && (whose == nil || due < at) {
				at, whose = due, k
			}
		})
	}
	return max(at, c.elapsed()), whose
}

func (c *Clock) set(now time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

func (c *Clock) attached() []*core {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.cores)
}

func (c *Clock) attach(k *core) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cores = append(c.cores, k)
}

func (c *Clock) detach(k *core) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cores = slices.DeleteFunc(c.cores, func(other *core) bool { return other == k })
}
