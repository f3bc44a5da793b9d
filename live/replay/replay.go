package replay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/gate"
	"github.com/lockstep-prover/lockstep/live/session"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/traces"
)

// Options say where and how a trace is replayed. All but Broker may be left out.
type Options struct {
	Broker string // the broker's URL: "amqp://guest:guest@127.0.0.1:5672/". The virtual host is "/"

	// Limit is how long anything is waited for that the model predicts, heartbeats not counted; 0 means 30 s. A replay in
	// which all goes well never waits for it.
	Limit time.Duration

	// Heartbeat is the shortest heartbeat interval that is negotiated, in whole seconds up to a minute; 0 means 1 s. It is
	// used where the trace lets the broker's heartbeat timer expire (see the package comment). What the trace has between
	// the silence and that has to happen within two intervals: on a machine that is very busy 1 s may be too short.
	Heartbeat time.Duration

	// Each, if not nil, is called after each step, the failing one included, in the goroutine of Run.
	Each func(Step)

	// Waiting, if not nil, is called, in the goroutine of Run, with the name of a queue that is exclusive to somebody else's
	// connection: the replay begins when it is gone.
	Waiting func(queue string)
}

// Run replays a trace of the system, which is about the property p, and tells how it went.
//
// First the trace is judged in the model (see [traces.Judge]); if it does not run there, or does not show what its header says,
// that is an error and the broker is not touched. Then the broker is cleared of the queues that the trace declares (one that is not empty is an error), the trace
// is replayed, and for an invariant or a witness the property is evaluated on the final state with the doubles in the places
// of the model's clients. When Run returns, whatever it returns, its connections are closed and their queues gone.
//
// The error is an [*EnvironmentError] where the broker is at fault or not there, ctx's cause where ctx is done, and otherwise
// says what is wrong with the arguments. An outcome is returned beside an error only if nothing but the clearing up failed.
func Run(ctx context.Context, sys *model.System, t *traces.Trace, p model.Property, opts Options) (Outcome, error) {
	start := time.Now()
	if opts.Limit == 0 {
		opts.Limit = 30 * time.Second
	}
	if opts.Heartbeat == 0 {
		opts.Heartbeat = time.Second
	}
	if opts.Limit < 0 || opts.Heartbeat < time.Second || opts.Heartbeat > time.Minute {
		return Outcome{}, errors.New("replay: the limit has to be above 0, the heartbeat from one second to one minute")
	}
	uri, err := parse(opts.Broker)
	if err != nil {
		return Outcome{}, err
	}
	if _, _, err := traces.Judge(t, sys, p); err != nil {
		return Outcome{}, fmt.Errorf("replay: %w", err)
	}
	plan, err := prepare(sys, t)
	if err != nil {
		return Outcome{}, fmt.Errorf("replay: %w", err)
	}
	r := &replay{sys: sys, trace: t, property: p, plan: plan, opts: opts, login: session.Login{User: uri.Username, Password: uri.Password, Product: "lockstep replay"}, ctx: ctx}
	if err := r.open(uri); err != nil {
		return Outcome{}, err
	}
	outcome, err := r.outcome()
	outcome.Elapsed = time.Since(start)
	if failed := r.close(); err == nil && failed != nil {
		return outcome, failed
	}
	if err != nil {
		return Outcome{}, err
	}
	return outcome, nil
}

// parse reads a broker's URL, and says no to what a replay cannot do.
func parse(broker string) (amqp091.URI, error) {
	uri, err := amqp091.ParseURI(broker)
	switch {
	case err != nil:
		return uri, fmt.Errorf("replay: the broker's URL: %w", err)
	case uri.Scheme != "amqp":
		return uri, errors.New("replay: frames cannot be held on a TLS connection; the broker's URL has to begin with amqp://")
	case uri.Vhost != "/":
		return uri, fmt.Errorf("replay: the clients open the virtual host /, not %q", uri.Vhost)
	}
	return uri, nil
}

// replay is one run of a trace against a broker.
type replay struct {
	sys      *model.System
	trace    *traces.Trace
	property model.Property
	plan     *plan
	opts     Options
	login    session.Login
	ctx      context.Context

	gate     *gate.Gate
	observer *observer
	names    *names
	doubles  map[model.ID]*double // by client
	links    map[model.ID]*link

	owners  map[string]*connection // whose an exclusive queue is, by its name
	queues  map[string]model.Event // what the model's broker let the world see of a queue last, by its name
	tenures map[string]bool        // the queues of which somebody has had something
	before  *model.State           // the model before the step in hand
	step    *step                  // the step in hand
}

// cast finds a double for each client of the model.
func (r *replay) cast() {
	r.names = &names{map[string]string{}}
	r.links, r.doubles = map[model.ID]*link{}, map[model.ID]*double{}
	r.owners, r.queues, r.tenures = map[string]*connection{}, map[string]model.Event{}, map[string]bool{}
	for id, client := range r.plan.links {
		r.links[id] = &link{id: id}
		r.doubles[client] = &double{id: client, link: r.links[id], machine: r.sys.Initial(client).Clone()}
	}
}

// open gets hold of the broker.
func (r *replay) open(uri amqp091.URI) error {
	r.cast()
	var err error
	if r.observer, err = observe(r.ctx, uri, r.opts.Limit); err != nil {
		return r.cause(err)
	}
	addr := net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port))
	if err = r.clear(r.ctx, r.observer.vacate); err == nil {
		err = r.prepare(addr)
	}
	if err != nil {
		r.observer.close(r.opts.Limit)
		return r.cause(err)
	}
	if r.gate, err = gate.New(addr); err != nil {
		r.observer.close(r.opts.Limit)
		return &EnvironmentError{"opening a gate", err}
	}
	return nil
}

// close leaves the broker as it was found.
func (r *replay) close() error {
	for _, l := range r.links {
		for _, c := range l.all {
			c.session.Close(true)
		}
	}
	_ = r.gate.Close()
	err := r.clear(context.WithoutCancel(r.ctx), r.observer.remove)
	r.observer.close(r.opts.Limit)
	return err
}

// clear sees to it, with remove for those that are nobody's alone, that the broker has none of the trace's queues.
func (r *replay) clear(ctx context.Context, remove func(queue string) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.opts.Limit)
	defer cancel()
	for _, q := range r.plan.queues {
		if err := r.observer.clear(ctx, q, remove, r.opts.Waiting); err != nil {
			return err
		}
	}
	return nil
}

// outcome runs the trace.
func (r *replay) outcome() (Outcome, error) {
	r.before = r.sys.Start()
	_, err := r.trace.Run(r.sys, r.take)
	var s *stopped
	switch {
	case err == nil:
		o := Outcome{Verdict: Reproduced, Step: len(r.trace.Lines)}
		if o.Step > 0 {
			o.Action = action(r.trace, o.Step)
		}
		return o, nil
	case errors.As(err, &s):
		return s.Outcome, nil
	}
	return Outcome{}, r.cause(err)
}

// cause prefers the reason of whoever ended the replay to what that led to.
func (r *replay) cause(err error) error {
	if r.ctx.Err() != nil {
		return fmt.Errorf("replay: %w", context.Cause(r.ctx))
	}
	return err
}

// action is the text of a step.
func action(t *traces.Trace, step int) string {
	l := t.Lines[step-1]
	return l.Machine + " " + l.Event
}
