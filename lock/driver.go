package lock

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/lockstep-prover/lockstep/live/session"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	machine "github.com/lockstep-prover/lockstep/model/lock"
)

// driver puts a client's machine on real connections, timers and calls: what the model's link, timers and application are to it. The machine is stepped by one goroutine.
type driver struct {
	addr      string
	secure    *tls.Config
	vhost     string
	login     session.Login
	heartbeat time.Duration
	patience  time.Duration

	link    model.ID
	events  chan func() // for the goroutine
	closed  chan struct{}
	stopped chan struct{}
	once    sync.Once

	// The goroutine's own.
	machine *machine.Client
	takes   map[reflect.Type]bool // methods
	conn    *connection           // nil: none
	timer   *time.Timer           // the heartbeat timer's, while it is armed
	calling *calling
	cause   error // why the last connection or channel ended

	mutex sync.Mutex
	lost  chan struct{} // of the present tenure; nil: there is none
	token int64
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
func (d *driver) learn() {
	d.takes = map[reflect.Type]bool{}
	for _, e := range d.machine.Vocabulary() {
		if f, ok := e.(amqp.Frame); ok {
			d.takes[reflect.TypeOf(f.Method)] = true
		}
	}
	for _, m := range []amqp.Method{amqp.ChannelCloseOk{}, amqp.ConnectionCloseOk{}} {
		d.takes[reflect.TypeOf(m)] = true
	}
}

// declare makes sure that the broker is there and has a queue.
func (d *driver) declare(ctx context.Context, queue amqp.QueueDeclare) error {
	s, err := session.Connect(ctx, d.addr, d.secure)
	if err != nil {
		return err
	}
	defer s.Close(false)
	if err := s.Handshake(ctx, d.login, 0); err != nil {
		return err
	}
	for _, f := range []amqp.Frame{
		{Method: amqp.ConnectionOpen{VirtualHost: d.vhost}}, {Channel: 1, Method: amqp.ChannelOpen{}}, {Channel: 1, Method: queue}, {Method: amqp.ConnectionClose{Code: amqp.Success}},
	} {
		if err := s.Ask(ctx, f.Channel, f.Method); err != nil {
			return err
		}
	}
	return nil
}

// run steps the machine until the driver is closed.
func (d *driver) run() {
	defer close(d.stopped)
	for {
		select {
		case f := <-d.events:
			f()
		case <-d.closed:
			d.hangup()
			d.over()
			return
		}
	}
}

// post has the goroutine do something, unless the driver is closed.
func (d *driver) post(f func()) bool {
	select {
	case d.events <- f:
		return true
	case <-d.closed:
		return false
	}
}

func (d *driver) close() {
	d.once.Do(func() { close(d.closed) })
	<-d.stopped
}

// call has the machine's application call an operation, and waits until it returns. When ctx is done first, the connection is given up, so that it does.
func (d *driver) call(ctx context.Context, op machine.Op) (machine.Returned, error, error) {
	c := &calling{returned: make(chan machine.Returned, 1)}
	refusal := make(chan error, 1)
	if !d.post(func() { refusal <- d.begin(c, op) }) {
		return machine.Returned{}, nil, ErrClosed
	}
	if err := <-refusal; err != nil {
		return machine.Returned{}, nil, err
	}
	var r machine.Returned
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
	cause := make(chan error, 1)
	if !d.post(func() { cause <- d.cause }) {
		return r, nil, nil
	}
	return r, <-cause, nil
}

// begin begins a call, unless the machine's application may not make it now.
func (d *driver) begin(c *calling, op machine.Op) error {
	call := machine.Call{Op: op}
	if !slices.Contains(d.machine.Actions(nil), model.Event(call)) {
		if op != machine.Acquire && d.calling == nil {
			return ErrNotHeld
		}
		return ErrInUse
	}
	d.calling, d.cause = c, nil
	d.step(model.Self, call)
	return nil
}

// step steps the machine, and does what it asks for.
func (d *driver) step(from model.ID, e model.Event) {
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
		}
	}
}

// observe passes on what the machine lets the world see. A tenure begins before its acquire has returned, and has ended when whatever ended it has.
func (d *driver) observe(e model.Event) {
	r, returned := e.(machine.Returned)
	switch {
	case returned && r.Op == machine.Acquire && r.Result == machine.Held:
		d.mutex.Lock()
		d.lost, d.token = make(chan struct{}), int64(r.Token)
		d.mutex.Unlock()
	case returned && r.Op == machine.Verify && r.Result == machine.Held:
	case returned, e == machine.GaveUp{}:
		d.over()
	case e == machine.Called{Op: machine.Release}:
		d.over()
	}
	if returned && d.calling != nil {
		d.calling.returned <- r
		d.calling = nil
	}
}

// over ends the tenure, if there is one.
func (d *driver) over() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.lost != nil {
		close(d.lost)
		d.lost, d.token = nil, 0
	}
}

// send does what the machine asks its link for.
func (d *driver) send(e model.Event) {
	switch e := e.(type) {
	case amqp.Dial:
		d.dial()
	case amqp.Hangup:
		d.hangup()
	case amqp.Frame:
		if open, ok := e.Method.(amqp.ConnectionOpen); ok {
			open.VirtualHost = d.vhost
			e.Method = open
		}
		if d.conn != nil && d.conn.session == nil {
			d.conn.waiting = append(d.conn.waiting, e)
			return
		}
		d.write(e)
	}
}

func (d *driver) write(f amqp.Frame) {
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
func (d *driver) dial() {
	ctx, cancel := context.WithCancel(context.Background())
	c := &connection{end: cancel}
	d.conn = c
	go func() {
		opening, done := context.WithTimeout(ctx, max(d.patience, d.heartbeat))
		defer done()
		s, err := session.Connect(opening, d.addr, d.secure)
		if err == nil {
			s.Stall = d.patience
			if err = s.Handshake(opening, d.login, uint16(d.heartbeat/time.Second)); err != nil {
				s.Close(true)
			}
		}
		if !d.post(func() { d.opened(c, s, err) }) && err == nil {
			s.Close(true)
		}
	}()
}

// opened goes on when a connection is open, or could not be opened.
func (d *driver) opened(c *connection, s *session.Session, err error) {
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
	go func() {
		tick := time.NewTicker(d.heartbeat / 16)
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
func (d *driver) received(c *connection, f amqp.Frame) {
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
func (d *driver) listen(c *connection) {
	if c != d.conn {
		return
	}
	quiet := time.Since(c.session.Heard()) > d.heartbeat/2
	switch {
	case quiet && !c.silent:
		c.silent, c.silentAt = true, time.Now()
		d.step(d.link, amqp.Silent{Interval: d.heartbeat.Milliseconds()})
	case !quiet && c.silent:
		c.silent = false
		d.step(d.link, amqp.Heard{})
	}
}

// arm runs the heartbeat timer: it fires when the last octet is as long ago as the window's latest moment, but not before its earliest.
func (d *driver) arm(t model.Timer, w model.Window) {
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

func (d *driver) disarm() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// ended is the end of a connection that the machine has not hung up.
func (d *driver) ended(c *connection, err error) {
	if c == d.conn {
		d.lose(err)
	}
}

// lose gives a connection up, and tells the machine so.
func (d *driver) lose(err error) {
	if d.cause == nil {
		d.cause = err
	}
	d.hangup()
	d.step(d.link, amqp.Lost{})
}

// hangup closes the connection, if there is one.
func (d *driver) hangup() {
	d.disarm()
	if c := d.conn; c != nil {
		d.conn = nil
		c.end()
		if c.session != nil {
			go c.session.Close(false)
		}
	}
}
