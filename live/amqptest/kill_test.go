package amqptest_test

import (
	"fmt"
	"sync"
	"testing"

	amqp091 "github.com/rabbitmq/amqp091-go"
)

// ledger is what clients know of messages, by body.
type ledger struct {
	mu                          sync.Mutex
	sent, confirmed, seen, done map[string]bool // done: acknowledged by their consumer
	settled                     map[string]bool // acknowledged in a transaction that is committed
	enough                      chan struct{}   // closed when goal messages are confirmed, and some more than before are settled
	goal, before                int
}

func newLedger() *ledger {
	return &ledger{sent: map[string]bool{}, confirmed: map[string]bool{}, seen: map[string]bool{}, done: map[string]bool{}, settled: map[string]bool{}}
}

func (l *ledger) note(in map[string]bool, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if in[body] = true; l.enough != nil && len(l.confirmed) >= l.goal && len(l.settled) > l.before {
		close(l.enough)
		l.enough = nil
	}
}

// publish publishes persistent messages, ten at a time, until the connection breaks.
func (l *ledger) publish(ch *amqp091.Channel, name string) {
	for n := 0; ; n += 10 {
		var waiting [10]*amqp091.DeferredConfirmation
		for i := range waiting {
			body := fmt.Sprintf("%s/%d", name, n+i)
			l.note(l.sent, body)
			var err error
			waiting[i], err = ch.PublishWithDeferredConfirm("", "kept", false, false, amqp091.Publishing{Body: []byte(body), DeliveryMode: 2})
			if err != nil {
				return
			}
		}
		for i, w := range waiting {
			if !w.Wait() {
				return
			}
			l.note(l.confirmed, fmt.Sprintf("%s/%d", name, n+i))
		}
	}
}

// consume acknowledges every second message of those that come, until the connection breaks.
func (l *ledger) consume(deliveries <-chan amqp091.Delivery) {
	for d := range deliveries {
		l.note(l.seen, string(d.Body))
		if d.DeliveryTag%2 == 0 {
			l.note(l.done, string(d.Body)) // it may be gone from now on, or come again
			d.Ack(false)
		}
	}
}

// transact publishes two messages and acknowledges one, in one transaction after the other, until the connection breaks.
func (l *ledger) transact(ch *amqp091.Channel, deliveries <-chan amqp091.Delivery, name string) {
	for n := 0; ; n++ {
		d, ok := <-deliveries
		if !ok {
			return
		}
		l.note(l.seen, string(d.Body))
		bodies := []string{fmt.Sprintf("%s/%d/a", name, n), fmt.Sprintf("%s/%d/b", name, n)}
		for _, body := range bodies {
			l.note(l.sent, body)
			if ch.Publish("", "kept", false, false, amqp091.Publishing{Body: []byte(body), DeliveryMode: 2}) != nil {
				return
			}
		}
		l.note(l.done, string(d.Body))
		if d.Ack(false) != nil || ch.TxCommit() != nil {
			return
		}
		for _, body := range bodies {
			l.note(l.confirmed, body)
		}
		l.note(l.settled, string(d.Body))
	}
}

// A broker is killed by kill -9 at any moment, while clients publish persistent messages and others acknowledge them, some in transactions. What was
// confirmed or committed, and not acknowledged, is there when a new one starts on the same directory, once; and nothing else but what was published,
// and nothing whose acknowledgement was committed.
func TestKill9(t *testing.T) {
	dir := t.TempDir()
	l := newLedger()
	var clients sync.WaitGroup
	for round := range 6 {
		p := start(t, dir)
		l.mu.Lock()
		enough := make(chan struct{})
		l.goal, l.before, l.enough = len(l.confirmed)+40*(round+1), len(l.settled)+round, enough
		l.mu.Unlock()
		for i := range 3 {
			conn := connect(t, p.url, amqp091.Config{})
			ch := openChannel(t, conn)
			if _, err := ch.QueueDeclare("kept", true, false, false, false, nil); err != nil {
				t.Fatal(err)
			}
			if err := ch.Confirm(false); err != nil {
				t.Fatal(err)
			}
			clients.Go(func() { l.publish(ch, fmt.Sprintf("%d-%d", round, i)) })
		}
		_, deliveries := keptConsumer(t, p)
		clients.Go(func() { l.consume(deliveries) })
		ch, inTx := keptConsumer(t, p)
		if err := ch.Tx(); err != nil {
			t.Fatal(err)
		}
		clients.Go(func() { l.transact(ch, inTx, fmt.Sprintf("%d-tx", round)) })
		<-enough
		p.kill()
		clients.Wait()
	}
	l.compare(t, rest(t, start(t, dir)))
}

// keptConsumer is a channel that consumes, and what it is sent.
func keptConsumer(t *testing.T, p *process) (*amqp091.Channel, <-chan amqp091.Delivery) {
	t.Helper()
	ch := openChannel(t, connect(t, p.url, amqp091.Config{}))
	if err := ch.Qos(20, 0, false); err != nil {
		t.Fatal(err)
	}
	deliveries, err := ch.Consume("kept", "", false, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ch, deliveries
}

// rest is what is left in the queue, and how often.
func rest(t *testing.T, p *process) map[string]int {
	t.Helper()
	ch := openChannel(t, connect(t, p.url, amqp091.Config{}))
	left := map[string]int{}
	for {
		m, ok, err := ch.Get("kept", true)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return left
		}
		left[string(m.Body)]++
	}
}

func (l *ledger) compare(t *testing.T, left map[string]int) {
	t.Helper()
	for body := range l.confirmed {
		if left[body] == 0 && !l.done[body] {
			t.Errorf("%s was confirmed, not acknowledged, and is lost (seen: %t)", body, l.seen[body])
		}
	}
	for body := range l.settled {
		if left[body] > 0 {
			t.Errorf("%s is there again, after its acknowledgement was committed", body)
		}
	}
	again := 0
	for body, n := range left {
		if n != 1 || !l.sent[body] {
			t.Errorf("%s is there %d times, published: %t", body, n, l.sent[body])
		}
		if l.done[body] {
			again++
		}
	}
	t.Logf("%d published, %d confirmed, %d acknowledged, %d of them for good, %d left, of which %d had been acknowledged", len(l.sent), len(l.confirmed), len(l.done), len(l.settled), len(left), again)
	if len(left) == 0 || len(l.settled) == 0 || len(left) == len(l.sent) || again == len(l.done) {
		t.Error("that says nothing: nothing is lost, nothing is left, or acknowledgements are forgotten")
	}
}
