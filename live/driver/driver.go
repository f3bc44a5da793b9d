// Package driver puts the machine of a lock's client on real connections, timers and calls: it is what the model's link, timers and application are to the machine.
// The machine is stepped by one goroutine, and does not know the difference.
//
//	Call ──────────► machine ──Send(Dial, Frame, Hangup)──► session ──► broker
//	     ◄─Returned─   ▲ ▲ └───Arm, Cancel──► time.AfterFunc
//	                   │ └────────Expired──────────┘
//	                   └─Frame, Lost, Silent, Heard── what arrives, or does not
package driver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/session"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	machine "github.com/lockstep-prover/lockstep/model/lock"
)

// Options say which broker, and how to talk to it.
type Options struct {
	Addr      string // "host:port"
	TLS       *tls.Config
	VHost     string
	Login     session.Login
	Heartbeat time.Duration // the interval that is negotiated, in whole seconds; 0: none
	Stall     time.Duration // how long opening a connection, and a write, may take; 0: ten seconds
}

// Parse returns the options for the broker at a URL, amqp:// or amqps://. secure is for the latter; nil is the system's roots, and the URL's host as the server's name.
func Parse(url string, secure *tls.Config) (Options, error) {
	uri, err := amqp091.ParseURI(url)
	if err != nil {
		return Options{}, err
	}
	o := Options{Addr: net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port)), VHost: uri.Vhost, Login: session.Login{User: uri.Username, Password: uri.Password, Product: "lockstep"}}
	if uri.Scheme == "amqps" {
		if o.TLS = secure; secure == nil {
			o.TLS = &tls.Config{ServerName: uri.Host}
		}
	}
	return o, nil
}

// Why a call is not made.
var (
	// ErrClosed: the driver is closed.
	ErrClosed = errors.New("closed")
	// ErrInProgress: another call is in progress.
	ErrInProgress = errors.New("another call is in progress")
	// ErrNotOffered: the machine's application may not make this call now: a holder acquires, or verify or release are called by somebody who holds nothing.
	ErrNotOffered = errors.New("not now")
)

// Driver is a client on a real broker.
type Driver struct {
	options Options
	link    model.ID
	observe func(model.Event)
	events  chan func() // for the goroutine
	closed  chan struct{}
	stopped chan struct{}
	once    sync.Once

	// The goroutine's own.
	machine model.Machine
	takes   map[reflect.Type]bool // methods
	conn    *connection           // nil: none
	timer   *time.Timer           // the heartbeat timer's, while it is armed
	calling *calling
	cause   error // why the last connection or channel ended
}

// New returns a driver of a machine that is on that link: a [machine.Client], or something that stands in one's place. What the machine lets the world see is observed
// by the driver's goroutine; observe must not call the driver.
func New(o Options, link model.ID, m model.Machine, observe func(model.Event)) *Driver {
	if o.Stall == 0 {
		o.Stall = 10 * time.Second
	}
	d := &Driver{options: o, link: link, machine: m, observe: observe, events: make(chan func()), closed: make(chan struct{}), stopped: make(chan struct{})}
	d.learn()
	go d.run()
	return d
}

// calling is a call in progress.
type calling struct{ returned chan machine.Returned }

// connection is one that the machine has dialled.
type connection struct {
	session  *session.Session // nil while it is being opened
	waiting  []amqp.Frame     // what it has to send then
	numbers  wire.ClientNumbers
	silent   bool
	silentAt time.Time
	end      context.CancelFunc
}

// learn notes which methods the machine takes. What else a broker may say on its own (basic.cancel, channel.flow, connection.blocked) means nothing to it.
func (d *Driver) learn() {
	d.takes = map[reflect.Type]bool{}
	words, _ := d.machine.(interface{ Vocabulary() []model.Event })
	for _, e := range words.Vocabulary() {
		if f, ok := e.(amqp.Frame); ok {
			d.takes[reflect.TypeOf(f.Method)] = true
		}
	}
	for _, m := range []amqp.Method{amqp.ChannelCloseOk{}, amqp.ConnectionCloseOk{}} {
		d.takes[reflect.TypeOf(m)] = true
	}
}

// Ask does methods on a connection of their own, with one channel, one after the other: what an administrator does. The error says what is refused.
func Ask(ctx context.Context, o Options, methods ...amqp.Method) error {
	s, err := session.Connect(ctx, o.Addr, o.TLS)
	if err != nil {
		return err
	}
	defer s.Close(false)
	if err := s.Handshake(ctx, o.Login, 0); err != nil {
		return err
	}
	if err := s.Ask(ctx, 0, amqp.ConnectionOpen{VirtualHost: o.VHost}); err != nil {
		return err
	}
	for _, m := range append([]amqp.Method{amqp.ChannelOpen{}, amqp.ConfirmSelect{}}, methods...) {
		if err := s.Ask(ctx, 1, m); err != nil {
			return err
		}
	}
	return s.Ask(ctx, 0, amqp.ConnectionClose{Code: amqp.Success})
}

// run steps the machine until the driver is closed.
func (d *Driver) run() {
	defer close(d.stopped)
	for {
		select {
		case f := <-d.events:
			f()
		case <-d.closed:
			d.hangup()
			return
		}
	}
}

// post has the goroutine do something, unless the driver is closed.
func (d *Driver) post(f func()) bool {
	select {
	case d.events <- f:
		return true
	case <-d.closed:
		return false
	}
}

// Close gives the connection up; a call in progress returns ErrClosed.
func (d *Driver) Close() {
	d.once.Do(func() { close(d.closed) })
	<-d.stopped
}

// Call has the machine's application call an operation, and waits until it returns; cause is why a connection or channel ended meanwhile, if one did. When ctx is done first,
// the connection is given up, so that the operation returns; the error then is that of ctx, unless the operation has returned what was wanted.
func (d *Driver) Call(ctx context.Context, op machine.Op) (r machine.Returned, cause, err error) {
	c := &calling{returned: make(chan machine.Returned, 1)}
	refusal := make(chan error, 1)
	if !d.post(func() { refusal <- d.begin(c, op) }) {
		return machine.Returned{}, nil, ErrClosed
	}
	if err := <-refusal; err != nil {
		return machine.Returned{}, nil, err
	}
	select {
	case r = <-c.returned:
	case <-d.closed:
		return r, nil, ErrClosed
	case <-ctx.Done():
		d.post(func() {
			if d.calling == c {
				d.lose(context.Cause(ctx))
			}
		})
		select {
		case r = <-c.returned:
		case <-d.closed:
			return r, nil, ErrClosed
		}
		if r.Result != machine.Held && r.Result != machine.Released {
			return r, nil, context.Cause(ctx)
		}
	}
	causes := make(chan error, 1)
	if !d.post(func() { causes <- d.cause }) {
		return r, nil, nil
	}
	return r, <-causes, nil
}

// begin begins a call, unless the machine's application may not make it now.
func (d *Driver) begin(c *calling, op machine.Op) error {
	call := machine.Call{Op: op}
	switch {
	case d.calling != nil:
		return ErrInProgress
	case !slices.Contains(d.machine.Actions(nil), model.Event(call)):
		return ErrNotOffered
	}
	d.calling, d.cause = c, nil
	d.step(model.Self, call)
	return nil
}

// step steps the machine, and does what it asks for.
func (d *Driver) step(from model.ID, e model.Event) {
	var out model.Out
	d.machine.Step(from, e, &out)
	for _, x := range out.Effects() {
		switch x.Kind {
		case model.Send:
			d.send(x.Event)
		case model.Arm:
			d.arm(x.Timer, x.Window)
		case model.Cancel:
			d.disarm()
		case model.Observe:
			d.observe(x.Event)
			if r, ok := x.Event.(machine.Returned); ok && d.calling != nil {
				d.calling.returned <- r
				d.calling = nil
			}
		}
	}
}

// send does what the machine asks its link for.
func (d *Driver) send(e model.Event) {
	switch e := e.(type) {
	case amqp.Dial:
		d.dial()
	case amqp.Hangup:
		d.hangup()
	case amqp.Frame:
		if open, ok := e.Method.(amqp.ConnectionOpen); ok {
			open.VirtualHost = d.options.VHost
			e.Method = open
		}
		if d.conn != nil && d.conn.session == nil {
			d.conn.waiting = append(d.conn.waiting, e)
			return
		}
		d.write(e)
	}
}

func (d *Driver) write(f amqp.Frame) {
	c := d.conn
	if c == nil {
		return
	}
	err := c.session.Write(c.numbers.ToBroker(f))
	c.numbers.Taken(f)
	if err != nil {
		go d.post(func() { d.ended(c, err) })
	}
}

// dial opens a connection, beside the goroutine.
func (d *Driver) dial() {
	ctx, cancel := context.WithCancel(context.Background())
	c := &connection{end: cancel}
	d.conn = c
	go func() {
		opening, done := context.WithTimeout(ctx, d.options.Stall)
		defer done()
		s, err := session.Connect(opening, d.options.Addr, d.options.TLS)
		if err == nil {
			s.Stall = d.options.Stall
			if err = s.Handshake(opening, d.options.Login, uint16(d.options.Heartbeat/time.Second)); err != nil {
				s.Close(true)
			}
		}
		if !d.post(func() { d.opened(c, s, err) }) && err == nil {
			s.Close(true)
		}
	}()
}

// opened goes on when a connection is open, or could not be opened.
func (d *Driver) opened(c *connection, s *session.Session, err error) {
	switch {
	case err != nil:
		d.ended(c, err)
		return
	case c != d.conn: // given up meanwhile
		go s.Close(false)
		return
	}
	c.session = s
	ctx, cancel := context.WithCancel(context.Background())
	c.end = cancel
	for _, f := range c.waiting {
		d.write(f)
	}
	c.waiting = nil
	go func() {
		for {
			f, err := s.Read(ctx)
			if err != nil {
				d.post(func() { d.ended(c, err) })
				return
			}
			if !d.post(func() { d.received(c, f) }) {
				return
			}
		}
	}()
	if d.options.Heartbeat == 0 {
		return
	}
	go func() {
		tick := time.NewTicker(d.options.Heartbeat / 16)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				d.post(func() { d.listen(c) })
			case <-ctx.Done():
				return
			}
		}
	}()
}

// received has the machine take a frame, unless its connection is over.
func (d *Driver) received(c *connection, f amqp.Frame) {
	if c != d.conn {
		return
	}
	frames, err := c.numbers.FromBroker(f)
	if err != nil {
		d.ended(c, err)
		return
	}
	for _, f := range frames {
		if c != d.conn || !d.takes[reflect.TypeOf(f.Method)] {
			continue
		}
		switch m := f.Method.(type) {
		case amqp.ChannelClose:
			d.cause = fmt.Errorf("%v, %s", m, m.Text)
		case amqp.ConnectionClose:
			d.cause = fmt.Errorf("%v, %s", m, m.Text)
		}
		d.step(d.link, f)
	}
}

// listen tells the machine whether anything comes. What has come in the last half of a heartbeat interval is something.
func (d *Driver) listen(c *connection) {
	if c != d.conn {
		return
	}
	quiet := time.Since(c.session.Heard()) > d.options.Heartbeat/2
	switch {
	case quiet && !c.silent:
		c.silent, c.silentAt = true, time.Now()
		d.step(d.link, amqp.Silent{Interval: d.options.Heartbeat.Milliseconds()})
	case !quiet && c.silent:
		c.silent = false
		d.step(d.link, amqp.Heard{})
	}
}

// arm runs the heartbeat timer: it fires when the last octet is as long ago as the window's latest moment, but not before its earliest.
func (d *Driver) arm(t model.Timer, w model.Window) {
	c := d.conn
	d.disarm()
	if c == nil || c.session == nil {
		return
	}
	at := c.session.Heard().Add(time.Duration(w.Latest) * time.Millisecond)
	if earliest := c.silentAt.Add(time.Duration(w.Earliest) * time.Millisecond); at.Before(earliest) {
		at = earliest
	}
	var timer *time.Timer
	timer = time.AfterFunc(time.Until(at), func() {
		d.post(func() {
			if c == d.conn && timer == d.timer {
				d.cause = errors.New("the connection has gone silent")
				d.step(d.link, model.Expired{Timer: t})
			}
		})
	})
	d.timer = timer
}

func (d *Driver) disarm() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// ended is the end of a connection that the machine has not hung up.
func (d *Driver) ended(c *connection, err error) {
	if c == d.conn {
		d.lose(err)
	}
}

// lose gives a connection up, and tells the machine so.
func (d *Driver) lose(err error) {
	if d.cause == nil {
		d.cause = err
	}
	d.hangup()
	d.step(d.link, amqp.Lost{})
}

// hangup closes the connection, if there is one.
func (d *Driver) hangup() {
	d.disarm()
	if c := d.conn; c != nil {
		d.conn = nil
		c.end()
		if c.session != nil {
			go c.session.Close(false)
		}
	}
}
