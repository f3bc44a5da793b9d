package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// bench is where sequences are done, one after the other.
type bench struct {
	opts    Options
	profile broker.Profile
	events  chan event
	admin   *client
	told    chan event // the admin's events

	ops, replies map[string]int
	codes        map[amqp.Code]int
	patience     time.Duration
}

func newBench(o Options) (*bench, error) {
	b := &bench{
		opts: o, events: make(chan event, 4096),
		ops: map[string]int{}, replies: map[string]int{}, codes: map[amqp.Code]int{}, patience: patience,
	}
	err := b.open()
	if err != nil {
		return nil, err
	}
	if b.profile = ProfileOf(b.admin.version); o.Profile != "" {
		if b.profile, err = broker.ParseProfile(o.Profile); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

// open connects the admin.
func (b *bench) open() (err error) {
	b.told = make(chan event, 64)
	if b.admin, err = dial(b.opts.Broker, "admin", true, b.told); err != nil {
		return err
	}
	for _, f := range []amqp.Frame{{Method: amqp.ConnectionOpen{VirtualHost: b.opts.Broker.VirtualHost}}, {Channel: 1, Method: amqp.ChannelOpen{}}} {
		if _, err := b.ask(f); err != nil {
			b.close()
			return err
		}
	}
	return nil
}

// errBroken is that the broker fails on something that a sequence has left, SPEC.md B-26.
var errBroken = errors.New("the broker fails on what is there")

// renew goes on with new names after errBroken.
func (b *bench) renew() error {
	b.close()
	b.opts.Prefix = strings.TrimSuffix(b.opts.Prefix, "-") + "x-"
	return b.open()
}

// machine is the broker machine to compare with.
func (b *bench) machine() broker.Options {
	return broker.Options{Profile: b.profile, Grain: broker.Process, Hosts: []string{b.opts.Broker.VirtualHost}}
}

// ask has the admin send something that is answered.
func (b *bench) ask(f amqp.Frame) (amqp.Method, error) {
	err := b.admin.send(f)
	if err == nil {
		select {
		case e := <-b.told:
			if e.closed == nil {
				if m, refused := e.frame.Method.(amqp.ConnectionClose); refused && m.Code == amqp.InternalError {
					return nil, fmt.Errorf("%w: %s", errBroken, m.Text)
				} else if refused {
					return nil, &EnvironmentError{fmt.Errorf("the broker closes the connection: %s", m.Text)}
				}
				return e.frame.Method, nil
			}
			err = e.closed
		case <-time.After(handshakeTimeout):
			err = errors.New("no answer")
		}
	}
	return nil, &EnvironmentError{fmt.Errorf("clearing up at the broker: %w", err)}
}

// clean deletes what the operations may have made.
func (b *bench) clean(ops []Op, generated []string) error {
	var queues, exchanges []string
	queues = append(queues, generated...)
	for _, o := range ops {
		switch m := o.Method.(type) {
		case amqp.QueueDeclare:
			if m.Queue != "" && !strings.HasPrefix(m.Queue, "amq.") {
				queues = append(queues, m.Queue)
			}
		case amqp.ExchangeDeclare:
			if m.Exchange != "" && !strings.HasPrefix(m.Exchange, "amq.") {
				exchanges = append(exchanges, m.Exchange)
			}
		}
	}
	for _, o := range ops { // between exchanges that stay
		if m, ok := o.Method.(amqp.ExchangeBind); ok && strings.HasPrefix(m.Source, "amq.") && strings.HasPrefix(m.Destination, "amq.") {
			if err := b.remove(amqp.ExchangeUnbind{Destination: m.Destination, Source: m.Source, RoutingKey: m.RoutingKey, Arguments: m.Arguments}); err != nil {
				return err
			}
		}
	}
	slices.Sort(queues)
	slices.Sort(exchanges)
	for _, q := range slices.Compact(queues) {
		if err := b.remove(amqp.QueueDelete{Queue: q}); err != nil {
			return err
		}
	}
	for _, x := range slices.Compact(exchanges) {
		if err := b.remove(amqp.ExchangeDelete{Exchange: x}); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes something; an exclusive queue when its connection is no more.
func (b *bench) remove(m amqp.Method) error {
	for deadline := time.Now().Add(handshakeTimeout); ; time.Sleep(time.Millisecond) {
		answer, err := b.ask(amqp.Frame{Channel: 1, Method: m})
		if err != nil {
			return err
		}
		refusal, refused := answer.(amqp.ChannelClose)
		if !refused {
			return nil
		}
		if err := b.admin.send(amqp.Frame{Channel: 1, Method: amqp.ChannelCloseOk{}}); err != nil {
			return &EnvironmentError{err}
		}
		if _, err := b.ask(amqp.Frame{Channel: 1, Method: amqp.ChannelOpen{}}); err != nil {
			return err
		}
		if refusal.Code == amqp.NotFound {
			return nil
		}
		if refusal.Code != amqp.ResourceLocked || time.Now().After(deadline) {
			return &EnvironmentError{fmt.Errorf("clearing up at the broker: %v: %s", m, refusal.Text)}
		}
	}
}

func (b *bench) close() { b.admin.close() }

// outcome is what a sequence has shown.
type outcome struct {
	feed *feed
	late int
	err  error // errDifference, errUnknown, or what has happened to us
}

// run does a sequence, and clears up.
func (b *bench) run(ctx context.Context, ops []Op) outcome {
	r := &runner{bench: b, ctx: ctx, feed: newFeed(b.machine()), live: make([]*live, conns), dialed: make([]int, conns), timed: takesTime(ops), begun: time.Now()}
	var err error
	for _, o := range ops {
		if err = r.do(o); err != nil {
			break
		}
	}
	if err == nil {
		err = r.end()
	}
	for _, l := range r.live {
		if l != nil {
			l.reset()
		}
	}
	var generated []string
	for _, p := range r.feed.peers {
		for _, m := range p.names.made {
			if strings.HasPrefix(m.real, "amq.gen-") {
				generated = append(generated, m.real)
			}
		}
	}
	if cleaning := b.clean(ops, generated); cleaning != nil {
		err = cleaning
	}
	for len(b.events) > 0 {
		<-b.events
	}
	return outcome{r.feed, r.late, err}
}

// takesTime reports whether it matters to a sequence how long it takes.
func takesTime(ops []Op) bool {
	return slices.ContainsFunc(ops, func(o Op) bool {
		switch m := o.Method.(type) {
		case amqp.QueueDeclare:
			_, ttl := m.Arguments.Lookup("x-message-ttl")
			_, expires := m.Arguments.Lookup("x-expires")
			return ttl || expires
		case amqp.BasicPublish:
			return m.Message.Properties.Present&amqp.HasExpiration != 0
		}
		return false
	})
}

// methodName is the method's name in the standard.
func methodName(m amqp.Method) string {
	name, _, _ := strings.Cut(m.String(), " ")
	return name
}
