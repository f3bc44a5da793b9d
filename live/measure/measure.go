// Package measure has a lock's clients call its operations on a real broker, one after the other, and tells what each cost and how long it took: what
// [spec.Metered.Costs] says of the model, beside it.
package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/driver"
	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/lock"
	"github.com/lockstep-prover/lockstep/spec"
)

// Result is what calls of an operation with that result have cost.
type Result struct {
	Op          lock.Op
	Result      lock.Result
	Costs       []spec.Cost // each that was seen, once
	Calls       int
	Median, P95 time.Duration // 0: none was timed
}

// callTime is how long a call may take.
const callTime = 10 * time.Second

// Run has one client acquire, verify and release, that often; and then, where a lock that is taken is answered for at once (contended), another one acquire meanwhile. Times of the
// first client are those of when it is alone: what the broker has to do with a channel that another one has lost is not its own.
// The queues are those of the model; the error says if one is there already, and whatever the broker does not do. They are gone afterwards.
func Run(ctx context.Context, url string, m *spec.Metered, contended bool, rounds int) ([]Result, error) {
	o, err := driver.Parse(url, nil)
	if err != nil {
		return nil, err
	}
	queues := append(queuesOf(m.Prelude), "lock", "tokens") // these clients may declare themselves
	if err := vacant(url, queues); err != nil {
		return nil, err
	}
	if err := driver.Ask(ctx, o, m.Prelude...); err != nil {
		return nil, fmt.Errorf("preparing the broker: %w", err)
	}
	r := &run{}
	a, b := r.client(o, m, 1), r.client(o, m, 2)
	for n := range 2 * rounds {
		if r.contended = n >= rounds; r.contended && !contended {
			break
		}
		if err = r.round(ctx, a, b); err != nil {
			break
		}
	}
	a.Close()
	b.Close()
	var deletes []amqp.Method
	for _, q := range queues {
		deletes = append(deletes, amqp.QueueDelete{Queue: q})
	}
	if cleared := driver.Ask(context.WithoutCancel(ctx), o, deletes...); cleared != nil && err == nil {
		err = fmt.Errorf("clearing the broker: %w", cleared)
	}
	return r.results(), err
}

// queuesOf lists the queues that an administrator declares.
func queuesOf(prelude []amqp.Method) (names []string) {
	for _, m := range prelude {
		if d, ok := m.(amqp.QueueDeclare); ok {
			names = append(names, d.Queue)
		}
	}
	return names
}

// vacant makes sure that nobody uses these queues.
func vacant(url string, queues []string) error {
	conn, err := amqp091.Dial(url)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, q := range queues {
		ch, err := conn.Channel()
		if err != nil {
			return err
		}
		_, err = ch.QueueDeclarePassive(q, false, false, false, false, nil)
		if refusal := (*amqp091.Error)(nil); !errors.As(err, &refusal) || refusal.Code != amqp091.NotFound {
			return fmt.Errorf("queue %s is in use on this broker; use an idle one", q)
		}
	}
	return nil
}

// run is what has been seen.
type run struct {
	calls     []call
	contended bool // the second client calls, too
}

type call struct {
	spent spec.Spent
	took  time.Duration
	timed bool // is one whose time counts
}

// client is a driver, and what its last call cost.
type client struct {
	*driver.Driver
	spent chan spec.Spent
}

func (r *run) client(o driver.Options, m *spec.Metered, link model.ID) *client {
	c := &client{spent: make(chan spec.Spent, 1)}
	c.Driver = driver.New(o, link, spec.NewMeter(lock.New(link, m.Protocol, lock.Options{})), func(e model.Event) {
		if s, ok := e.(spec.Spent); ok {
			c.spent <- s
		}
	})
	return c
}

// do has a client call an operation, and returns whether it has the lock then.
func (r *run) do(ctx context.Context, c *client, op lock.Op) (held bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	begun := time.Now()
	if _, _, err := c.Call(ctx, op); err != nil {
		return false, fmt.Errorf("%v: %w", op, err)
	}
	took := time.Since(begun)
	s := <-c.spent
	r.calls = append(r.calls, call{s, took, !r.contended || s.Result == lock.Busy})
	return s.Result == lock.Held, nil
}

func (r *run) round(ctx context.Context, a, b *client) error {
	held, err := r.do(ctx, a, lock.Acquire)
	if err != nil {
		return err
	}
	if r.contended {
		other, err := r.do(ctx, b, lock.Acquire)
		if err == nil && other {
			_, err = r.do(ctx, b, lock.Release)
		}
		if err != nil {
			return err
		}
	}
	if !held {
		return nil
	}
	if held, err = r.do(ctx, a, lock.Verify); err == nil && held {
		_, err = r.do(ctx, a, lock.Release)
	}
	return err
}

func (r *run) results() (all []Result) {
	took := map[[2]int][]time.Duration{}
	for _, c := range r.calls {
		i := slices.IndexFunc(all, func(x Result) bool { return x.Op == c.spent.Op && x.Result == c.spent.Result })
		if i < 0 {
			all = append(all, Result{Op: c.spent.Op, Result: c.spent.Result})
			i = len(all) - 1
		}
		all[i].Calls++
		if !slices.Contains(all[i].Costs, c.spent.Cost) {
			all[i].Costs = append(all[i].Costs, c.spent.Cost)
		}
		key := [2]int{int(c.spent.Op), int(c.spent.Result)}
		if c.timed {
			took[key] = append(took[key], c.took)
		}
	}
	for i, x := range all {
		if t := took[[2]int{int(x.Op), int(x.Result)}]; len(t) > 0 {
			slices.Sort(t)
			all[i].Median, all[i].P95 = t[len(t)/2], t[len(t)*95/100]
		}
	}
	slices.SortFunc(all, func(x, y Result) int { return cmp.Or(cmp.Compare(x.Op, y.Op), cmp.Compare(x.Result, y.Result)) })
	return all
}
