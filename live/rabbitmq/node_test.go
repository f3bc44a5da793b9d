package rabbitmq_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/rabbitmq"
	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

func dial(t *testing.T, node *rabbitmq.Node) (*amqp.Connection, *amqp.Channel) {
	t.Helper()
	conn, err := amqp.Dial(node.URL())
	if err != nil {
		t.Fatal(err)
	}
	// bounded, as a broker with an alarm does not read what a publisher says
	t.Cleanup(func() { conn.CloseDeadline(time.Now().Add(5 * time.Second)) })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	return conn, ch
}

func declare(t *testing.T, ch *amqp.Channel, queue string, durable, exclusive bool) {
	t.Helper()
	if _, err := ch.QueueDeclare(queue, durable, false, exclusive, false, nil); err != nil {
		t.Fatal(err)
	}
}

// publish sends a persistent message and waits for the broker's confirm,
// which an alarm would hold back.
func publish(t *testing.T, ch *amqp.Channel, queue, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	confirm, err := ch.PublishWithDeferredConfirm("", queue, true, false,
		amqp.Publishing{DeliveryMode: amqp.Persistent, Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := confirm.WaitContext(ctx); !ok || err != nil {
		t.Fatalf("publish to %s: confirmed %v, error %v", queue, ok, err)
	}
}

func TestNodeTakesMessages(t *testing.T) {
	onVersions(t, func(t *testing.T, version string) {
		node := rabbitmqtest.SharedVersion(t, version)
		if !strings.HasPrefix(node.Version(), version) {
			t.Errorf("version %s", node.Version())
		}
		_, ch := dial(t, node)
		declare(t, ch, "messages", false, true)
		publish(t, ch, "messages", "hello")
		got, ok, err := ch.Get("messages", true)
		if err != nil || !ok || string(got.Body) != "hello" {
			t.Errorf("got %q, %v, error %v", got.Body, ok, err)
		}
	})
}

func TestCtl(t *testing.T) {
	onVersions(t, func(t *testing.T, version string) {
		node := rabbitmqtest.SharedVersion(t, version)
		got, err := node.Ctl(t.Context(), "eval", `{rabbit_misc:version(), rabbit_alarm:get_alarms()}.`)
		if want := `{"` + node.Version() + `",[]}` + "\n"; err != nil || got != want {
			t.Errorf("got %q, error %v; want %q", got, err, want)
		}
		if _, err := node.Ctl(t.Context(), "no_such_command"); err == nil ||
			!strings.Contains(err.Error(), "rabbitmqctl no_such_command: exit status 64: ") {
			t.Errorf("unknown command: error %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := node.Ctl(ctx, "eval", "timer:sleep(60000)."); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cut short: error %v", err)
		}
	})
}

func TestCloseAllConnections(t *testing.T) {
	onVersions(t, func(t *testing.T, version string) {
		node := rabbitmqtest.SharedVersion(t, version)
		conn, _ := dial(t, node)
		closed := conn.NotifyClose(make(chan *amqp.Error, 1))
		if err := node.CloseAllConnections(t.Context(), "for maintenance"); err != nil {
			t.Fatal(err)
		}
		if err := <-closed; err == nil || err.Code != amqp.ConnectionForced || !strings.Contains(err.Reason, "for maintenance") {
			t.Errorf("closed with %v", err)
		}
	})
}

// One life of a node: killed, restarted, paused, continued, stopped. The
// shared node runs beside it and must notice nothing.
func TestLife(t *testing.T) { onVersions(t, life) }

func life(t *testing.T, version string) {
	other := rabbitmqtest.SharedVersion(t, version)
	_, witness := dial(t, other)
	node := rabbitmqtest.Private(t, rabbitmqtest.NeedVersion(t, version))
	if node.Addr() == other.Addr() || node.Dir() == other.Dir() {
		t.Fatalf("two nodes share %s or %s", node.Addr(), node.Dir())
	}

	// An orderly restart before the kill, for RabbitMQ does not keep its word
	// here: 3.10.8 loses a durable queue now and then if it is killed within
	// some two seconds of the declare-ok (in one trial of 25, with the stock
	// Erlang flags as with ours; on a busy machine in one of six; after
	// three seconds in none of 45). The record is then missing in Mnesia's log.
	_, ch := dial(t, node)
	declare(t, ch, "durable", true, false)
	if err := node.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, ch := dial(t, node)
	declare(t, ch, "exclusive", true, true)
	publish(t, ch, "durable", "survivor")
	closed := conn.NotifyClose(make(chan *amqp.Error, 1))
	url := node.URL()

	node.Kill()
	node.Kill() // does nothing
	<-closed
	if _, err := net.Dial("tcp", node.Addr()); err == nil {
		t.Error("a killed node accepts connections")
	}
	if err := node.Pause(); err == nil {
		t.Error("a killed node can be paused")
	}
	if err := node.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if node.URL() != url {
		t.Errorf("restarted on %s, was on %s", node.URL(), url)
	}
	_, ch = dial(t, node)
	if got, ok, err := ch.Get("durable", true); err != nil || !ok || string(got.Body) != "survivor" {
		t.Errorf("durable queue after kill -9: got %q, %v, error %v", got.Body, ok, err)
	}
	var gone *amqp.Error
	if _, err := ch.QueueDeclarePassive("exclusive", true, false, true, false, nil); !errors.As(err, &gone) || gone.Code != amqp.NotFound {
		t.Errorf("exclusive queue after kill -9: error %v, want 404", err)
	}

	pauseAndContinue(t, node)
	stopWhilePaused(t, node)
	declare(t, witness, "witness", false, true)
}

func pauseAndContinue(t *testing.T, node *rabbitmq.Node) {
	t.Helper()
	if err := node.Pause(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", node.Addr()) // the kernel accepts
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "AMQP\x00\x00\x09\x01")
	conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a paused node answers: error %v", err)
	}
	if err := node.Continue(); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Errorf("a continued node does not answer: %v", err)
	}
}

func stopWhilePaused(t *testing.T, node *rabbitmq.Node) {
	t.Helper()
	if got := strings.Join(processes(t, node.Dir()), " "); !strings.Contains(got, "beam.smp") || !strings.Contains(got, "epmd") {
		t.Fatalf("the search for the node's processes is blind: %q", got)
	}
	if err := node.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := node.Stop(); err != nil {
		t.Error(err)
	}
	if left := processes(t, node.Dir()); len(left) > 0 {
		t.Errorf("after Stop there are still %v", left)
	}
	if _, err := os.Stat(node.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Stop %s is still there (%v)", node.Dir(), err)
	}
	if err := node.Stop(); err != nil {
		t.Errorf("second Stop: %v", err)
	}
	if err := node.Restart(t.Context()); err == nil {
		t.Error("a stopped node can be restarted")
	}
}
