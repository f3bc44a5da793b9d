package amqptest_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/conform"
	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/prover/admit"
)

// busy does a little of everything with a server, and closes it.
func busy(t *testing.T, s *amqptest.Server, clock *amqptest.Clock) {
	defer s.Close()
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	a, b := connect(t, s.URL(), amqp091.Config{}), connect(t, s.URL(), amqp091.Config{Properties: amqp091.Table{"connection_name": "b"}})
	ch := openChannel(t, a)
	check(ch.Confirm(false))
	_, err := ch.QueueDeclare("q", true, false, false, false, amqp091.Table{"x-message-ttl": 1000, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"})
	check(err)
	_, err = ch.QueueDeclare("dead", true, false, false, false, nil)
	check(err)
	publish := func(n int) {
		t.Helper()
		for i := range n {
			confirm, err := ch.PublishWithDeferredConfirm("", "q", true, false, amqp091.Publishing{Body: fmt.Append(nil, "message ", i), DeliveryMode: 2})
			check(err)
			if !confirm.Wait() {
				t.Fatal("not confirmed")
			}
		}
	}
	publish(3)
	clock.Advance(1500 * time.Millisecond)
	dead, err := ch.QueueDeclarePassive("dead", true, false, false, false, nil)
	if check(err); dead.Messages != 3 {
		t.Fatalf("%d messages have died", dead.Messages)
	}

	consumer := openChannel(t, b)
	check(consumer.Qos(2, 0, false))
	deliveries, err := consumer.Consume("dead", "", false, false, false, false, nil)
	check(err)
	d := <-deliveries
	check(d.Ack(false))
	d = <-deliveries
	check(d.Nack(false, true))
	_, err = openChannel(t, b).QueueDeclare("lock", false, false, true, false, nil)
	check(err)
	if _, err = openChannel(t, a).QueueDeclare("lock", false, false, true, false, nil); code(err) != amqp091.ResourceLocked {
		t.Fatalf("the lock of another one: %v", err)
	}
	s.Faults().Reset(amqptest.Named("b"))
	s.Faults().Alarm(true)
	s.Faults().Alarm(false)

	c := connect(t, s.URL(), amqp091.Config{Properties: amqp091.Table{"connection_name": "c"}})
	gone := c.NotifyClose(make(chan *amqp091.Error, 1))
	_, err = openChannel(t, c).QueueDeclare("lock", false, false, true, false, nil)
	check(err)
	s.Faults().ForceClose(amqptest.Named("c"), "enough")
	if err := <-gone; err == nil || err.Code != amqp091.ConnectionForced {
		t.Fatalf("closed by force: %v", err)
	}
	publish(2)
	lost := a.NotifyClose(make(chan *amqp091.Error, 1))
	s.Faults().Restart()
	<-lost

	e := connect(t, s.URL(), amqp091.Config{Heartbeat: time.Second, Properties: amqp091.Table{"connection_name": "e"}})
	left, err := openChannel(t, e).QueueDeclarePassive("q", true, false, false, false, nil)
	if check(err); left.Messages != 2 {
		t.Fatalf("after the restart %d messages are left", left.Messages)
	}
	s.Faults().BlackHole(amqptest.Named("e"), amqptest.Both)
	clock.Advance(10 * time.Second)
	s.Faults().Heal(amqptest.All)
}

// What a server records is admitted by the machine, and is not any more when an item is taken out that tells something.
func TestRecord(t *testing.T) {
	for _, profile := range amqptest.Profiles() {
		for _, asynchronous := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v asynchronous=%t", profile, asynchronous), func(t *testing.T) {
				var record bytes.Buffer
				clock := amqptest.NewClock()
				s := amqptest.NewServer(amqptest.Options{
					Clock: clock, Record: &record, Machine: amqptest.Machine{Profile: profile, Asynchronous: asynchronous, Seed: 1},
				})
				busy(t, s, clock)
				h, err := history.Parse(record.Bytes())
				if err != nil {
					t.Fatalf("%v:\n%s", err, record.Bytes())
				}
				if r, err := conform.Check(h); err != nil || r.Verdict != admit.Admitted {
					t.Fatalf("%+v, %v:\n%s", r, err, record.Bytes())
				}
				for _, method := range []amqp.Method{amqp.BasicPublish{}, amqp.BasicDeliver{}, amqp.QueueDeclareOk{}} {
					if r, err := conform.Check(without(h, method)); err != nil || r.Verdict == admit.Admitted {
						t.Errorf("without a %T: %+v, %v", method, r, err)
					}
				}
			})
		}
	}
}

// without is a history without the first frame of a method.
func without(h *history.History, m amqp.Method) *history.History {
	i := slices.IndexFunc(h.Items, func(i history.Item) bool { return reflect.TypeOf(i.Frame.Method) == reflect.TypeOf(m) })
	return &history.History{Header: h.Header, Items: slices.Delete(slices.Clone(h.Items), i, i+1)}
}

// failing is a writer that breaks when it is told to.
type failing struct{ full atomic.Bool }

var errFull = errors.New("no space left")

func (w *failing) Write(p []byte) (int, error) {
	if w.full.Load() {
		return 0, errFull
	}
	return len(p), nil
}

// A record that cannot be written ends the service: everybody is told why at once, and nothing that is not on record.
func TestRecordFails(t *testing.T) {
	record := &failing{}
	s := serve(t, amqptest.Options{Record: record})
	idle, busy := opened(t, s), opened(t, s)
	record.full.Store(true)
	busy.send(2, amqp.ChannelOpen{})
	for _, c := range []*client{busy, idle} {
		if closed := want[amqp.ConnectionClose](c); closed.Code != amqp.InternalError || !strings.Contains(closed.Text, "no space left") {
			t.Errorf("the client is told: %v %s", closed, closed.Text)
		}
	}
	<-s.Failed()
	if err := s.Err(); !errors.Is(err, errFull) {
		t.Errorf("error: %v", err)
	}
}

// Nor does a service begin whose record cannot.
func TestRecordCannotBegin(t *testing.T) {
	record := &failing{}
	record.full.Store(true)
	if s, err := amqptest.Listen(amqptest.Options{Record: record}); !errors.Is(err, errFull) {
		s.Close()
		t.Errorf("error: %v", err)
	}
}

// slow is a writer of which its reader can be sure that it has not written a word yet.
type slow struct {
	word    string
	writing chan struct{} // is sent to before the word is written
	written chan struct{} // closed to let that happen
}

func (w *slow) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.word)) {
		w.writing <- struct{}{}
		<-w.written
	}
	return len(p), nil
}

// What a client is told is on record before. So the record of a broker that is killed has all that anybody saw.
func TestRecordIsAhead(t *testing.T) {
	record := &slow{"channel.open-ok", make(chan struct{}), make(chan struct{})}
	c := dial(t, serve(t, amqptest.Options{Record: record}).Addr())
	c.open(login{})
	c.send(1, amqp.ChannelOpen{})
	<-record.writing
	c.socket.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.socket.Read(make([]byte, 1)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the client is told before it is on record: %v", err)
	}
	close(record.written)
	want[amqp.ChannelOpenOk](c)
}
