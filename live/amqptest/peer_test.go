package amqptest_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// serve starts a server for the test.
func serve(t testing.TB, opts amqptest.Options) *amqptest.Server {
	t.Helper()
	s := amqptest.NewServer(opts)
	t.Cleanup(s.Close)
	return s
}

// connect dials a server with RabbitMQ's own client, which shares no code with ours.
func connect(t testing.TB, url string, config amqp091.Config) *amqp091.Connection {
	t.Helper()
	conn, err := amqp091.DialConfig(url, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func openChannel(t testing.TB, conn *amqp091.Connection) *amqp091.Channel {
	t.Helper()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// code returns the reply code that an error of the client's carries, 0 if it is none.
func code(err error) int {
	var closed *amqp091.Error
	if errors.As(err, &closed) {
		return closed.Code
	}
	return 0
}

// TestPeer is a lock's life as RabbitMQ's own client sees it.
func TestPeer(t *testing.T) {
	s := serve(t, amqptest.Options{})
	holder := connect(t, s.URL(), amqp091.Config{})
	ch := openChannel(t, holder)
	if _, err := ch.QueueDeclare("lock", false, false, true, false, nil); err != nil {
		t.Fatal(err)
	}

	rival := connect(t, s.URL(), amqp091.Config{})
	_, err := openChannel(t, rival).QueueDeclare("lock", false, false, true, false, nil)
	if code(err) != amqp091.ResourceLocked {
		t.Errorf("rival's declare: %v, want 405", err)
	}

	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	returns := ch.NotifyReturn(make(chan amqp091.Return, 1))
	body := strings.Repeat("long enough for several frames. ", 10000)
	publish := func(key string) (acked bool) {
		confirm, err := ch.PublishWithDeferredConfirm("", key, true, false, amqp091.Publishing{
			Headers: amqp091.Table{"n": int32(1)}, MessageId: key, Body: []byte(body),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		acked, err = confirm.WaitContext(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return acked
	}
	if !publish("lock") || !publish("nowhere") {
		t.Error("a publish is not acked")
	}
	want := amqp091.Return{ReplyCode: 312, ReplyText: "NO_ROUTE", RoutingKey: "nowhere",
		Headers: amqp091.Table{"n": int32(1)}, MessageId: "nowhere", Body: []byte(body)}
	if diff := cmp.Diff(want, <-returns, cmp.Comparer(bytes.Equal)); diff != "" {
		t.Errorf("basic.return (-want +got):\n%s", diff)
	}
	q, err := ch.QueueDeclarePassive("lock", false, false, false, false, nil)
	if err != nil || q.Messages != 1 {
		t.Errorf("the queue has %d messages, %v, want 1", q.Messages, err)
	}

	if err := holder.Close(); err != nil {
		t.Error(err)
	}
	if _, err = openChannel(t, rival).QueueDeclare("lock", false, false, true, false, nil); err != nil {
		t.Errorf("rival's declare after the release: %v", err)
	}
}

func TestLogin(t *testing.T) {
	s := serve(t, amqptest.Options{Login: amqptest.Login{Users: map[string]string{"ann": "a", "bob": "b", "eve": ""}}})
	login := func(user, password string) []amqp091.Authentication {
		return []amqp091.Authentication{&amqp091.PlainAuth{Username: user, Password: password}}
	}
	for name, c := range map[string]struct {
		config amqp091.Config
		want   int
	}{
		"URL":              {amqp091.Config{}, 0},
		"PLAIN":            {amqp091.Config{SASL: login("bob", "b")}, 0},
		"empty password":   {amqp091.Config{SASL: login("eve", "")}, 0},
		"AMQPLAIN":         {amqp091.Config{SASL: []amqp091.Authentication{&amqp091.AMQPlainAuth{Username: "bob", Password: "b"}}}, 0},
		"wrong password":   {amqp091.Config{SASL: login("bob", "a")}, amqp091.AccessRefused},
		"nobody":           {amqp091.Config{SASL: login("guest", "guest")}, amqp091.AccessRefused},
		"virtual host":     {amqp091.Config{Vhost: "/missing"}, amqp091.NotAllowed},
		"other mechanism":  {amqp091.Config{SASL: []amqp091.Authentication{&amqp091.ExternalAuth{}}}, amqp091.ErrSASL.Code},
		"several channels": {amqp091.Config{ChannelMax: 3, FrameSize: 4096}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := amqp091.DialConfig(s.URL(), c.config)
			if code(err) != c.want || (err == nil) != (c.want == 0) {
				t.Errorf("Dial: %v, want code %d", err, c.want)
			}
			if err == nil {
				openChannel(t, conn)
				conn.Close()
			}
		})
	}
}

// TestCredentials: a client that does not say that it can bear an answer gets none, as from RabbitMQ.
func TestCredentials(t *testing.T) {
	s := serve(t, amqptest.Options{})
	c := dial(t, s.Addr())
	c.write(wire.Version091)
	want[amqp.ConnectionStart](c)
	c.send(0, login{mechanism: "PLAIN", response: "\x00guest\x00wrong"}.startOk())
	if f, err := c.next(); !ended(err) {
		t.Errorf("answer %v, %v", f, err)
	}
}

func TestManyConnections(t *testing.T) {
	s := serve(t, amqptest.Options{})
	const clients = 100
	var holders, refused atomic.Int32
	var all sync.WaitGroup
	stay := make(chan struct{}) // until everybody has tried
	var tried sync.WaitGroup
	tried.Add(clients)
	for i := range clients {
		all.Go(func() {
			conn, err := amqp091.Dial(s.URL())
			if err != nil {
				t.Error(err)
				tried.Done()
				return
			}
			defer conn.Close()
			name := "own " + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
			err = work(conn, name)
			ch, err2 := conn.Channel()
			if err = errors.Join(err, err2); err != nil {
				t.Errorf("client %d: %v", i, err)
				tried.Done()
				return
			}
			switch _, err := ch.QueueDeclare("common", false, false, true, false, nil); {
			case err == nil:
				holders.Add(1)
			case code(err) == amqp091.ResourceLocked:
				refused.Add(1)
			default:
				t.Errorf("client %d: %v", i, err)
			}
			tried.Done()
			<-stay
		})
	}
	tried.Wait()
	close(stay)
	all.Wait()
	if holders.Load() != 1 || refused.Load() != clients-1 {
		t.Errorf("%d clients hold the common queue and %d are refused, want 1 and %d", holders.Load(), refused.Load(), clients-1)
	}
}

// work declares a queue of one's own, publishes to it a few times, and looks whether all has arrived.
func work(conn *amqp091.Connection, name string) error {
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	if _, err := ch.QueueDeclare(name, false, false, true, false, nil); err != nil {
		return err
	}
	if err := ch.Confirm(false); err != nil {
		return err
	}
	const messages = 20
	var confirms []*amqp091.DeferredConfirmation
	for range messages {
		c, err := ch.PublishWithDeferredConfirm("", name, true, false, amqp091.Publishing{Body: []byte(name)})
		if err != nil {
			return err
		}
		confirms = append(confirms, c)
	}
	for _, c := range confirms {
		if !c.Wait() {
			return errors.New("a publish is nacked")
		}
	}
	q, err := ch.QueueDeclarePassive(name, false, false, false, false, nil)
	if err == nil && q.Messages != messages {
		err = errors.New("messages are missing")
	}
	return err
}

func TestServerCloseTellsClients(t *testing.T) {
	s := serve(t, amqptest.Options{})
	conn := connect(t, s.URL(), amqp091.Config{})
	closed := conn.NotifyClose(make(chan *amqp091.Error, 1))
	s.Close()
	select {
	case err := <-closed:
		if err == nil || err.Code != amqp091.ConnectionForced || !err.Server {
			t.Errorf("the client hears %v, want 320", err)
		}
	case <-time.After(patience):
		t.Error("the client hears nothing")
	}
	if _, err := amqp091.Dial(s.URL()); err == nil {
		t.Error("a closed server takes connections")
	}
	s.Close()
}
