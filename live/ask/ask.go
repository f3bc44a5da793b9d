// Package ask has the open questions of amqp-locks, what SPEC.md answers, and what shows it: claims of the catalogue, whose counterexamples happen on a broker; costs,
// which are measured there; and experiments, which are done on a broker, be it a real one or the machine.
package ask

import (
	"context"
	"fmt"
	"slices"

	"github.com/lockstep-prover/lockstep/live/driver"
	"github.com/lockstep-prover/lockstep/live/session"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Question is one of them.
type Question struct {
	Number int
	Text   string
	Answer string // SPEC.md, section 6.1, says why

	Claims      []Claim
	Costs       []Claim // of which Property is not used
	Experiments []Experiment
}

// Claim is a property of one system of the catalogue, with the settings that are not defaults.
type Claim struct{ System, Settings, Property string }

// Experiment is something that is done on a broker.
type Experiment struct {
	Text string
	// Want is what is observed, on every broker that is like RabbitMQ.
	Want string
	// Do does it on queues of its own, which are gone afterwards. The error is the environment's.
	Do func(ctx context.Context, o driver.Options) (observed string, err error)
}

// Questions returns them, in the order in which amqp-locks asks them.
func Questions() []Question {
	return []Question{
		{
			Number: 1,
			Text:   "Given a receive-based semaphore, what happens if the connection is dropped and reconnected without heartbeats?",
			Answer: "The broker puts the token back when it notices the loss, and gives it to the next one; the client that reconnects believes on, and no verify that it can make tells it otherwise. " +
				"What it settles then by its old number is some other message, or costs it the channel.",
			Claims: []Claim{
				{"semaphore/token", "reconnect=true heartbeat=false blackhole=0", "belief-exclusion"},
				{"semaphore/token", "reconnect=true heartbeat=false blackhole=0", "verify-truth"},
				{"semaphore/decrement", "slots=1 reconnect=true heartbeat=false blackhole=0", "decrement-at-least-once"},
			},
		},
		{
			Number: 2,
			Text:   "What happens if a consumed queue is deleted, with and without heartbeats? What does the client see?",
			Answer: "basic.cancel with the consumer's tag, if the client has said that it understands that (consumer_cancel_notify), and else nothing at all; the channel stays open either way, and heartbeats make no difference. " +
				"The first basic.ack of a message of that queue is taken in silence, a second one closes the channel.",
			Experiments: deletions(),
		},
		{
			Number: 3,
			Text:   "Are queue.declares (passive or not) more or less expensive than basic.publish and confirm as a question whether a lock exists?",
			Answer: "Both are one method and one round trip; a declare takes less time than a publish and its confirm. But a passive declare that is answered by no costs the channel: two methods and a round trip more before the next " +
				"operation. And what a publish says is of less worth (P-4).",
			Costs: []Claim{
				{"mutex/exclusive-queue", "verify=publish", ""}, {"mutex/exclusive-queue", "verify=passive", ""}, {"mutex/exclusive-queue", "verify=redeclare", ""},
				{"semaphore/persistent", "probe=publish", ""}, {"semaphore/persistent", "probe=passive", ""}, {"semaphore/token", "take=get", ""},
			},
		},
		{
			Number: 4,
			Text:   "Can expirations be used to tell the server that a lock is no longer held?",
			Answer: "As a lease, and not as a proof. x-expires frees a lock whose holder has fallen silent without heartbeats, too; but it also runs out under a holder that is alive and has not used the queue in time, and publishing to it is no use. " +
				"A queue that is not exclusive is no lock at all: declaring is idempotent.",
			Claims: []Claim{
				{"mutex/expiring-queue", "kind=exclusive reset=0 blackhole=0", "broker-exclusion"},
				{"mutex/expiring-queue", "kind=exclusive reset=0 blackhole=0", "belief-exclusion"},
				{"mutex/expiring-queue", "kind=exclusive reset=0 blackhole=0", "verify-truth"},
				{"mutex/expiring-queue", "kind=shared reset=0 blackhole=0", "broker-exclusion"},
			},
		},
		{
			Number: 5,
			Text:   "What happens if a connection drops, the server deletes the B queue, a new holder acquires it, the connection resumes, and the old holder publishes to the B queue?",
			Answer: "The publish is routed to the new holder's queue and confirmed: the old holder takes that for its own lock. A passive declare, or a name that only the old holder knows, tells the truth.",
			Claims: []Claim{
				{"mutex/exclusive-queue", "verify=publish reconnect=true blackhole=0", "verify-truth"},
				{"semaphore/persistent", "slots=1 verify=holder reconnect=true blackhole=0", "verify-truth"},
				{"mutex/exclusive-queue", "verify=passive reconnect=true blackhole=0", "verify-truth"},
				{"mutex/generation", "mark=binding reconnect=true blackhole=0", "verify-truth"},
			},
		},
		{
			Number: 6,
			Text:   "If a client fills up its prefetch, does it always disappear at once from the consumer count of queue.declare?",
			Answer: "It never does: a consumer is counted from consume-ok on until its cancel-ok, or the end of its channel.",
			Experiments: []Experiment{{
				Text: "A consumer with a prefetch of one, and two messages: what declare-ok counts before and after the delivery, and after cancel-ok.",
				Want: "1 consumer; delivered; 1 consumer, 1 message; cancelled; 0 consumers",
				Do:   fullPrefetch,
			}},
		},
	}
}

// queue is the experiments' own.
const queue = "lockstep.ask"

// client is a session with one channel.
type client struct{ *session.Session }

// connect opens a connection and a channel.
func connect(ctx context.Context, o driver.Options, heartbeat uint16, cancelNotify bool) (*client, error) {
	s, err := session.Connect(ctx, o.Addr, o.TLS)
	if err != nil {
		return nil, err
	}
	login := o.Login
	login.NoCancelNotify = !cancelNotify
	if err = s.Handshake(ctx, login, heartbeat); err == nil {
		if err = s.Ask(ctx, 0, amqp.ConnectionOpen{VirtualHost: o.VHost}); err == nil {
			err = s.Ask(ctx, 1, amqp.ChannelOpen{})
		}
	}
	if err != nil {
		s.Close(false)
		return nil, err
	}
	return &client{s}, nil
}

// send sends methods on the channel.
func (c *client) send(methods ...amqp.Method) error {
	for _, m := range methods {
		if err := c.Write(amqp.Frame{Channel: 1, Method: m}); err != nil {
			return err
		}
	}
	return nil
}

// until reads up to a method of that type, and tells what came before it.
func until[M amqp.Method](ctx context.Context, c *client) (m M, before []amqp.Method, err error) {
	for {
		f, err := c.Read(ctx)
		if err != nil {
			return m, before, err
		}
		if m, ok := f.Method.(M); ok {
			return m, before, nil
		}
		before = append(before, f.Method)
	}
}

// fullPrefetch is question 6.
func fullPrefetch(ctx context.Context, o driver.Options) (string, error) {
	c, err := connect(ctx, o, 0, true)
	if err != nil {
		return "", err
	}
	defer c.Close(false)
	other, err := connect(ctx, o, 0, true)
	if err != nil {
		return "", err
	}
	defer other.Close(false)
	declared := func(of *client, passive bool) (d amqp.QueueDeclareOk, err error) {
		if err = of.send(amqp.QueueDeclare{Queue: queue, Passive: passive, Arguments: classic}); err == nil {
			d, _, err = until[amqp.QueueDeclareOk](ctx, of)
		}
		return d, err
	}
	if _, err := declared(c, false); err != nil {
		return "", err
	}
	defer other.send(amqp.QueueDelete{Queue: queue})
	if err := c.send(amqp.BasicQos{PrefetchCount: 1}, amqp.BasicConsume{Queue: queue, ConsumerTag: "c"}); err != nil {
		return "", err
	}
	if _, _, err := until[amqp.BasicConsumeOk](ctx, c); err != nil {
		return "", err
	}
	d, err := declared(other, true)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%d consumer; ", d.Consumers)
	if err := other.send(amqp.ConfirmSelect{}, amqp.BasicPublish{RoutingKey: queue}, amqp.BasicPublish{RoutingKey: queue}); err != nil {
		return "", err
	}
	if _, _, err := until[amqp.BasicDeliver](ctx, c); err != nil {
		return "", err
	}
	for confirmed := 0; confirmed < 2; {
		a, _, err := until[amqp.BasicAck](ctx, other)
		if err != nil {
			return "", err
		}
		if confirmed++; a.Multiple {
			confirmed = int(a.Tag)
		}
	}
	if d, err = declared(other, true); err != nil {
		return "", err
	}
	text += fmt.Sprintf("delivered; %d consumer, %d message; ", d.Consumers, d.MessageCount)
	if err := c.send(amqp.BasicCancel{ConsumerTag: "c"}); err != nil {
		return "", err
	}
	if _, _, err := until[amqp.BasicCancelOk](ctx, c); err != nil {
		return "", err
	}
	if d, err = declared(other, true); err != nil {
		return "", err
	}
	text += fmt.Sprintf("cancelled; %d consumers", d.Consumers)
	if err := other.send(amqp.QueueDelete{Queue: queue}); err != nil {
		return "", err
	}
	_, _, err = until[amqp.QueueDeleteOk](ctx, other)
	return text, err
}

var classic = amqp.MustTable(amqp.Field{Name: "x-queue-type", Value: "classic"})

// deletions is question 2.
func deletions() (all []Experiment) {
	for _, heartbeat := range []uint16{0, 1} {
		for _, notify := range []bool{true, false} {
			e := Experiment{Text: "A consumer with a message that is not settled, without heartbeats", Want: "nothing; basic.ack: nothing; a second one: channel.close 406"}
			if heartbeat > 0 {
				e.Text = "A consumer with a message that is not settled, with heartbeats of a second"
			}
			if notify {
				e.Text += ", that understands basic.cancel"
				e.Want = "basic.cancel c; basic.ack: nothing; a second one: channel.close 406"
			} else {
				e.Text += ", that does not understand basic.cancel"
			}
			e.Text += ": what it is sent when another client deletes the queue."
			e.Do = func(ctx context.Context, o driver.Options) (string, error) {
				return deletion(ctx, o, heartbeat, notify)
			}
			all = append(all, e)
		}
	}
	return all
}

func deletion(ctx context.Context, o driver.Options, heartbeat uint16, notify bool) (string, error) {
	c, err := connect(ctx, o, heartbeat, notify)
	if err != nil {
		return "", err
	}
	defer c.Close(false)
	other, err := connect(ctx, o, 0, true)
	if err != nil {
		return "", err
	}
	defer other.Close(false)
	if err := c.send(amqp.QueueDeclare{Queue: queue, Arguments: classic}, amqp.BasicConsume{Queue: queue, ConsumerTag: "c"}, amqp.BasicPublish{RoutingKey: queue}); err != nil {
		return "", err
	}
	delivered, _, err := until[amqp.BasicDeliver](ctx, c)
	if err != nil {
		return "", err
	}
	if err := other.send(amqp.QueueDelete{Queue: queue}); err != nil {
		return "", err
	}
	if _, _, err := until[amqp.QueueDeleteOk](ctx, other); err != nil {
		return "", err
	}
	text := "nothing"
	if notify {
		told, _, err := until[amqp.BasicCancel](ctx, c)
		if err != nil {
			return "", err
		}
		text = "basic.cancel " + told.ConsumerTag
	}
	// What the channel answers behind an ack, it says after everything that it had to say before.
	for _, step := range []string{"; basic.ack: ", "; a second one: "} {
		if err := c.send(amqp.BasicAck{Tag: delivered.Tag}, amqp.BasicQos{PrefetchCount: 1}); err != nil {
			return "", err
		}
		f, err := c.Read(ctx)
		if err != nil {
			return "", err
		}
		switch m := f.Method.(type) {
		case amqp.BasicQosOk:
			text += step + "nothing"
		case amqp.ChannelClose:
			text += fmt.Sprintf("%schannel.close %d", step, m.Code)
		default:
			text += step + f.Method.String()
		}
	}
	return text, nil
}

// Find returns the question of that number.
func Find(number int) (Question, bool) {
	all := Questions()
	i := slices.IndexFunc(all, func(q Question) bool { return q.Number == number })
	if i < 0 {
		return Question{}, false
	}
	return all[i], true
}
