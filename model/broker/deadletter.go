package broker

import (
	"slices"

	"github.com/lockstep-prover/lockstep/model"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// death is why a message is dead-lettered.
type death string

const (
	rejectedDeath death = "rejected"
	expiredDeath  death = "expired"
	maxlenDeath   death = "maxlen"
	limitDeath    death = "delivery_limit"
)

// travels are those of dead letters within one step of a broker with grain Atomic. In RabbitMQ a message may go round for ever among queues that
// cannot keep it, and become many, if it has been rejected before, or its publisher says so: see inCycle. Nobody but the queues notices, and nobody
// notices here that it comes to an end.
type travels struct {
	deaths map[*content]int // of a message, in this step
	total  int              // of them all, those of a message's n-th death counted n-1 times
}

// travelsMax is the largest total that is allowed.
const travelsMax = 50_000

// goOn reports whether a message that dies may become a dead letter.
func (t *travels) goOn(c, dead *content) bool {
	n := t.deaths[c]
	if t.total += n; t.total > travelsMax {
		return false
	}
	t.deaths[dead] = n + 1
	return true
}

// deadLetter publishes a message that a queue is rid of to the queue's dead letter exchange, if it has one and that is there. The
// header x-death tells what became of the message; its time is 0, for a machine has no clock.
func (b *Broker) deadLetter(q *queue, m message, why death, out *model.Out) {
	c := m.content
	if q.deadLetter == nil {
		return
	}
	x := q.host.exchange(*q.deadLetter)
	if x == nil {
		return
	}
	dead := *c
	dead.exchange, dead.ttl, dead.changed = x.name, forever, true
	if b.opts.Profile.countsTravel() {
		dead.deliveries = max(c.deliveries, m.deliveries)
	}
	if b.opts.Grain == Atomic {
		if b.travels == nil {
			b.travels = &travels{deaths: map[*content]int{}}
		}
		if !b.travels.goOn(c, &dead) {
			return
		}
	}
	p := &dead.message.Properties
	headers := p.Headers
	if q.deadKey != nil {
		dead.key, dead.cc, dead.bcc = *q.deadKey, nil, nil
		if b.opts.Profile.dropsCC() {
			headers = withField(headers, "CC", nil, false)
		}
	}
	p.Headers = withDeath(b.opts.Profile, headers, q, c, why)
	p.Present = p.Present&^amqp.HasExpiration | amqp.HasHeaders
	p.Expiration = ""
	queues := q.host.route(b.opts.Profile, x, &dead)
	for _, name := range queues {
		if to := q.host.queue(name); to != nil && !(why != rejectedDeath && inCycle(p.Headers, name)) {
			b.post(to, letter{kind: publishLetter, content: &dead}, out)
		}
	}
}

// withDeath adds a death to the header x-death, an array with a table for each queue and reason, the latest first ([Profile.reversesDeaths]).
func withDeath(profile Profile, h amqp.Table, q *queue, c *content, why death) amqp.Table {
	deaths := deathsIn(h)
	if profile.reversesDeaths() {
		slices.Reverse(deaths)
	}
	i := slices.IndexFunc(deaths, func(t amqp.Table) bool {
		queue, _ := t.Lookup("queue")
		reason, _ := t.Lookup("reason")
		return queue == q.name && reason == string(why)
	})
	var entry amqp.Table
	if i >= 0 {
		n, _ := deaths[i].Int("count")
		entry = withField(deaths[i], "count", n+1, true)
		deaths = slices.Delete(deaths, i, i+1)
	} else {
		keys := []any{c.key}
		for _, key := range c.cc {
			keys = append(keys, key)
		}
		fields := []amqp.Field{
			{Name: "count", Value: int64(1)}, {Name: "reason", Value: string(why)}, {Name: "queue", Value: q.name},
			{Name: "time", Value: amqp.Timestamp(0)}, {Name: "exchange", Value: c.exchange}, {Name: "routing-keys", Value: amqp.MustArray(keys...)},
		}
		if p := c.message.Properties; p.Present&amqp.HasExpiration != 0 {
			fields = append(fields, amqp.Field{Name: "original-expiration", Value: p.Expiration})
		}
		entry = amqp.MustTable(fields...)
	}
	if _, dead := h.Lookup("x-first-death-reason"); !dead && len(deathsIn(h)) == 0 {
		h = withDeathHeaders(h, "first", q, c, why)
	}
	if profile.tellsLastDeath() {
		h = withDeathHeaders(h, "last", q, c, why)
	}
	values := []any{entry}
	for _, t := range deaths {
		values = append(values, t)
	}
	return withField(h, "x-death", amqp.MustArray(values...), true)
}

func withDeathHeaders(h amqp.Table, which string, q *queue, c *content, why death) amqp.Table {
	h = withField(h, "x-"+which+"-death-reason", string(why), true)
	h = withField(h, "x-"+which+"-death-queue", q.name, true)
	return withField(h, "x-"+which+"-death-exchange", c.exchange, true)
}

// deathsIn returns the tables of the header x-death.
func deathsIn(h amqp.Table) (all []amqp.Table) {
	value, _ := h.Lookup("x-death")
	list, _ := value.(amqp.Array)
	for _, v := range list.Values() {
		if t, ok := v.(amqp.Table); ok {
			all = append(all, t)
		}
	}
	return all
}

// inCycle reports whether a message has been in the queue before and has come back without anybody's rejecting it: it is
// dropped.
func inCycle(h amqp.Table, queue string) bool {
	for _, t := range deathsIn(h) {
		if reason, _ := t.Lookup("reason"); reason == string(rejectedDeath) {
			return false
		}
		if name, _ := t.Lookup("queue"); name == queue {
			return true
		}
	}
	return false
}
